// Tasks through the gateway: clients of both eras before upstreams of both, over HTTP and stdio.
import assert from 'node:assert/strict'
import { createApplicationInputHandler, createTaskSessionFromClient, resultFromTaskOutcome, toolDeclarationFromMcpTool } from '@modelcontextprotocol/ext-tasks/client'
import { before, describe, test } from 'node:test'
import { exampleServer, startExample } from './examples.mjs'
import { ask, clients, legacySession, LEGACY, META, MODERN, post, Scope, startGateway, text } from './lib.mjs'

const EXTENSION = `${META.slice(0, -1)}/tasks`
const RELATED = `${META}related-task`
const capabilities = { elicitation: { form: {} }, extensions: { [EXTENSION]: {} } }
const withTasks = { meta: { [`${META}clientCapabilities`]: capabilities } }
const withoutTasks = { meta: { [`${META}clientCapabilities`]: { elicitation: { form: {} } } } }

// One gateway before the same server four times: of one era, over HTTP and over stdio.
const eras = { modern: MODERN, legacy: LEGACY }
const upstreams = ['modern', 'modern-stdio', 'legacy', 'legacy-stdio']
async function start(scope) {
  const servers = {}
  for (const [era, revision] of Object.entries(eras)) {
    servers[era] = { url: (await startExample(scope, 'conformance_server', ['--revisions', revision])).url }
    servers[`${era}-stdio`] = exampleServer('conformance_server', ['--revisions', revision])
  }
  return startGateway(scope, { servers })
}

const call = async (url, name, args = {}, more = withTasks) => (await ask(url, 'tools/call', { name, arguments: args }, more)).json
const about = async (url, what, taskId, more = {}) =>
  (await ask(url, `tasks/${what}`, { taskId, ...more }, { ...withTasks, headers: { 'mcp-name': taskId } })).json

// Looks until the task is as wanted.
async function until(url, taskId, fits) {
  for (let i = 0; i < 200; ++i) {
    const { result, error } = await about(url, 'get', taskId)
    assert.equal(error, undefined)
    if (fits(result)) return result
    await new Promise(done => setTimeout(done, result.pollIntervalMs ?? 100))
  }
  assert.fail('the task never came to that')
}

// The official client for tasks drives both eras by one interface.
function session(scope, client, url) {
  let id = 0
  const rawDispatch = async (request, options) => {
    const headers = Object.fromEntries(new Headers(options?.context?.headers)) // it names the task itself
    Object.assign(headers, { 'mcp-protocol-version': MODERN, 'mcp-method': request.method })
    if (request.method === 'tools/call') headers['mcp-name'] = request.params.name
    const { json } = await post(url, { jsonrpc: '2.0', id: ++id, ...request }, headers, 30000)
    return json.error ? { kind: 'error', error: json.error } : { kind: 'result', result: json.result }
  }
  const framing = { protocolVersion: MODERN, clientInfo: { name: 'e2e', version: '1' }, clientCapabilities: capabilities }
  const input = createApplicationInputHandler({
    elicitation: () => ({ action: 'accept', content: { confirm: true, name: 'Ann' } }),
    sampling: () => { throw new Error('nothing to sample') },
    roots: () => ({ roots: [] }),
  })
  const tasks = createTaskSessionFromClient(client, { endpointId: 'e2e', onInputRequest: input, ...(url ? { rawDispatch, v2RequestFraming: framing } : {}) })
  scope.defer(() => tasks.close())
  return tasks
}

describe('tasks through the gateway', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => { gateway = await start(scope) })

  for (const upstream of upstreams) {
    for (const era of ['modern', 'legacy']) {
      test(`the official client for tasks, ${era}, before a ${upstream} server: runs, answers, fails and cancels`, async t => {
        const mine = Scope.of(t)
        const url = gateway.server(upstream)
        const { client } = await clients[era](mine, url, { capabilities: era === 'modern' ? capabilities : { elicitation: { form: {} } } })
        const tasks = session(mine, client, era === 'modern' ? url : undefined)
        const tools = (await client.listTools()).tools
        const run = async (name, args = {}, preference = 'prefer') => {
          const declaration = toolDeclarationFromMcpTool(tools.find(tool => tool.name === name))
          return tasks.callTool(name, args, { declaration, task: { preference } })
        }
        const settled = async (...wanted) => (await (await run(...wanted)).settle()).outcome

        assert.match(text(resultFromTaskOutcome(await settled('slow_compute', { seconds: 0.2, label: 'sum' }))), /sum/)
        assert.match(text(resultFromTaskOutcome(await settled('confirm_delete', { filename: 'a.txt' }))), /Deleted a\.txt/)
        assert.equal((await settled('protocol_error_job')).status, 'failed')
        assert.match(text(resultFromTaskOutcome(await settled('greet', { name: 'Bo' }, 'allow'))), /Hello, Bo/)
        const execution = await run('slow_compute', { seconds: 600, label: 'long' })
        await execution.cancel()
        assert.equal((await execution.settle()).outcome.status, 'cancelled')
      })
    }

    test(`a modern client before a ${upstream} server, by hand`, async () => {
      const url = gateway.server(upstream)
      const { result: discovered } = (await ask(url, 'server/discover')).json
      assert.deepEqual(discovered.capabilities.extensions?.[EXTENSION], {})
      assert.equal(discovered.capabilities.tasks, undefined)
      const { result: list } = (await ask(url, 'tools/list')).json
      assert.ok(list.tools.every(tool => !('execution' in tool)))

      const { result: made } = await call(url, 'multi_input')
      assert.equal(made.resultType, 'task')
      assert.equal(made.task, undefined)
      assert.equal(made.ttl, undefined)
      assert.equal(typeof made.ttlMs, 'number')
      assert.equal(typeof made.pollIntervalMs, 'number')
      // Each key is asked for once, however many there are at a time.
      const keys = new Set()
      let done
      while (!done) {
        const state = await until(url, made.taskId, task => task.status !== 'working')
        assert.equal(state.resultType, 'complete')
        assert.equal(state.taskId, made.taskId)
        if (state.status === 'completed') { done = state; break }
        assert.equal(state.status, 'input_required')
        const [key, asked] = Object.entries(state.inputRequests)[0]
        assert.ok(!keys.has(key))
        keys.add(key)
        assert.equal(asked.method, 'elicitation/create')
        assert.equal(asked.params._meta?.[RELATED], undefined)
        const name = /first/.test(asked.params.message) ? 'Ann' : 'Bea'
        const answer = { inputResponses: { [key]: { action: 'accept', content: { name } }, stranger: { action: 'cancel' } } }
        assert.deepEqual((await about(url, 'update', made.taskId, answer)).result.resultType, 'complete')
      }
      assert.equal(keys.size, 2)
      assert.equal(text(done.result), 'Ann and Bea')
      assert.equal(done.result._meta?.[RELATED], undefined)

      const { result: job } = await call(url, 'failing_job')
      const ended = await until(url, job.taskId, task => !['working', 'input_required'].includes(task.status))
      assert.equal(ended.status, 'completed')
      assert.equal(ended.result.isError, true)
      const { result: broken } = await call(url, 'protocol_error_job')
      const failed = await until(url, broken.taskId, task => task.status !== 'working')
      assert.equal(failed.status, 'failed')
      assert.equal(typeof failed.error.code, 'number')

      // A cancelled task is acknowledged again and again; a task that nobody made is not there.
      const { result: long } = await call(url, 'slow_compute', { seconds: 600 })
      for (let i = 0; i < 2; ++i) assert.deepEqual((await about(url, 'cancel', long.taskId)).result.resultType, 'complete')
      await until(url, long.taskId, task => task.status === 'cancelled')
      for (const id of ['nobody', `${long.taskId}x`, long.taskId.slice(0, -2)])
        for (const what of ['get', 'cancel']) assert.equal((await about(url, what, id)).error.code, -32602)
      // The same task, behind the aggregate, and not behind another server's route.
      assert.equal((await about(gateway.url, 'get', long.taskId)).result.status, 'cancelled')
      const other = upstreams.find(name => name !== upstream)
      assert.equal((await about(gateway.server(other), 'get', long.taskId)).error.code, -32602)
      // Who does not say that it knows tasks has none.
      const bare = await ask(url, 'tasks/get', { taskId: long.taskId }, { headers: { 'mcp-name': long.taskId } })
      assert.equal(bare.json.error.code, -32021)
    })

    test(`a legacy client before a ${upstream} server, by hand`, async () => {
      const url = gateway.server(upstream)
      const client = await legacySession(url, LEGACY, {})
      assert.deepEqual(client.initialize.capabilities.tasks, { list: {}, cancel: {}, requests: { tools: { call: {} } } })
      assert.equal(client.initialize.capabilities.extensions?.[EXTENSION], undefined)
      const start = async (name, args, task = {}) => (await client.ask('tools/call', { name, arguments: args, task })).json
      const { result: made } = await start('slow_compute', { seconds: 0.3, label: 'it' })
      const id = made.task.taskId
      assert.equal(made.resultType, undefined)
      assert.equal(made.task.ttlMs, undefined)
      const outcome = (await client.ask('tasks/result', { taskId: id })).json.result
      assert.match(text(outcome), /Computed it/)
      assert.deepEqual(outcome._meta[RELATED], { taskId: id })
      const state = (await client.ask('tasks/get', { taskId: id })).json.result
      assert.equal(state.status, 'completed')
      assert.equal(state.taskId, id)
      assert.equal((await client.ask('tasks/cancel', { taskId: id })).json.error.code, -32602)

      // A tool that reports an error has failed, in this era.
      const { result: job } = await start('failing_job', {})
      const failure = (await client.ask('tasks/result', { taskId: job.task.taskId })).json.result
      assert.equal(failure.isError, true)
      assert.equal((await client.ask('tasks/get', { taskId: job.task.taskId })).json.result.status, 'failed')

      const { result: long } = await start('slow_compute', { seconds: 600 })
      const gone = (await client.ask('tasks/cancel', { taskId: long.task.taskId })).json.result
      assert.equal(gone.status, 'cancelled')
      assert.equal(gone.taskId, long.task.taskId)

      const listed = (await client.ask('tasks/list')).json.result.tasks.map(task => task.taskId)
      for (const one of [id, job.task.taskId, long.task.taskId]) assert.ok(listed.includes(one))
      assert.equal((await client.ask('tasks/list', { cursor: 'x' })).json.error.code, -32602)
      for (const what of ['get', 'result', 'cancel'])
        assert.equal((await client.ask(`tasks/${what}`, { taskId: 'nobody' })).json.error.code, -32602)
      await client.end()

      // Tasks are no part of other revisions.
      const older = await legacySession(url, '2025-06-18')
      assert.equal(older.initialize.capabilities.tasks, undefined)
      assert.equal((await older.ask('tasks/get', { taskId: id })).json.error.code, -32601)
      await older.end()
    })

    test(`clients without tasks before a ${upstream} server: a task is followed inside of the call`, async t => {
      const failing = `${upstream}__failing_job`
      const { result: modern } = await call(gateway.url, failing, {}, withoutTasks)
      assert.match(text(modern), /always fails/)
      const client = await legacySession(gateway.url, LEGACY)
      const { result: legacy } = (await client.ask('tools/call', { name: failing, arguments: {} })).json
      assert.match(text(legacy), /always fails/)
      await client.end()
      const old = await clients.sdk1(Scope.of(t), gateway.server(upstream))
      assert.match(text(await old.callTool('slow_compute', { seconds: 0.1, label: 'plain' })), /Computed plain/)
      // On the server's own route it is the server's to refuse.
      assert.equal((await call(gateway.server(upstream), 'failing_job', {}, withoutTasks)).error.code, -32021)
    })
  }

  test('a legacy client that wants a task gets one also where the server answers at once', async () => {
    const client = await legacySession(gateway.server('modern'), LEGACY)
    const { result: made } = (await client.ask('tools/call', { name: 'greet', arguments: { name: 'Bo' }, task: { ttl: 60000 } })).json
    assert.equal(made.task.status, 'completed')
    assert.equal(made.task.ttl, 60000)
    const outcome = (await client.ask('tasks/result', { taskId: made.task.taskId })).json.result
    assert.match(text(outcome), /Hello, Bo/)
    assert.deepEqual(outcome._meta[RELATED], { taskId: made.task.taskId })
    const short = (await client.ask('tools/call', { name: 'greet', arguments: { name: 'Bo' }, task: { ttl: 1 } })).json.result.task.taskId
    let gone
    for (let i = 0; i < 1000 && !gone; ++i) gone = (await client.ask('tasks/get', { taskId: short })).json.error
    assert.equal(gone.code, -32602)
    await client.end()
  })

  test('SDK 1.32 follows a task and is asked, before each server', async t => {
    for (const upstream of upstreams) {
      const mine = Scope.of(t)
      const { client } = await clients.sdk1(mine, gateway.server(upstream), { capabilities: { elicitation: { form: {} } } })
      const { ElicitRequestSchema, CallToolResultSchema } = await import('@modelcontextprotocol/sdk/types.js')
      const asked = []
      client.setRequestHandler(ElicitRequestSchema, request => { asked.push(request.params); return { action: 'accept', content: { confirm: true } } })
      await client.listTools()
      const stream = client.experimental.tasks.callToolStream({ name: 'confirm_delete', arguments: { filename: 'b.txt' } }, CallToolResultSchema, { task: { ttl: 60000 } })
      const seen = []
      for await (const message of stream) seen.push(message)
      const last = seen.at(-1)
      assert.equal(last.type, 'result', `${upstream}: ${JSON.stringify(last)}`)
      assert.match(text(last.result), /Deleted b\.txt/)
      assert.equal(seen[0].type, 'taskCreated')
      assert.equal(asked.length, 1)
      assert.equal(asked[0]._meta[RELATED].taskId, seen[0].task.taskId)
    }
  })
})
