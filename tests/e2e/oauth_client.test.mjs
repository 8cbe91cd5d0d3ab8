// The SDK's client signing in: programs of examples/docs, a real authorization server (oidc-provider), and a real MCP server behind it.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { exportJWK } from 'jose'
import { freePort, gatehouse, runToEnd, Scope } from './lib.mjs'
import { browse, makeGuard, startAS } from './fixtures/as.mjs'
import { startModern } from './fixtures/modern.mjs'

const program = name => join(dirname(gatehouse), 'examples/docs', name)

// An authorization server and an MCP server that wants its tokens.
async function town(scope, { guard: guardOptions, ...options } = {}) {
  const guard = makeGuard(guardOptions)
  const as = await startAS(scope, { resources: () => [guard.state.url], ...options })
  const server = await startModern(scope, { guard })
  guard.settle(as, server.url)
  return { as, guard, url: server.url, heard: server.heard }
}

// Starts `sign_in`, and plays its user each time it asks for one.
async function signIn(scope, url, more = []) {
  const running = scope.run(program('sign_in'), ['--local', url, ...more], { stdin: 'pipe', name: 'sign_in' })
  return {
    running,
    async visit(number = 1) {
      const [, address] = await running.wrote(new RegExp(`(?:Sign in to go on[\\s\\S]*?(http\\S+)[\\s\\S]*?){${number}}`))
      const page = await browse(address)
      assert.equal(page.status, 200, page.text)
      assert.match(page.text, /go back to the terminal/)
      return new URL(address)
    },
    async call(tool, answer = 'called') {
      running.child.stdin.write(`${tool}\n`)
      await running.wrote(new RegExp(`^${tool}: ${answer}`, 'm'))
      running.output = running.output.replace(`${tool}: `, '')
    },
    async end() {
      running.child.stdin.end()
      const { code } = await running.end()
      assert.equal(code, 0, running.output)
    },
  }
}

const tokenRequests = as => as.heard.filter(one => one.path === '/token' && one.status === 200)

describe('the client signs in at a real authorization server', () => {
  test('by code, at the terminal; the refresh token rotates; a person is asked for more scopes', async t => {
    const scope = Scope.of(t)
    const { as, guard, url } = await town(scope, { guard: { call: 'tools:call' } })
    const client = await signIn(scope, url)
    const asked = (await client.visit()).searchParams
    assert.equal(asked.get('resource'), url)
    assert.equal(asked.get('code_challenge_method'), 'S256')
    assert.equal(asked.get('scope'), 'tools:read offline_access')
    await client.running.wrote(/^echo$/m)
    assert.match(client.running.output, /deprecated: Dynamic Client Registration/)
    assert.deepEqual([...guard.state.subjects], ['alice'])

    const called = client.call('odd')
    assert.equal((await client.visit(2)).searchParams.get('scope'), 'tools:read tools:call offline_access')
    await called

    for (let round = 1; round <= 2; ++round) {
      guard.forget()
      await client.call('odd')
      assert.equal(tokenRequests(as).at(-1).body.grant_type, 'refresh_token')
    }
    const used = tokenRequests(as).filter(one => one.body.grant_type === 'refresh_token').map(one => one.body.refresh_token)
    assert.equal(new Set(used).size, 2)
    await client.end()
    assert.equal(as.heard.filter(one => one.path === '/reg').length, 2) // one for each port of the redirect
  })

  test('with the URL of its metadata document in place of a registration', async t => {
    const scope = Scope.of(t)
    const document = 'https://client.example/oauth/client.json'
    const documents = {
      [document]: {
        client_id: document, client_name: 'e2e', application_type: 'native', redirect_uris: ['http://127.0.0.1/callback'],
        grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none',
      },
    }
    const { as, url } = await town(scope, { documents })
    const client = await signIn(scope, url, [document])
    assert.equal((await client.visit()).searchParams.get('client_id'), document)
    await client.running.wrote(/^echo$/m)
    await client.end()
    assert.ok(!as.heard.some(one => one.path === '/reg'))
    assert.doesNotMatch(client.running.output, /deprecated/)
  })

  for (const nonces of [false, true]) {
    test(`with tokens bound to its key${nonces ? ', and nonces on both sides' : ''}`, async t => {
      const scope = Scope.of(t)
      const { as, guard, url } = await town(scope, { nonces, guard: { dpop: true, nonces } })
      const client = await signIn(scope, url)
      await client.visit()
      await client.running.wrote(/^echo$/m)
      await client.call('odd')
      guard.forget()
      await client.call('odd')
      assert.equal(tokenRequests(as).at(-1).body.grant_type, 'refresh_token')
      assert.ok(tokenRequests(as).every(one => one.dpop))
      await client.end()
    })
  }

  test('at a protected server of this SDK, with bound tokens and nonces', async t => {
    const scope = Scope.of(t)
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/mcp`
    const as = await startAS(scope, { resources: () => [url], scopes: ['notes:read', 'notes:write'], nonces: true })
    const server = scope.run(join(dirname(gatehouse), 'examples/protected_server'),
      ['--http', `127.0.0.1:${port}`, '--issuer', as.issuer, '--resource', url, '--dpop', 'required', '--nonces'], { name: 'protected_server' })
    await server.wrote(/MCP at/)
    const client = await signIn(scope, url)
    assert.match((await client.visit()).searchParams.get('scope'), /notes:read/)
    await client.running.wrote(/^whoami$/m)
    await client.call('whoami')
    assert.ok(tokenRequests(as).every(one => one.dpop))
    await client.end()
  })

  test('as itself, with a secret or a key', async t => {
    const scope = Scope.of(t)
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const machine = { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], scope: 'tools:read' }
    const clients = [
      { ...machine, client_id: 'with secret', client_secret: 'p%ss:w/rd+', token_endpoint_auth_method: 'client_secret_basic' },
      { ...machine, client_id: 'with-key', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [await exportJWK(publicKey)] } },
    ]
    const { as, url } = await town(scope, { clients })
    const run = env => runToEnd(scope, program('machine'), ['--local', url], { env, name: 'machine' })
    for (const env of [
      { CLIENT_ID: 'with secret', CLIENT_SECRET: 'p%ss:w/rd+' },
      { CLIENT_ID: 'with-key', CLIENT_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }) },
    ]) {
      const { code, stdout, stderr } = await run(env)
      assert.equal(code, 0, stderr)
      assert.match(stdout, /^echo$/m)
      assert.equal(tokenRequests(as).at(-1).client, env.CLIENT_ID)
    }
    const wrong = await run({ CLIENT_ID: 'with secret', CLIENT_SECRET: 'wrong' })
    assert.equal(wrong.code, 1)
    assert.match(wrong.stderr, /invalid_client/)
    assert.doesNotMatch(wrong.stderr, /wrong/)
  })

  test('not at all on this machine, unless it was told to', async t => {
    const scope = Scope.of(t)
    const { as, url } = await town(scope)
    const { code, stderr } = await runToEnd(scope, program('sign_in'), [url], { name: 'sign_in' })
    assert.equal(code, 1)
    assert.match(stderr, /OAuth::reach/)
    assert.equal(as.heard.length, 0)
  })

  test('and never follows the server to another place with its token', async t => {
    const scope = Scope.of(t)
    const seen = []
    const thief = createServer((req, res) => { seen.push(req.headers); res.end() })
    await new Promise(done => thief.listen(0, '127.0.0.1', done))
    scope.defer(() => new Promise(done => thief.close(done)))
    const { guard, url } = await town(scope)
    const client = await signIn(scope, url)
    await client.visit()
    await client.running.wrote(/^echo$/m)
    const state = guard.state
    const before = state.passed
    // From now on the server sends everybody elsewhere.
    state.as = { ...state.as, get keys() { return () => { throw new Error('moved') } } }
    state.url = `http://127.0.0.1:${thief.address().port}/mcp`
    await client.call('odd', '.+')
    assert.equal(state.passed, before)
    assert.ok(seen.every(headers => !headers.authorization))
    client.running.kill()
  })
})
