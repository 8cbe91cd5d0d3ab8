// Servers behind the gateway that want OAuth tokens: callers of both eras led to a real authorization server, tokens kept apart.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { browse, makeGuard, press, startAS } from './fixtures/as.mjs'
import { startModern } from './fixtures/modern.mjs'
import { clients, gatehouse, run, Scope, startGateway, text, writeConfig } from './lib.mjs'

const robot = { client_id: 'robot', client_secret: 'robot-secret', redirect_uris: [], response_types: [], grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic' }

// An authorization server, an MCP server that wants its tokens, and the config that puts a gateway before them.
async function town(scope, { auth = { oauth: 'per-user' }, era, ...more } = {}) {
  const guard = makeGuard()
  const as = await startAS(scope, { resources: () => [guard.state.url], clients: [robot] })
  const upstream = era === 'legacy' ? await startLegacy(scope, { guard }) : await startModern(scope, { guard })
  guard.settle(as, upstream.url)
  return { as, guard, upstream, config: { pins: { mode: 'warn' }, servers: { desk: { url: upstream.url, auth } }, ...more } }
}

// A server of the older revisions, with sessions, by its official SDK.
async function startLegacy(scope, { guard }) {
  const sessions = new Map()
  const whose = new Map() // the tokens that came with each session
  const http = createServer(async (req, res) => {
    if (!await guard(req, res)) return
    const id = req.headers['mcp-session-id']
    let transport = sessions.get(id)
    if (id && !transport) return res.writeHead(404).end()
    if (!transport) {
      const server = new McpServer({ name: 'legacy-fixture', version: '1.0.0' })
      server.registerTool('headers', { description: 'Tells its headers.' }, extra => ({ content: [{ type: 'text', text: JSON.stringify(extra.requestInfo.headers) }] }))
      transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized: made => sessions.set(made, transport) })
      await server.connect(transport)
    }
    if (id) whose.set(id, (whose.get(id) ?? new Set()).add(req.headers.authorization))
    await transport.handleRequest(req, res)
  })
  await new Promise(done => http.listen(0, '127.0.0.1', done))
  scope.defer(async () => { http.closeAllConnections(); await new Promise(done => http.close(done)) })
  return { url: `http://127.0.0.1:${http.address().port}/mcp`, whose }
}

const linkOf = said => /http:\/\/\S+?\/oauth\/connect\/[^\s,]+/.exec(said)?.[0]
const tokenRequests = as => as.heard.filter(one => one.path === '/token' && one.status === 200)
const authorization = result => JSON.parse(text(result)).authorization

// What a client answers that leads its person to the page.
function visitor(pages) {
  return async request => {
    assert.equal(request.params.mode, 'url')
    pages.push(request.params.url)
    const page = await press(request.params.url)
    assert.equal(page.status, 200, page.text)
    return { action: 'accept' }
  }
}

describe('a server that wants each caller to sign in', () => {
  test('an error with the address, where the client cannot be asked; the page, the sign-in, and the call', async t => {
    const scope = Scope.of(t)
    const { as, guard, config } = await town(scope)
    const gateway = await startGateway(scope, config)
    const client = await clients.auto(scope, gateway.url)
    const refused = await client.callTool('desk__echo', { text: 'hello' })
    assert.equal(refused.isError, true)
    const link = linkOf(text(refused))
    assert.ok(link, text(refused))
    assert.equal(gateway.log().includes('ticket='), false)

    const page = await browse(link)
    assert.match(page.text, /Sign in to desk/)
    assert.match(page.text, /local/)
    assert.equal(page.headers.get('x-frame-options'), 'DENY')
    assert.equal(tokenRequests(as).length, 0)
    const done = await press(link)
    assert.match(done.text, /You are signed in to <strong>desk/)

    assert.equal(text(await client.callTool('desk__echo', { text: 'hello' })), 'hello')
    const names = (await client.listTools()).tools.map(tool => tool.name)
    assert.ok(names.includes('desk__echo'), names.join())
    assert.deepEqual([...guard.state.subjects], ['alice'])
    // Sealed in the store, and in no log.
    const token = guard.state.last
    assert.equal(readFileSync(gateway.store).includes(token), false)
    assert.equal(gateway.log().includes(token), false)

    // The token is kept: another run needs nobody.
    await gateway.stop()
    const again = await startGateway(scope, config, { folder: gateway.folder })
    const later = await clients.auto(scope, again.url)
    assert.equal(text(await later.callTool('desk__echo', { text: 'still' })), 'still')
    assert.equal(tokenRequests(as).filter(one => one.body.grant_type === 'authorization_code').length, 1)

    // A refused token is renewed; when that fails too, the state says so.
    guard.forget()
    assert.equal(text(await later.callTool('desk__echo', { text: 'renewed' })), 'renewed')
    assert.equal(tokenRequests(as).at(-1).body.grant_type, 'refresh_token')
    const out = await run(scope, ['logout', 'desk', '--config', again.file])
    assert.equal(out.code, 0, out.stderr)
    assert.match(text(await later.callTool('desk__echo', { text: 'x' })), /sign in to server 'desk'/)
    const status = await run(scope, ['tools', '--status', '--config', again.file])
    assert.match(status.stdout, /needs sign-in/)
    const twice = await run(scope, ['logout', 'desk', '--config', again.file])
    assert.equal(twice.code, 1)
  })

  for (const era of ['modern', 'legacy']) {
    test(`a ${era} client that can is led there while it calls`, async t => {
      const scope = Scope.of(t)
      const { guard, config } = await town(scope)
      const gateway = await startGateway(scope, config)
      const pages = []
      const client = await clients[era](scope, gateway.url, { capabilities: { elicitation: { url: {} } } })
      client.client.setRequestHandler('elicitation/create', visitor(pages))
      assert.equal(text(await client.callTool('desk__echo', { text: era })), era)
      assert.equal(pages.length, 1)
      assert.equal(text(await client.callTool('desk__echo', { text: 'again' })), 'again')
      assert.equal(pages.length, 1)
      assert.deepEqual([...guard.state.subjects], ['alice'])
    })
  }

  test('links and browsers of others are refused', async t => {
    const scope = Scope.of(t)
    const { as, config } = await town(scope)
    const gateway = await startGateway(scope, config)
    for (const ticket of ['x', 'AAAA', encodeURIComponent('a.b')])
      assert.equal((await press(`${gateway.base}/oauth/connect/desk?ticket=${ticket}`)).status, 403)
    assert.equal((await press(`${gateway.base}/oauth/connect/nothing`)).status, 404)
    assert.equal((await browse(`${gateway.base}/oauth/callback?state=guessed&code=1`)).status, 404)
    // Somebody's own sign-in, handed to another browser.
    const form = await fetch(`${gateway.base}/oauth/connect/desk`)
    assert.equal(form.headers.get('referrer-policy'), 'same-origin', 'a browser posts a form of a no-referrer page with Origin: null, which is refused')
    const first = await fetch(`${gateway.base}/oauth/connect/desk`, { method: 'POST', redirect: 'manual' })
    assert.equal(first.status, 303)
    const address = first.headers.get('location')
    assert.match(address, new RegExp(`^${as.issuer}/auth\\?`))
    const stolen = await browse(address)
    assert.equal(stolen.status, 403, stolen.text)
    assert.match(stolen.text, /another browser/)
    assert.equal(tokenRequests(as).length, 0)
    // The same, with the host of another site.
    assert.equal((await fetch(`${gateway.base}/oauth/connect/desk`, { method: 'POST', headers: { origin: 'https://evil.example' } })).status, 403)
  })

  for (const era of ['modern', 'legacy']) test(`callers have tokens of their own at a ${era} server, and never each other's`, async t => {
    const scope = Scope.of(t)
    const { upstream, config } = await town(scope, { era })
    const gateway = await startGateway(scope, { auth: { api_keys: true }, ...config })
    const seen = new Map()
    for (const name of ['ada', 'bob', 'eve']) {
      const made = await run(scope, ['keys', 'create', name, '--config', gateway.file])
      const key = made.stdout.trim()
      const call = async (tool, args) => {
        const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client')
        const client = new Client({ name: 'e2e', version: '1' }, { versionNegotiation: { mode: 'auto' } })
        await client.connect(new StreamableHTTPClientTransport(new URL(gateway.url), { requestInit: { headers: { authorization: `Bearer ${key}` } } }))
        const result = await client.callTool({ name: tool, arguments: args })
        await client.close()
        return result
      }
      const refused = await call('desk__headers', {})
      assert.equal(refused.isError, true, `${name} has a token of another caller: ${text(refused)}`)
      assert.equal((await press(linkOf(text(refused)))).status, 200)
      const token = authorization(await call('desk__headers', {}))
      assert.match(token, /^Bearer ey/)
      assert.equal(token.includes(key), false)
      seen.set(name, { call, token })
    }
    assert.equal(new Set([...seen.values()].map(one => one.token)).size, 3)
    const all = await Promise.all(Array.from({ length: 60 }, async (_, i) => {
      const one = [...seen.values()][i % 3]
      return [one.token, authorization(await one.call('desk__headers', {}))]
    }))
    for (const [own, sent] of all) assert.equal(sent, own)
    // Nor do two share a session.
    if (era === 'legacy') for (const tokens of upstream.whose.values()) assert.equal(tokens.size, 1, [...tokens].join())
    // Without a link nobody is let in for anybody.
    assert.equal((await press(`${gateway.base}/oauth/connect/desk`)).status, 403)
  })
})

describe('sign-ins without a person at each call', () => {
  test('gatehouse login signs in at the terminal; one sign-in serves all, where the config says shared', async t => {
    const scope = Scope.of(t)
    const { config } = await town(scope, { auth: { oauth: 'shared' } })
    const gateway = await startGateway(scope, config)
    const client = await clients.auto(scope, gateway.url)
    assert.equal((await client.callTool('desk__echo', { text: 'x' })).isError, true)
    const login = scope.run(gatehouse, ['login', 'desk', '--config', gateway.file], { name: 'login' })
    const [, address] = await login.wrote(/(http:\S+)/)
    assert.match((await browse(address)).text, /go back to the terminal/)
    const { code } = await login.end()
    assert.equal(code, 0, login.output)
    assert.equal(text(await client.callTool('desk__echo', { text: 'here' })), 'here')
  })

  test('many calls with a token that was taken back: one of them renews it', async t => {
    const scope = Scope.of(t)
    const { as, guard, config } = await town(scope)
    const one = await startGateway(scope, config)
    const client = await clients.auto(scope, one.url)
    const refused = await client.callTool('desk__echo', { text: 'x' })
    await press(linkOf(text(refused)))
    assert.equal(text(await client.callTool('desk__echo', { text: 'one' })), 'one')
    // A command with the same store is another process with the same tokens.
    const call = () => run(scope, ['call', '--config', one.file, 'desk__echo', '{"text":"two"}'])
    assert.equal((await call()).code, 0)
    guard.forget()
    const before = tokenRequests(as).length
    const all = await Promise.all([...Array.from({ length: 8 }, () => client.callTool('desk__echo', { text: 'all' })), call()])
    for (const answer of all.slice(0, 8)) assert.equal(text(answer), 'all')
    assert.equal(all[8].code, 0, all[8].stderr)
    assert.equal(tokenRequests(as).length - before, 1)
  })

  test('client credentials', async t => {
    const scope = Scope.of(t)
    const { as, config } = await town(scope, { auth: { oauth: 'client_credentials', client_id: 'robot', client_secret: '${env:ROBOT}', scopes: ['tools:read'] } })
    const gateway = await startGateway(scope, config, { env: { ...process.env, ROBOT: 'robot-secret' } })
    const client = await clients.auto(scope, gateway.url)
    assert.equal(text(await client.callTool('desk__echo', { text: 'hello' })), 'hello')
    assert.equal(tokenRequests(as).at(-1).body.grant_type, 'client_credentials')
  })

  test('a config that cannot work is refused with its place and remedy', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    for (const [auth, why] of [
      [{ oauth: 'sometimes' }, /auth\.oauth must be per-user/],
      [{ oauth: 'client_credentials' }, /needs client_id and client_secret/],
      [{ oauth: 'token_exchange', client_id: 'a', client_secret: 'b' }, /needs issuer/],
      [{ oauth: 'id_jag' }, /needs provider/],
      [{ scopes: ['a'] }, /needs oauth/],
      [{ oauth: 'shared', issuer: 'http://id.example.com' }, /must be an https URL/],
    ]) {
      const file = writeConfig(folder, { servers: { desk: { url: 'https://mcp.example.com/mcp', auth } } })
      const checked = await run(scope, ['check', '--config', file])
      assert.equal(checked.code, 2, JSON.stringify(auth))
      assert.match(checked.stdout + checked.stderr, why)
    }
  })
})
