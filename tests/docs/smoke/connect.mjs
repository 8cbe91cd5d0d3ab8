import { join, dirname } from 'node:path'
import { freePort, runToEnd } from '../../e2e/lib.mjs'

export async function smoke({ scope, program, assert }) {
  const port = await freePort()
  const server = scope.run(join(dirname(program), 'tools'), ['--http', `127.0.0.1:${port}`], { name: 'the server' })
  await server.wrote(/MCP at/)
  const { code, stdout } = await runToEnd(scope, program, [`http://127.0.0.1:${port}/mcp`])
  assert.equal(code, 0)
  assert.equal(stdout, 'add\nweather\njoin\npicture\nraw\n')
  assert.equal((await runToEnd(scope, program, ['http://127.0.0.1:1/mcp'])).code, 1)
}
