// Gives fifty tasks to a model of yours, once per disclosure mode, and says how many were done, with how many tokens and calls.
//
// node bench/agent/run.mjs [--mode all,search,code] [--tasks id,id…] [--turns 20]
// The model: AGENT_MODEL, and ANTHROPIC_API_KEY (ANTHROPIC_BASE_URL), or OPENAI_API_KEY and OPENAI_BASE_URL for whatever speaks
// chat completions. GATEHOUSE_BIN: the gateway, else build/gatehouse. One JSON line per mode on stdout, a line per task on stderr.
import { pathToFileURL } from 'node:url'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { clients, tokenizer } from '../../tests/e2e/lib.mjs'
import { modelOf } from './model.mjs'
import { tasks } from './tasks.mjs'
import { startWorld } from './world.mjs'

const modes = ['all', 'search', 'code']
const kAnswerMost = 100_000 // characters of a tool's answer that the model gets to see

function wanted() {
  const { values } = parseArgs({ options: { mode: { type: 'string' }, tasks: { type: 'string' }, turns: { type: 'string', default: '20' } } })
  const chosen = (given, known, what) => {
    const list = given ? given.split(',') : known
    for (const one of list) if (!known.includes(one)) throw new Error(`there is no ${what} '${one}'`)
    return list
  }
  const turns = Number(values.turns)
  if (!Number.isInteger(turns) || turns < 1) throw new Error('--turns wants a whole number')
  const ids = chosen(values.tasks, tasks.map(one => one.id), 'task')
  return { modes: chosen(values.mode, modes, 'mode'), tasks: tasks.filter(one => ids.includes(one.id)), turns }
}

// Tokens of a text, for endpoints that do not say; null where the vocabulary is not installed.
async function counter() {
  if (!existsSync(tokenizer)) return undefined
  const { countTokens } = await import(pathToFileURL(tokenizer).href)
  return text => countTokens(text)
}

const words = result => result.content?.map(one => one.type === 'text' ? one.text : `[${one.type}]`).join('\n') ?? ''

async function call(client, { name, input }) {
  if (typeof input !== 'object' || input === null) return { text: 'the arguments are not a JSON object', failed: true }
  try {
    const result = await client.callTool(name, input)
    return { text: words(result).slice(0, kAnswerMost) || JSON.stringify(result.structuredContent ?? {}).slice(0, kAnswerMost), failed: result.isError === true }
  } catch (error) {
    return { text: String(error.message), failed: true }
  }
}

// One task in one mode, in a world of its own.
async function attempt(task, mode, model, { turns, count }) {
  const spent = { input: 0, output: 0, surface: 0, calls: 0, failedCalls: 0, turns: 0, estimated: false }
  const world = await startWorld()
  try {
    const client = await clients.auto(world.scope, `${world.gateway.url}?disclosure=${mode}`)
    const { tools } = await client.listTools()
    if (count) spent.surface = count(JSON.stringify(tools))
    const system = `You do tasks with tools. The work folder is ${world.folder}/work, the archive is ${world.folder}/archive, read only. Answer the task in one or two sentences when it is done.`
    const messages = [{ role: 'user', text: task.wants }]
    let answer = ''
    while (spent.turns < turns) {
      const said = await model({ system, messages, tools })
      ++spent.turns
      spent.estimated ||= !said.tokens
      spent.input += said.tokens?.input ?? count?.(JSON.stringify({ system, messages, tools })) ?? 0
      spent.output += said.tokens?.output ?? count?.(JSON.stringify([said.text, said.calls])) ?? 0
      answer = said.text
      if (said.calls.length === 0) break
      const results = await Promise.all(said.calls.map(async one => ({ id: one.id, ...await call(client, one) })))
      spent.calls += results.length
      spent.failedCalls += results.filter(one => one.failed).length
      messages.push({ role: 'model', text: said.text, calls: said.calls }, { role: 'tools', results })
    }
    const good = (!task.answer || task.answer.test(answer)) && (!task.done || task.done(world))
    return { good, answer, spent }
  } finally {
    await world.scope.end()
  }
}

async function main() {
  const options = wanted()
  const model = modelOf(process.env)
  const count = await counter()
  for (const mode of options.modes) {
    const sum = { mode, tasks: 0, done: 0, input_tokens: 0, output_tokens: 0, tokens_estimated: false, surface_tokens: 0, calls: 0, failed_calls: 0, turns: 0, not_done: [] }
    for (const task of options.tasks) {
      const { good, answer, spent } = await attempt(task, mode, model, { turns: options.turns, count }).catch(error => ({ good: false, answer: `(${error.message})`, spent: undefined }))
      ++sum.tasks
      if (good) ++sum.done
      else sum.not_done.push(task.id)
      if (spent) {
        sum.input_tokens += spent.input
        sum.output_tokens += spent.output
        sum.tokens_estimated ||= spent.estimated
        sum.surface_tokens = spent.surface
        sum.calls += spent.calls
        sum.failed_calls += spent.failedCalls
        sum.turns += spent.turns
      }
      console.error(`${mode}  ${good ? 'done    ' : 'NOT DONE'}  ${task.id}  ${spent ? `${spent.calls} calls, ${spent.input + spent.output} tokens` : ''}  ${answer.replace(/\s+/g, ' ').slice(0, 100)}`)
    }
    console.log(JSON.stringify(sum))
  }
}

main().catch(error => {
  console.error(`bench/agent: ${error.message}`)
  process.exitCode = 2
})
