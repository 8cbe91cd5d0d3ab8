// Any request to any instance: sessions across kill -9 and restart, and two instances behind nginx, round-robin, without affinity.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { randomBytes } from 'node:crypto'
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js'
import { startExample } from './examples.mjs'
import { ask, clients, fixture, freePort, LEGACY, META, MODERN, modern, node, openStreams, Scope, startGateway, text, within } from './lib.mjs'
import { lacking, startPair, startPostgres } from './pair.mjs'
import { makeVault } from './world.mjs'

const stdio = (mode = 'good') => ({ command: [node, fixture('stdio.mjs'), `instances-${process.pid}`, mode] })
const everything = scope => ({ fixture: stdio(), files: { builtin: 'filesystem', roots: [makeVault(scope.folder())] } })
const asking = () => ({ asks: { command: [node, fixture('asks.mjs'), `asks-${process.pid}`] } })
const meta = { [`${META}clientCapabilities`]: { elicitation: { form: {} } } }
const accept = 'application/json, text/event-stream'

// A session by hand: {id, post, open}.
async function session(url, { capabilities = {} } = {}) {
  const begin = await fetch(url, {
    method: 'POST', headers: { 'content-type': 'application/json', accept },
    body: JSON.stringify({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: LEGACY, capabilities, clientInfo: { name: 'wire', version: '1' } } }),
  })
  assert.equal(begin.status, 200, await begin.clone().text())
  const id = begin.headers.get('mcp-session-id')
  await begin.text()
  const headers = { 'content-type': 'application/json', accept, 'mcp-session-id': id, 'mcp-protocol-version': LEGACY }
  const post = (body, more = {}) => fetch(url, { method: 'POST', headers: { ...headers, ...more }, body: JSON.stringify(body) })
  const result = async (method, params, n = 1) => {
    const response = await post({ jsonrpc: '2.0', id: n, method, params }, { accept: 'application/json' })
    const body = await response.text()
    assert.equal(response.status, 200, body)
    return JSON.parse(body)
  }
  return { id, headers, post, result, open: (more = {}) => fetch(url, { headers: { ...headers, ...more, accept: 'text/event-stream' } }), url }
}

function answering(client, kind, name) {
  const handler = async () => ({ action: 'accept', content: { name: await name() } })
  client.client.setRequestHandler(kind === 'sdk1' ? ElicitRequestSchema : 'elicitation/create', handler)
}

// The instance where a call is open.
async function holder(pair) {
  const open = await Promise.all(pair.instances.map(async one => Number(/^gatehouse_open_calls (\d+)/m.exec((await one.get('/metrics')).text)[1])))
  return open[1] > open[0] ? 1 : 0
}

// The messages on an event stream, one after the other.
async function* messages(response) {
  let bytes = ''
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (bytes + chunk).split('\n')
    bytes = lines.pop()
    for (const line of lines) if (line.startsWith('data: ') && line.length > 6) yield JSON.parse(line.slice(6))
  }
}
const next = async (stream, fits = () => true) => {
  for (;;) {
    const { value, done } = await stream.next()
    if (done) throw new Error('the stream ended')
    if (fits(value)) return value
  }
}

describe('one instance that is killed and starts again', () => {
  for (const [kind, store] of [['SQLite', () => undefined], ['PostgreSQL', startPostgres]]) {
    const skip = kind === 'PostgreSQL' && lacking
    test(`sessions of legacy clients go on, in ${kind}`, { skip }, async t => {
      const scope = Scope.of(t)
      const config = { servers: everything(scope), ...kind === 'PostgreSQL' && { store: await store(scope), state_keys: [randomBytes(32).toString('base64')] } }
      const port = await freePort()
      const before = await startGateway(scope, config, { port })
      const sdk1 = await clients.sdk1(scope, before.url)
      const legacy = await clients.legacy(scope, before.url)
      const wire = await session(before.url, { capabilities: { roots: {} } })
      const other = await session(before.server('files'))
      assert.equal(text(await sdk1.callTool('fixture__echo', { text: 'one' })), 'one')
      assert.deepEqual((await wire.result('logging/setLevel', { level: 'warning' })).result, {})
      await before.kill('SIGKILL')
      await startGateway(scope, config, { port, folder: before.folder })
      assert.equal(text(await sdk1.callTool('fixture__echo', { text: 'two' })), 'two')
      assert.equal(text(await legacy.callTool('fixture__echo', { text: 'three' })), 'three')
      assert.ok((await wire.result('tools/list')).result.tools.length > 3)
      assert.ok((await other.result('tools/list')).result.tools.length > 3)
      // A session belongs to its endpoint, and what was ended stays so.
      const elsewhere = await fetch(before.url, { method: 'POST', headers: other.headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) })
      assert.equal(elsewhere.status, 404, await elsewhere.text())
      assert.equal((await fetch(before.url, { method: 'DELETE', headers: wire.headers })).status, 200)
      assert.equal((await wire.post({ jsonrpc: '2.0', id: 2, method: 'ping' })).status, 404)
    })
  }

  test('the stream of a session is opened again, with the number that its client knows, and tells of changes', async t => {
    const scope = Scope.of(t)
    const config = { servers: everything(scope) }
    const port = await freePort()
    const before = await startGateway(scope, config, { port })
    const wire = await session(before.url)
    await wire.result('tools/list')
    await before.kill('SIGKILL')
    await startGateway(scope, config, { port, folder: before.folder })
    const stream = await wire.open({ 'last-event-id': '0-7' })
    assert.equal(stream.status, 200)
    const heard = messages(stream)
    await wire.result('tools/call', { name: 'fixture__grow', arguments: {} })
    assert.equal((await within(15000, 'the change', next(heard, one => one.method === 'notifications/tools/list_changed'))).jsonrpc, '2.0')
    // A stream of a call that ended with the instance is nobody's.
    assert.equal((await wire.open({ 'last-event-id': '3-1' })).status, 400)
  })

  test('an id that was not sealed here is no session', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers: everything(scope) })
    const wire = await session(gateway.url)
    const [instance, sealed] = wire.id.split('.')
    for (const id of ['x', `${'A'.repeat(32)}.${sealed}`, `${instance}.${sealed.slice(0, -8)}AAAAAAA=`, `${instance}.`, `.${sealed}`]) {
      const response = await fetch(gateway.url, { method: 'POST', headers: { ...wire.headers, 'mcp-session-id': id }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) })
      assert.equal(response.status, 404, id)
    }
  })
})

describe('two instances behind nginx', { skip: lacking }, () => {
  test('a session of a legacy client is served whatever instance is asked', async t => {
    const scope = Scope.of(t)
    const pair = await startPair(scope, { servers: everything(scope) })
    for (const kind of ['sdk1', 'legacy', 'modern', 'auto']) {
      const client = await clients[kind](scope, pair.url)
      for (let i = 0; i < 6; ++i) assert.equal(text(await client.callTool('fixture__echo', { text: `${kind} ${i}` })), `${kind} ${i}`)
      assert.ok((await client.listTools()).tools.length > 3)
    }
    // An instance that is asked directly serves the other's sessions, and the client's address and Host are its own.
    const wire = await session(pair.instances[0].url)
    for (const one of pair.instances) {
      const there = await fetch(one.url, { method: 'POST', headers: wire.headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) })
      assert.equal(there.status, 200, await there.text())
    }
    const foreign = await fetch(pair.instances[1].url, { method: 'POST', headers: { ...wire.headers, origin: 'https://evil.example' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }) })
    assert.equal(foreign.status, 403)
  })

  test('a stream that is read at one instance hears of what is called at the other', async t => {
    const scope = Scope.of(t)
    const pair = await startPair(scope, { servers: everything(scope) })
    const wire = await session(pair.instances[0].url)
    const away = { ...wire, ...await at(wire, pair.instances[1].url) }
    const heard = messages(await away.open())
    await wire.result('tools/call', { name: 'fixture__grow', arguments: {} })
    await within(15000, 'the change', next(heard, one => one.method === 'notifications/tools/list_changed'))
    // Progress comes through on the stream of a call that is passed on.
    const called = messages(await away.post({ jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'fixture__progress', arguments: { steps: 3 }, _meta: { progressToken: 'p' } } }))
    const seen = []
    await within(15000, 'the answer', next(called, one => { seen.push(one); return one.id === 9 }))
    assert.deepEqual(seen.map(one => one.params?.progress ?? one.result.content[0].text), [1, 2, 3, '3 steps'])
  })

  test('kill -9 of one: its sessions go on at the other; the calls on it are lost, and say so', async t => {
    const scope = Scope.of(t)
    const pair = await startPair(scope, { servers: everything(scope) })
    const sdk1 = await clients.sdk1(scope, pair.url)
    const legacy = await clients.legacy(scope, pair.url)
    const current = await clients.modern(scope, pair.url)
    const all = [sdk1, legacy, current]
    const says = async words => { for (const client of all) for (let i = 0; i < 3; ++i) assert.equal(text(await client.callTool('fixture__echo', { text: words })), words) }
    await says('before')
    const owned = await session(pair.instances[0].url)
    const away = await at(owned, pair.instances[1].url)
    const hanging = away.post({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'fixture__hang', arguments: {} } })
    const whole = hanging.then(response => response.text())
    // Until the call has reached the instance that runs it.
    await within(15000, 'an open call', (async () => { while (!/^gatehouse_open_calls [1-9]/m.test((await pair.instances[0].get('/metrics')).text)); })())
    await pair.instances[0].kill('SIGKILL')
    assert.match(await within(15000, 'the lost call', whole), /"id":7,"error":.*call again/s)
    await says('after')
    assert.ok((await away.result('tools/list')).result.tools.length > 3)
    await pair.restart(0)
    await says('with a new one')
    await pair.instances[1].kill('SIGKILL')
    await says('after the other')
    await pair.restart(1)
    await says('in the end')
  })

  test('an instance that hangs is not waited for without end, and its sessions go on at the other', async t => {
    const scope = Scope.of(t)
    const pair = await startPair(scope, { servers: everything(scope) })
    const owned = await session(pair.instances[0].url)
    const away = await at(owned, pair.instances[1].url)
    assert.ok((await away.result('tools/list')).result.tools.length > 3)
    process.kill(pair.instances[0].pid, 'SIGSTOP')
    scope.defer(() => process.kill(pair.instances[0].pid, 'SIGCONT'))
    const hanging = await within(30000, 'the call', away.post({ jsonrpc: '2.0', id: 7, method: 'tools/call', params: { name: 'fixture__echo', arguments: { text: 'x' } } }))
    assert.match(await hanging.text(), /"id":7,"error":.*call again/s)
    assert.ok((await away.result('tools/list')).result.tools.length > 3)
  })

  test('a question is answered at whatever instance, in both eras', async t => {
    const scope = Scope.of(t)
    const pair = await startPair(scope, { servers: asking() })
    // By hand: the first leg at one, the retry at the other.
    const call = (i, more = {}) => ask(pair.instances[i].url, 'tools/call', { name: 'asks__form', arguments: {}, ...more }, { meta })
    for (const [first, second] of [[0, 1], [1, 0], [0, 0]]) {
      const { inputRequests, requestState } = (await call(first)).json.result
      const again = await call(second, { requestState })
      assert.equal(again.json.result.resultType, 'input_required', again.text)
      const inputResponses = { [Object.keys(inputRequests)[0]]: { action: 'accept', content: { name: 'Ada' } } }
      const last = await call(second, { requestState: again.json.result.requestState, inputResponses })
      assert.match(text(last.json.result), /Ada/, last.text)
    }
    // And by clients, who do not choose.
    for (const kind of ['sdk1', 'legacy', 'modern']) {
      const client = await clients[kind](scope, pair.url, { capabilities: { elicitation: { form: {} } } })
      answering(client, kind, () => kind)
      for (let i = 0; i < 5; ++i) assert.match(text(await client.callTool('asks__form')), new RegExp(`"name":"${kind}"`))
    }
  })

  test('kill -9 while a question is open: that call is lost and says so; its client goes on', async t => {
    const scope = Scope.of(t)
    const pair = await startPair(scope, { servers: asking() })
    const call = (i, more = {}) => ask(pair.instances[i].url, 'tools/call', { name: 'asks__form', arguments: {}, ...more }, { meta })
    const first = await call(0)
    await pair.instances[0].kill('SIGKILL')
    const late = await call(1, { requestState: first.json.result.requestState, inputResponses: {} })
    assert.match(late.json.error.message, /call again/, late.text)
    await pair.restart(0)
    await Promise.all(pair.instances.map(one => one.wrote(/peer found/)))
    const current = await clients.modern(scope, pair.url, { capabilities: { elicitation: { form: {} } } })
    answering(current, 'modern', () => 'modern')
    for (const kind of ['sdk1', 'legacy']) {
      const client = await clients[kind](scope, pair.url, { capabilities: { elicitation: { form: {} } } })
      let killed, dead
      answering(client, kind, async () => {
        if (killed === undefined) await (dead = pair.instances[killed = await holder(pair)].kill('SIGKILL'))
        return kind
      })
      await assert.rejects(within(30000, `the lost call of ${kind}`, client.callTool('asks__form')), error => { assert.doesNotMatch(error.message, /waited/); return true })
      await dead // its connections go before its port does
      assert.match(text(await client.callTool('asks__form')), new RegExp(`"name":"${kind}"`), kind)
      assert.match(text(await current.callTool('asks__form')), /"name":"modern"/)
      await pair.restart(killed)
      assert.match(text(await client.callTool('asks__form')), new RegExp(`"name":"${kind}"`), kind)
    }
  })

  test('kill -9 of the instance that a client listens at: it hears of what comes after', async t => {
    const scope = Scope.of(t)
    const pair = await startPair(scope, { servers: everything(scope) })
    const client = await clients.sdk1(scope, pair.url)
    const heard = new Promise(done => client.client.setNotificationHandler(ToolListChangedNotificationSchema, done))
    await client.listTools()
    await pair.instances[0].kill('SIGKILL')
    await client.listTools()
    await pair.restart(0)
    await pair.instances[1].kill('SIGKILL')
    await client.listTools()
    await openStreams(pair.instances[0], 1, 20000)
    await client.callTool('fixture__grow')
    await within(15000, 'the change', heard)
  })

  test('kill -9 of the instance that a modern client listens at: it listens again and hears of what comes after', async t => {
    const scope = Scope.of(t)
    const pair = await startPair(scope, { servers: everything(scope) })
    const client = await clients.modern(scope, pair.url)
    await client.listTools()
    let changes = 0, wake = () => {}
    client.client.setNotificationHandler('notifications/tools/list_changed', () => { ++changes; wake() })
    const listen = () => client.client.listen({ toolsListChanged: true })
    const streams = async one => Number(/^gatehouse_open_streams (\d+)/m.exec((await one.get('/metrics')).text)?.[1] ?? 0)
    let subscription = await listen()
    for (const round of [0, 1]) {
      const at = (await streams(pair.instances[0])) > 0 ? 0 : 1
      const ended = subscription.closed
      await pair.instances[at].kill('SIGKILL')
      await within(15000, 'the end of the stream', ended)
      subscription = await listen()
      await client.callTool('fixture__grow', { name: `grown${round}` })
      await within(15000, 'the change', new Promise(done => { wake = () => { if (changes > round) done() }; wake() }))
      assert.ok((await client.listTools()).tools.length > 0)
      await pair.restart(at)
      await Promise.all(pair.instances.map(one => one.wrote(/peer found/)))
    }
  })

  test('a task is asked for at whatever instance, in both eras; after kill -9 its server still has it', async t => {
    const scope = Scope.of(t)
    const EXTENSION = `${META.slice(0, -1)}/tasks`
    const withTasks = { meta: { [`${META}clientCapabilities`]: { elicitation: { form: {} }, extensions: { [EXTENSION]: {} } } } }
    const servers = {}
    for (const [era, revision] of [['modern', MODERN], ['legacy', LEGACY]])
      servers[era] = { url: (await startExample(scope, 'conformance_server', ['--revisions', revision])).url }
    const pair = await startPair(scope, { servers })
    for (const upstream of ['modern', 'legacy']) {
      const about = async (url, what, taskId, more = {}) => (await ask(url, `tasks/${what}`, { taskId, ...more }, { ...withTasks, headers: { 'mcp-name': taskId } })).json
      const places = pair.instances.map(one => one.server(upstream))
      const make = async (name, args = {}) => (await ask(pair.server(upstream), 'tools/call', { name, arguments: args }, withTasks)).json.result
      // Questions and results, whoever is asked.
      const made = await make('confirm_delete', { filename: 'a.txt' })
      assert.equal(made.resultType, 'task')
      const until = async (fits, urls = places) => {
        for (let i = 0; ; ++i) {
          const { result, error } = await about(urls[i % urls.length], 'get', made.taskId)
          assert.equal(error, undefined)
          if (fits(result)) return result
          await new Promise(done => setTimeout(done, result.pollIntervalMs))
        }
      }
      const { inputRequests } = await within(20000, 'the question', until(task => task.status === 'input_required'))
      for (const url of places) assert.deepEqual(Object.keys((await about(url, 'get', made.taskId)).result.inputRequests), Object.keys(inputRequests))
      const inputResponses = Object.fromEntries(Object.keys(inputRequests).map(key => [key, { action: 'accept', content: { confirm: true } }]))
      await about(places[1], 'update', made.taskId, { inputResponses })
      assert.match(text((await within(20000, 'the end', until(task => task.status === 'completed'))).result), /Deleted a\.txt/)
      const long = await make('slow_compute', { seconds: 600 })
      await about(places[0], 'cancel', long.taskId)
      for (const url of places) assert.notEqual((await about(url, 'get', long.taskId)).result.status, 'completed')
      // A legacy client waits at one instance for what it began at the other.
      const wire = await session(pair.server(upstream))
      const { result: { task } } = await wire.result('tools/call', { name: 'slow_compute', arguments: { seconds: 0.2, label: 'sum' }, task: { ttl: 60000 } })
      const here = await at(wire, places[0]), there = await at(wire, places[1])
      for (const one of [here, there]) assert.match(text((await one.result('tasks/result', { taskId: task.taskId })).result), /sum/)
      for (const one of [here, there]) assert.ok((await one.result('tasks/list', {})).result.tasks.some(each => each.taskId === task.taskId))
      await pair.instances[0].kill('SIGKILL')
      assert.match(text((await about(pair.server(upstream), 'get', made.taskId)).result.result), /Deleted a\.txt/)
      await pair.restart(0)
      await Promise.all(pair.instances.map(one => one.wrote(/peer found/)))
    }
  })

  test('nobody without a pass comes in by the way between instances', async t => {
    const scope = Scope.of(t)
    const pair = await startPair(scope, { servers: everything(scope) })
    const { headers, body } = modern('tools/list')
    const ask = (path, more = {}) => fetch(pair.instances[0].base + path, { method: 'POST', headers: { 'content-type': 'application/json', accept, ...headers, ...more }, body: JSON.stringify(body) })
    for (const path of ['/peer/mcp', '/peer/hello', '/peer/'])
      for (const more of [{}, { 'gatehouse-peer': 'x' }, { 'gatehouse-peer': randomBytes(200).toString('base64') }]) {
        const refused = await ask(path, more)
        assert.equal(refused.status, 404)
        assert.match(await refused.text(), /not found/)
      }
  })
})

// The same session, at another instance.
async function at(wire, url) {
  const { headers } = wire
  const post = body => fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  return {
    headers, post,
    open: () => fetch(url, { headers: { ...headers, accept: 'text/event-stream' } }),
    result: async (method, params) => { const response = await fetch(url, { method: 'POST', headers: { ...headers, accept: 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }) }); return response.json() },
  }
}
