// A gateway to test, and clients of every kind to test it with.
import { Client as ClientV2, StreamableHTTPClientTransport as HttpV2 } from '@modelcontextprotocol/client'
import { StdioClientTransport as StdioV2 } from '@modelcontextprotocol/client/stdio'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport as StdioV1 } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as HttpV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort, gatehouse, programs, runToEnd, within } from './scope.mjs'
import { MODERN } from './wire.mjs'

export * from './scope.mjs'
export * from './wire.mjs'

export const node = process.execPath

// Writes a config (JSON is YAML) and returns its path.
export function writeConfig(folder, config, name = 'gatehouse.yaml') {
  const file = join(folder, name)
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config, null, 2))
  return file
}

// Starts `gatehouse serve` and waits until it listens.
export async function startGateway(scope, config, { folder = scope.folder(), env, args = [], port } = {}) {
  port ??= await freePort()
  const listen = `127.0.0.1:${port}`
  const file = writeConfig(folder, { listen, ...config })
  const program = scope.run(gatehouse, ['serve', '--config', file, ...args], { cwd: folder, env, keep: 1 << 20, name: 'the gateway' })
  await program.wrote(/listening/)
  const base = `http://${listen}`
  return {
    base, url: `${base}/mcp`, server: id => `${base}/mcp/s/${id}`,
    folder, file, port, store: join(folder, 'gatehouse.db'), pid: program.pid, program,
    log: () => program.output,
    wrote: (pattern, ms) => program.wrote(pattern, ms),
    get: async path => { const response = await fetch(base + path); return { status: response.status, text: await response.text() } },
    // Asks it to stop and waits until it has; fails unless it ends well.
    async stop(ms = 15000) {
      program.child.kill('SIGTERM')
      const { code, signal } = await program.end(ms)
      if (code !== 0) throw new Error(`the gateway ended with ${code ?? signal}`)
    },
    kill: signal => program.kill(signal),
  }
}

// Runs a command of gatehouse to its end.
export const run = (scope, args, options = {}) => runToEnd(scope, gatehouse, args, { name: `gatehouse ${args.join(' ')}`, ...options })

// What a fixture says over a socket of its own: one JSON object per line; the end of the connection is the end of the process.
export async function startEar(scope) {
  const heard = []
  const waiting = new Set()
  const sockets = new Set()
  const tell = said => { heard.push(said); for (const wake of waiting) wake() }
  const server = createServer(socket => {
    let text = '', name
    sockets.add(socket)
    socket.setEncoding('utf8').on('data', chunk => {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop()
      for (const line of lines) {
        const said = JSON.parse(line)
        if (said.event === 'start') name = said
        tell(said)
      }
    })
    socket.on('error', () => {})
    socket.on('close', () => { sockets.delete(socket); tell({ ...name, event: 'gone' }) })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  scope.defer(() => { for (const socket of sockets) socket.destroy(); return new Promise(done => server.close(done)) })
  const ear = {
    port: String(server.address().port),
    heard,
    // The first thing heard, from number `from` on, that fits; with `count`, the last of so many.
    hears(fits, { ms = 15000, from = 0, count = 1 } = {}) {
      let wake
      const found = new Promise(done => {
        wake = () => { const said = heard.slice(from).filter(fits)[count - 1]; if (said) done(said) }
        waiting.add(wake)
        wake()
      })
      return within(ms, () => `the fixture to say it; heard: ${JSON.stringify(heard)}`, found).finally(() => waiting.delete(wake))
    },
  }
  return ear
}

const info = { name: 'gatehouse-e2e', version: '1.0.0' }

// One face for three clients. `onprogress` and `signal` go in `options`.
function face(client, transport, close) {
  return {
    client, transport,
    listTools: options => client.listTools(undefined, options),
    callTool: (name, args = {}, options, more = {}) => client.callTool({ name, arguments: args, ...more }, ...(client instanceof ClientV1 ? [undefined, options] : [options])),
    listPrompts: () => client.listPrompts(),
    getPrompt: (name, args) => client.getPrompt({ name, arguments: args }),
    listResources: () => client.listResources(),
    listResourceTemplates: () => client.listResourceTemplates(),
    readResource: (uri, options) => client.readResource({ uri }, options),
    close,
  }
}

async function connected(scope, client, transport) {
  const close = () => client.close()
  scope.defer(close)
  await client.connect(transport)
  return face(client, transport, close)
}

// Each makes a connected client: over HTTP from a URL, or over stdio from {config}.
export const clients = {
  modern: (scope, where, options = {}) => {
    const client = new ClientV2(info, { versionNegotiation: { mode: { pin: MODERN } }, ...options })
    return connected(scope, client, transportV2(where))
  },
  auto: (scope, where, options = {}) => {
    const client = new ClientV2(info, { versionNegotiation: { mode: 'auto' }, ...options })
    return connected(scope, client, transportV2(where))
  },
  legacy: (scope, where, options = {}) => connected(scope, new ClientV2(info, { versionNegotiation: { mode: 'legacy' }, ...options }), transportV2(where)),
  sdk1: (scope, where, options = {}) => {
    const transport = typeof where === 'string' ? new HttpV1(new URL(where)) : new StdioV1(stdioParameters(where))
    return connected(scope, new ClientV1(info, options), transport)
  },
}

function stdioParameters({ config, command, args, env, stderr = 'ignore' }) {
  const all = Object.fromEntries(Object.entries({ ...process.env, ...env }))
  return command ? { command, args, env: all, stderr } : { command: gatehouse, args: ['stdio', '--config', config], env: all, stderr }
}
const transportV2 = where => typeof where === 'string' ? new HttpV2(new URL(where)) : new StdioV2(stdioParameters(where))

// The Inspector's command line. `where` is a URL, or {config} for stdio.
export async function inspector(scope, where, era, args) {
  const home = scope.folder()
  const target = typeof where === 'string' ? [where, '--transport', 'http'] : []
  const program = typeof where === 'string' ? [] : ['--', gatehouse, 'stdio', '--config', where.config]
  const result = await runToEnd(scope, node, [programs.inspector, '--cli', ...target, '--protocol-era', era, ...args, '--format', 'json', '--quiet', ...program],
    { env: { HOME: home, MCP_INSPECTOR_SECRET_STORE: 'memory' }, ms: 60000, name: 'the Inspector' })
  let json
  try { json = JSON.parse(result.stdout) } catch { /* the test sees the output */ }
  return { ...result, json }
}

// server-everything over Streamable HTTP, as a program of its own.
export async function startEverything(scope) {
  const port = await freePort()
  const program = scope.run(node, [programs.everything, 'streamableHttp'], { env: { PORT: String(port) }, keep: 1 << 20, name: 'server-everything' })
  await program.wrote(/listening on port/i)
  return `http://127.0.0.1:${port}/mcp`
}

export const text = result => result.content.filter(part => part.type === 'text').map(part => part.text).join('\n')


// Ends when so many clients listen: a legacy client does not say when its GET stream is open.
export async function openStreams(gateway, count, ms = 10000) {
  let over = false
  const counted = async () => {
    while (!over) {
      const { text } = await gateway.get('/metrics')
      if (Number(/^gatehouse_open_streams (\d+)/m.exec(text)?.[1]) >= count) return
    }
  }
  try { await within(ms, `${count} open streams`, counted()) } finally { over = true }
}
