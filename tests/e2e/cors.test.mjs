// Pages of allowed origins, as a browser lets them in: preflight, then the request, then what of the answer a page may read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEGACY, modern, requestBytes, raw, Scope, send, startGateway } from './lib.mjs'
import { makeVault } from './world.mjs'

const PAGE = 'https://app.example.com'

// Does what a browser does for `fetch` of a page: asks first, and gives the page only what it may see.
async function browse(url, { method = 'POST', headers = {}, body, origin = PAGE } = {}) {
  const wanted = Object.keys(headers).filter(name => !['accept'].includes(name)).sort().join(',')
  const asked = await send(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': wanted } })
  const allowed = asked.status < 300 && asked.headers['access-control-allow-origin'] === origin &&
    ['POST', 'GET'].concat((asked.headers['access-control-allow-methods'] ?? '').split(/, */)).includes(method) &&
    wanted.split(',').every(name => (asked.headers['access-control-allow-headers'] ?? '').toLowerCase().split(/, */).flatMap(x => x.split(',')).includes(name))
  if (!allowed) return { blocked: 'preflight', asked }
  const answer = await send(url, { method, headers: { ...headers, origin }, body: body ?? '' })
  if (answer.headers['access-control-allow-origin'] !== origin) return { blocked: 'answer', asked, answer }
  const exposed = (answer.headers['access-control-expose-headers'] ?? '').toLowerCase().split(/, */)
  return { status: answer.status, json: answer.json, text: answer.text, asked, raw: answer,
    header: name => exposed.includes(name) || name === 'content-type' ? answer.headers[name] : undefined }
}

const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

test('pages of allowed origins work on every MCP path, in both eras, and others do not', async t => {
  const scope = Scope.of(t)
  const gateway = await startGateway(scope, { allowed_origins: [PAGE], servers: { files: { builtin: 'filesystem', roots: [makeVault(scope.folder())] } } })
  for (const url of [gateway.url, gateway.server('files')]) {
    const list = modern('tools/list')
    const modernAnswer = await browse(url, { headers: { ...json, ...list.headers }, body: JSON.stringify(list.body) })
    assert.ok(modernAnswer.json?.result?.tools?.length, JSON.stringify(modernAnswer))
    assert.match(modernAnswer.asked.headers.vary, /Origin/)
    assert.ok(Number(modernAnswer.asked.headers['access-control-max-age']) > 0)
    assert.match(modernAnswer.raw.headers.vary, /Origin/)
    assert.equal(modernAnswer.raw.headers['access-control-allow-credentials'], undefined)

    const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: 'page', version: '1' } } }
    const first = await browse(url, { headers: json, body: JSON.stringify(initialize) })
    const session = { ...json, 'mcp-session-id': first.header('mcp-session-id'), 'mcp-protocol-version': LEGACY }
    assert.ok(session['mcp-session-id'], JSON.stringify(first))
    const noted = await browse(url, { headers: session, body: JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }) })
    assert.equal(noted.status, 202)
    const answered = await browse(url, { headers: session, body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' }) })
    assert.equal(answered.status, 200)
    assert.equal((await browse(url, { method: 'DELETE', headers: session })).status, 200)

    // A page may read why it was refused, too.
    for (const [body, headers, status] of [['{', json, 400], [JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'tools/list' }), session, 404],
      [JSON.stringify({ jsonrpc: '2.0', id: 3, method: 'tools/list' }), json, 400], ['x', { ...json, 'content-type': 'text/plain' }, 415]]) {
      const refused = await browse(url, { headers, body })
      assert.ok(!refused.blocked, JSON.stringify(refused))
      assert.ok(refused.status >= 400, `${refused.status} and not ${status}: ${refused.text}`)
      assert.ok(refused.json?.error, refused.text)
    }

    const foreign = await browse(url, { headers: { ...json, ...list.headers }, body: JSON.stringify(list.body), origin: 'https://evil.example.com' })
    assert.equal(foreign.blocked, 'preflight')
    assert.equal(foreign.asked.status, 403)
    assert.equal(foreign.asked.headers['access-control-allow-origin'], undefined)
    const unasked = await send(url, { headers: { ...json, ...list.headers, origin: 'https://evil.example.com' }, body: JSON.stringify(list.body) })
    assert.equal(unasked.status, 403)
    assert.equal(unasked.headers['access-control-allow-origin'], undefined)
    // Without an Origin there is no page, and nothing about pages in the answer.
    const [bare] = await raw(url, requestBytes(url, { headers: list.headers, body: JSON.stringify(list.body) }))
    assert.equal(bare.headers['access-control-allow-origin'], undefined)
  }
})

test('an event stream may be read by a page', async t => {
  const scope = Scope.of(t)
  const gateway = await startGateway(scope, { allowed_origins: [PAGE], servers: {} })
  const listen = modern('subscriptions/listen', { notifications: { toolsListChanged: true } })
  const stop = new AbortController()
  scope.defer(() => stop.abort())
  const response = await fetch(gateway.url, { method: 'POST', headers: { ...json, ...listen.headers, origin: PAGE }, body: JSON.stringify(listen.body), signal: stop.signal })
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type'), /^text\/event-stream/)
  assert.equal(response.headers.get('access-control-allow-origin'), PAGE)
  assert.match(response.headers.get('vary'), /Origin/)
})
