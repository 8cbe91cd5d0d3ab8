import { runToEnd } from '../../e2e/lib.mjs'
import { makeGuard, startAS } from '../../e2e/fixtures/as.mjs'
import { startModern } from '../../e2e/fixtures/modern.mjs'

export async function smoke({ scope, program, assert }) {
  const guard = makeGuard()
  const clients = [{
    client_id: 'robot', client_secret: 'its secret', token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope: 'tools:read',
  }]
  const as = await startAS(scope, { resources: () => [guard.state.url], clients })
  const { url } = await startModern(scope, { guard })
  guard.settle(as, url)
  const run = secret => runToEnd(scope, program, ['--local', url], { env: { CLIENT_ID: 'robot', CLIENT_SECRET: secret } })
  assert.match((await run('its secret')).stdout, /^echo$/m)
  assert.equal((await run('another')).code, 1)
}
