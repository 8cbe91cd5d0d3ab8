// Sign-in at the gateway: tokens of a real authorization server in front of servers that know nothing of it, with real clients.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose'
import assert from 'node:assert/strict'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { before, describe, test } from 'node:test'
import { browse, signingKey, startAS } from './fixtures/as.mjs'
import { startModern } from './fixtures/modern.mjs'
import { freePort, LEGACY, modern, run, Scope, startGateway, text, writeConfig } from './lib.mjs'
import { makeVault } from './world.mjs'

const scopes = ['mcp', 'mcp:write']
const robot = { client_id: 'robot', client_secret: 'robot-secret', redirect_uris: [], response_types: [], grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic' }
const gate = { ...robot, client_id: 'gate', client_secret: 'gate-secret' }

// A gateway with two servers, and the authorization server that it trusts. `issuer` is put into the config's issuer.
async function town(scope, { issuer = {}, config = {}, ...options } = {}) {
  const port = await freePort()
  const base = `http://127.0.0.1:${port}`
  const url = `${base}/mcp`
  const key = await signingKey('one')
  const as = await startAS(scope, { resources: () => [url, `${url}/s/vault`, 'https://elsewhere.example/mcp'], scopes, clients: [robot, gate], keys: [key], ...options })
  const vault = makeVault(scope.folder())
  const gateway = await startGateway(scope, {
    auth: { issuers: [{ issuer: as.issuer, audience: url, allow_loopback: true, scopes: ['mcp', { scope: 'mcp:write', tools: ['files__write_*'] }], ...issuer }], ...config.auth },
    servers: { vault: { builtin: 'vault', roots: [vault] }, files: { builtin: 'filesystem', roots: [{ path: vault, mode: 'write' }] }, ...config.servers },
    code: { write: true },
    ...config.rules && { rules: config.rules },
    ...config.disclosure && { disclosure: config.disclosure },
  }, { port })
  return { as, url, key, gateway, base, vault }
}

// A token of the authorization server for a client of its own.
async function obtain(as, resource, scope = 'mcp', { headers = {} } = {}) {
  const response = await fetch(`${as.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from('robot:robot-secret').toString('base64')}`, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
  })
  const answer = await response.json()
  assert.ok(answer.access_token, JSON.stringify(answer))
  return answer.access_token
}

// A token as the authorization server would write it, but for what a test changes.
async function forge({ as, url, key }, claims = {}, header = {}) {
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: as.issuer, aud: url, sub: 'alice', client_id: 'app', jti: randomUUID(), iat: now, exp: now + 60, scope: 'mcp', ...claims }
  const { key: other = key, alg = 'ES256', ...protectedHeader } = header
  return new SignJWT(all).setProtectedHeader({ alg, typ: 'at+jwt', kid: 'one', ...protectedHeader }).sign(await importJWK(other, alg))
}

async function call(url, tool, { token, scheme = 'Bearer', headers = {}, args = {}, method = 'tools/list' } = {}) {
  const { body, headers: mirrored } = tool ? modern('tools/call', { name: tool, arguments: args }) : modern(method)
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...mirrored, ...token !== undefined && { authorization: `${scheme} ${token}` }, ...headers },
    body: JSON.stringify(body),
  })
  const said = await response.text()
  return { status: response.status, challenge: response.headers.get('www-authenticate') ?? '', said, result: said.startsWith('{') ? JSON.parse(said).result : undefined }
}
const names = answer => answer.result.tools.map(tool => tool.name)

describe('the gateway as resource server', () => {
  const scope = Scope.ofSuite()
  let place
  before(async () => { place = await town(scope) })

  test('every MCP path says where to sign in, and lists nothing', async () => {
    for (const path of ['', '/s/vault', '/s/files'])
      for (const method of ['tools/list', 'server/discover', 'prompts/list', 'ping']) {
        const answer = await call(place.url + path, undefined, { method })
        assert.equal(answer.status, 401, `${path} ${method}`)
        assert.equal(answer.challenge.match(/resource_metadata="([^"]+)"/)[1], `${place.base}/.well-known/oauth-protected-resource/mcp${path}`)
        assert.match(answer.challenge, /scope="mcp"/)
        assert.doesNotMatch(answer.challenge, /error/)
        assert.doesNotMatch(answer.said, /vault/)
      }
  })

  test('publishes for each path what it is, and never what Host says', async () => {
    for (const path of ['', '/mcp', '/mcp/s/vault']) {
      const response = await fetch(`${place.base}/.well-known/oauth-protected-resource${path}`, { headers: { origin: 'https://anywhere.example', 'x-forwarded-host': 'evil.example' } })
      assert.equal(response.status, 200)
      assert.equal(response.headers.get('access-control-allow-origin'), '*')
      const metadata = await response.json()
      assert.equal(metadata.resource, place.base + (path || '/mcp'))
      assert.deepEqual(metadata.authorization_servers, [place.as.issuer])
      assert.deepEqual(metadata.scopes_supported, scopes)
      assert.deepEqual(metadata.bearer_methods_supported, ['header'])
    }
    assert.equal((await fetch(`${place.base}/.well-known/oauth-protected-resource/console`)).status, 404)
  })

  test('serves whom the authorization server gave a token, on every path', async () => {
    const token = await obtain(place.as, place.url)
    assert.ok(names(await call(place.url, undefined, { token })).includes('vault__search'))
    assert.ok(names(await call(`${place.url}/s/vault`, undefined, { token })).includes('search'))
    assert.equal((await call(place.url, 'vault__search', { token, args: { query: 'marta' } })).status, 200)
  })

  test('a token for one path is good on that path alone', async () => {
    const token = await obtain(place.as, `${place.url}/s/vault`)
    assert.equal((await call(`${place.url}/s/vault`, undefined, { token })).status, 200)
    for (const path of ['', '/s/files']) {
      const answer = await call(place.url + path, undefined, { token })
      assert.equal(answer.status, 401)
      assert.match(answer.challenge, /error="invalid_token"/)
    }
  })

  test('step-up: names all scopes of the operation at once', async () => {
    const token = await obtain(place.as, place.url)
    const args = { path: `${place.vault}/new.md`, content: 'x' }
    for (const [path, tool] of [['', 'files__write_file'], ['/s/files', 'write_file']]) {
      const answer = await call(place.url + path, tool, { token, args })
      assert.equal(answer.status, 403, answer.said)
      assert.match(answer.challenge, /error="insufficient_scope"/)
      assert.match(answer.challenge, /scope="mcp mcp:write"/)
      assert.match(answer.challenge, /resource_metadata=/)
    }
    // Another way to the same tool: from within code.
    const code = `return await files.write_file(${JSON.stringify(args)})`
    const within = await call(`${place.url}?disclosure=code`, 'run_code', { token, args: { code } })
    assert.match(within.said, /needs the scope mcp:write/)
    assert.equal(existsSync(args.path), false, within.said)
    const more = await obtain(place.as, place.url, 'mcp mcp:write')
    const done = await call(place.url, 'files__write_file', { token: more, args })
    assert.equal(done.status, 200, done.said)
    const written = await call(`${place.url}?disclosure=code`, 'run_code', { token: more, args: { code: code.replace('new.md', 'newer.md') } })
    assert.equal(existsSync(args.path.replace('new.md', 'newer.md')), true, written.said)
    assert.equal((await call(place.url, undefined, { token: await forge(place, { scope: 'other' }) })).status, 403)
  })

  // The attacks on a resource server that stand in every list of them; the id is the test's name.
  describe('attacks', () => {
    const refused = async (token, options = {}) => {
      const answer = await call(place.url, 'vault__search', { token, args: { query: 'marta' }, ...options })
      assert.equal(answer.status, 401, `${answer.said} ${token}`)
      assert.match(answer.challenge, /error="invalid_token"/)
      assert.doesNotMatch(answer.said, /eyJ|alice|issuer|kid|expired/)
    }
    const encode = object => Buffer.from(JSON.stringify(object)).toString('base64url')
    const parts = async () => (await forge(place)).split('.')
    const now = () => Math.floor(Date.now() / 1000)
    const table = {
      'rs-jwt-alg-none': async () => {
        const [, payload, signature] = await parts()
        for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null, ['ES256'], undefined])
          for (const end of ['', signature]) await refused(`${encode({ alg, typ: 'at+jwt' })}.${payload}.${end}`)
      },
      'rs-jwt-hs-with-public-key': async () => {
        const [, payload] = await parts(), { d, ...open } = place.key
        for (const secret of [JSON.stringify(open), open.x, `${open.x}\n`, ''])
          for (const alg of ['HS256', 'HS384', 'HS512']) {
            const start = `${encode({ alg, typ: 'at+jwt', kid: 'one' })}.${payload}`
            await refused(`${start}.${createHmac(alg.replace('HS', 'sha'), secret).update(start).digest('base64url')}`)
          }
        assert.ok(d)
      },
      'rs-jwt-embedded-jwk': async () => {
        const mine = await signingKey('one'), { d, ...open } = mine
        await refused(await forge(place, {}, { key: mine }))
        await refused(await forge(place, {}, { key: mine, jwk: open }))
        assert.ok(d)
      },
      'rs-jwt-jku': async () => {
        let asked = 0
        const trap = createServer((_, res) => { ++asked; res.end('{"keys":[]}') })
        await new Promise(done => trap.listen(0, '127.0.0.1', done))
        scope.defer(() => trap.close())
        const mine = await signingKey('one')
        for (const jku of [`http://127.0.0.1:${trap.address().port}/`, 'data:,x', 'file:///etc/passwd']) await refused(await forge(place, {}, { key: mine, jku, x5u: jku }))
        assert.equal(asked, 0)
      },
      'rs-jwt-kid-sqli': async () => {
        const [, payload, signature] = await parts()
        for (const kid of ["x' UNION SELECT 'k'--", '../../dev/null', '$(id)', 'k\n\u0000', 7, ['one'], { a: 1 }, 'k'.repeat(4000)])
          await refused(`${encode({ alg: 'ES256', typ: 'at+jwt', kid })}.${payload}.${signature}`)
        assert.doesNotMatch(place.gateway.log(), /UNION SELECT/)
      },
      'rs-jwt-null-signature': async () => {
        const [header, payload, signature] = await parts()
        for (const token of [`${header}.${payload}.`, `${header}.${payload}`, `${header}.${payload}.${signature}.`, `${header}.a.${payload}.b.${signature}`]) await refused(token)
      },
      'rs-jwt-psychic': async () => {
        const [header, payload, signature] = await parts()
        for (const bytes of [Buffer.alloc(64), Buffer.alloc(63), Buffer.alloc(65, 1), Buffer.alloc(64, 255), Buffer.from(signature, 'base64url').fill(0, 0, 32)])
          await refused(`${header}.${payload}.${bytes.toString('base64url')}`)
      },
      'rs-jwt-b64-malleable': async () => {
        const [header, payload, signature] = await parts()
        await refused(`${header}.${payload}.${signature}==`)
        assert.equal((await call(place.url, undefined, { token: `${header}=.${payload}.${signature}` })).status, 400)
      },
      'rs-jwt-dup-json': async () => {
        const [, payload, signature] = await parts()
        await refused(`${Buffer.from('{"alg":"ES256","alg":"none","typ":"at+jwt","kid":"one"}').toString('base64url')}.${payload}.${signature}`)
      },
      'rs-jwt-crit': async () => {
        const [, payload, signature] = await parts()
        for (const crit of [['x'], [], ['alg'], ['b64']]) await refused(`${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'one', crit, b64: false })}.${payload}.${signature}`)
      },
      'rs-jwt-typ': async () => {
        for (const typ of ['JWT', 'id_token', 'dpop+jwt', 'logout+jwt', 'oauth-id-jag+jwt', undefined]) await refused(await forge(place, {}, { typ }))
        for (const typ of ['at+JWT', 'application/at+jwt']) assert.equal((await call(place.url, undefined, { token: await forge(place, {}, { typ }) })).status, 200, typ)
      },
      'rs-jwt-id-token-as-at': async () => refused(await forge(place, { aud: 'app', nonce: 'n', at_hash: 'h' }, { typ: 'JWT' })),
      'rs-jwt-iss': async () => {
        for (const iss of [`${place.as.issuer}/`, place.as.issuer.replace('http:', 'https:'), place.as.issuer.toUpperCase(), 'https://evil.example', `${place.as.issuer}.evil.example`, undefined])
          await refused(await forge(place, { iss }))
      },
      'rs-jwt-aud-missing': async () => { for (const aud of [undefined, '', [], null, 7, {}]) await refused(await forge(place, { aud })) },
      'rs-jwt-aud-other': async () => {
        for (const aud of ['https://elsewhere.example/mcp', `${place.url}/`, place.base, `${place.url}.evil`, [`${place.url}?x`]]) await refused(await forge(place, { aud }))
        await refused(await obtain(place.as, 'https://elsewhere.example/mcp'))
      },
      'rs-jwt-exp': async () => {
        for (const claims of [{ exp: now() - 31 }, { exp: undefined }, { exp: 'tomorrow' }, { exp: -1 }, { nbf: now() + 60 }, { iat: now() + 600 }]) await refused(await forge(place, claims))
      },
      'rs-token-in-query': async () => {
        const answer = await call(`${place.url}?access_token=${await forge(place)}`)
        assert.equal(answer.status, 400)
      },
      'rs-several-credentials': async () => {
        const token = await forge(place)
        assert.equal((await call(place.url, undefined, { headers: { authorization: `Bearer ${token}, Bearer ${token}` } })).status, 400)
        assert.equal((await call(place.url, undefined, { headers: { authorization: `Basic ${token}` } })).status, 401)
      },
      'transport-session-steal': async () => {
        const headers = token => ({ 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: `Bearer ${token}` })
        const alice = await forge(place), bob = await forge(place, { sub: 'bob' })
        const begin = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: 't', version: '1' } } }
        const first = await fetch(place.url, { method: 'POST', headers: headers(alice), body: JSON.stringify(begin) })
        const session = first.headers.get('mcp-session-id')
        assert.ok(session)
        const list = more => fetch(place.url, { method: 'POST', headers: { ...more, 'mcp-session-id': session }, body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' }) })
        assert.equal((await list(headers(bob))).status, 404)
        assert.equal((await list({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' })).status, 401)
        assert.equal((await list(headers(alice))).status, 200)
      },
      'transport-xff': async () => {
        for (const headers of [{ 'x-forwarded-for': '127.0.0.1' }, { 'x-forwarded-user': 'root' }, { 'x-auth-request-user': 'root' }])
          assert.equal((await call(place.url, undefined, { headers })).status, 401)
      },
    }
    for (const [id, attack] of Object.entries(table)) test(id, attack)
  })

  test('a token bound to a key needs its proof, once', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    const prove = (htu, token) => new SignJWT({ jti: randomUUID(), htm: 'POST', htu, ...token && { ath: createHash('sha256').update(token).digest('base64url') } })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).setIssuedAt().sign(privateKey)
    const token = await obtain(place.as, place.url, 'mcp', { headers: { dpop: await prove(`${place.as.issuer}/token`) } })
    assert.equal((await call(place.url, undefined, { token })).status, 401)
    const proof = await prove(`${place.url}/s/vault`, token)
    const there = more => call(`${place.url}/s/vault`, undefined, { token, scheme: 'DPoP', headers: more })
    assert.equal((await there({ dpop: proof })).status, 200)
    assert.equal((await there({ dpop: proof })).status, 401) // again
    assert.equal((await there({ dpop: await prove(place.url, token) })).status, 401) // of another path
  })

  test('no token is in its log, and failures are told', async () => {
    assert.match(place.gateway.log(), /signin\.failed/)
    assert.doesNotMatch(place.gateway.log(), /eyJ/)
  })
})

test('keys and tokens side by side; rules know groups, users, clients and issuers', async t => {
  const scope = Scope.of(t)
  const place = await town(scope, {
    issuer: { provider: 'keycloak', scopes: [] },
    config: {
      auth: { api_keys: true },
      rules: [
        { who: { group: 'writers' }, tools: ['files__write_file'], then: 'allow' },
        { who: { client: 'cli-*', user: 'ada' }, tools: ['files__*'], then: 'allow' },
        { tools: ['files__*'], then: 'deny' },
        { tools: ['*'], then: 'allow' },
      ],
    },
  })
  const has = async (claims, header = {}) => names(await call(place.url, undefined, { token: await forge(place, claims, header) })).includes('files__write_file')
  assert.equal(await has({ realm_access: { roles: ['writers'] } }), true)
  assert.equal(await has({ realm_access: { roles: ['readers'] }, groups: ['writers'] }), false)
  assert.equal(await has({ preferred_username: 'ada', azp: 'cli-1', client_id: undefined, jti: undefined }, { typ: 'JWT' }), true) // as Keycloak writes it
  const made = await run(scope, ['keys', 'create', 'ci', '--group', 'writers', '--config', place.gateway.file])
  assert.equal(made.code, 0, made.stderr)
  assert.ok(names(await call(place.url, undefined, { token: made.stdout.trim() })).includes('files__write_file'))
  assert.equal((await call(place.url, undefined, { token: 'gth_AAAAAAAAAAAA_' + 'A'.repeat(38) })).status, 401)
})

test('several issuers: keys of one say nothing of another', async t => {
  const scope = Scope.of(t)
  const other = await signingKey('one')
  const as2 = await startAS(scope, { resources: () => [], keys: [other] })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/mcp`
  const key = await signingKey('one')
  const as = await startAS(scope, { resources: () => [url], keys: [key] })
  const vault = makeVault(scope.folder())
  const issuers = [as, as2].map(one => ({ issuer: one.issuer, audience: url, allow_loopback: true }))
  await startGateway(scope, { auth: { issuers }, servers: { vault: { builtin: 'vault', roots: [vault] } } }, { port })
  const status = async token => (await call(url, undefined, { token })).status
  assert.equal(await status(await forge({ as, url, key })), 200)
  assert.equal(await status(await forge({ as: as2, url, key: other })), 200)
  assert.equal(await status(await forge({ as, url, key: other })), 401)
  assert.equal(await status(await forge({ as: as2, url, key })), 401)
})

test('opaque tokens are shown to their issuer, and believed for a while', async t => {
  const scope = Scope.of(t)
  const place = await town(scope, {
    format: 'opaque',
    features: { introspection: { enabled: true, allowedPolicy: () => true } },
    issuer: { introspection: { client: 'gate', secret: 'gate-secret' } },
  })
  const token = await obtain(place.as, place.url)
  assert.doesNotMatch(token, /\./)
  for (let i = 0; i < 5; ++i) assert.equal((await call(place.url, undefined, { token })).status, 200)
  const asked = () => place.as.heard.filter(one => one.path === '/token/introspection').length
  assert.equal(asked(), 1)
  for (let i = 0; i < 5; ++i) assert.equal((await call(place.url, undefined, { token: 'nonsense' })).status, 401)
  assert.equal(asked(), 2)
  assert.equal((await call(place.url, undefined, { token: await obtain(place.as, 'https://elsewhere.example/mcp') })).status, 401)
  await place.as.close()
  assert.equal((await call(place.url, undefined, { token })).status, 200)
  const unknown = await call(place.url, undefined, { token: 'other' })
  assert.equal(unknown.status, 503)
})

test('a token is never passed on to a server', async t => {
  const scope = Scope.of(t)
  const seen = []
  const upstream = await startModern(scope, { guard: async req => { seen.push(JSON.stringify(req.headers)); return true } })
  const place = await town(scope, { config: { servers: { web: { url: upstream.url } } } })
  const token = await forge(place, { canary: 'k7w-canary' })
  const answer = await call(place.url, 'web__add', { token, args: { a: 1, b: 2 } })
  assert.equal(answer.status, 200, answer.said)
  assert.ok(seen.length > 0)
  for (const headers of seen) {
    assert.ok(!headers.includes(token))
    assert.doesNotMatch(headers, /authorization/i)
  }
})

test('an issuer that is down stops nobody whose token is verified, and lets nobody in', async t => {
  const scope = Scope.of(t)
  const place = await town(scope)
  const seen = await obtain(place.as, place.url)
  assert.equal((await call(place.url, undefined, { token: seen })).status, 200)
  await place.as.close()
  assert.equal((await call(place.url, undefined, { token: seen })).status, 200)
  assert.equal((await call(place.url, undefined, { token: await forge(place, {}, { key: await signingKey('one') }) })).status, 401)
})

test('the official client finds the way and signs in', async t => {
  const scope = Scope.of(t)
  const place = await town(scope)
  let code, tokens, registered, verifier
  const asked = []
  const redirect = createServer((req, res) => { code = new URL(req.url, 'http://x').searchParams; res.end('done') })
  await new Promise(done => redirect.listen(0, '127.0.0.1', done))
  scope.defer(() => redirect.close())
  const back = `http://127.0.0.1:${redirect.address().port}/callback`
  const authProvider = {
    redirectUrl: back,
    clientMetadata: { client_name: 'test', redirect_uris: [back], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' },
    clientInformation: () => registered,
    saveClientInformation: information => { registered = information },
    tokens: () => tokens,
    saveTokens: got => { tokens = got },
    redirectToAuthorization: async url => { asked.push(url.searchParams.get('scope')); const page = await browse(url.href); assert.equal(page.status, 200, page.text) },
    saveCodeVerifier: text => { verifier = text },
    codeVerifier: () => verifier,
  }
  const connect = async () => {
    const client = new Client({ name: 'test', version: '1' })
    const transport = new StreamableHTTPClientTransport(new URL(place.url), { authProvider })
    return { client, transport }
  }
  const first = await connect()
  await assert.rejects(first.client.connect(first.transport), /[Uu]nauthorized/)
  assert.match(asked[0], /mcp/)
  await first.transport.finishAuth(code)
  const second = await connect()
  await second.client.connect(second.transport)
  const found = await second.client.callTool({ name: 'vault__search', arguments: { query: 'marta' } })
  assert.match(text(found), /Keeper/)
  assert.ok(tokens.access_token)
  await second.client.close()
})

test('a stream ends with the token that opened it', async t => {
  const scope = Scope.of(t)
  const place = await town(scope)
  const now = Math.floor(Date.now() / 1000)
  const token = await forge(place, { exp: now - 26 }) // within the leeway, for some seconds more
  const { body, headers } = modern('subscriptions/listen', { notifications: { toolsListChanged: true } })
  const response = await fetch(place.url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'text/event-stream, application/json', ...headers, authorization: `Bearer ${token}` }, body: JSON.stringify(body) })
  assert.equal(response.status, 200)
  await response.text() // which ends
  assert.equal((await call(place.url, undefined, { token })).status, 401)
})

test('a config that could let in the wrong ones is refused', async t => {
  const scope = Scope.of(t)
  const check = async (auth, more = {}) => run(scope, ['check', '--config', writeConfig(scope.folder(), { auth, servers: {}, ...more })])
  const issuer = 'https://id.example.com/realms/acme'
  for (const [auth, says, more] of [
    [{ issuers: [{ issuer: 'http://id.example.com' }] }, /must be https/],
    [{ issuers: [{ issuer: 'http://127.0.0.1:1' }] }, /allow_loopback/],
    [{ issuers: [{ issuer, provider: 'kecloak' }] }, /keycloak/],
    [{ issuers: [{ issuer, algorithms: ['HS256'] }] }, /HS256/],
    [{ issuers: [{ issuer, scopes: ['a b'] }] }, /no scope/],
    [{ issuers: [{ issuer, scopes: ['offline_access'] }] }, /offline_access/],
    [{ issuers: [{ issuer }, { issuer }] }, /is that of/],
    [{ issuers: [] }, /empty/],
    [{ issuers: [{ issuer }] }, /public_url/, { listen: '0.0.0.0:8811' }],
    [{ issuers: [{ issuer }] }, /in the clear/, { public_url: 'http://mcp.example.com' }],
    [{ issuers: [{ isuer: issuer }] }, /did you mean \\?"issuer/],
  ]) {
    const answer = await check(auth, more)
    assert.equal(answer.code, 2, JSON.stringify(auth) + answer.stdout + answer.stderr)
    assert.match(answer.stdout + answer.stderr, says)
  }
  for (const [provider, odd] of [['entra', 'https://login.microsoftonline.com/common/v2.0'], ['okta', 'https://acme.okta.com'], ['auth0', 'https://acme.eu.auth0.com'], ['keycloak', 'https://id.example.com']]) {
    const answer = await check({ issuers: [{ issuer: odd, provider }] })
    assert.match(answer.stdout + answer.stderr, /warning: auth\.issuers\[0\]\.issuer/, provider)
  }
})

test('doctor walks the sign-in of a provider', async t => {
  const scope = Scope.of(t)
  const as = await startAS(scope, { resources: () => [] })
  const look = async issuer => {
    const file = writeConfig(scope.folder(), { listen: `127.0.0.1:${await freePort()}`, auth: { issuers: [{ issuer, allow_loopback: true, audience: 'gate' }] }, servers: {} })
    const said = await run(scope, ['doctor', '--json', '--config', file])
    return JSON.parse(said.stdout).filter(one => /issuer|keys/.test(one.what))
  }
  const good = await look(as.issuer)
  assert.deepEqual(good.map(one => one.level), ['good', 'good'], JSON.stringify(good))
  const [slash] = await look(`${as.issuer}/`)
  assert.equal(slash.level, 'bad')
  assert.match(slash.remedy, new RegExp(`write issuer: ${as.issuer}$`))
  const [gone] = await look('http://127.0.0.1:1')
  assert.equal(gone.level, 'bad')
})
