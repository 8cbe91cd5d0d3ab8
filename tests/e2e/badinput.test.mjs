// What no client should send. Each has its defined answer, and the gateway serves on.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { makeVault } from './world.mjs'
import { ask, clients, envelope, fixture, LEGACY, legacySession, META, MODERN, modern, node, post, Raw, raw, requestBytes, Scope, send, startGateway, text } from './lib.mjs'
import { startModern } from './fixtures/modern.mjs'

const PARSE = -32700, INVALID = -32600, METHOD = -32601, PARAMS = -32602, HEADER = -32020, VERSION = -32022

async function start(scope, more = {}) {
  const folder = scope.folder()
  const vault = makeVault(folder)
  const upstream = await startModern(scope)
  return startGateway(scope, {
    servers: {
      files: { builtin: 'filesystem', roots: [vault] },
      plain: { command: [node, fixture('stdio.mjs'), 'bad-input'] },
      new: { url: upstream.url },
    },
    ...more,
  })
}

// It answers, and with the right thing.
async function alive(gateway) {
  const response = await ask(gateway.url, 'tools/call', { name: 'plain__echo', arguments: { text: 'alive' } })
  assert.equal(response.status, 200, response.text)
  assert.equal(text(response.json.result), 'alive')
}

function refused(response, status, code, title = '') {
  assert.equal(response.status, status, `${title}: ${response.status} ${response.text}`)
  if (code === undefined) return
  assert.equal(response.json?.error?.code, code, `${title}: ${response.text}`)
  assert.equal(response.json.jsonrpc, '2.0')
  assert.equal(typeof response.json.error.message, 'string')
}

describe('bodies', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => { gateway = await start(scope); await ask(gateway.url, 'tools/list') })

  const { body: list, headers } = modern('tools/list')
  const listText = JSON.stringify(list)
  const meta = JSON.stringify(envelope())
  const rows = [
    ['nothing', '', 400, PARSE],
    ['not JSON', 'hello', 400, PARSE],
    ['half of it', listText.slice(0, -1), 400, PARSE],
    ['something after it', listText + '{}', 400, PARSE],
    ['a trailing comma', listText.replace('"id":1,', '"id":1,,'), 400, PARSE],
    ['a raw control character', listText.replace('"id":1', '"id":"a\u0001b"'), 400, PARSE],
    ['a raw line break in a string', listText.replace('"id":1', '"id":"a\nb"'), 400, PARSE],
    ['NaN', listText.replace('"id":1', '"id":NaN'), 400, PARSE],
    ['a number with a leading zero', listText.replace('"id":1', '"id":01'), 400, PARSE],
    ['a byte order mark', '\ufeff' + listText, 400, PARSE],
    ['invalid UTF-8', Buffer.from(listText.replace('"id":1', '"id":"\u00ff"'), 'latin1'), 400, PARSE],
    ['an overlong UTF-8 slash', Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]), 400, PARSE],
    ['UTF-16', Buffer.from(listText, 'utf16le'), 400, PARSE],
    ['a lone surrogate as an escape', listText.replace('"id":1', '"id":"\\ud800"'), null],
    ['deep arrays', '['.repeat(100000) + ']'.repeat(100000), 400, PARSE],
    ['deep objects in arguments', `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":${meta},"x":${'{"a":'.repeat(50000)}1${'}'.repeat(50000)}}}`, 400, PARSE],
    ['never closed', '['.repeat(1000000), 400, PARSE],
    ['a bare string', '"tools/list"', 400, INVALID],
    ['null', 'null', 400, INVALID],
    ['an empty object', '{}', 400, INVALID],
    ['an empty batch', '[]', 400, INVALID],
    ['a batch of modern requests', `[${listText},${listText}]`, 400, INVALID],
    ['no method', `{"jsonrpc":"2.0","id":1,"params":{"_meta":${meta}}}`, 400, INVALID],
    ['method is a number', `{"jsonrpc":"2.0","id":1,"method":5,"params":{"_meta":${meta}}}`, 400, INVALID],
    ['no jsonrpc', `{"id":1,"method":"tools/list","params":{"_meta":${meta}}}`, 400, INVALID],
    ['id is null', listText.replace('"id":1', '"id":null'), 400, INVALID],
    ['id is a fraction', listText.replace('"id":1', '"id":1.5'), 400, INVALID],
    ['id is an object', listText.replace('"id":1', '"id":{}'), 400, INVALID],
    ['params is an array', '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":[]}', 400, INVALID],
    ['method twice', listText.replace('"method"', '"method":"tools/call","method"'), 400, INVALID],
    ['id twice', listText.replace('"id":1', '"id":1,"id":2'), 400, INVALID],
    ['id twice, once by an escape', listText.replace('"id":1', '"id":1,"\\u0069d":2'), 400, INVALID],
    ['no params', '{"jsonrpc":"2.0","id":1,"method":"tools/list"}', 400, PARAMS],
    ['no _meta', '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}', 400, PARAMS],
    ['_meta is an array', '{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":[]}}', 400, PARAMS],
    ['no protocolVersion', JSON.stringify({ ...list, params: { _meta: envelope({ [`${META}protocolVersion`]: undefined }) } }), 400, PARAMS],
    ['no clientCapabilities', JSON.stringify({ ...list, params: { _meta: envelope({ [`${META}clientCapabilities`]: undefined }) } }), 400, PARAMS],
    ['clientCapabilities is a string', JSON.stringify({ ...list, params: { _meta: envelope({ [`${META}clientCapabilities`]: 'all' }) } }), 400, PARAMS],
    ['protocolVersion is a number', JSON.stringify({ ...list, params: { _meta: envelope({ [`${META}protocolVersion`]: 20260728 }) } }), 400, PARAMS],
    ['an unknown log level', JSON.stringify({ ...list, params: { _meta: envelope({ [`${META}logLevel`]: 'shout' }) } }), 400, PARAMS],
    ['_meta twice', `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":${meta},"_meta":${meta}}}`, 400, PARAMS],
    ['no clientInfo, which is fine', JSON.stringify({ ...list, params: { _meta: envelope({ [`${META}clientInfo`]: undefined }) } }), 200],
  ]
  for (const [title, body, status, code] of rows) {
    test(title, async () => {
      const response = await post(gateway.url, body, headers)
      // Where the answer may be either, it is a whole one.
      if (status === null) assert.ok([200, 400].includes(response.status) && response.json, response.text)
      else refused(response, status, code, title)
      await alive(gateway)
    })
  }

  test('a body over the limit is refused before it was sent', async () => {
    const connection = await Raw.open(gateway.url)
    connection.write(requestBytes(gateway.url, { headers: { ...headers, 'content-length': String(1 << 30) } }))
    const [response] = await connection.responses()
    assert.equal(response.status, 413, response.text)
    connection.close()
    await alive(gateway)
  })
  test('a body over the limit in chunks', async () => {
    const connection = await Raw.open(gateway.url)
    connection.write(requestBytes(gateway.url, { headers: { ...headers, 'content-length': null, 'transfer-encoding': 'chunked' } }))
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), Buffer.alloc(1 << 20, 0x20), Buffer.from('\r\n')])
    for (let sent = 0; sent < 8; ++sent) connection.write(chunk)
    const [response] = await connection.responses()
    assert.equal(response.status, 413, response.text)
    connection.close()
    await alive(gateway)
  })
  test('four megabytes minus a little are fine', async () => {
    const big = 'ä'.repeat((2 << 20) - 4096)
    const response = await ask(gateway.url, 'tools/call', { name: 'plain__echo', arguments: { text: big } })
    assert.equal(response.status, 200)
    assert.equal(text(response.json.result), big)
  })
  test('wrong types inside params', async () => {
    for (const [method, params] of [
      ['tools/call', { name: 'plain__echo', arguments: [] }], ['tools/call', { name: 'plain__echo', arguments: 'text' }],
      ['tools/list', { cursor: 5 }], ['tools/list', { cursor: 'nowhere' }], ['resources/read', { uri: 'files://nothing' }],
    ]) {
      const response = await ask(gateway.url, method, params)
      assert.equal(response.json?.error?.code, PARAMS, `${method} ${JSON.stringify(params)}: ${response.text}`)
    }
    // Without a name in the body there is nothing that a header could repeat.
    const { body, headers } = modern('tools/call', { arguments: {} })
    assert.equal((await post(gateway.url, body, headers)).json.error.code, PARAMS)
    for (const name of [5, null, {}, ['plain__echo']]) {
      const response = await post(gateway.url, { ...body, params: { ...body.params, name } }, headers)
      assert.ok([PARAMS, HEADER].includes(response.json.error.code), response.text)
    }
    await alive(gateway)
  })
})

describe('headers against the body', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => { gateway = await start(scope); await ask(gateway.url, 'tools/list') })

  const call = (headers = {}, params = { name: 'plain__echo', arguments: { text: 'x' } }) => {
    const request = modern('tools/call', params)
    return post(gateway.url, request.body, { ...request.headers, ...headers })
  }
  const b64 = text => `=?base64?${Buffer.from(text).toString('base64')}?=`
  const rows = [
    ['no MCP-Protocol-Version', { 'mcp-protocol-version': null }],
    ['another MCP-Protocol-Version', { 'mcp-protocol-version': LEGACY }],
    ['an empty MCP-Protocol-Version', { 'mcp-protocol-version': '' }],
    ['MCP-Protocol-Version twice', { 'mcp-protocol-version': [MODERN, MODERN] }],
    ['no Mcp-Method', { 'mcp-method': null }],
    ['another Mcp-Method', { 'mcp-method': 'tools/list' }],
    ['Mcp-Method in capitals', { 'mcp-method': 'TOOLS/CALL' }],
    ['Mcp-Method twice', { 'mcp-method': ['tools/call', 'tools/call'] }],
    ['no Mcp-Name', { 'mcp-name': null }],
    ['another Mcp-Name', { 'mcp-name': 'files__read_file' }],
    ['Mcp-Name in another case', { 'mcp-name': 'Plain__echo' }],
    ['an empty Mcp-Name', { 'mcp-name': '' }],
    ['two Mcp-Names', { 'mcp-name': ['plain__echo', 'plain__die'] }],
    ['Mcp-Name in broken Base64', { 'mcp-name': '=?base64?@@@?=' }],
    ['Mcp-Name in Base64 of something else', { 'mcp-name': b64('plain__die') }],
    ['Mcp-Name in Base64 of invalid UTF-8', { 'mcp-name': '=?base64?/w==?=' }],
    ['the mark of Base64 in capitals', { 'mcp-name': b64('plain__echo').replace('base64', 'BASE64') }],
    ['raw UTF-8', { 'mcp-name': 'plain__\u00e9cho' }],
  ]
  for (const [title, headers] of rows) {
    test(title, async () => {
      refused(await call(headers), 400, HEADER, title)
      await alive(gateway)
    })
  }
  test('Mcp-Name in Base64, and with white space around', async () => {
    for (const name of [b64('plain__echo'), '  plain__echo\t', 'plain__echo'])
      assert.equal((await call({ 'mcp-name': name })).status, 200, name)
  })
  test('names of headers in any case', async () => {
    const { body, headers } = modern('tools/list')
    const loud = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]))
    assert.equal((await post(gateway.url, body, loud)).status, 200)
  })
  test('resources/read repeats the URI, prompts/get the name', async () => {
    for (const [method, params] of [['resources/read', { uri: 'demo://one' }], ['prompts/get', { name: 'new__greet', arguments: { name: 'x' } }]]) {
      assert.equal((await ask(gateway.url, method, params)).status, 200)
      refused(await ask(gateway.url, method, params, { headers: { 'mcp-name': 'other' } }), 400, HEADER, method)
      refused(await ask(gateway.url, method, params, { headers: { 'mcp-name': null } }), 400, HEADER, method)
    }
  })
  test('an unsupported version is told which ones are', async () => {
    for (const version of ['1900-01-01', 'tomorrow', LEGACY]) {
      const response = await ask(gateway.url, 'tools/list', {}, { meta: { [`${META}protocolVersion`]: version }, headers: { 'mcp-protocol-version': version } })
      refused(response, 400, VERSION, version)
      assert.equal(response.json.error.data.requested, version)
      assert.ok(response.json.error.data.supported.includes(MODERN))
    }
    const { supportedVersions } = (await ask(gateway.url, 'server/discover')).json.result
    const { supported } = (await ask(gateway.url, 'tools/list', {}, { meta: { [`${META}protocolVersion`]: 'x' }, headers: { 'mcp-protocol-version': 'x' } })).json.error.data
    assert.deepEqual(supported, supportedVersions)
  })
  test('methods that are unknown, or gone', async () => {
    for (const method of ['foo/bar', '', 'tools', 'ping', 'initialize', 'logging/setLevel', 'resources/subscribe', 'tasks/list', 'sampling/createMessage', 'notifications/cancelled'])
      refused(await ask(gateway.url, method), 404, METHOD, method)
    await alive(gateway)
  })
  test('mirrored arguments are checked, and sent on', async () => {
    const tool = { name: 'new__region', arguments: { region: 'us-west1' } }
    const good = await call({ 'mcp-name': tool.name, 'mcp-param-region': 'us-west1' }, tool)
    assert.equal(good.status, 200, good.text)
    assert.equal(text(good.json.result), 'us-west1 us-west1')
    refused(await call({ 'mcp-name': tool.name }, tool), 400, HEADER, 'missing')
    refused(await call({ 'mcp-name': tool.name, 'mcp-param-region': 'eu' }, tool), 400, HEADER, 'another')
    refused(await call({ 'mcp-name': tool.name, 'mcp-param-region': '=?base64?@?=' }, tool), 400, HEADER, 'broken')
    const client = await clients.modern(scope, gateway.url)
    await client.listTools()
    assert.equal(text(await client.callTool('new__region', { region: 'h\u00e9' })), 'h\u00e9 =?base64?aMOp?=')
    const legacy = await clients.legacy(scope, gateway.url)
    assert.equal(text(await legacy.callTool('new__region', { region: 'eu' })), 'eu eu')
  })
})

describe('who asks, and how', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => { gateway = await start(scope); await ask(gateway.url, 'tools/list') })
  const list = (headers = {}) => ask(gateway.url, 'tools/list', {}, { headers })

  test('foreign origins get 403, our own do not', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1.evil.example', `http://evil.example:${gateway.port}`, 'file://', 'http://localhost.evil.example', ''])
      assert.equal((await list({ origin })).status, 403, `Origin: ${origin}`)
    for (const path of ['/mcp', '/mcp/s/plain', '/metrics', '/readyz'])
      assert.equal((await send(gateway.base + path, { method: 'GET', headers: { origin: 'https://evil.example' } })).status, 403, path)
    for (const origin of [gateway.base, `http://localhost:${gateway.port}`]) assert.equal((await list({ origin })).status, 200, origin)
    assert.equal((await list({ origin: [gateway.base, 'https://evil.example'] })).status >= 400, true)
    // What a page could do without a preflight: a plain POST.
    assert.equal((await post(gateway.url, '{}', { origin: 'https://evil.example', 'content-type': 'text/plain' })).status, 403)
  })
  test('foreign hosts are refused: a rebound name is not ours', async () => {
    for (const host of ['evil.example', `evil.example:${gateway.port}`, '127.0.0.1.evil.example', '', 'localhost.evil.example'])
      assert.ok([400, 403, 421].includes((await list({ host })).status), `Host: ${host}`)
    for (const host of [`localhost:${gateway.port}`, `127.0.0.1:${gateway.port}`]) assert.equal((await list({ host })).status, 200, host)
    await alive(gateway)
  })
  test('a preflight of a foreign page gets no permission', async () => {
    const response = await send(gateway.url, { method: 'OPTIONS', headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' } })
    assert.ok(response.status >= 400, response.text)
    assert.equal(response.headers['access-control-allow-origin'], undefined)
  })
  test('an allowed origin gets its answers', async () => {
    const other = await start(scope, { allowed_origins: ['https://app.example'] })
    const response = await ask(other.url, 'tools/list', {}, { headers: { origin: 'https://app.example' } })
    assert.equal(response.status, 200)
    assert.equal(response.headers['access-control-allow-origin'], 'https://app.example')
    assert.equal((await ask(other.url, 'tools/list', {}, { headers: { origin: 'https://app.example.evil' } })).status, 403)
    await other.stop()
  })
  test('GET and DELETE without a session', async () => {
    for (const method of ['GET', 'DELETE', 'PUT', 'PATCH', 'TRACE', 'BREW'])
      for (const headers of [{}, { accept: 'text/event-stream' }, { 'mcp-protocol-version': MODERN }]) {
        const response = await send(gateway.url, { method, headers })
        assert.ok([400, 404, 405, 501].includes(response.status), `${method}: ${response.status}`)
      }
    const head = await Raw.open(gateway.url)
    head.finish(requestBytes(gateway.url, { method: 'HEAD' }))
    await head.over
    assert.match(head.text, /^HTTP\/1\.1 405 [^]*\r\n\r\n$/, 'no body after a HEAD')
    await alive(gateway)
  })
  test('sessions that do not exist, or not any more', async () => {
    for (const id of ['nobody', 'x'.repeat(5000), '../../etc', '%00', '"']) {
      const headers = { 'mcp-session-id': id, 'mcp-protocol-version': LEGACY }
      assert.equal((await post(gateway.url, { jsonrpc: '2.0', id: 1, method: 'tools/list' }, headers)).status, 404, id)
      assert.equal((await send(gateway.url, { method: 'GET', headers: { ...headers, accept: 'text/event-stream' } })).status, 404, id)
      assert.equal((await send(gateway.url, { method: 'DELETE', headers })).status, 404, id)
    }
    const session = await legacySession(gateway.url)
    assert.equal((await session.ask('tools/list')).status, 200)
    assert.ok([200, 202, 204].includes((await session.end()).status))
    assert.equal((await session.ask('tools/list')).status, 404)
    // A session of the aggregate is none of one server alone.
    const other = await legacySession(gateway.url)
    assert.equal((await post(gateway.server('plain'), { jsonrpc: '2.0', id: 1, method: 'tools/list' }, other.headers)).status, 404)
    await alive(gateway)
  })
  test('a legacy session: batches, unknown methods, answers that nobody waits for', async () => {
    const session = await legacySession(gateway.url)
    refused(await post(gateway.url, '[]', session.headers), 400, INVALID)
    refused(await post(gateway.url, [{ jsonrpc: '2.0', id: 1, method: 'ping' }], session.headers), 400, INVALID)
    assert.equal((await session.ask('foo')).json.error.code, METHOD)
    assert.equal((await session.ask('tools/call', {})).json.error.code, PARAMS)
    assert.equal((await post(gateway.url, { jsonrpc: '2.0', id: 99, result: {} }, session.headers)).status, 202)
    assert.equal((await session.ask('ping')).status, 200)
    refused(await post(gateway.url, { jsonrpc: '2.0', id: 5, method: 'ping' }, { ...session.headers, 'mcp-protocol-version': 'tomorrow' }), 400)
    await alive(gateway)
  })
  test('a batch of the revision that had them', async () => {
    const session = await legacySession(gateway.url, '2025-03-26')
    const response = await post(gateway.url, [{ jsonrpc: '2.0', id: 1, method: 'ping' }, { jsonrpc: '2.0', method: 'notifications/initialized' }, { bad: 1 }, { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'plain__echo', arguments: { text: 'b' } } }], session.headers)
    assert.equal(response.status, 200, response.text)
    const answers = response.messages.flat()
    assert.ok(answers.some(answer => answer.id === 1 && answer.result), response.text)
    assert.ok(answers.some(answer => answer.id === 2 && text(answer.result) === 'b'), response.text)
    assert.ok(answers.some(answer => answer.error?.code === INVALID), response.text)
  })
  test('content types and Accept', async () => {
    assert.equal((await list({ 'content-type': 'text/plain' })).status, 415)
    assert.equal((await list({ 'content-type': null })).status, 415)
    assert.equal((await list({ accept: 'text/html' })).status, 406)
    assert.equal((await list({ 'content-type': 'Application/JSON; charset=UTF-8' })).status, 200)
  })
})

describe('bytes on the wire', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => { gateway = await start(scope); await ask(gateway.url, 'tools/list') })
  const good = (id = 1) => {
    const { body, headers } = modern('tools/call', { name: 'plain__echo', arguments: { text: `n${id}` } }, { id })
    return { body: JSON.stringify(body), headers }
  }
  const host = () => new URL(gateway.url).host

  test('pipelined requests are answered in order, none lost', async () => {
    const bytes = Buffer.concat(Array.from({ length: 50 }, (_, id) => requestBytes(gateway.url, good(id))))
    const responses = await raw(gateway.url, bytes, { count: 50 })
    assert.deepEqual(responses.map(response => response.json?.id), Array.from({ length: 50 }, (_, id) => id))
    await alive(gateway)
  })
  test('a request byte by byte', async () => {
    const connection = await Raw.open(gateway.url, { noDelay: true })
    for (const byte of requestBytes(gateway.url, good())) connection.socket.write(Buffer.from([byte]))
    assert.equal((await connection.responses())[0].status, 200)
    connection.close()
  })
  test('chunked bodies, with extensions', async () => {
    const { body, headers } = good()
    const half = body.length >> 1
    const chunk = part => `${Buffer.byteLength(part).toString(16)};name=value\r\n${part}\r\n`
    const bytes = Buffer.concat([requestBytes(gateway.url, { headers: { ...headers, 'content-length': null, 'transfer-encoding': 'chunked' } }),
      Buffer.from(chunk(body.slice(0, half)) + chunk(body.slice(half)) + '0\r\n\r\n')])
    const [response] = await raw(gateway.url, bytes)
    assert.equal(response.status, 200, response.text)
  })

  const head = (lines, body = '') => `POST /mcp HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`
  const plain = () => [`Host: ${host()}`, 'Content-Type: application/json', 'Accept: application/json, text/event-stream']
  // A second request hides in the body; whoever answers it has been smuggled to.
  const smuggled = () => `GET /healthz HTTP/1.1\r\nHost: ${host()}\r\n\r\n`
  const vectors = {
    'two different Content-Lengths': () => head([...plain(), 'Content-Length: 2', `Content-Length: ${2 + smuggled().length}`], '{}' + smuggled()),
    'a Content-Length list': () => head([...plain(), 'Content-Length: 2, 40'], '{}' + smuggled()),
    'Content-Length and Transfer-Encoding': () => head([...plain(), 'Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n' + smuggled()),
    'Transfer-Encoding twice': () => head([...plain(), 'Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '0\r\n\r\n' + smuggled()),
    'an unknown Transfer-Encoding': () => head([...plain(), 'Transfer-Encoding: xchunked'], '0\r\n\r\n' + smuggled()),
    'Transfer-Encoding hidden by a tab': () => head([...plain(), 'Transfer-Encoding:\tchunked, identity'], '0\r\n\r\n' + smuggled()),
    'white space before a colon': () => head([...plain(), 'Content-Length : 2'], '{}' + smuggled()),
    'a folded line': () => head([...plain(), 'X-Long: a', ' Content-Length: 2'], '{}' + smuggled()),
    'a bare line feed': () => `POST /mcp HTTP/1.1\nHost: ${host()}\nContent-Length: 2\n\n{}` + smuggled(),
    'a bare carriage return': () => head([...plain(), 'X: a\rContent-Length: 2'], smuggled()),
    'a negative Content-Length': () => head([...plain(), 'Content-Length: -1'], smuggled()),
    'a Content-Length with a sign': () => head([...plain(), 'Content-Length: +2'], '{}' + smuggled()),
    'a Content-Length in hex': () => head([...plain(), 'Content-Length: 0x2'], '{}' + smuggled()),
    'a Content-Length beyond all bounds': () => head([...plain(), 'Content-Length: 99999999999999999999999'], smuggled()),
    'a chunk size that overflows': () => head([...plain(), 'Transfer-Encoding: chunked'], 'FFFFFFFFFFFFFFFFF\r\n' + smuggled()),
    'a chunk size with a sign': () => head([...plain(), 'Transfer-Encoding: chunked'], '+2\r\n{}\r\n0\r\n\r\n' + smuggled()),
    'a chunk longer than it says': () => head([...plain(), 'Transfer-Encoding: chunked'], '1\r\n{}\r\n0\r\n\r\n' + smuggled()),
    'no Host': () => head(plain().slice(1).concat('Content-Length: 2'), '{}' + smuggled()),
    'two Hosts': () => head([...plain(), 'Host: evil.example', 'Content-Length: 2'], '{}' + smuggled()),
    'a NUL in a header': () => head([...plain(), 'X: a\0b', 'Content-Length: 2'], '{}' + smuggled()),
    'an empty header name': () => head([...plain(), ': x', 'Content-Length: 2'], '{}' + smuggled()),
    'HTTP/2': () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + smuggled(),
    'HTTP/9.9': () => `GET /healthz HTTP/9.9\r\nHost: ${host()}\r\n\r\n` + smuggled(),
    'no version': () => 'GET /healthz\r\n\r\n' + smuggled(),
    'TLS': () => Buffer.concat([Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), Buffer.alloc(512, 0x41)]),
  }
  for (const [title, bytes] of Object.entries(vectors)) {
    test(`${title} is refused, and nothing after it is read`, async () => {
      const connection = await Raw.open(gateway.url)
      connection.finish(bytes())
      await connection.over
      const responses = (await connection.responses(2))
      assert.ok(responses.length <= 1, connection.text)
      if (responses.length) assert.ok([400, 413, 431, 501, 505].includes(responses[0].status), connection.text)
      connection.close()
      await alive(gateway)
    })
  }
  test('a head without end is refused', async () => {
    for (const bytes of [head([...plain(), `X: ${'a'.repeat(100000)}`]), `GET /${'a'.repeat(100000)} HTTP/1.1\r\n`, head([...plain(), ...Array(5000).fill('X: y')])]) {
      const connection = await Raw.open(gateway.url)
      connection.write(bytes)
      const [response] = await connection.responses()
      assert.ok([400, 414, 431].includes(response?.status), connection.text)
      connection.close()
    }
    await alive(gateway)
  })
  test('clients that go away at any moment', async () => {
    const bytes = requestBytes(gateway.url, good())
    for (const cut of [0, 1, 20, bytes.length >> 1, bytes.length - 1, bytes.length]) {
      for (const way of ['reset', 'finish', 'close']) {
        const connection = await Raw.open(gateway.url)
        connection.write(bytes.subarray(0, cut))
        connection[way]()
        if (way === 'finish') await connection.over
        connection.close()
      }
    }
    await alive(gateway)
  })
  test('a client that reads nothing is not waited for', async () => {
    const deaf = await Raw.open(gateway.url)
    deaf.socket.pause()
    const { body, headers } = modern('tools/call', { name: 'plain__big', arguments: {} })
    for (let n = 0; n < 8; ++n) deaf.write(requestBytes(gateway.url, { body: JSON.stringify(body), headers }))
    await alive(gateway)
    deaf.reset()
    await alive(gateway)
  })
  test('odd paths', async () => {
    for (const path of ['/mcp/', '//mcp', '/mcp/../mcp', '/mcp%2f', '/mcp/s/', '/mcp/s/plain/x', '/%00', '*', 'http://evil.example/mcp', '/mcp/s/PLAIN', '/mcp/s/..%2fplain']) {
      const { body, headers } = modern('tools/list')
      const response = await send(gateway.url, { path, headers, body: JSON.stringify(body) })
      assert.ok([400, 403, 404, 421].includes(response.status), `${path}: ${response.status}`)
    }
    await alive(gateway)
  })
})

test('slow clients neither stop the others nor stay for ever', async t => {
  const scope = Scope.of(t)
  const gateway = await start(scope)
  const slow = await Promise.all(Array.from({ length: 200 }, () => Raw.open(gateway.url)))
  scope.defer(() => { for (const connection of slow) connection.close() })
  slow.forEach((connection, n) => connection.write(n % 2 ? 'POST /mcp HTTP/1.1\r\nHost: ' : 'P'))
  await Promise.all(Array.from({ length: 20 }, () => alive(gateway)))
  await Promise.all(slow.map(connection => connection.until(() => false, 30000)))
  for (const connection of slow) assert.ok(connection.closed)
  await alive(gateway)
})
