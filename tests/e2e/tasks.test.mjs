// Tasks of SDK servers: across the death of their process, with the official client for tasks, and with the Inspector.
import assert from 'node:assert/strict'
import { createApplicationInputHandler, createTaskSessionFromClient, resultFromTaskOutcome, toolDeclarationFromMcpTool } from '@modelcontextprotocol/ext-tasks/client'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { ask, clients, freePort, gatehouse, inspector, LEGACY, META, MODERN, post, Scope, text, within } from './lib.mjs'

const EXTENSION = `${META.slice(0, -1)}/tasks`
const capabilities = { elicitation: { form: {} }, extensions: { [EXTENSION]: {} } }
const meta = { [`${META}clientCapabilities`]: capabilities }
const example = name => join(dirname(gatehouse), 'examples', name)

async function start(scope, name, ...args) {
  const port = await freePort()
  const program = scope.run(example(name), ['--http', `127.0.0.1:${port}`, ...args], { name })
  await program.wrote(/MCP at/)
  return { url: `http://127.0.0.1:${port}/mcp`, kill: () => program.kill('SIGKILL') }
}
const call = async (url, name, args) => (await ask(url, 'tools/call', { name, arguments: args }, { meta })).json.result
const about = async (url, what, taskId, more = {}) =>
  (await ask(url, `tasks/${what}`, { taskId, ...more }, { meta, headers: { 'mcp-name': taskId } })).json

// The first notification of the task that fits, from a listen of its own.
async function hears(url, taskId, fits, ms = 30000) {
  const stop = new AbortController()
  const response = await fetch(url, {
    method: 'POST', signal: stop.signal,
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': MODERN, 'mcp-method': 'subscriptions/listen' },
    body: JSON.stringify({
      jsonrpc: '2.0', id: 'l', method: 'subscriptions/listen',
      params: { notifications: { taskIds: [taskId] }, _meta: { ...meta, [`${META}protocolVersion`]: MODERN } },
    }),
  })
  const read = async () => {
    let bytes = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      bytes += chunk
      const lines = bytes.split('\n')
      bytes = lines.pop()
      for (const line of lines.filter(one => one.startsWith('data: '))) {
        const message = JSON.parse(line.slice(6))
        if (message.method === 'notifications/tasks' && fits(message.params)) return message.params
      }
    }
    throw new Error('the stream ended')
  }
  return within(ms, `task ${taskId}`, read()).finally(() => stop.abort())
}

describe('tasks', () => {
  test('a task survives kill -9: what ended is read, what waited waits, what ran is run again', async t => {
    const scope = Scope.of(t)
    const store = join(scope.folder(), 'tasks.db')
    let server = await start(scope, 'task_server', '--store', store)
    const report = await call(server.url, 'write_report', { topic: 'Bees', chapters: 1 })
    assert.equal(report.resultType, 'task')
    await hears(server.url, report.taskId, task => task.status === 'input_required')
    const long = await call(server.url, 'write_report', { topic: 'Wasps', chapters: 4 })
    await hears(server.url, long.taskId, task => /chapter 2/.test(task.statusMessage))
    await server.kill()

    server = await start(scope, 'task_server', '--store', store)
    const parked = (await about(server.url, 'get', report.taskId)).result
    assert.equal(parked.status, 'input_required')
    assert.equal(parked.createdAt, report.createdAt)
    const [key] = Object.keys(parked.inputRequests)
    const answer = { inputResponses: { [key]: { action: 'accept', content: { publish: true } } } }
    assert.deepEqual((await about(server.url, 'update', report.taskId, answer)).result.resultType, 'complete')
    const done = await hears(server.url, report.taskId, task => task.status === 'completed')
    assert.match(text(done.result), /Bees[^]*Published/)
    await hears(server.url, long.taskId, task => task.status === 'input_required')
    await server.kill()

    server = await start(scope, 'task_server', '--store', store)
    assert.match(text((await about(server.url, 'get', report.taskId)).result.result), /Published/)
    assert.equal((await about(server.url, 'cancel', long.taskId)).result.resultType, 'complete')
    assert.equal((await about(server.url, 'get', long.taskId)).result.status, 'cancelled')
    assert.equal((await about(server.url, 'get', 'another')).error.code, -32602)
  })

  test('a store serves one process', async t => {
    const scope = Scope.of(t)
    const store = join(scope.folder(), 'tasks.db')
    await start(scope, 'task_server', '--store', store)
    const second = scope.run(example('task_server'), ['--store', store])
    assert.equal((await second.end()).code, 2)
    assert.match(second.stderr, /in use by another process/)
  })

  test('a task is created before it is answered: a hundred at once are all found', async t => {
    const scope = Scope.of(t)
    const server = await start(scope, 'task_server', '--store', join(scope.folder(), 'tasks.db'))
    const made = await Promise.all(Array.from({ length: 100 }, () => call(server.url, 'write_report', { topic: 'x', chapters: 1000 })))
    assert.equal(new Set(made.map(task => task.taskId)).size, 100)
    const found = await Promise.all(made.map(task => about(server.url, 'get', task.taskId)))
    for (const { result } of found) assert.equal(result.status, 'working')
  })

  // The official client for tasks drives both eras by one interface.
  const session = (client, endpointId, url) => {
    let id = 0
    const rawDispatch = async (request, options) => {
      const headers = Object.fromEntries(new Headers(options?.context?.headers)) // it names the task itself
      Object.assign(headers, { 'mcp-protocol-version': MODERN, 'mcp-method': request.method })
      if (request.method === 'tools/call') headers['mcp-name'] = request.params.name
      const { json } = await post(url, { jsonrpc: '2.0', id: ++id, ...request }, headers)
      return json.error ? { kind: 'error', error: json.error } : { kind: 'result', result: json.result }
    }
    const framing = { protocolVersion: MODERN, clientInfo: { name: 'e2e', version: '1' }, clientCapabilities: capabilities }
    const input = createApplicationInputHandler({
      elicitation: () => ({ action: 'accept', content: { confirm: true, name: 'Ann' } }),
      sampling: () => { throw new Error('nothing to sample') },
      roots: () => ({ roots: [] }),
    })
    return createTaskSessionFromClient(client, { endpointId, onInputRequest: input, ...(url ? { rawDispatch, v2RequestFraming: framing } : {}) })
  }
  for (const era of ['modern', 'legacy']) {
    test(`the official client for tasks, ${era}: runs, answers, lists failures and cancels`, async t => {
      const scope = Scope.of(t)
      const server = await start(scope, 'conformance_server')
      const { client } = await clients[era](scope, server.url, { capabilities: era === 'modern' ? capabilities : { elicitation: { form: {} } } })
      const tasks = session(client, 'e2e', era === 'modern' ? server.url : undefined)
      scope.defer(() => tasks.close())
      const tools = (await client.listTools()).tools
      const run = async (name, args = {}) => {
        const declaration = toolDeclarationFromMcpTool(tools.find(tool => tool.name === name))
        return tasks.callTool(name, args, { declaration, task: { preference: name === 'greet' ? 'allow' : 'prefer' } })
      }
      const settled = async (name, args) => (await (await run(name, args)).settle()).outcome

      assert.match(text(resultFromTaskOutcome(await settled('slow_compute', { seconds: 0.2, label: 'sum' }))), /sum/)
      assert.match(text(resultFromTaskOutcome(await settled('confirm_delete', { filename: 'a.txt' }))), /Deleted a\.txt/)
      assert.equal((await settled('protocol_error_job')).status, 'failed')
      assert.match(text(resultFromTaskOutcome(await settled('greet', { name: 'Bo' }))), /Hello, Bo/)

      const execution = await run('slow_compute', { seconds: 600, label: 'long' })
      await execution.cancel()
      assert.equal((await execution.settle()).outcome.status, 'cancelled')
    })
  }

  test('the Inspector follows a task to its end', async t => {
    const scope = Scope.of(t)
    const server = await start(scope, 'conformance_server')
    const args = ['--method', 'tools/call', '--tool-name', 'slow_compute', '--tool-args-json', JSON.stringify({ seconds: 0.3, label: 'seen' })]
    const result = await inspector(scope, server.url, 'modern', args)
    assert.equal(result.code, 0, result.output)
    assert.match(JSON.stringify(result.json), /Computed seen/)
  })
})
