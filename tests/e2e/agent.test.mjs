// bench/agent with a scripted endpoint in a model's place: the harness works, and its checks tell done from not done. No model runs here.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { node, root, runToEnd, Scope } from './lib.mjs'
import { tasks } from '../../bench/agent/tasks.mjs'
import { untouched } from '../../bench/agent/world.mjs'

// What a model would do for a task, whose text begins so: calls of real tools, then an answer made of the last result.
const plans = {
  'Add 1234.5': { calls: [['everything', 'get-sum', () => ({ a: 1234.5, b: 8765.25 })]], answer: result => `It is ${result}.` },
  'Write a file hello.txt': { calls: [['filesystem', 'write_file', folder => ({ path: `${folder}/work/hello.txt`, content: 'good morning' })]], answer: () => 'Done.' },
  'Look up the phone': {
    calls: [['notes', 'read', () => ({ path: 'Bo Lind.md' })], ['memory', 'add_observations', () => ({ observations: [{ entityName: 'Bo', contents: ['Phone 555-0142'] }] })]],
    answer: () => 'Added.',
  },
  'Which port': { calls: [], answer: () => 'It is 1234, I guess.' },
}

// A tool as the tools that are shown let it be called.
function callFor(tools, [server, tool, input], folder) {
  const shown = name => tools.includes(name)
  const name = `${server}__${tool}`
  const args = input(folder)
  if (shown('run_code')) return ['run_code', { code: `return ${server}.${tool.replaceAll('-', '_')}(${JSON.stringify(args)})` }]
  if (!shown('call_tool')) return [name, args]
  return [/^(get|read)/.test(tool) ? 'call_tool' : 'call_tool_write', { name, arguments: args }]
}

// Speaks both APIs. `asked` gets what came in.
async function scripted(scope, asked) {
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const body = JSON.parse(text)
    asked.push({ url: request.url, key: request.headers['x-api-key'] ?? request.headers.authorization, body })
    const claude = request.url === '/v1/messages'
    const system = claude ? body.system : body.messages[0].content
    const wants = body.messages.find(one => one.role === 'user').content
    const tools = body.tools.map(one => one.name ?? one.function.name)
    const results = claude ? body.messages.flatMap(one => Array.isArray(one.content) ? one.content.filter(part => part.type === 'tool_result') : []) : body.messages.filter(one => one.role === 'tool')
    const plan = Object.entries(plans).find(([begin]) => wants.startsWith(begin))[1]
    const folder = /work folder is (\S+)\/work,/.exec(system)[1]
    const next = plan.calls[results.length]
    const [name, input] = next ? callFor(tools, next, folder) : []
    const answer = next ? '' : plan.answer(results.at(-1)?.content)
    const id = `call_${results.length}`
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(claude
      ? { content: next ? [{ type: 'tool_use', id, name, input }] : [{ type: 'text', text: answer }], usage: { input_tokens: 1000, output_tokens: 10 } }
      : { choices: [{ message: { content: answer || null, ...(next ? { tool_calls: [{ id, type: 'function', function: { name, arguments: JSON.stringify(input) } }] } : {}) } }] }))
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  scope.defer(() => { server.closeAllConnections(); return new Promise(done => server.close(done)) })
  return `http://127.0.0.1:${server.address().port}`
}

async function runHarness(scope, args, env) {
  const clean = { ANTHROPIC_API_KEY: '', OPENAI_API_KEY: '', OPENAI_BASE_URL: '', AGENT_MODEL: 'scripted' }
  return runToEnd(scope, node, [join(root, 'bench/agent/run.mjs'), ...args], { name: 'bench/agent', cwd: root, env: { ...clean, ...env }, ms: 60_000 })
}

test('there are fifty tasks, each with a check, and none names a tool', () => {
  assert.equal(tasks.length, 50)
  assert.equal(new Set(tasks.map(one => one.id)).size, 50)
  for (const { id, wants, answer, done } of tasks) {
    assert.ok(answer || done, id)
    // Who does and says nothing has done nothing.
    assert.ok(!((!answer || answer.test('')) && (!done || done(untouched))), id)
    assert.doesNotMatch(wants, /\w__\w|[a-z]+_[a-z]+/, id)
  }
})

test('a scripted model does what it is told, in every way of showing tools', async t => {
  const scope = Scope.of(t)
  const asked = []
  const base = await scripted(scope, asked)
  const done = await runHarness(scope, ['--mode', 'all,search,code', '--tasks', 'sum,write,notes-to-memory,port'], { ANTHROPIC_API_KEY: 'key', ANTHROPIC_BASE_URL: base })
  assert.equal(done.code, 0, done.stderr)
  const lines = done.stdout.trim().split('\n').map(line => JSON.parse(line))
  assert.deepEqual(lines.map(one => one.mode), ['all', 'search', 'code'])
  for (const line of lines) {
    assert.deepEqual({ tasks: line.tasks, done: line.done, not_done: line.not_done, calls: line.calls, failed_calls: line.failed_calls, turns: line.turns },
      { tasks: 4, done: 3, not_done: ['port'], calls: 4, failed_calls: 0, turns: 8 }, done.stderr)
    assert.deepEqual([line.input_tokens, line.output_tokens, line.tokens_estimated], [8000, 80, false])
  }
  for (const less of lines.slice(1)) assert.ok(less.surface_tokens < 0.2 * lines[0].surface_tokens, done.stdout)
  assert.ok(asked.every(one => one.key === 'key'))
})

test('chat completions work as well, and tokens that nobody counted are counted', async t => {
  const scope = Scope.of(t)
  const asked = []
  const base = await scripted(scope, asked)
  const done = await runHarness(scope, ['--mode', 'search', '--tasks', 'sum,write'], { OPENAI_BASE_URL: base })
  assert.equal(done.code, 0, done.stderr)
  const line = JSON.parse(done.stdout)
  assert.deepEqual([line.done, line.tokens_estimated], [2, true], done.stderr)
  assert.ok(line.input_tokens > 500)
  assert.ok(asked.every(one => one.url === '/chat/completions'))
})

test('what is missing or wrong is said', async t => {
  const scope = Scope.of(t)
  for (const [args, env, says] of [[[], {}, /ANTHROPIC_API_KEY/], [['--tasks', 'nothing'], {}, /no task 'nothing'/], [['--mode', 'none'], {}, /no mode 'none'/], [[], { AGENT_MODEL: '' }, /AGENT_MODEL/]]) {
    const done = await runHarness(scope, args, env)
    assert.equal(done.code, 2)
    assert.match(done.stderr, says)
  }
})
