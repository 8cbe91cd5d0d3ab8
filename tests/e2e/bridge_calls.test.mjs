// Calls of both eras to upstreams of both eras: what an upstream asks reaches the client that called, and nobody else.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { exampleServer, startExample } from './examples.mjs'
import { ask, clients, fixture, legacySession, META, node, processesWith, Scope, startEar, startGateway, text } from './lib.mjs'

const MODERN = '2026-07-28', LEGACY = '2025-11-25'
const able = { capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} } }
const form = { elicitation: { form: {} } }

function answering(client, name = 'Ada', { only } = {}) {
  const asked = []
  client.client.setRequestHandler('elicitation/create', request => {
    asked.push(request.params)
    return request.params.mode === 'url' ? { action: 'accept' } : { action: 'accept', content: { name, color: 'red', ok: true } }
  })
  if (only) return asked
  client.client.setRequestHandler('sampling/createMessage', () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: `from ${name}` } }))
  client.client.setRequestHandler('roots/list', () => ({ roots: [{ uri: `file:///${name}` }] }))
  return asked
}

// A raw modern call of a tool. `capabilities` are the client's.
const call = (gateway, name, { capabilities = form, args = {}, more = {}, meta = {}, ...options } = {}) =>
  ask(gateway.url, 'tools/call', { name, arguments: args, ...more }, { meta: { [`${META}clientCapabilities`]: capabilities, ...meta }, ...options })
const accept = content => ({ action: 'accept', ...(content ? { content } : {}) })

describe('the four cells', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => {
    const servers = {}
    for (const [id, revision] of [['new', MODERN], ['old', LEGACY]]) {
      const { url } = await startExample(scope, 'conformance_server', ['--revisions', revision])
      servers[`${id}-http`] = { url }
      servers[`${id}-stdio`] = exampleServer('conformance_server', ['--revisions', revision])
    }
    gateway = await startGateway(scope, { servers, name_limit: 64 })
  })

  for (const era of ['modern', 'legacy']) {
    for (const id of ['new-http', 'new-stdio', 'old-http', 'old-stdio']) {
      describe(`a ${era} client and ${id}`, () => {
        const name = tool => `${id}__${tool}`
        let client
        before(async () => {
          client = await clients[era](scope, gateway.url, able)
          answering(client)
        })
        for (const [tool, expected] of [
          ['test_input_required_result_elicitation', /^Hello, Ada!$/],
          ['test_input_required_result_sampling', /^from Ada$/],
          ['test_input_required_result_list_roots', /file:\/\/\/Ada/],
          ['test_input_required_result_request_state', /^state-ok$/],
          ['test_input_required_result_multiple_inputs', /^from Ada Ada .*file:\/\/\/Ada/],
          ['test_input_required_result_multi_round', /^Ada likes red$/],
        ]) test(tool, async () => assert.match(text(await client.callTool(name(tool))), expected))

        if (era === 'modern')
          test('questions keep the names that their server gave them, and those of different kinds come at once', async () => {
            const asked = (await call(gateway, name('test_input_required_result_multiple_inputs'), { capabilities: able.capabilities })).json.result
            assert.equal(asked.resultType, 'input_required')
            assert.deepEqual(Object.values(asked.inputRequests).map(one => one.method).sort(), ['elicitation/create', 'roots/list', 'sampling/createMessage'])
            assert.ok(asked.inputRequests.user_name, Object.keys(asked.inputRequests).join())
            assert.doesNotMatch(JSON.stringify(asked.inputRequests), /gatehouse/)
          })

        test('a prompt asks, too', async () => {
          client.client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { context: 'tea' } }))
          const prompt = await client.getPrompt(name('test_input_required_result_prompt'))
          assert.match(JSON.stringify(prompt.messages), /Use this context: tea/)
          answering(client)
        })

        test('progress comes in order, before the question', async () => {
          const seen = []
          const result = await client.callTool(name('test_streaming_elicitation'), {}, { onprogress: ({ progress }) => seen.push(progress) })
          assert.equal(text(result), 'Hello, Ada!')
          assert.equal(seen[0], 1)
        })

        test('only what the client can be asked is asked', async () => {
          const poor = await clients[era](scope, gateway.url, { capabilities: { elicitation: { form: {} } } })
          const asked = answering(poor, 'Poor', { only: 'forms' })
          assert.equal(text(await poor.callTool(name('test_input_required_result_capabilities'))), 'asked all that can be asked')
          assert.equal(asked.length, 1)
          await poor.close()
        })

        test('arguments of its prompts and templates are completed', async () => {
          const complete = ref => client.client.complete({ ref, argument: { name: ref.name ? 'arg1' : 'id', value: 'p' } })
          const { completion } = await complete({ type: 'ref/prompt', name: name('test_prompt_with_arguments') })
          assert.deepEqual(completion.values, ['paris', 'park', 'party'])
          assert.deepEqual((await complete({ type: 'ref/resource', uri: 'test://template/{id}/data' })).completion.values, [])
          await assert.rejects(complete({ type: 'ref/prompt', name: `${id}__nothing` }), /unknown prompt/)
        })

        test('callers at the same time hear only their own questions', async () => {
          const names = ['Ann', 'Ben', 'Cid', 'Dan']
          const all = await Promise.all(names.map(async who => {
            const one = await clients[era](scope, gateway.url, able)
            answering(one, who)
            const results = await Promise.all([1, 2].map(() => one.callTool(name('test_input_required_result_elicitation'))))
            await one.close()
            return results.map(text)
          }))
          assert.deepEqual(all, names.map(who => [`Hello, ${who}!`, `Hello, ${who}!`]))
        })
      })
    }
  }
})

describe('a stream that its server ends to be asked again', () => {
  for (const kind of ['legacy', 'sdk1', 'modern'])
    test(`the ${kind} client has its answer all the same`, async t => {
      const scope = Scope.of(t)
      const { url } = await startExample(scope, 'conformance_server', ['--revisions', LEGACY])
      const gateway = await startGateway(scope, { servers: { old: { url } } })
      const client = await clients[kind](scope, gateway.url)
      const before = await client.callTool('old__test_simple_text')
      assert.match(text(before), /simple text/)
      assert.ok(text(await client.callTool('old__test_reconnection')).length > 0)
    })
})

describe('more open questions than sessions, before a legacy server over stdio', () => {
  test('the call whose client has been away the longest gives way, and its retry says so', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers: { asks: { command: [node, fixture('asks.mjs'), `crowd-${process.pid}`] } } })
    const open = []
    for (let i = 0; i < 8; ++i) open.push((await call(gateway, 'asks__form')).json.result)
    for (const one of open) assert.equal(one.resultType, 'input_required')
    const ninth = (await call(gateway, 'asks__form', { ms: 20000 })).json.result
    assert.equal(ninth.resultType, 'input_required')
    const answer = one => call(gateway, 'asks__form', { more: { requestState: one.requestState, inputResponses: Object.fromEntries(Object.keys(one.inputRequests).map(key => [key, accept({ name: 'Ann' })])) } })
    assert.match((await answer(open[0])).json.error.message, /server 'asks': this call waited for its answer for so long that its session was given to another one/)
    for (const one of [open[1], open[7], ninth]) assert.match(text((await answer(one)).json.result), /"name":"Ann"/)
  })
})

describe('a legacy upstream with state per session', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => {
    gateway = await startGateway(scope, { servers: { asks: { command: [node, fixture('asks.mjs'), `state-${process.pid}`], state: 'session' } } })
  })
  const said = async (tool, args) => text((await call(gateway, `asks__${tool}`, { args, capabilities: {} })).json.result)
  const open = async () => (await call(gateway, 'asks__open_session', { capabilities: {} })).json.result.structuredContent.session

  test('a modern client opens sessions, which share nothing', async () => {
    const { tools } = (await ask(gateway.url, 'tools/list')).json.result
    const count = tools.find(tool => tool.name === 'asks__count')
    assert.match(count.inputSchema.properties.session.description, /open_session/)
    const without = await call(gateway, 'asks__count')
    assert.equal(without.json.result.isError, true)
    assert.match(text(without.json.result), /asks__open_session/)
    const [one, two] = [await open(), await open()]
    assert.equal(await said('count', { session: one }), '1')
    assert.equal(await said('count', { session: one }), '2')
    assert.equal(await said('count', { session: two }), '1')
    assert.match(await said('close_session', { session: one }), /closed/)
    assert.match(await said('count', { session: one }), /open a new one/i)
    assert.match(await said('count', { session: 'made up' }), /open a new one/i)
    assert.equal(await said('count', { session: two }), '2')
  })

  test('the session of a legacy client is its own', async () => {
    const [ann, ben] = [await legacySession(gateway.url), await legacySession(gateway.url)]
    const count = async session => text((await session.ask('tools/call', { name: 'asks__count', arguments: {} })).json.result)
    assert.deepEqual([await count(ann), await count(ann), await count(ben)], ['1', '2', '1'])
  })
})

describe('a legacy upstream that asks a modern client', () => {
  const scope = Scope.ofSuite()
  let gateway, ear
  before(async () => {
    ear = await startEar(scope)
    const server = { command: [node, fixture('asks.mjs'), `asks-${process.pid}`], env: { EAR: ear.port }, sandbox: 'off' }
    gateway = await startGateway(scope, { servers: { asks: server } })
  })
  const called = tool => ear.heard.filter(said => said.event === 'called' && said.tool === tool).length

  test('the retry takes up the very call, over another connection', async () => {
    const before = called('form')
    const first = await call(gateway, 'asks__form')
    const { resultType, inputRequests, requestState } = first.json.result
    assert.equal(resultType, 'input_required')
    const [[key, question]] = Object.entries(inputRequests)
    assert.equal(question.method, 'elicitation/create')
    assert.equal(question.params.message, 'Name?')
    const retry = more => call(gateway, 'asks__form', { more: { requestState, ...more }, id: 'another' })
    const again = await retry({})
    assert.equal(again.json.result.resultType, 'input_required', again.text)
    const last = await retry({ inputResponses: { [key]: accept({ name: 'Ada' }) } })
    assert.deepEqual(JSON.parse(text(last.json.result)), { result: accept({ name: 'Ada' }) })
    assert.equal(called('form'), before + 1)
    const late = await retry({ inputResponses: { [key]: accept({ name: 'Ada' }) } })
    assert.equal(late.json.error.code, -32602)
    assert.match(late.json.error.message, /call again/)
    assert.equal(called('form'), before + 1)
  })

  test('several questions at once', async () => {
    const first = await call(gateway, 'asks__many')
    const questions = Object.entries(first.json.result.inputRequests)
    assert.deepEqual(questions.map(([, { params }]) => params.message), ['one', 'two', 'three'])
    const { requestState } = first.json.result
    const some = { [questions[1][0]]: accept({ n: 2 }) }
    const second = await call(gateway, 'asks__many', { more: { requestState, inputResponses: some } })
    assert.deepEqual(Object.keys(second.json.result.inputRequests), [questions[0][0], questions[2][0]])
    const rest = { [questions[0][0]]: accept({ n: 1 }), [questions[2][0]]: accept({ n: 3 }) }
    const last = await call(gateway, 'asks__many', { more: { requestState: second.json.result.requestState, inputResponses: rest } })
    assert.deepEqual(JSON.parse(text(last.json.result)).map(({ result }) => result.content.n), [1, 2, 3])
  })

  test('another call cannot use its state, and does it no harm', async () => {
    const first = await call(gateway, 'asks__form', { args: { question: 'Mine?' } })
    const { requestState, inputRequests } = first.json.result
    const inputResponses = { [Object.keys(inputRequests)[0]]: accept({ name: 'Eve' }) }
    for (const wrong of [
      call(gateway, 'asks__form', { args: { question: 'Yours?' }, more: { requestState, inputResponses } }),
      call(gateway, 'asks__visit', { args: { question: 'Mine?' }, more: { requestState, inputResponses } }),
      call(gateway, 'asks__form', { args: { question: 'Mine?' }, more: { requestState: requestState.slice(0, -4) + 'AAAA', inputResponses } }),
      call(gateway, 'asks__form', { args: { question: 'Mine?' }, more: { requestState: 'made up', inputResponses } }),
    ]) assert.equal((await wrong).json.error?.code, -32602)
    const right = await call(gateway, 'asks__form', { args: { question: 'Mine?' }, more: { requestState, inputResponses } })
    assert.match(text(right.json.result), /Eve/)
  })

  test('a page to visit has no name in the modern era', async () => {
    const capabilities = { elicitation: { form: {}, url: {} } }
    const first = await call(gateway, 'asks__visit', { capabilities })
    const [[key, { params }]] = Object.entries(first.json.result.inputRequests)
    assert.deepEqual(params, { mode: 'url', message: 'Sign in first', url: 'https://pay.example/sign-in' })
    const { requestState } = first.json.result
    const last = await call(gateway, 'asks__visit', { capabilities, more: { requestState, inputResponses: { [key]: accept() } } })
    assert.deepEqual(JSON.parse(text(last.json.result)), { result: { action: 'accept' } })
    const forms = await call(gateway, 'asks__visit')
    assert.equal(JSON.parse(text(forms.json.result)).error.code, -32602)
  })

  test('a page that has to be visited first is a question, and the call is made again', async () => {
    const capabilities = { elicitation: { url: {} } }
    const first = await call(gateway, 'asks__visit_first', { capabilities })
    assert.equal(first.json.result?.resultType, 'input_required', first.text)
    const { requestState, inputRequests } = first.json.result
    const inputResponses = Object.fromEntries(Object.keys(inputRequests).map(key => [key, accept()]))
    const last = await call(gateway, 'asks__visit_first', { capabilities, more: { requestState, inputResponses } })
    assert.match(text(last.json.result), /visited/)
  })

  test('a call that waits for a person takes no place from others', async t => {
    const scope = Scope.of(t)
    const narrow = await startGateway(scope, { servers: { asks: { command: [node, fixture('asks.mjs'), 'narrow'], concurrency: 1, queue: 0 } } })
    for (const n of [1, 2, 3]) assert.equal((await call(narrow, 'asks__form', { args: { question: `${n}?` } })).json.result.resultType, 'input_required')
    assert.equal(text((await call(narrow, 'asks__count')).json.result), '1')
  })

  test('a client that leaves in the middle cancels the call', async () => {
    const from = ear.heard.length
    const controller = new AbortController()
    const client = await clients.modern(scope, gateway.url, able)
    const hanging = client.callTool('asks__hang', {}, { signal: controller.signal }).catch(error => error)
    const { id } = await ear.hears(said => said.event === 'hanging', { from })
    controller.abort()
    await hanging
    await ear.hears(said => said.event === 'cancelled' && said.id === id, { from })
  })

  test('a process is told what its clients can do, and carries one question at a time', async () => {
    const declared = async capabilities => JSON.parse(text((await call(gateway, 'asks__declared', { capabilities })).json.result))
    assert.deepEqual(await declared({}), {})
    assert.deepEqual(await declared({ roots: { listChanged: true }, sampling: {} }), { roots: {}, sampling: {} })
    const pids = await Promise.all([1, 2, 3].map(async n => {
      const first = await call(gateway, 'asks__form', { args: { question: `${n}?` } })
      const { requestState, inputRequests } = first.json.result
      const [[key, { params }]] = Object.entries(inputRequests)
      assert.equal(params.message, `${n}?`)
      const last = await call(gateway, 'asks__form', { args: { question: `${n}?` }, more: { requestState, inputResponses: { [key]: accept({ name: `${n}` }) } } })
      return JSON.parse(text(last.json.result)).result.content.name
    }))
    assert.deepEqual(pids, ['1', '2', '3'])
    assert.ok(processesWith(`asks-${process.pid}`).length <= 9)
  })

  test('messages of the level that the request wants', async () => {
    const heard = async level => {
      const response = await call(gateway, 'asks__logs', { meta: level ? { [`${META}logLevel`]: level } : {} })
      return response.messages.filter(one => one.method === 'notifications/message').map(one => one.params.level)
    }
    assert.deepEqual(await heard('error'), ['error'])
    assert.deepEqual(await heard('debug'), ['debug', 'info', 'error'])
    assert.deepEqual(await heard(), [])
  })

  test('a legacy client in whose session it visits keeps the name of the visit', async () => {
    const session = await clients.legacy(scope, gateway.url, able)
    const asked = answering(session)
    assert.match(text(await session.callTool('asks__visit')), /accept/)
    assert.equal(asked[0].elicitationId, 'e-1')
  })

  test('methods and notifications of extensions reach one server alone', async () => {
    const from = ear.heard.length
    const there = await ask(gateway.server('asks'), 'example/extension', { a: [1.50] })
    assert.deepEqual(there.json.result.params.a, [1.5], there.text)
    assert.equal((await ask(gateway.url, 'example/extension', {})).json.error.code, -32601)
    const session = await legacySession(gateway.server('asks'))
    assert.deepEqual((await session.ask('example/extension', { b: 2 })).json.result.params, { b: 2 })
    await session.notify('notifications/example', { c: 3 })
    await ear.hears(said => said.event === 'notified' && said.method === 'notifications/example', { from })
  })

  test('a legacy client that cannot be asked', async () => {
    const session = await legacySession(gateway.url, LEGACY, {})
    const response = await session.ask('tools/call', { name: 'asks__form', arguments: {} })
    assert.ok(JSON.parse(text(response.json.result)).error)
  })
})
