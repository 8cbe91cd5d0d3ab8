import { dirname, join } from 'node:path'
import { runToEnd } from '../../e2e/lib.mjs'
import { browse, makeGuard, startAS } from '../../e2e/fixtures/as.mjs'
import { startModern } from '../../e2e/fixtures/modern.mjs'

export async function smoke({ scope, program, assert }) {
  const guard = makeGuard()
  const as = await startAS(scope, { resources: () => [guard.state.url] })
  const { url } = await startModern(scope, { guard })
  guard.settle(as, url)
  const client = scope.run(program, ['--local', url], { stdin: 'pipe', name: 'sign_in' })
  const [, address] = await client.wrote(/Sign in to go on[^]*?(http\S+)/)
  await browse(address)
  await client.wrote(/^echo$/m)
  client.child.stdin.end('odd\nnothing\n')
  assert.equal((await client.end()).code, 0)
  assert.match(client.stdout, /^odd: called$/m)
  assert.match(client.stdout, /^nothing: .*nothing/m)
  assert.match((await runToEnd(scope, join(dirname(program), 'sign_in'), [url])).stderr, /OAuth::reach/)
}
