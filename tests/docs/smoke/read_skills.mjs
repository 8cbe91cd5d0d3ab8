import { dirname, join } from 'node:path'
import { freePort, root, runToEnd } from '../../e2e/lib.mjs'

export async function smoke({ scope, program, assert }) {
  const port = await freePort()
  const server = scope.run(join(dirname(program), 'skills'), [join(root, 'examples/docs/skills'), '--http', `127.0.0.1:${port}`], { name: 'the server' })
  await server.wrote(/MCP at/)
  const url = `http://127.0.0.1:${port}/mcp`
  const listed = await runToEnd(scope, program, [url])
  assert.equal(listed.stdout, 'skill://release-notes/SKILL.md\n  Write the notes of a release from its list of changes\n')
  const loaded = await runToEnd(scope, program, [url, 'skill://release-notes/SKILL.md'])
  assert.equal(loaded.code, 0, loaded.output)
  assert.match(loaded.stdout, /^---\nname: release-notes[\s\S]*# Release notes[\s\S]*--- short\.md\n# \{version\}/)
  const unknown = await runToEnd(scope, program, [url, 'skill://nothing/SKILL.md'])
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /Unknown skill/)
}
