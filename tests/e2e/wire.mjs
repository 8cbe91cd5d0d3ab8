// HTTP and JSON-RPC by hand, where a test is about the bytes.
import { connect } from 'node:net'
import { within } from './scope.mjs'

export const MODERN = '2026-07-28'
export const LEGACY = '2025-11-25'
export const META = 'io.modelcontextprotocol/'

// The `_meta` of a modern request.
export const envelope = (more = {}) => ({
  [`${META}protocolVersion`]: MODERN,
  [`${META}clientInfo`]: { name: 'wire', version: '1' },
  [`${META}clientCapabilities`]: {},
  ...more,
})

const nameOf = params => params.name ?? params.uri

// Body and headers of a modern request.
export function modern(method, params = {}, { id = 1, meta = {}, headers = {} } = {}) {
  const body = { jsonrpc: '2.0', id, method, params: { ...params, _meta: envelope(meta) } }
  const mirrored = { 'mcp-protocol-version': MODERN, 'mcp-method': method }
  if (['tools/call', 'prompts/get', 'resources/read'].includes(method) && nameOf(params) !== undefined) mirrored['mcp-name'] = nameOf(params)
  return { body, headers: { ...mirrored, ...headers } }
}

// Several HTTP responses out of what came over one connection. What is incomplete at the end is left out.
export function parseResponses(bytes) {
  const responses = []
  let rest = Buffer.from(bytes)
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) break
    const [line, ...fields] = rest.subarray(0, end).toString('latin1').split('\r\n')
    const match = /^HTTP\/1\.1 (\d{3})/.exec(line)
    if (!match) throw new Error(`no status line: ${line}`)
    const headers = {}
    for (const field of fields) {
      const name = field.slice(0, field.indexOf(':')).toLowerCase()
      if (name in headers) throw new Error(`the header ${name} is there twice: ${rest.subarray(0, end).toString('latin1')}`)
      headers[name] = field.slice(field.indexOf(':') + 1).trim()
    }
    const status = Number(match[1])
    let at = end + 4
    const body = []
    if (headers['transfer-encoding'] === 'chunked') {
      for (;;) {
        const eol = rest.indexOf('\r\n', at)
        if (eol < 0) return responses
        const size = parseInt(rest.subarray(at, eol).toString('latin1'), 16)
        if (rest.length < eol + 2 + size + 2) return responses
        body.push(rest.subarray(eol + 2, eol + 2 + size))
        at = eol + 2 + size + 2
        if (size === 0) break
      }
    } else if (status >= 200 && status !== 204 && status !== 304) {
      const length = headers['content-length'] === undefined ? rest.length - at : Number(headers['content-length'])
      if (rest.length < at + length) return responses
      body.push(rest.subarray(at, at + length))
      at += length
    }
    rest = rest.subarray(at)
    const text = Buffer.concat(body).toString('utf8')
    responses.push({ status, headers, text, ...messagesOf(headers, text) })
  }
  return responses
}

function messagesOf(headers, text) {
  let messages = []
  const type = headers['content-type'] ?? ''
  if (type.startsWith('application/json') && text) {
    try { messages = [JSON.parse(text)] } catch { /* the test sees the text */ }
  }
  if (type.startsWith('text/event-stream')) messages = events(text).filter(Boolean).map(data => JSON.parse(data))
  return { messages, json: messages.at(-1) }
}

// The data of each event in a text of server-sent events.
export function events(text) {
  return text.split(/\r\n\r\n|\n\n|\r\r/).filter(Boolean).map(block =>
    block.split(/\r\n|\n|\r/).filter(line => line.startsWith('data:')).map(line => line.slice(5).replace(/^ /, '')).join('\n'))
}

// One connection, byte by byte.
export class Raw {
  received = Buffer.alloc(0)
  closed = false
  #wake = new Set()

  static async open(url, options = {}) {
    const { hostname, port } = new URL(url)
    const raw = new Raw()
    raw.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, ...options })
    raw.socket.on('data', chunk => { raw.received = Buffer.concat([raw.received, chunk]); raw.#stir() })
    raw.over = new Promise(done => {
      const over = () => { raw.closed = true; raw.#stir(); done() }
      raw.socket.once('end', over).once('close', over)
    })
    raw.socket.on('error', error => { raw.error = error })
    await within(5000, 'a connection', new Promise((done, fail) => raw.socket.once('connect', done).once('error', fail)))
    return raw
  }
  #stir() { for (const wake of this.#wake) wake() }

  write(bytes) { if (!this.socket.destroyed) this.socket.write(bytes) }
  finish(bytes) { if (!this.socket.destroyed) this.socket.end(bytes) } // half-closes
  reset() { this.socket.resetAndDestroy() }
  close() { this.socket.destroy() }

  get text() { return this.received.toString('utf8') }

  // Ends when `ready(this)` is true, or the other side has closed.
  until(ready, ms = 10000) {
    let wake
    const done = new Promise((resolve, reject) => {
      wake = () => { try { if (ready(this) || this.closed) resolve(this) } catch (error) { reject(error) } }
      this.#wake.add(wake)
      wake()
    })
    return within(ms, () => `an answer; so far: ${this.text.slice(0, 2000)}`, done).finally(() => this.#wake.delete(wake))
  }
  // The first `count` responses, or as many as came before the other side closed.
  async responses(count = 1, ms) {
    await this.until(() => parseResponses(this.received).length >= count, ms)
    return parseResponses(this.received)
  }
}

// Sends bytes over a connection of their own and returns the responses.
export async function raw(url, bytes, { count = 1, ms } = {}) {
  const connection = await Raw.open(url)
  try {
    connection.write(bytes)
    return await connection.responses(count, ms)
  } finally {
    connection.close()
  }
}

// The bytes of one HTTP request. A header that is null is left out; one that is a list comes several times.
export function requestBytes(url, { method = 'POST', path, headers = {}, body = '' } = {}) {
  const target = new URL(url)
  const all = {
    host: target.host,
    ...(method === 'POST' ? { 'content-type': 'application/json', accept: 'application/json, text/event-stream' } : {}),
    ...(method === 'POST' || body.length ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
    ...headers,
  }
  const lines = []
  for (const [name, value] of Object.entries(all)) {
    if (value === null) continue
    for (const one of Array.isArray(value) ? value : [value]) lines.push(`${name}: ${one}`)
  }
  return Buffer.concat([Buffer.from(`${method} ${path ?? target.pathname + target.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`, 'utf8'), Buffer.from(body)])
}

// One HTTP request, exactly as said, and its response.
export async function send(url, options, ms) {
  const [response] = await raw(url, requestBytes(url, options), { ms })
  if (!response) throw new Error('the connection was closed without a response')
  return response
}

// One JSON-RPC POST. `body` is a value, or text that is sent as it is.
export function post(url, body, headers = {}, ms) {
  return send(url, { headers, body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }, ms)
}

// A modern request, well-formed.
export function ask(url, method, params, options = {}) {
  const { body, headers } = modern(method, params, options)
  return post(url, body, headers, options.ms)
}

// A legacy session: initialize, initialized, and requests after it.
export async function legacySession(url, version = LEGACY, capabilities = {}) {
  const first = await post(url, {
    jsonrpc: '2.0', id: 'i', method: 'initialize',
    params: { protocolVersion: version, capabilities, clientInfo: { name: 'wire', version: '1' } },
  })
  if (first.status !== 200) throw new Error(`initialize: ${first.status} ${first.text}`)
  const headers = { 'mcp-session-id': first.headers['mcp-session-id'], 'mcp-protocol-version': first.json.result.protocolVersion }
  await post(url, { jsonrpc: '2.0', method: 'notifications/initialized' }, headers)
  let id = 0
  return {
    headers,
    initialize: first.json.result,
    ask: (method, params = {}) => post(url, { jsonrpc: '2.0', id: ++id, method, params }, headers),
    notify: (method, params = {}) => post(url, { jsonrpc: '2.0', method, params }, headers),
    end: () => send(url, { method: 'DELETE', headers }),
  }
}
