// examples/protected_server: an MCP server as OAuth resource server, with a real authorization server and real clients.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose'
import assert from 'node:assert/strict'
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { browse, signingKey, startAS } from './fixtures/as.mjs'
import { freePort, gatehouse, inspector, LEGACY, modern, MODERN, Scope, text } from './lib.mjs'

const program = join(dirname(gatehouse), 'examples/protected_server')
const scopes = ['notes:read', 'notes:write']
const robot = { client_id: 'robot', client_secret: 'robot-secret', redirect_uris: [], response_types: [], grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic' }
const sleeper = { ...robot, client_id: 'sleeper', client_secret: 'sleeper-secret' }

// A protected server, and the authorization server that it trusts.
async function town(scope, { args = [], clients = [robot, sleeper], ...options } = {}) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/mcp`
  const keys = [await signingKey('one')]
  const start = more => startAS(scope, { resources: () => [url, 'https://elsewhere.example/mcp'], scopes, clients, keys, ...options, ...more })
  const as = await start()
  const server = scope.run(program, ['--http', `127.0.0.1:${port}`, '--issuer', as.issuer, '--resource', url, ...args], { name: 'protected_server' })
  await server.wrote(/MCP at/)
  return { as, url, key: keys[0], server, restart: more => start({ port: as.port, ...more }) }
}

// A token of the authorization server for a client of its own.
async function obtain(as, resource, scope = 'notes:read', { client = robot, headers = {} } = {}) {
  const basic = Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')
  const response = await fetch(`${as.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
  })
  const answer = await response.json()
  assert.ok(answer.access_token, JSON.stringify(answer))
  return answer.access_token
}

// A token as the authorization server would write it, but for what a test changes.
async function forge({ as, url, key }, claims = {}, header = {}) {
  const now = Math.floor(Date.now() / 1000)
  const all = { iss: as.issuer, aud: url, sub: 'alice', client_id: 'app', jti: randomUUID(), iat: now, exp: now + 60, scope: 'notes:read', ...claims }
  const { key: other = key, ...protectedHeader } = header
  return new SignJWT(all).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'one', ...protectedHeader }).sign(await importJWK(other, 'ES256'))
}

// One modern request; `headers` may be given twice as an array.
async function call(url, tool, { token, scheme = 'Bearer', headers = {}, args = {} } = {}) {
  const { body, headers: mirrored } = tool ? modern('tools/call', { name: tool, arguments: args }) : modern('tools/list')
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...mirrored, ...token && { authorization: `${scheme} ${token}` }, ...headers },
    body: JSON.stringify(body),
  })
  const said = await response.text()
  return { status: response.status, challenge: response.headers.get('www-authenticate') ?? '', nonce: response.headers.get('dpop-nonce'), said, result: said.startsWith('{') ? JSON.parse(said).result : undefined }
}

describe('a protected server', () => {
  const scope = Scope.ofSuite()
  let place
  before(async () => { place = await town(scope) })
  const refused = async (token, options = {}) => {
    const answer = await call(place.url, 'whoami', { token, ...options })
    assert.equal(answer.status, 401, answer.said)
    assert.match(answer.challenge, /^Bearer error="invalid_token"/)
    assert.match(answer.challenge, /resource_metadata="http:\/\/127\.0\.0\.1:\d+\/\.well-known\/oauth-protected-resource\/mcp"/)
    return answer
  }

  test('says where to sign in, and publishes it', async () => {
    const answer = await call(place.url, 'whoami')
    assert.equal(answer.status, 401)
    const where = /resource_metadata="([^"]+)", scope="notes:read"$/.exec(answer.challenge)[1]
    assert.doesNotMatch(answer.challenge, /error/)
    for (const address of [where, new URL('/.well-known/oauth-protected-resource', place.url).href]) {
      const response = await fetch(address, { headers: { origin: 'https://anywhere.example' } })
      assert.equal(response.headers.get('access-control-allow-origin'), '*')
      const metadata = await response.json()
      assert.equal(metadata.resource, place.url)
      assert.deepEqual(metadata.authorization_servers, [place.as.issuer])
      assert.deepEqual(metadata.scopes_supported, scopes)
    }
    for (const method of ['GET', 'DELETE', 'PUT']) assert.equal((await fetch(place.url, { method })).status, 401, method)
    const hosts = await fetch(where, { headers: { 'x-forwarded-host': 'evil.example' } })
    assert.doesNotMatch(await hosts.text(), /evil/)
  })

  test('serves whom the authorization server gave a token', async () => {
    const answer = await call(place.url, 'whoami', { token: await obtain(place.as, place.url) })
    assert.equal(answer.status, 200, answer.said)
    assert.equal(text(answer.result), 'robot with robot')
    assert.equal((await call(place.url, 'whoami', { token: await forge(place) })).status, 200) // so that the next tests refuse for one reason each
  })

  test('refuses tokens that are for another server, of another issuer, over, or of another kind', async () => {
    await refused(await obtain(place.as, 'https://elsewhere.example/mcp'))
    await refused(await forge(place, { aud: [`${place.url}/`, `${place.url}.evil`, new URL(place.url).origin] }))
    await refused(await forge(place, { iss: 'https://evil.example' }))
    await refused(await forge(place, { iss: `${place.as.issuer}/` }))
    const now = Math.floor(Date.now() / 1000)
    await refused(await forge(place, { exp: now - 31 }))
    await refused(await forge(place, { exp: undefined }))
    await refused(await forge(place, { nbf: now + 60 }))
    await refused(await forge(place, { iat: now + 60 }))
    for (const claim of ['sub', 'client_id', 'jti', 'iat', 'aud']) await refused(await forge(place, { [claim]: undefined }))
    for (const typ of ['JWT', undefined, 'dpop+jwt', 'logout+jwt']) await refused(await forge(place, {}, { typ }))
    for (const typ of ['AT+JWT', 'application/at+jwt']) assert.equal((await call(place.url, 'whoami', { token: await forge(place, {}, { typ }) })).status, 200, typ)
  })

  test('refuses tokens that the issuer did not sign', async () => {
    const token = await forge(place)
    const [header, payload, signature] = token.split('.')
    const as = object => Buffer.from(JSON.stringify(object)).toString('base64url')
    const claims = JSON.parse(Buffer.from(payload, 'base64url'))
    await refused(`${header}.${as({ ...claims, sub: 'root' })}.${signature}`)
    await refused(`${header}.${payload}.${signature.slice(0, -4)}AAAA`)
    for (const alg of ['none', 'None', 'NONE']) await refused(`${as({ alg, typ: 'at+jwt' })}.${payload}.${signature}`)
    await refused(`${as({ alg: 'none', typ: 'at+jwt' })}.${payload}.`)
    const { d, ...publicKey } = place.key
    for (const secret of [JSON.stringify(publicKey), publicKey.x, '']) {
      const start = `${as({ alg: 'HS256', typ: 'at+jwt', kid: 'one' })}.${payload}`
      await refused(`${start}.${createHmac('sha256', secret).update(start).digest('base64url')}`)
    }
    const mine = await signingKey('one')
    await refused(await forge(place, {}, { key: mine }))
    const { d: _, ...minePublic } = mine
    await refused(await forge(place, {}, { key: mine, jwk: minePublic }))
    await refused(await forge(place, {}, { key: mine, jku: 'http://127.0.0.1:1/jwks' }))
    assert.ok(d)
  })

  test('refuses what is malformed', async () => {
    const token = await forge(place)
    assert.equal((await call(`${place.url}?access_token=${token}`, 'whoami')).status, 400)
    assert.equal((await call(place.url, 'whoami', { headers: { authorization: `Bearer ${token}, Bearer ${token}` } })).status, 400)
    assert.equal((await call(place.url, 'whoami', { headers: { authorization: 'Bearer' } })).status, 400)
    await refused('nonsense')
    await refused('x'.repeat(15000)) // over the limit of heads it would be 431
    assert.equal((await call(place.url, 'whoami', { headers: { authorization: 'Basic YTpi' } })).status, 401)
  })

  test('asks for all scopes of a tool at once', async () => {
    const answer = await call(place.url, 'remember', { token: await obtain(place.as, place.url), args: { text: 'x' } })
    assert.equal(answer.status, 403)
    assert.match(answer.challenge, /^Bearer error="insufficient_scope"/)
    assert.match(answer.challenge, /scope="notes:read notes:write"/)
    const token = await obtain(place.as, place.url, 'notes:write') // which includes the other
    assert.equal((await call(place.url, 'remember', { token, args: { text: 'mine' } })).status, 200)
    assert.deepEqual((await call(place.url, 'notes', { token })).result.structuredContent, { result: ['mine'] })
    assert.deepEqual((await call(place.url, 'notes', { token: await forge(place) })).result.structuredContent, { result: [] })
    assert.equal((await call(place.url, undefined, { token: await forge(place, { scope: 'other' }) })).status, 403)
    assert.equal((await call(place.url, undefined, { token: await forge(place, { scope: undefined }) })).status, 403)
  })

  test('refuses bound tokens, since it looks at no proofs', async () => {
    await refused(await forge(place, { cnf: { jkt: 'x' } }))
    await refused(await forge(place, { cnf: { 'x5t#S256': 'x' } }))
  })

  test('keeps sessions apart', async () => {
    const headers = token => ({ 'content-type': 'application/json', accept: 'application/json, text/event-stream', authorization: `Bearer ${token}` })
    const alice = await forge(place), bob = await forge(place, { sub: 'bob' })
    const begin = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: 't', version: '1' } } }
    const first = await fetch(place.url, { method: 'POST', headers: headers(alice), body: JSON.stringify(begin) })
    const session = first.headers.get('mcp-session-id')
    assert.ok(session)
    const list = token => fetch(place.url, { method: 'POST', headers: { ...headers(token), 'mcp-session-id': session }, body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' }) })
    assert.equal((await list(bob)).status, 404)
    assert.equal((await fetch(place.url, { method: 'DELETE', headers: { ...headers(bob), 'mcp-session-id': session } })).status, 404)
    assert.equal((await list(alice)).status, 200)
    assert.equal((await list(await forge(place))).status, 200) // another token of hers
  })

  test('the Inspector brings a token', async () => {
    const header = ['--header', `Authorization: Bearer ${await obtain(place.as, place.url)}`]
    for (const era of ['modern', 'legacy']) {
      const result = await inspector(scope, place.url, era, [...header, '--method', 'tools/call', '--tool-name', 'whoami'])
      assert.equal(result.code, 0, result.output)
      assert.match(result.stdout, /robot with robot/)
      const without = await inspector(scope, place.url, era, ['--method', 'tools/list'])
      assert.notEqual(without.code, 0)
    }
  })

  test('no token is in its log', async () => {
    const log = place.server.output
    assert.match(log, /the token has expired/)
    assert.doesNotMatch(log, /eyJ/)
  })
})

describe('a protected server and its issuer', () => {
  test('keys rotate while both run', async t => {
    const scope = Scope.of(t)
    const place = await town(scope)
    const old = await obtain(place.as, place.url)
    assert.equal((await call(place.url, 'whoami', { token: old })).status, 200)
    await place.as.close()
    const next = await signingKey('two')
    const as = await place.restart({ keys: [next, place.key] })
    const fresh = await obtain(as, place.url)
    assert.equal(JSON.parse(Buffer.from(fresh.split('.')[0], 'base64url')).kid, 'two')
    assert.equal((await call(place.url, 'whoami', { token: fresh })).status, 200)
    assert.equal((await call(place.url, 'whoami', { token: old })).status, 200) // its key is still published
    assert.equal((await call(place.url, 'whoami', { token: await forge({ ...place, key: await signingKey('x') }, {}, { kid: 'x' }) })).status, 401)
  })

  test('a key that is withdrawn is worth nothing once that is known', async t => {
    const scope = Scope.of(t)
    const place = await town(scope)
    const old = await obtain(place.as, place.url)
    assert.equal((await call(place.url, 'whoami', { token: old })).status, 200)
    await place.as.close()
    const as = await place.restart({ keys: [await signingKey('two')] })
    assert.equal((await call(place.url, 'whoami', { token: await obtain(as, place.url) })).status, 200)
    assert.equal((await call(place.url, 'whoami', { token: old })).status, 401)
  })

  test('while the issuer is down, what is known serves, and what is not says later', async t => {
    const scope = Scope.of(t)
    const place = await town(scope)
    const seen = await obtain(place.as, place.url), unseen = await obtain(place.as, place.url)
    const place2 = await town(scope)
    const never = await obtain(place2.as, place2.url)
    assert.equal((await call(place.url, 'whoami', { token: seen })).status, 200)
    await place.as.close()
    await place2.as.close()
    assert.equal((await call(place.url, 'whoami', { token: seen })).status, 200)
    assert.equal((await call(place.url, 'whoami', { token: unseen })).status, 200)
    const answer = await call(place2.url, 'whoami', { token: never })
    assert.equal(answer.status, 503, answer.said)
    assert.equal(answer.challenge, '')
    await place2.server.wrote(/cannot be had/)
  })
})

describe('a protected server with DPoP', () => {
  // A client's key, its proofs, and a token bound to it.
  async function holder() {
    const { privateKey, publicKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    const prove = (htu, { token, htm = 'POST', ...more } = {}) =>
      new SignJWT({ jti: randomUUID(), htm, htu, ...token && { ath: createHash('sha256').update(token).digest('base64url') }, ...more })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk }).setIssuedAt(more.iat).sign(privateKey)
    const token = async (as, url) => obtain(as, url, 'notes:read', { headers: { dpop: await prove(`${as.issuer}/token`) } })
    return { prove, token, jkt: await calculateJwkThumbprint(jwk) }
  }

  test('a bound token is good with its proof, once', async t => {
    const scope = Scope.of(t)
    const place = await town(scope, { args: ['--dpop', 'allowed'] })
    const { url } = place
    const alice = await holder(), thief = await holder()
    const token = await alice.token(place.as, url)
    const use = async (proof, options = {}) => call(url, 'whoami', { token, scheme: 'DPoP', ...options, headers: proof ? { dpop: proof } : {} })
    const proof = await alice.prove(url, { token })
    assert.equal((await use(proof)).status, 200)
    const bad = async (given, reason = 'invalid_dpop_proof') => {
      const answer = await use(given)
      assert.equal(answer.status, 401)
      assert.match(answer.challenge, new RegExp(`DPoP error="${reason}"`))
      assert.match(answer.challenge, /algs="[^"]*ES256/)
    }
    await bad(proof) // replayed
    await bad(undefined)
    await bad(await thief.prove(url, { token }))
    await bad(await alice.prove(url, { token, htm: 'GET' }))
    await bad(await alice.prove(`${url}/other`, { token }))
    await bad(await alice.prove(url))
    await bad(await alice.prove(url, { token: 'another' }))
    await bad(await alice.prove(url, { token, iat: Math.floor(Date.now() / 1000) - 301 }))
    await bad('nonsense')
    const bearer = await call(url, 'whoami', { token })
    assert.equal(bearer.status, 401)
    assert.match(bearer.challenge, /Bearer error="invalid_token"/)
    const plain = await obtain(place.as, url)
    assert.equal((await call(url, 'whoami', { token: plain })).status, 200)
    assert.equal((await call(url, 'whoami', { token: plain, scheme: 'DPoP', headers: { dpop: await alice.prove(url, { token: plain }) } })).status, 401)
  })

  test('it can be required, with nonces', async t => {
    const scope = Scope.of(t)
    const place = await town(scope, { args: ['--dpop', 'required', '--nonces'] })
    const { url } = place
    const metadata = await (await fetch(new URL('/.well-known/oauth-protected-resource/mcp', url))).json()
    assert.equal(metadata.dpop_bound_access_tokens_required, true)
    assert.equal((await call(url, 'whoami', { token: await obtain(place.as, url) })).status, 401)
    const alice = await holder()
    const token = await alice.token(place.as, url)
    const first = await call(url, 'whoami', { token, scheme: 'DPoP', headers: { dpop: await alice.prove(url, { token }) } })
    assert.equal(first.status, 401)
    assert.match(first.challenge, /DPoP error="use_dpop_nonce"/)
    assert.ok(first.nonce)
    const second = await call(url, 'whoami', { token, scheme: 'DPoP', headers: { dpop: await alice.prove(url, { token, nonce: first.nonce }) } })
    assert.equal(second.status, 200, second.said)
  })
})

describe('the TypeScript SDK signs in', () => {
  // What the SDK's client keeps, and the page where the sign-in ends.
  async function person(scope, clientId) {
    let came
    const page = createServer((req, res) => { came = new URL(req.url, 'http://127.0.0.1').searchParams; res.end('done') })
    await new Promise(done => page.listen(0, '127.0.0.1', done))
    scope.defer(() => { page.closeAllConnections(); return new Promise(done => page.close(done)) })
    const redirect = `http://127.0.0.1:${page.address().port}/callback`
    const kept = {}
    const provider = {
      redirectUrl: redirect,
      clientMetadata: { client_name: 'e2e', redirect_uris: [redirect], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' },
      clientInformation: () => kept.client ?? (clientId && { client_id: clientId }),
      saveClientInformation: client => { kept.client = client },
      tokens: () => kept.tokens,
      saveTokens: tokens => { kept.tokens = tokens },
      saveCodeVerifier: verifier => { kept.verifier = verifier },
      codeVerifier: () => kept.verifier,
      redirectToAuthorization: async url => { kept.asked = url; const last = await browse(url.href); assert.equal(last.text, 'done', last.text) },
    }
    return { provider, redirect, kept, came: () => came }
  }

  for (const [era, mode] of [['modern', { pin: MODERN }], ['legacy', 'legacy']]) {
    test(`${era}: refused, registered, signed in, served`, async t => {
      const scope = Scope.of(t)
      const place = await town(scope)
      const { provider, kept, came } = await person(scope)
      const connect = async () => {
        const client = new Client({ name: 'e2e', version: '1' }, { versionNegotiation: { mode } })
        const transport = new StreamableHTTPClientTransport(new URL(place.url), { authProvider: provider })
        scope.defer(() => client.close())
        try { await client.connect(transport) } catch (error) { return { transport, error } }
        return { client, transport }
      }
      const first = await connect()
      assert.ok(first.error, 'it was let in without a token')
      assert.equal(kept.asked.searchParams.get('resource'), place.url)
      assert.match(kept.asked.searchParams.get('scope'), /^notes:read( offline_access)?$/)
      await first.transport.finishAuth(came())
      const { client } = await connect()
      assert.equal(text(await client.callTool({ name: 'whoami', arguments: {} })), `alice with ${kept.client.client_id}`)
    })
  }
})

describe('the C++ SDK signs in', () => {
  test('its own client, at its own server, and again for more scopes', async t => {
    const scope = Scope.of(t)
    const place = await town(scope)
    const client = scope.run(join(dirname(gatehouse), 'examples/docs/sign_in'), ['--local', place.url], { stdin: 'pipe', name: 'sign_in' })
    // Plays the user, who is shown the `number`th address.
    const visit = async number => {
      const found = await client.wrote(new RegExp(`(?:Sign in to go on[\\s\\S]*?(http\\S+)[\\s\\S]*?){${number}}`))
      const page = await browse(found[1])
      assert.equal(page.status, 200, page.text)
      return new URL(found[1]).searchParams
    }
    assert.equal((await visit(1)).get('resource'), place.url)
    await client.wrote(/^whoami$/m)
    client.child.stdin.write('whoami\n')
    await client.wrote(/^whoami: called$/m)
    client.child.stdin.write('remember\n')
    assert.match((await visit(2)).get('scope'), /notes:read notes:write/)
    await client.wrote(/^remember: called$/m)
    client.child.stdin.end()
    assert.equal((await client.end()).code, 0, client.output)
  })
})
