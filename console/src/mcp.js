// An MCP client of the gateway's own server: requests, and listening for changes, over fetch.

const VERSION = '2026-07-28'
const META = 'io.modelcontextprotocol/'
const ENDPOINT = '/mcp/s/admin'
let token = null
let number = 0

// What the pages repeat so that no other page can act for this browser.
export const useToken = value => { token = value }

export class Refused extends Error {
  constructor(status, message) { super(message); this.status = status }
}

async function post(method, params, signal) {
  const name = params.name ?? params.uri
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': VERSION,
    'mcp-method': method,
  }
  if (name !== undefined && method !== 'subscriptions/listen') headers['mcp-name'] = name
  if (token) headers['x-gatehouse-console'] = token
  const _meta = {
    [META + 'protocolVersion']: VERSION,
    [META + 'clientInfo']: { name: 'gatehouse-console', version: '1' },
    [META + 'clientCapabilities']: {},
  }
  const body = JSON.stringify({ jsonrpc: '2.0', id: ++number, method, params: { ...params, _meta } })
  const response = await fetch(ENDPOINT, { method: 'POST', headers, body, signal, credentials: 'same-origin', cache: 'no-store' })
  if (response.ok) return response
  let said
  try { said = await response.json() } catch { /* what it says is no JSON */ }
  throw new Refused(response.status, said?.error?.message ?? said?.error_description ?? `the gateway answered ${response.status}`)
}

// The data of each server-sent event, as it comes.
async function * events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    text += value
    const blocks = text.split(/\r?\n\r?\n/)
    text = blocks.pop()
    for (const block of blocks) {
      const data = block.split(/\r?\n/).filter(line => line.startsWith('data:')).map(line => line.slice(5).trimStart()).join('\n')
      if (data) yield JSON.parse(data)
    }
  }
}

async function answer(method, params, signal) {
  const response = await post(method, params, signal)
  let message
  if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
    for await (const one of events(response.body)) if ('result' in one || 'error' in one) { message = one; break }
  } else {
    message = await response.json()
  }
  if (message?.error) throw new Refused(response.status, message.error.message)
  return message?.result
}

// Calls one of the gateway's verbs; gives what it answers as an object.
export async function call(name, args = {}, signal) {
  const result = await answer('tools/call', { name, arguments: args }, signal)
  const text = result.content?.find(part => part.type === 'text')?.text
  if (result.isError) throw new Error(text ?? 'it did not work')
  return result.structuredContent ?? JSON.parse(text)
}

export async function read(uri, signal) {
  const result = await answer('resources/read', { uri }, signal)
  return JSON.parse(result.contents[0].text)
}

// Calls `heard` whenever the resource has changed, until the signal. Ends with an error when the stream does.
export async function listen(uri, heard, signal) {
  const response = await post('subscriptions/listen', { notifications: { resourceSubscriptions: [uri] } }, signal)
  for await (const message of events(response.body))
    if (message.method === 'notifications/resources/updated' || message.method === 'notifications/subscriptions/acknowledged') heard()
}
