import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { loadSkills } from '@modelcontextprotocol/server/ext/skills/node'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { freePort, root, runToEnd } from '../../e2e/lib.mjs'

const folder = join(root, 'examples/docs/skills')

async function ours(scope, program) {
  const port = await freePort()
  const server = scope.run(join(dirname(program), 'skills'), [folder, '--http', `127.0.0.1:${port}`], { name: 'the server' })
  await server.wrote(/MCP at/)
  return `http://127.0.0.1:${port}/mcp`
}

// The same skills, served by the official SDK.
async function theirs(scope) {
  const catalog = await loadSkills(folder)
  const make = () => {
    const server = new McpServer({ name: 'theirs', version: '1.0.0' }, { capabilities: { resources: {} } })
    catalog.attach(server)
    return server
  }
  const http = createServer(toNodeHandler(createMcpHandler(make)))
  await new Promise(done => http.listen(0, '127.0.0.1', done))
  scope.defer(() => { http.closeAllConnections(); http.close() })
  return `http://127.0.0.1:${http.address().port}/mcp`
}

export async function smoke({ scope, program, assert }) {
  for (const url of [await ours(scope, program), await theirs(scope)]) {
    const listed = await runToEnd(scope, program, [url])
    assert.equal(listed.stdout, 'skill://release-notes/SKILL.md\n  Write the notes of a release from its list of changes\n', listed.output)
    const loaded = await runToEnd(scope, program, [url, 'skill://release-notes/SKILL.md'])
    assert.equal(loaded.code, 0, loaded.output)
    assert.match(loaded.stdout, /^---\nname: release-notes[\s\S]*# Release notes[\s\S]*--- short\.md\n# \{version\}/)
    const unknown = await runToEnd(scope, program, [url, 'skill://nothing/SKILL.md'])
    assert.equal(unknown.code, 1)
    assert.match(unknown.stderr, /skill/i)
  }
}
