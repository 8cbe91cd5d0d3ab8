// The SDK's server by hand, where the conformance suite does not look: standard input and output in both eras, pages, cancelling, calls that
// overtake each other, limits, foreign pages, streams that end well; and clients that other people wrote.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { ask, clients, inspector, LEGACY, META, modern, MODERN, node, Raw, requestBytes, post, runToEnd, Scope, send, text } from './lib.mjs'
import { exampleProgram, startExample } from './examples.mjs'
import { checkAgainst, revisions } from './schemas.mjs'
import { root } from './scope.mjs'

// A program over stdin and stdout: one message a line.
class Lines {
  heard = []
  constructor(scope, name, args = []) {
    this.program = scope.run(exampleProgram(name), args, { name, stdin: 'pipe' })
    this.program.child.stdin.on('error', () => {})
  }
  say(...messages) {
    this.program.child.stdin.write(messages.map(message => (typeof message === 'string' ? message : JSON.stringify(message)) + '\n').join(''))
  }
  get messages() { return this.program.stdout.split('\n').slice(0, -1).map(line => JSON.parse(line)) }
  async answer(id) {
    await this.program.wrote(new RegExp(`"id":${JSON.stringify(id)}[,}]`))
    return this.messages.find(message => message.id === id)
  }
  async ask(message) { this.say(message); return this.answer(message.id) }
  async end() { this.program.child.stdin.end(); return this.program.end() }
}
const call = (id, name, args = {}, meta = {}) => modern('tools/call', { name, arguments: args }, { id, meta }).body
const legacyCall = (id, name, args = {}) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } })
const initialize = (id, protocolVersion, capabilities = {}) => ({ jsonrpc: '2.0', id, method: 'initialize', params: { protocolVersion, capabilities, clientInfo: { name: 'by-hand', version: '1' } } })

describe('standard input and output', () => {
  test('modern: each request says what it speaks, and nothing comes before', async t => {
    const lines = new Lines(Scope.of(t), 'conformance_server')
    const found = await lines.ask(modern('server/discover', {}, { id: 'd' }).body)
    checkAgainst(MODERN, 'DiscoverResult', found.result)
    assert.match(text((await lines.ask(call(1, 'test_simple_text'))).result), /simple text/)
    assert.equal((await lines.ask({ jsonrpc: '2.0', id: 2, method: 'tools/list', params: { _meta: { [`${META}protocolVersion`]: '9999-01-01', [`${META}clientCapabilities`]: {} } } })).error.code, -32022)
    assert.equal((await lines.ask(modern('initialize', {}, { id: 3 }).body)).error.code, -32601)
    assert.equal((await lines.ask(modern('ping', {}, { id: 4 }).body)).error.code, -32601)
    for (const message of lines.messages) checkAgainst(MODERN, 'JSONRPCMessage', message)
    assert.deepEqual(await lines.end(), { code: 0, signal: null })
  })

  for (const revision of revisions.slice(1)) {
    test(`${revision}: the handshake chooses for the process, which outlives whatever is bad`, async t => {
      const lines = new Lines(Scope.of(t), 'conformance_server')
      assert.equal((await lines.ask({ jsonrpc: '2.0', id: 0, method: 'tools/list' })).error.code, -32600, 'before the handshake')
      assert.deepEqual((await lines.ask({ jsonrpc: '2.0', id: 'p', method: 'ping' })).result, {})
      const first = await lines.ask(initialize(1, revision))
      assert.equal(first.result.protocolVersion, revision)
      lines.say({ jsonrpc: '2.0', method: 'notifications/initialized' })
      assert.equal((await lines.ask(initialize(2, revision))).error.code, -32600, 'the second one')
      lines.say('{', '"a string"', '{"jsonrpc":"2.0","id":{},"method":"ping"}', '\u0000\u0001', '')
      assert.match(text((await lines.ask(legacyCall(3, 'test_simple_text'))).result), /simple text/)
      assert.deepEqual(lines.messages.filter(message => message.id === null).map(message => message.error.code), [-32700, -32600, -32600, -32700])
      lines.say([{ jsonrpc: '2.0', id: 'x', method: 'ping' }, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } }])
      if (revision === '2025-03-26') {
        await lines.program.wrote(/^\[/m)
        assert.deepEqual(lines.messages.find(Array.isArray), [{ jsonrpc: '2.0', id: 'x', result: {} }])
      } else {
        await lines.ask(legacyCall(4, 'test_simple_text'))
        assert.equal(lines.messages.filter(message => message.id === null).at(-1).error.code, -32600)
      }
      for (const message of lines.messages.filter(message => message.id !== null && !Array.isArray(message))) checkAgainst(revision, 'JSONRPCMessage', message)
      assert.match(text((await lines.ask(call(5, 'test_simple_text'))).result), /simple text/, 'a modern request in a legacy process')
      assert.deepEqual(await lines.end(), { code: 0, signal: null })
    })
  }

  test('a hundred calls overtake a slow one, and a cancelled one gets no answer', async t => {
    const lines = new Lines(Scope.of(t), 'conformance_server')
    lines.say(call('slow', 'slow_compute', { seconds: 1, label: 'slow' }), call('gone', 'slow_compute', { seconds: 600, label: 'gone' }))
    for (let i = 0; i < 100; ++i) lines.say(call(i, 'test_simple_text'))
    lines.say({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'gone', _meta: modern('x').body.params._meta } })
    await lines.answer('slow')
    const order = lines.messages.map(message => message.id)
    assert.equal(order.length, 101, 'the cancelled one is not among them')
    assert.equal(order.at(-1), 'slow')
    assert.deepEqual(await lines.end(), { code: 0, signal: null })
  })

  test('a listen stream ends with a result, when the input ends and on SIGTERM', async t => {
    const scope = Scope.of(t)
    for (const how of ['end', 'SIGTERM']) {
      const lines = new Lines(scope, 'conformance_server')
      lines.say(modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, { id: 'l' }).body)
      await lines.program.wrote(/subscriptions\/acknowledged/)
      lines.say(call(1, 'test_trigger_tool_change'))
      await lines.program.wrote(/tools\/list_changed/)
      if (how === 'SIGTERM') lines.program.child.kill('SIGTERM'); else lines.program.child.stdin.end()
      assert.equal((await lines.program.end()).code, 0)
      const [ack, changed] = lines.messages.filter(message => message.method)
      assert.equal(ack.params._meta[`${META}subscriptionId`], 'l')
      assert.equal(changed.params._meta[`${META}subscriptionId`], 'l')
      const last = lines.messages.find(message => message.id === 'l')
      assert.equal(last.result._meta[`${META}subscriptionId`], 'l')
      checkAgainst(MODERN, 'SubscriptionsListenResult', last.result)
    }
  })

  test('a line that is too long is refused, and the next one read', async t => {
    const lines = new Lines(Scope.of(t), 'conformance_server')
    lines.say(`{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":"${'x'.repeat(5 << 20)}"}}`)
    assert.match(text((await lines.ask(call(2, 'test_simple_text'))).result), /simple text/)
    assert.match(lines.messages[0].error.message, /longer than \d+ bytes/)
  })
})

describe('HTTP', () => {
  const scope = Scope.ofSuite()
  let url
  before(async () => { ({ url } = await startExample(scope, 'conformance_server')) })

  test('a foreign Origin alone is refused, whatever else is right', async () => {
    for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example', 'http://127.0.0.1.evil.example'])
      for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS'])
        assert.equal((await send(url, { method, headers: { origin }, body: method === 'POST' ? JSON.stringify(modern('tools/list').body) : '' })).status, 403, `${method} ${origin}`)
    assert.equal((await ask(url, 'tools/list', {}, { headers: { origin: 'http://localhost:5173' } })).status, 200)
  })

  test('bodies over the limit are refused, of any length claimed', async () => {
    const { headers } = modern('tools/list')
    assert.equal((await send(url, { headers: { ...headers, 'content-length': String(5 << 20) } })).status, 413)
    assert.equal((await ask(url, 'tools/list')).status, 200)
  })

  test('a hundred requests at once over a hundred connections, one slow one does not hold them up', async () => {
    const slow = ask(url, 'tools/call', { name: 'slow_compute', arguments: { seconds: 1, label: 'x' } })
    let over = false
    const first = slow.then(() => { over = true })
    const answers = await Promise.all(Array.from({ length: 100 }, (_, id) => ask(url, 'tools/call', { name: 'test_simple_text' }, { id })))
    assert.ok(!over)
    assert.deepEqual(answers.map(answer => answer.json.id), Array.from({ length: 100 }, (_, id) => id))
    await first
  })

  test('closing the connection cancels a modern call', async t => {
    const { url, program } = await startExample(Scope.of(t), 'conformance_server')
    const { body, headers } = modern('tools/call', { name: 'slow_compute', arguments: { seconds: 600, label: 'x' } })
    const raw = await Raw.open(url)
    raw.write(requestBytes(url, { headers, body: JSON.stringify(body) }))
    assert.equal((await ask(url, 'tools/list')).status, 200)
    raw.reset()
    // Nothing is left to wait for: the server ends at once.
    program.child.kill('SIGTERM')
    const began = Date.now()
    assert.equal((await program.end()).code, 0)
    assert.ok(Date.now() - began < 4000, 'it waited for a call that nobody wants')
  })

  test('pages: cursors are opaque, whole, and refused when they are not ours', async t => {
    const { url } = await startExample(Scope.of(t), 'conformance_server', ['--page-size', '3'])
    const whole = (await ask((await startExample(Scope.of(t), 'conformance_server')).url, 'tools/list')).json.result.tools.map(tool => tool.name)
    for (const era of ['modern', 'legacy']) {
      const session = era === 'legacy' ? await post(url, initialize(1, LEGACY)) : undefined
      const list = (method, cursor) => era === 'modern' ? ask(url, method, cursor === undefined ? {} : { cursor })
        : post(url, { jsonrpc: '2.0', id: 2, method, params: cursor === undefined ? {} : { cursor } }, { 'mcp-session-id': session.headers['mcp-session-id'], 'mcp-protocol-version': LEGACY })
      const names = []
      let cursor
      do {
        const { json } = await list('tools/list', cursor)
        assert.ok(json.result.tools.length <= 3 && json.result.tools.length > 0)
        names.push(...json.result.tools.map(tool => tool.name))
        cursor = json.result.nextCursor
      } while (cursor !== undefined)
      assert.deepEqual(names, whole)
      const { nextCursor } = (await list('tools/list')).json.result
      for (const bad of ['', 'x', '-1', '1e1', `${nextCursor}x`, nextCursor.slice(1)]) assert.equal((await list('tools/list', bad)).json.error?.code, -32602, `${era}: ${bad}`)
      for (const method of ['prompts/list', 'resources/list', 'resources/templates/list']) assert.ok((await list(method)).json.result, method)
    }
  })

  test('resources/updated on listen: what was asked for, with the id of the stream', async t => {
    const { url } = await startExample(Scope.of(t), 'everything')
    const open = async (id, uri) => {
      const listen = modern('subscriptions/listen', { notifications: { resourceSubscriptions: [uri] } }, { id })
      const raw = await Raw.open(url)
      raw.write(requestBytes(url, { headers: listen.headers, body: JSON.stringify(listen.body) }))
      await raw.until(r => r.text.includes('acknowledged'))
      return raw
    }
    const shelf = await open('a', 'tea://shelf'), other = await open('b', 'tea://tea/none')
    assert.ok(!(await ask(url, 'tools/call', { name: 'deliver', arguments: { tea: 'sencha', grams: 10 } })).json.result.isError)
    await shelf.until(r => r.text.includes('notifications/resources/updated'))
    assert.match(shelf.text, /"uri":"tea:\/\/shelf"/)
    assert.match(shelf.text, /"io.modelcontextprotocol\/subscriptionId":"a"/)
    assert.ok(!other.text.includes('resources/updated'))
    shelf.close()
    other.close()
  })

  test('listen ends with a result on SIGTERM', async t => {
    const { url, program } = await startExample(Scope.of(t), 'conformance_server')
    const listen = modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, { id: 9 })
    const raw = await Raw.open(url)
    raw.write(requestBytes(url, { headers: listen.headers, body: JSON.stringify(listen.body) }))
    await raw.until(r => r.text.includes('acknowledged'))
    program.child.kill('SIGTERM')
    await raw.until(r => r.closed)
    const last = JSON.parse(/data: (\{.*"result".*\})/.exec(raw.text)[1])
    assert.equal(last.id, 9)
    assert.equal(last.result._meta[`${META}subscriptionId`], 9)
    assert.equal((await program.end()).code, 0)
  })
})

describe('clients that others wrote', () => {
  const scope = Scope.ofSuite()
  const bin = name => join(root, 'tests/npm/node_modules/.bin', name)
  const home = folder => ({ HOME: folder, MCP_REMOTE_CONFIG_DIR: folder, XDG_CONFIG_HOME: folder })
  let url, server
  before(async () => { ({ url, program: server } = await startExample(scope, 'conformance_server')) })

  test('mcp-remote: a client of stdio reaches the server through it', async t => {
    const own = Scope.of(t)
    const client = await clients.sdk1(own, { command: node, args: [bin('mcp-remote'), url, '--allow-http'], env: home(own.folder()) })
    assert.ok((await client.listTools()).tools.length > 10)
    assert.match(text(await client.callTool('test_simple_text')), /simple text/)
    const steps = []
    await client.callTool('test_tool_with_progress', {}, { onprogress: step => steps.push(step.progress) })
    // The TypeScript SDK drops notifications that it reads in one piece with the answer, and mcp-remote hands them on as they come.
    assert.deepEqual(steps, [0, 50, 100].slice(0, Math.max(1, steps.length)))
    await client.close()
    const lines = server.output.split('\n').filter(line => line.includes('"quirk"')).map(line => JSON.parse(line))
    assert.ok(lines.length && lines.every(line => line.quirk === 'get_without_session' && line.known === 'yes'), server.output)
  })

  test('mcporter: lists and calls', async t => {
    const own = Scope.of(t)
    const run = args => runToEnd(own, node, [bin('mcporter'), ...args], { env: home(own.folder()), name: 'mcporter' })
    const list = await run(['list', url, '--allow-http', '--json'])
    assert.equal(list.code, 0, list.output)
    assert.ok(JSON.parse(list.stdout).tools.some(tool => tool.name === 'test_simple_text'))
    const called = await run(['call', `${url}.test_simple_text`, '--allow-http'])
    assert.equal(called.code, 0, called.output)
    assert.match(called.stdout, /simple text/)
  })

  test('the Inspector, strictly: schemas that travel', async t => {
    const own = Scope.of(t)
    for (const [name, args] of [['everything', []], ['vault_search', [own.folder()]]]) {
      const { url } = await startExample(own, name, args)
      for (const era of ['modern', 'legacy']) {
        const result = await inspector(own, url, era, ['--method', 'tools/list', '--strict'])
        assert.equal(result.code, 0, `${name} ${era}: ${result.output}`)
      }
    }
  })
})

describe('a server of the old transport behind the gateway', () => {
  test('server-everything in its sse mode', async t => {
    const { freePort, programs, startGateway } = await import('./lib.mjs')
    const scope = Scope.of(t)
    const port = await freePort()
    const old = scope.run(node, [programs.everything, 'sse'], { env: { PORT: String(port) }, name: 'server-everything' })
    await old.wrote(/running on port/i)
    const gateway = await startGateway(scope, { servers: { old: { url: `http://127.0.0.1:${port}/sse` } } })
    const client = await clients.modern(scope, gateway.url)
    assert.match(text(await client.callTool('old__echo', { message: 'hi' })), /Echo: hi/)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => client.callTool('old__echo', { message: `n${i}` })))
    answers.forEach((answer, i) => assert.match(text(answer), new RegExp(`Echo: n${i}$`)))
    assert.match(gateway.log(), /HTTP\+SSE transport: deprecated since/)
    await gateway.stop()
  })
})
