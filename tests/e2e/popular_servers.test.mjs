// Popular servers start, list and answer in their sandbox with no sandbox setting. By itself this runs those that tests/npm has; with
// GATEHOUSE_POPULAR=all (script/soak) it fetches all twenty by npx and uvx, as their pages tell people to.
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { clients, node, root, Scope, startGateway, text } from './lib.mjs'

const npm = join(root, 'tests/npm/node_modules')
const kLeast = 18
const all = process.env.GATEHOUSE_POPULAR === 'all'

// What is called to see that it answers; an error that the server itself words is an answer too, as most want an account or the network.
const servers = [
  { id: 'everything', npm: '@modelcontextprotocol/server-everything', here: '@modelcontextprotocol/server-everything/dist/index.js', call: ['echo', { message: 'hello' }], says: /hello/ },
  { id: 'filesystem', npm: '@modelcontextprotocol/server-filesystem', here: '@modelcontextprotocol/server-filesystem/dist/index.js', args: folder => [folder], call: folder => ['read_text_file', { path: join(folder, 'note.txt') }], says: /a note/ },
  { id: 'memory', npm: '@modelcontextprotocol/server-memory', here: '@modelcontextprotocol/server-memory/dist/index.js', call: ['read_graph', {}], says: /entities/ },
  { id: 'thinking', npm: '@modelcontextprotocol/server-sequential-thinking', here: '@modelcontextprotocol/server-sequential-thinking/dist/index.js', call: ['sequentialthinking', { thought: 'one', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 }], says: /thoughtNumber/ },
  { id: 'github', npm: '@modelcontextprotocol/server-github', here: '@modelcontextprotocol/server-github/dist/index.js' },
  { id: 'playwright', npm: '@playwright/mcp', here: '@playwright/mcp/cli.js' },
  { id: 'context7', npm: '@upstash/context7-mcp', here: '@upstash/context7-mcp/dist/index.js' },
  { id: 'puppeteer', npm: '@modelcontextprotocol/server-puppeteer' },
  { id: 'brave', npm: '@modelcontextprotocol/server-brave-search', env: { BRAVE_API_KEY: 'none' } },
  { id: 'slack', npm: '@modelcontextprotocol/server-slack', env: { SLACK_BOT_TOKEN: 'none', SLACK_TEAM_ID: 'none' } },
  { id: 'gitlab', npm: '@modelcontextprotocol/server-gitlab', env: { GITLAB_PERSONAL_ACCESS_TOKEN: 'none' } },
  { id: 'tavily', npm: 'tavily-mcp', env: { TAVILY_API_KEY: 'none' } },
  { id: 'notion', npm: '@notionhq/notion-mcp-server', env: { NOTION_TOKEN: 'none' } },
  { id: 'firecrawl', npm: 'firecrawl-mcp', env: { FIRECRAWL_API_KEY: 'none' } },
  { id: 'time', pypi: 'mcp-server-time', call: ['get_current_time', { timezone: 'UTC' }], says: /UTC/ },
  { id: 'fetch', pypi: 'mcp-server-fetch' },
  { id: 'git', pypi: 'mcp-server-git' },
  { id: 'sqlite', pypi: 'mcp-server-sqlite', args: () => ['--db-path', '/tmp/test.db'], call: ['list_tables', {}], says: /\[/ },
  { id: 'duckduckgo', pypi: 'duckduckgo-mcp-server' },
  { id: 'arxiv', pypi: 'arxiv-mcp-server' },
]

async function works(scope, server, command) {
  const folder = scope.folder()
  writeFileSync(join(folder, 'note.txt'), 'a note')
  const args = server.args?.(folder) ?? []
  const gateway = await startGateway(scope, { servers: { [server.id]: { command: [...command, ...args], ...server.env && { env: server.env }, connect_timeout: '120s', deadline: '60s' } } })
  const client = await clients.legacy(scope, gateway.server(server.id))
  const { tools } = await client.listTools({ timeout: 300000 })
  assert.ok(tools.length > 0, 'it lists no tools')
  const [name, given] = typeof server.call === 'function' ? server.call(folder) : server.call ?? [tools[0].name, {}]
  let said
  try { said = text(await client.callTool(name, given, { timeout: 60000 })) } catch (error) { if (!Number.isInteger(error.code) || /server '/.test(error.message)) throw error; said = error.message }
  if (server.says) assert.match(said, server.says)
  await gateway.stop()
  return tools.length
}

describe('popular servers in their sandbox', () => {
  if (!all) {
    for (const server of servers.filter(one => one.here))
      test(`${server.npm} starts, lists and answers`, async t => {
        const program = join(npm, server.here)
        if (!existsSync(program)) return t.skip(`tests/npm has no ${server.npm}`)
        await works(Scope.of(t), server, [node, program])
      })
    return
  }
  test(`at least ${kLeast} of ${servers.length}, fetched by npx and uvx`, async t => {
    const failed = []
    for (const server of servers)
      await t.test(server.npm ?? server.pypi, async inner => {
        try {
          const tools = await works(Scope.of(inner), server, server.npm ? ['npx', '-y', server.npm] : ['uvx', server.pypi])
          inner.diagnostic(`${tools} tools`)
        } catch (error) {
          failed.push(server.id)
          inner.diagnostic(`does not work: ${error.message.slice(0, 600)}`)
        }
      })
    assert.ok(servers.length - failed.length >= kLeast, `these do not work: ${failed.join(', ')}`)
  })
})
