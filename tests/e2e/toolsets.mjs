// The lists of tools of real servers, asked of the servers themselves.
import { join } from 'node:path'
import { clients, gatehouse, node, root } from './lib.mjs'

const npm = (id, file, args = () => []) => ({ id, start: folder => ({ command: node, args: [join(root, 'tests/npm/node_modules', file), ...args(folder)], env: {} }) })
const builtin = (id, args) => ({ id, start: folder => ({ command: gatehouse, args: ['server', ...args(folder)], env: {} }) })

// Ids differ, as they do in a config.
export const servers = [
  npm('everything', '@modelcontextprotocol/server-everything/dist/index.js'),
  npm('filesystem', '@modelcontextprotocol/server-filesystem/dist/index.js', folder => [folder]),
  npm('memory', '@modelcontextprotocol/server-memory/dist/index.js'),
  npm('thinking', '@modelcontextprotocol/server-sequential-thinking/dist/index.js'),
  npm('github', '@modelcontextprotocol/server-github/dist/index.js'),
  npm('context7', '@upstash/context7-mcp/dist/index.js'),
  npm('playwright', '@playwright/mcp/cli.js'),
  builtin('files', folder => ['filesystem', '--root', folder]),
  builtin('vault', folder => ['vault', '--root', folder]),
]

// {name, tools} of one of them.
export async function toolsOf(scope, server) {
  const client = await clients.legacy(scope, server.start(scope.folder()))
  const { tools } = await client.listTools()
  await client.close()
  return { name: server.id, tools }
}
