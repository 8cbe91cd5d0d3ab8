// Rules: one decision for lists and calls, and the consent of a caller's own person, with clients of both eras.
import assert from 'node:assert/strict'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { before, describe, test } from 'node:test'
import { exampleServer, startExample } from './examples.mjs'
import { ask, clients, fixture, META, node, Scope, startEar, startGateway, text, writeConfig } from './lib.mjs'
import { makeVault } from './world.mjs'

const able = { capabilities: { elicitation: { form: {} } } }
const eras = ['modern', 'legacy', 'sdk1']
const allow = { tools: ['*'], then: 'allow' }
let serial = 0
const stdio = ear => ({ command: [node, fixture('stdio.mjs'), `rules-${process.pid}-${++serial}`], env: { EAR: ear.port }, sandbox: 'off' })

// Answers every question with what `answer` gives for it.
function answering(client, era, answer) {
  const asked = []
  const method = era === 'sdk1' ? ElicitRequestSchema : 'elicitation/create'
  client.client.setRequestHandler(method, request => { asked.push(request.params); return answer(request.params) })
  return asked
}
const isConsent = params => /A rule of the gateway wants your consent/.test(params.message)
const names = async client => (await client.listTools()).tools.map(tool => tool.name)
const call = (gateway, name, { capabilities = { elicitation: { form: {} } }, args = {}, more = {} } = {}) =>
  ask(gateway.url, 'tools/call', { name, arguments: args, ...more }, { meta: { [`${META}clientCapabilities`]: capabilities } })
const accepted = { gatehouse_consent: { action: 'accept', content: {} } }

describe('what rules hide', () => {
  const scope = Scope.ofSuite()
  let ear, gateway
  before(async () => {
    ear = await startEar(scope)
    const vault = makeVault(scope.folder())
    gateway = await startGateway(scope, {
      servers: { plain: stdio(ear), files: { builtin: 'filesystem', roots: [{ path: vault, mode: 'write' }] }, gone: { builtin: 'vault', roots: [vault] } },
      rules: [
        { tools: ['plain__echo'], when: { arguments: { '/text': 'secret*' } }, then: 'deny' },
        { tools: ['plain__fails*', 'gone__*'], then: 'deny' },
        { prompts: ['gone__*'], resources: ['gone__*'], then: 'deny' },
        { tools: ['*'], when: { annotation: 'destructive' }, then: 'deny' },
        allow,
      ],
    })
  })

  for (const era of eras) {
    test(`is not there for a ${era} client, in lists and in calls`, async t => {
      const client = await clients[era](Scope.of(t), gateway.url, able)
      const seen = await names(client)
      assert.ok(seen.includes('plain__echo') && seen.includes('files__read_text_file'))
      assert.deepEqual(seen.filter(name => /fails|write_file|gone__/.test(name)), [])
      const refusal = async name => (await client.callTool(name).then(result => { throw new Error(JSON.stringify(result)) }, error => error)).message
      for (const [hidden, nobody] of [['files__write_file', 'files__no_such'], ['plain__fails', 'plain__no_such'], ['gone__search', 'gone__no_such']])
        assert.equal((await refusal(hidden)).replaceAll(hidden, 'X'), (await refusal(nobody)).replaceAll(nobody, 'X'))
      assert.equal(text(await client.callTool('plain__echo', { text: 'hello' })), 'hello')
      await assert.rejects(client.callTool('plain__echo', { text: 'secret plan' }), /unknown tool: plain__echo/)
      assert.doesNotMatch(client.client.getInstructions() ?? '', /gone/)
      await client.close()
    })
  }

  test('never reaches the server', () => {
    assert.deepEqual([...new Set(ear.heard.filter(said => said.event === 'called').map(said => said.tool))], ['echo'])
  })
  test('is in the log, with the line that decided', async () => {
    await call(gateway, 'plain__fails')
    await gateway.wrote(/deny by [^ ]*gatehouse\.yaml:\d+:\d+/)
  })
  test('on the route of one server, too', async t => {
    const client = await clients.modern(Scope.of(t), gateway.server('plain'))
    assert.deepEqual((await names(client)).filter(name => name.startsWith('fails')), [])
    await assert.rejects(client.callTool('fails'), /unknown tool: fails/)
  })
})

describe('a rule that asks', () => {
  const scope = Scope.ofSuite()
  let ear, gateway
  const isCall = said => said.event === 'called' && said.tool === 'echo'
  const calls = () => ear.heard.filter(isCall).length
  // What the server tells comes on a way of its own, maybe after the answer.
  const ran = async count => { await ear.hears(isCall, { count }); assert.equal(calls(), count) }
  before(async () => {
    ear = await startEar(scope)
    gateway = await startGateway(scope, { servers: { plain: stdio(ear) }, rules: [{ tools: ['plain__echo'], then: 'ask' }, allow] })
    await call(gateway, 'plain__pid')
  })

  for (const era of eras) {
    describe(`and a ${era} client`, () => {
      test('runs the tool once when its person agrees, who sees what it is', async t => {
        const client = await clients[era](Scope.of(t), gateway.url, able)
        const asked = answering(client, era, () => ({ action: 'accept', content: {} }))
        const before = calls()
        assert.equal(text(await client.callTool('plain__echo', { text: 'hello' })), 'hello')
        await ran(before + 1)
        assert.equal(asked.length, 1)
        assert.match(asked[0].message, /Server: plain\nTool: "echo"\nArguments: \{"text":"hello"\}/)
        await client.callTool('plain__echo', { text: 'again' })
        assert.equal(asked.length, 2)
        await ran(before + 2)
        await client.close()
      })
      for (const [action, why] of [['decline', /the user declined it/], ['cancel', /did not answer/]]) {
        test(`does not when it says ${action}`, async t => {
          const client = await clients[era](Scope.of(t), gateway.url, able)
          answering(client, era, () => ({ action }))
          const before = calls()
          const result = await client.callTool('plain__echo', { text: 'no' })
          assert.ok(result.isError)
          assert.match(text(result), why)
          assert.equal(calls(), before)
          await client.close()
        })
      }
      test('says why it cannot when the client cannot ask', async t => {
        const client = await clients[era](Scope.of(t), gateway.url)
        const before = calls()
        const result = await client.callTool('plain__echo', { text: 'no' })
        assert.ok(result.isError)
        assert.match(text(result), /wants the consent of the user, and this client cannot ask them/)
        assert.equal(calls(), before)
        await client.close()
      })
    })
  }

  test('takes a consent once, for the call that it was given for', async () => {
    const args = { text: 'once', also: { a: 1, b: [2] } }
    const first = (await call(gateway, 'plain__echo', { args })).json.result
    assert.equal(first.resultType, 'input_required')
    assert.deepEqual(Object.keys(first.inputRequests), ['gatehouse_consent'])
    const retry = (more, name = 'plain__echo') => call(gateway, name, { ...more, more: { requestState: first.requestState, inputResponses: accepted } })
    const before = calls()
    assert.match((await retry({ args: { text: 'twice' } })).json.error.message, /this consent is not good/)
    assert.equal(calls(), before)
    // The same arguments, written otherwise.
    assert.equal(text((await retry({ args: { also: { b: [2], a: 1 }, text: 'once' } })).json.result), 'once')
    assert.match((await retry({ args })).json.error.message, /this consent is not good/)
    await ran(before + 1)
    assert.match((await call(gateway, 'plain__echo', { args, more: { requestState: 'made-up', inputResponses: accepted } })).json.error.message, /not known here/)
    // An answer without a question is none.
    assert.equal((await call(gateway, 'plain__echo', { args, more: { inputResponses: accepted } })).json.result.resultType, 'input_required')
    assert.equal(calls(), before + 1)
  })

  test('asks over stdio, too', async t => {
    const scope = Scope.of(t)
    const config = writeConfig(scope.folder(), { servers: { plain: stdio(ear) }, rules: [{ then: 'ask' }] })
    for (const era of eras) {
      const client = await clients[era](scope, { config }, able)
      const asked = answering(client, era, () => ({ action: 'accept', content: {} }))
      assert.equal(text(await client.callTool('plain__echo', { text: era })), era)
      assert.equal(asked.length, 1)
      await client.close()
    }
  })
})

describe('a server that asks, behind a rule that asks', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => {
    const servers = {}
    for (const [id, revision] of [['new', '2026-07-28'], ['old', '2025-11-25']]) {
      const { url } = await startExample(scope, 'conformance_server', ['--revisions', revision])
      servers[`${id}-http`] = { url }
      servers[`${id}-stdio`] = exampleServer('conformance_server', ['--revisions', revision])
    }
    gateway = await startGateway(scope, { servers, name_limit: 64, rules: [{ then: 'ask' }] })
  })
  const answer = params => isConsent(params) ? { action: 'accept', content: {} } : { action: 'accept', content: { name: 'Ada', color: 'red', ok: true, context: 'tea' } }

  for (const era of ['modern', 'legacy']) {
    for (const id of ['new-http', 'new-stdio', 'old-http', 'old-stdio']) {
      test(`${id} and a ${era} client: the consent is asked for once, and then the server's questions`, async t => {
        const client = await clients[era](Scope.of(t), gateway.url, able)
        const asked = answering(client, era, answer)
        for (const [tool, says, questions] of [
          ['test_input_required_result_elicitation', /^Hello, Ada!$/, 1],
          ['test_input_required_result_multi_round', /^Ada likes red$/, 2],
          ['test_input_required_result_request_state', /^state-ok$/, undefined],
        ]) {
          asked.length = 0
          assert.match(text(await client.callTool(`${id}__${tool}`)), says)
          assert.deepEqual(asked.map(isConsent).slice(0, 2), questions === undefined ? asked.map(isConsent).slice(0, 2) : [true, false])
          assert.equal(asked.filter(isConsent).length, 1)
          if (questions !== undefined) assert.equal(asked.length, questions + 1)
        }
        asked.length = 0
        const prompt = await client.getPrompt(`${id}__test_input_required_result_prompt`)
        assert.match(JSON.stringify(prompt.messages), /Use this context: tea/)
        assert.deepEqual(asked.map(isConsent), [true, false])
        const { resources } = await client.listResources()
        asked.length = 0
        await client.readResource(resources[0].uri)
        assert.deepEqual(asked.map(isConsent), [true])
        await client.close()
      })
    }
  }

  for (const id of ['new-http', 'old-http']) {
    test(`${id}: the consent comes before the task`, async () => {
      const capabilities = { elicitation: { form: {} }, extensions: { [`${META.slice(0, -1)}/tasks`]: {} } }
      const start = (name, more) => call(gateway, `${id}__${name}`, { capabilities, args: { seconds: 1 }, more })
      const first = (await start('slow_compute')).json.result
      assert.equal(first.resultType, 'input_required')
      const made = (await start('slow_compute', { requestState: first.requestState, inputResponses: accepted })).json.result
      assert.equal(made.resultType, 'task', JSON.stringify(made))
      const again = (await start('slow_compute')).json.result
      const declined = { gatehouse_consent: { action: 'decline' } }
      const refused = (await start('slow_compute', { requestState: again.requestState, inputResponses: declined })).json.result
      assert.match(text(refused), /the user declined it/)
    })
  }

  test('a round is good once', async () => {
    const name = 'new-http__test_input_required_result_elicitation'
    const first = (await call(gateway, name)).json.result
    const second = (await call(gateway, name, { more: { requestState: first.requestState, inputResponses: accepted } })).json.result
    assert.equal(second.resultType, 'input_required')
    const [key] = Object.keys(second.inputRequests)
    const third = () => call(gateway, name, { more: { requestState: second.requestState, inputResponses: { [key]: { action: 'accept', content: { name: 'Bo' } } } } })
    assert.equal(text((await third()).json.result), 'Hello, Bo!')
    assert.match((await third()).json.error.message, /this consent is not good/)
  })
})

describe('other rules', () => {
  test('hold from then on, and clients hear that lists have changed', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const servers = { plain: stdio(ear) }
    const gateway = await startGateway(scope, { servers })
    let changed
    const heard = new Promise(done => { changed = done })
    const client = await clients.modern(scope, gateway.url, { listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => changed() } } })
    assert.ok((await names(client)).includes('plain__die'))
    writeConfig(gateway.folder, { listen: `127.0.0.1:${gateway.port}`, servers, rules: [{ tools: ['plain__die'], then: 'deny' }, allow] })
    await gateway.wrote(/set rules/)
    await heard
    const seen = await names(client)
    assert.ok(seen.includes('plain__echo') && !seen.includes('plain__die'))
    await assert.rejects(client.callTool('plain__die'), /unknown tool/)
    assert.equal(ear.heard.filter(said => said.event === 'dying').length, 0)
  })
})
