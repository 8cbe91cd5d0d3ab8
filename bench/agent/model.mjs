// Two ways of asking a model, made one: messages and tools in, text, tool calls and tokens out.

const kDeadline = 120_000 // ms for one answer

async function post(url, headers, body) {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body), signal: AbortSignal.timeout(kDeadline) })
  const text = await response.text()
  if (!response.ok) throw new Error(`the model's endpoint answered ${response.status}: ${text.slice(0, 400)}`)
  return JSON.parse(text)
}

// Messages are {role: 'user', text}, {role: 'model', text, calls: [{id, name, input}]} and {role: 'tools', results: [{id, text, failed}]}.
function anthropic({ base, key, model }) {
  const content = message => {
    if (message.role === 'user') return message.text
    if (message.role === 'tools') return message.results.map(one => ({ type: 'tool_result', tool_use_id: one.id, content: one.text, is_error: one.failed }))
    return [...(message.text ? [{ type: 'text', text: message.text }] : []), ...message.calls.map(one => ({ type: 'tool_use', id: one.id, name: one.name, input: one.input }))]
  }
  return async ({ system, messages, tools }) => {
    const answer = await post(`${base}/v1/messages`, { 'x-api-key': key, 'anthropic-version': '2023-06-01' }, {
      model, system, max_tokens: 4096,
      messages: messages.map(one => ({ role: one.role === 'model' ? 'assistant' : 'user', content: content(one) })),
      tools: tools.map(one => ({ name: one.name, description: one.description, input_schema: one.inputSchema })),
    })
    const of = type => answer.content.filter(one => one.type === type)
    const { input_tokens, cache_read_input_tokens = 0, cache_creation_input_tokens = 0, output_tokens } = answer.usage ?? {}
    return {
      text: of('text').map(one => one.text).join('\n'),
      calls: of('tool_use').map(({ id, name, input }) => ({ id, name, input })),
      tokens: answer.usage && { input: input_tokens + cache_read_input_tokens + cache_creation_input_tokens, output: output_tokens },
    }
  }
}

function openai({ base, key, model }) {
  const said = message => {
    if (message.role === 'user') return [{ role: 'user', content: message.text }]
    if (message.role === 'tools') return message.results.map(one => ({ role: 'tool', tool_call_id: one.id, content: one.text }))
    const calls = message.calls.map(one => ({ id: one.id, type: 'function', function: { name: one.name, arguments: JSON.stringify(one.input) } }))
    return [{ role: 'assistant', content: message.text || null, ...(calls.length ? { tool_calls: calls } : {}) }]
  }
  const parsed = text => { try { return JSON.parse(text || '{}') } catch { return text } }
  return async ({ system, messages, tools }) => {
    const answer = await post(`${base}/chat/completions`, key ? { authorization: `Bearer ${key}` } : {}, {
      model, messages: [{ role: 'system', content: system }, ...messages.flatMap(said)],
      tools: tools.map(one => ({ type: 'function', function: { name: one.name, description: one.description, parameters: one.inputSchema } })),
    })
    const { content, tool_calls = [] } = answer.choices[0].message
    return {
      text: content ?? '',
      calls: (tool_calls ?? []).map(one => ({ id: one.id, name: one.function.name, input: parsed(one.function.arguments) })),
      tokens: answer.usage && { input: answer.usage.prompt_tokens, output: answer.usage.completion_tokens },
    }
  }
}

// The model that the environment names. Throws what is missing.
export function modelOf(env) {
  const model = env.AGENT_MODEL
  if (!model) throw new Error('AGENT_MODEL has to name the model')
  if (env.ANTHROPIC_API_KEY) return anthropic({ base: env.ANTHROPIC_BASE_URL ?? 'https://api.anthropic.com', key: env.ANTHROPIC_API_KEY, model })
  if (env.OPENAI_API_KEY || env.OPENAI_BASE_URL) return openai({ base: env.OPENAI_BASE_URL ?? 'https://api.openai.com/v1', key: env.OPENAI_API_KEY, model })
  throw new Error('ANTHROPIC_API_KEY, or OPENAI_API_KEY or OPENAI_BASE_URL, has to be set')
}
