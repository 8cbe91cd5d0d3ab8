// The legacy revisions by hand, against the text of each: what the conformance suite leaves out. Every answer is held against the official
// schema of the revision that it was given in.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { Raw, Scope, post, requestBytes, send } from './lib.mjs'
import { exampleProgram, startExample } from './examples.mjs'
import { checkAgainst, revisions } from './schemas.mjs'

const LEGACY = revisions.filter(revision => revision !== '2026-07-28')
const over = (list, revision) => list.includes(revision)
const has = {
  batches: revision => revision === '2025-03-26',
  versionHeader: revision => over(['2025-06-18', '2025-11-25'], revision),
  polling: revision => revision === '2025-11-25',
  elicitation: revision => over(['2025-06-18', '2025-11-25'], revision),
  audio: revision => revision !== '2024-11-05',
  completions: revision => revision !== '2024-11-05',
}
const info = { name: 'by-hand', version: '1' }

// A session that checks whatever comes back.
async function session(url, revision, capabilities = {}) {
  const first = await post(url, { jsonrpc: '2.0', id: 'i', method: 'initialize', params: { protocolVersion: revision, capabilities, clientInfo: info } })
  assert.equal(first.status, 200, first.text)
  assert.equal(first.json.result.protocolVersion, revision)
  checkAgainst(revision, 'InitializeResult', first.json.result)
  const id = first.headers['mcp-session-id']
  assert.match(id, /^[\x21-\x7e]{32,}$/)
  const headers = { 'mcp-session-id': id, ...(has.versionHeader(revision) ? { 'mcp-protocol-version': revision } : {}) }
  const told = await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, headers)
  assert.equal(told.status, 202)
  let next = 0
  const ask = async (method, params, more = {}) => {
    const answer = await post(url, { jsonrpc: '2.0', id: ++next, method, ...(params && { params }) }, { ...headers, ...more })
    for (const message of answer.messages) checkAgainst(revision, 'JSONRPCMessage', message)
    return answer
  }
  const good = async (method, params, type) => {
    const { json } = await ask(method, params)
    assert.ok(json?.result, JSON.stringify(json))
    checkAgainst(revision, type, json.result)
    return json.result
  }
  return { id, headers, initialize: first.json.result, ask, good, end: () => send(url, { method: 'DELETE', headers }) }
}

// Events of a stream with their ids, read until it is over.
function parsedEvents(text) {
  return text.split(/\n\n/).filter(block => block.trim() && !block.startsWith(':')).map(block => {
    const event = { data: '' }
    for (const line of block.split('\n')) {
      const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? []
      if (name === 'data') event.data += value
      else if (name) event[name] = value
    }
    return event
  })
}
// The body of a chunked answer so far.
const soFar = raw => {
  const at = raw.text.indexOf('\r\n\r\n')
  return at < 0 ? '' : raw.text.slice(at + 4).replace(/\r\n[0-9a-f]+\r\n/g, '').replace(/^[0-9a-f]+\r\n/, '').replace(/\r\n0?\r?\n?\r?\n?$/, '')
}
const isOver = raw => /\r\n0\r\n\r\n$/.test(raw.text) || raw.closed

for (const revision of LEGACY) {
  describe(`by hand, ${revision}`, () => {
    const scope = Scope.ofSuite()
    let url
    before(async () => { ({ url } = await startExample(scope, 'conformance_server')) })

    test('capabilities and lists are of the schema', async () => {
      const s = await session(url, revision)
      assert.equal('completions' in s.initialize.capabilities, has.completions(revision))
      assert.ok(!('tasks' in s.initialize.capabilities) || revision === '2025-11-25')
      assert.ok((await s.good('tools/list', {}, 'ListToolsResult')).tools.length > 10)
      assert.ok((await s.good('prompts/list', {}, 'ListPromptsResult')).prompts.length > 2)
      assert.ok((await s.good('resources/list', {}, 'ListResourcesResult')).resources.length > 1)
      assert.ok((await s.good('resources/templates/list', {}, 'ListResourceTemplatesResult')).resourceTemplates.length)
      await s.good('ping', undefined, 'EmptyResult')
      await s.end()
    })

    test('every kind of content is one that the revision has', async () => {
      const s = await session(url, revision)
      for (const name of ['test_simple_text', 'test_image_content', 'test_audio_content', 'test_embedded_resource', 'test_multiple_content_types', 'test_error_handling'])
        await s.good('tools/call', { name, arguments: {} }, 'CallToolResult')
      const audio = await s.good('tools/call', { name: 'test_audio_content' }, 'CallToolResult')
      assert.equal(audio.content[0].type, has.audio(revision) ? 'audio' : 'text')
      for (const [name, args] of [['test_simple_prompt', {}], ['test_prompt_with_arguments', { arg1: 'a', arg2: 'b' }],
        ['test_prompt_with_embedded_resource', { resourceUri: 'test://static-text' }], ['test_prompt_with_image', {}]])
        await s.good('prompts/get', { name, arguments: args }, 'GetPromptResult')
      for (const uri of ['test://static-text', 'test://static-binary', 'test://template/7/data'])
        await s.good('resources/read', { uri }, 'ReadResourceResult')
      await s.good('completion/complete', { ref: { type: 'ref/prompt', name: 'test_prompt_with_arguments' }, argument: { name: 'arg1', value: 'p' } }, 'CompleteResult')
      await s.end()
    })

    test('errors keep the codes of the revision', async () => {
      const s = await session(url, revision)
      const code = async (method, params) => (await s.ask(method, params)).json.error?.code
      assert.equal(await code('no/such'), -32601)
      assert.equal(await code('resources/read', { uri: 'test://nothing' }), -32002)
      assert.equal(await code('tools/call', { name: 'nothing' }), -32602)
      assert.equal(await code('prompts/get', { name: 'nothing' }), -32602)
      assert.equal(await code('tools/list', { cursor: 'not one of ours' }), -32602)
      assert.equal(await code('logging/setLevel', { level: 'loud' }), -32602)
      assert.equal(await code('initialize', { protocolVersion: revision, capabilities: {}, clientInfo: info }), undefined, 'a new session; this one lives on')
      await s.good('ping', undefined, 'EmptyResult')
      await s.end()
    })

    test('batches are part of one revision, and refused in the others', async () => {
      const s = await session(url, revision)
      const ping = id => ({ jsonrpc: '2.0', id, method: 'ping' })
      const mixed = [ping('a'), { jsonrpc: '2.0', method: 'notifications/roots/list_changed' }, { jsonrpc: '2.0', id: 'b', method: 'no/such' }, 7,
        { jsonrpc: '2.0', id: 'c', method: 'tools/call', params: { name: 'test_simple_text' } }, { jsonrpc: '2.0', id: 'd', method: 'initialize', params: {} }]
      const answer = await post(url, mixed, s.headers)
      if (!has.batches(revision)) {
        assert.equal(answer.status, 400, answer.text)
        assert.equal(answer.json.error.code, -32600)
      } else {
        assert.equal(answer.status, 200, answer.text)
        const by = id => answer.json.find(one => one.id === id)
        assert.equal(answer.json.length, 5, 'notifications have no answer')
        assert.deepEqual(by('a').result, {})
        assert.equal(by('b').error.code, -32601)
        assert.equal(by(null).error.code, -32600)
        assert.ok(by('c').result.content)
        assert.equal(by('d').error.code, -32601, 'initialize cannot be part of a batch')
        checkAgainst(revision, 'JSONRPCBatchResponse', answer.json.filter(one => one.id !== null))
        const told = await post(url, [{ jsonrpc: '2.0', method: 'notifications/roots/list_changed' }], s.headers)
        assert.equal(told.status, 202)
        assert.equal(told.text, '')
      }
      assert.equal((await post(url, [], s.headers)).status, 400)
      assert.equal((await post(url, '[', s.headers)).json.error.code, -32700)
      await s.good('ping', undefined, 'EmptyResult')
      await s.end()
    })

    test('a batch cannot begin a session', async () => {
      const answer = await post(url, [{ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: revision, capabilities: {}, clientInfo: info } }],
        has.versionHeader(revision) ? { 'mcp-protocol-version': revision } : {})
      assert.equal(answer.status, 400, answer.text)
      assert.equal(answer.headers['mcp-session-id'], undefined)
    })

    test('the session ends with DELETE, and only then', async () => {
      const s = await session(url, revision)
      assert.equal((await post(url, '{', s.headers)).status, 400)
      assert.equal((await post(url, { jsonrpc: '2.0', id: 1, method: 'tools/call', params: [] }, s.headers)).status, 400)
      await s.good('ping', undefined, 'EmptyResult')
      assert.equal((await s.end()).status, 200)
      assert.equal((await s.ask('ping')).status, 404)
      assert.equal((await s.end()).status, 404)
      assert.equal((await post(url, { jsonrpc: '2.0', id: 1, method: 'ping' })).status, 400, 'without the session id')
    })

    test('an unknown revision is refused with the list of those that are known, not taken for an old one', async () => {
      const s = await session(url, revision)
      for (const version of ['9999-01-01', '2025-03-27', '1.0', '']) {
        const { status, json } = await s.ask('ping', undefined, { 'mcp-protocol-version': version })
        assert.equal(status, 400, version)
        assert.equal(json.error.code, -32022)
        assert.deepEqual(json.error.data.supported, revisions)
      }
      const { json } = await post(url, { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '9999-01-01', capabilities: {}, clientInfo: info } })
      assert.equal(json.result.protocolVersion, LEGACY[0], 'initialize is answered with the one that the server prefers')
      await s.end()
    })

    test('requests of the server come on the stream of the call, answers go back by POST', async () => {
      const s = await session(url, revision, { sampling: {}, elicitation: {} })
      const raw = await Raw.open(url)
      raw.write(requestBytes(url, { headers: s.headers, body: JSON.stringify({ jsonrpc: '2.0', id: 'call', method: 'tools/call', params: { name: 'test_sampling', arguments: { prompt: 'hi' } } }) }))
      await raw.until(r => r.text.includes('sampling/createMessage'))
      const asked = parsedEvents(soFar(raw)).filter(event => event.data).map(event => JSON.parse(event.data)).find(message => message.method)
      checkAgainst(revision, 'CreateMessageRequest', asked)
      const reply = await post(url, { jsonrpc: '2.0', id: asked.id, result: { role: 'assistant', model: 'm', content: { type: 'text', text: 'Paris' } } }, s.headers)
      assert.equal(reply.status, 202)
      await raw.until(isOver)
      assert.match(raw.text, /LLM response: Paris/)
      raw.close()
      assert.equal((await post(url, { jsonrpc: '2.0', id: 999, result: {} }, s.headers)).status, 202, 'an answer that nobody waits for')
      await s.end()
    })

    test('logging/setLevel decides what is said', async () => {
      const s = await session(url, revision)
      await s.good('logging/setLevel', { level: 'error' }, 'EmptyResult')
      const quiet = await s.ask('tools/call', { name: 'test_tool_with_logging' })
      assert.equal(quiet.messages.filter(message => message.method === 'notifications/message').length, 0)
      await s.good('logging/setLevel', { level: 'debug' }, 'EmptyResult')
      const loud = await s.ask('tools/call', { name: 'test_tool_with_logging' })
      const said = loud.messages.filter(message => message.method === 'notifications/message')
      assert.equal(said.length, 3)
      for (const message of said) checkAgainst(revision, 'LoggingMessageNotification', message)
      await s.end()
    })

    test('progress comes only when asked for, and grows', async () => {
      const s = await session(url, revision)
      const without = await s.ask('tools/call', { name: 'test_tool_with_progress' })
      assert.equal(without.messages.length, 1)
      const { messages } = await s.ask('tools/call', { name: 'test_tool_with_progress', _meta: { progressToken: 'p' } })
      const steps = messages.filter(message => message.method === 'notifications/progress')
      assert.deepEqual(steps.map(step => step.params.progress), [0, 50, 100])
      for (const step of steps) { checkAgainst(revision, 'ProgressNotification', step); assert.equal(step.params.progressToken, 'p') }
      await s.end()
    })

    test('the GET stream has what belongs to no request, once, whoever reads it', async () => {
      const s = await session(url, revision)
      const open = async () => {
        const raw = await Raw.open(url)
        raw.write(requestBytes(url, { method: 'GET', headers: { ...s.headers, accept: 'text/event-stream' } }))
        await raw.until(r => r.text.includes('\r\n\r\n'))
        assert.match(raw.text, /^HTTP\/1.1 200[^]*text\/event-stream/)
        return raw
      }
      const first = await open(), second = await open()
      await s.good('tools/call', { name: 'test_trigger_tool_change' }, 'CallToolResult')
      await second.until(r => r.text.includes('tools/list_changed'))
      second.close()
      await s.good('tools/call', { name: 'test_trigger_prompt_change' }, 'CallToolResult')
      // The second reader may still be thought alive; then the first one gets it on the next reading.
      const third = await open()
      await third.until(r => r.text.includes('list_changed') || first.text.includes('prompts/list_changed'))
      assert.ok(!first.text.includes('tools/list_changed'), 'the same message on two streams')
      first.close()
      third.close()
      await s.end()
    })

    test('a call goes on without its connection, and its answer is there for who comes back', async () => {
      const s = await session(url, revision, { sampling: {} })
      const raw = await Raw.open(url)
      raw.write(requestBytes(url, { headers: s.headers, body: JSON.stringify({ jsonrpc: '2.0', id: 'lost', method: 'tools/call', params: { name: 'test_sampling', arguments: { prompt: 'hi' } } }) }))
      await raw.until(r => r.text.includes('sampling/createMessage'))
      const seen = parsedEvents(soFar(raw))
      assert.ok(seen.every(event => event.id), 'every event has an id')
      assert.equal(seen[0].data === '', has.polling(revision), 'the event without data comes first, in the revision that has it')
      raw.reset()
      const asked = JSON.parse(seen.at(-1).data)
      await post(url, { jsonrpc: '2.0', id: asked.id, result: { role: 'assistant', model: 'm', content: { type: 'text', text: 'Paris' } } }, s.headers)
      const again = await send(url, { method: 'GET', headers: { ...s.headers, accept: 'text/event-stream', 'last-event-id': seen.at(-1).id } })
      assert.equal(again.status, 200)
      assert.equal(again.messages.length, 1, 'only what came after that event')
      assert.equal(again.json.id, 'lost')
      assert.match(again.json.result.content[0].text, /Paris/)
      if (has.polling(revision)) {
        const all = await send(url, { method: 'GET', headers: { ...s.headers, accept: 'text/event-stream', 'last-event-id': seen[0].id } })
        assert.deepEqual(all.messages.map(message => message.method ?? 'answer'), ['sampling/createMessage', 'answer'])
      }
      for (const bad of ['nonsense', '77-1', '1-1-1', '9'.repeat(60)]) {
        const refused = await send(url, { method: 'GET', headers: { ...s.headers, accept: 'text/event-stream', 'last-event-id': bad } })
        assert.equal(refused.status, 400, bad)
      }
      const other = await session(url, revision)
      const foreign = await send(url, { method: 'GET', headers: { ...other.headers, accept: 'text/event-stream', 'last-event-id': seen.at(-1).id } })
      assert.equal(foreign.messages.length, 1, 'nothing of a stream of another session')
      assert.match(foreign.json.error.message, /call again/)
      await other.end()
      await s.end()
    })

    test('notifications/cancelled ends a call, and a wrong one nothing', async () => {
      const s = await session(url, revision, { sampling: {} })
      const raw = await Raw.open(url)
      raw.write(requestBytes(url, { headers: s.headers, body: JSON.stringify({ jsonrpc: '2.0', id: 'c', method: 'tools/call', params: { name: 'test_sampling', arguments: { prompt: 'hi' } } }) }))
      await raw.until(r => r.text.includes('sampling/createMessage'))
      for (const params of [{ requestId: 'other' }, {}, { requestId: null }, { requestId: {} }])
        assert.equal((await post(url, { jsonrpc: '2.0', method: 'notifications/cancelled', params }, s.headers)).status, 202)
      assert.ok(!isOver(raw))
      assert.equal((await post(url, { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 'c' } }, s.headers)).status, 202)
      await raw.until(isOver)
      raw.close()
      await s.good('ping', undefined, 'EmptyResult')
      await s.end()
    })

    test('resources/subscribe: updates of that resource alone', async () => {
      const s = await session(url, revision)
      await s.good('resources/subscribe', { uri: 'test://watched-resource' }, 'EmptyResult')
      await s.good('resources/unsubscribe', { uri: 'test://watched-resource' }, 'EmptyResult')
      assert.equal((await s.ask('resources/subscribe', {})).json.error.code, -32602)
      await s.end()
    })
  })
}

describe('polling', () => {
  const scope = Scope.ofSuite()
  let url
  before(async () => { ({ url } = await startExample(scope, 'conformance_server')) })

  test('a tool sends its caller away, and has the answer when it comes back', async () => {
    const s = await session(url, '2025-11-25')
    const first = await send(url, { headers: s.headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'test_reconnection' } }) })
    const [event] = parsedEvents(first.text)
    assert.equal(event.retry, '500')
    assert.equal(event.data, '')
    const answer = await send(url, { method: 'GET', headers: { ...s.headers, accept: 'text/event-stream', 'last-event-id': event.id } })
    assert.match(answer.json.result.content[0].text, /Reconnection test completed/)
    await s.end()
  })

  test('older revisions know no such thing: the answer is simply there', async () => {
    const s = await session(url, '2025-06-18')
    assert.match((await s.ask('tools/call', { name: 'test_reconnection' })).json.result.content[0].text, /Reconnection test completed/)
    await s.end()
  })

  test('a client that prefers a stream gets one', async () => {
    const s = await session(url, '2025-11-25')
    const { headers, messages, text } = await s.ask('tools/list', {}, { accept: 'text/event-stream, application/json' })
    assert.match(headers['content-type'], /event-stream/)
    assert.match(text, /^id: \d+-0-[\w-]+\ndata: \n/)
    assert.equal(messages.length, 1)
    await s.end()
  })
})

describe('only some revisions, and strictly', () => {
  const scope = Scope.ofSuite()

  test('--revisions: the others are unknown', async () => {
    const { url } = await startExample(scope, 'conformance_server', ['--revisions', '2025-06-18'])
    const first = await post(url, { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: info } })
    assert.equal(first.json.result.protocolVersion, '2025-06-18')
    const s = { 'mcp-session-id': first.headers['mcp-session-id'] }
    const refused = await post(url, { jsonrpc: '2.0', id: 1, method: 'ping' }, { ...s, 'mcp-protocol-version': '2025-11-25' })
    assert.equal(refused.status, 400)
    assert.deepEqual(refused.json.error.data.supported, ['2025-06-18'])
  })

  test('--revisions with a name that nobody knows', async () => {
    const program = scope.run(exampleProgram('conformance_server'), ['--revisions', 'tomorrow'])
    const { code } = await program.end()
    assert.equal(code, 2)
    assert.match(program.output, /no revision that is known here; there are \["2026-07-28"/)
  })

  test('lenient: odd requests are served, and one line says so', async () => {
    const { url, program } = await startExample(scope, 'conformance_server')
    const s = await session(url, '2025-11-25')
    for (let i = 0; i < 3; ++i) {
      assert.equal((await s.ask('ping', undefined, { accept: 'application/json' })).status, 200)
      assert.equal((await s.ask('tools/list', { cursor: null })).status, 200)
      assert.equal((await s.ask('ping', undefined, { 'mcp-protocol-version': null })).status, 200)
      assert.equal((await s.ask('ping', undefined, { 'mcp-protocol-version': '2025-06-18' })).status, 200)
      assert.equal((await s.ask('ping', { _meta: { traceparent: '00-1' } })).status, 200)
      assert.equal((await post(url, { jsonrpc: '2.0', id: null, method: 'notifications/initialized' }, s.headers)).status, 202)
      assert.equal((await send(url, { method: 'GET' })).status, 405)
    }
    const { body, headers } = { body: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'test_simple_text', _meta: { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientCapabilities': {}, 'io.modelcontextprotocol/clientInfo': info } } },
      headers: { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': ['test_simple_text', 'test_simple_text'] } }
    assert.equal((await post(url, body, headers)).status, 200)
    await program.wrote(/name_header_twice/)
    const lines = program.output.split('\n').filter(line => line.includes('"quirk"')).map(line => JSON.parse(line))
    assert.deepEqual(lines.map(line => line.quirk).sort(), ['accept_incomplete', 'broken_trace', 'get_without_session', 'name_header_twice', 'null_id', 'null_member', 'version_header_absent', 'version_header_other'])
    for (const line of lines) if (line.quirk !== 'get_without_session') assert.equal(line.peer, 'by-hand 1')
  })

  test('strict: each is refused with its remedy, and no session ends by it', async () => {
    const { url } = await startExample(scope, 'conformance_server', ['--strict'])
    const s = await session(url, '2025-11-25')
    const refused = async (what, answer) => {
      const { status, json } = await answer
      assert.ok(status === 400 || status === 406, `${what}: ${status}`)
      assert.equal(json.error.code, -32600, what)
      assert.match(json.error.message, /;/, what)
    }
    await refused('Accept', s.ask('ping', undefined, { accept: 'application/json' }))
    await refused('null', s.ask('tools/list', { cursor: null }))
    await refused('no version', s.ask('ping', undefined, { 'mcp-protocol-version': null }))
    await refused('another version', s.ask('ping', undefined, { 'mcp-protocol-version': '2025-06-18' }))
    await refused('trace', s.ask('ping', { _meta: { traceparent: '00-1' } }))
    await s.good('ping', undefined, 'EmptyResult')
    await s.end()
  })

  test('deprecated features are reported once per peer', async () => {
    const { url, program } = await startExample(scope, 'conformance_server')
    for (let i = 0; i < 2; ++i) {
      const s = await session(url, '2025-11-25')
      await s.good('logging/setLevel', { level: 'error' }, 'EmptyResult')
      await s.end()
    }
    await program.wrote(/logging: deprecated since/)
    const lines = program.output.split('\n').filter(line => line.includes('logging: deprecated since'))
    assert.equal(lines.length, 1, program.output)
    assert.match(lines[0], /OpenTelemetry[^]*by-hand 1/)
  })
})
