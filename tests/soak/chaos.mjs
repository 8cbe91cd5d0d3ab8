// Upstreams that fail in every way at once, under load: resets, half-open connections, single bytes, spoiled streams, a hostile stdio server,
// SIGSTOP, SIGKILL, a full disk below the store. The gateway lives, no call outlasts its deadline, no answer reaches another caller, what
// fails names its upstream, memory and open files do not grow, and the upstreams beside stay as quick as they were.
// SOAK_SECONDS (900): how long, a fifth of it quiet, for comparison. SOAK_CLIENTS (24). SOAK_SEED: repeats the choices. SOAK_P99_FLOOR_MS
// (60): a p99 below it is never too slow. SOAK_GROWTH_MB (8). SOAK_HOW: only these ways of the hostile server. GATEHOUSE_BIN: another build.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync, statfsSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import { ask, events, fixture, LEGACY, modern, node, processesWith, root, Scope, startEverything, startGateway, text, within } from '../e2e/lib.mjs'
import { startModern } from '../e2e/fixtures/modern.mjs'
import { startGate } from './gate.mjs'

const seconds = Number(process.env.SOAK_SECONDS ?? 900)
const width = Number(process.env.SOAK_CLIENTS ?? 24)
const growth = Number(process.env.SOAK_GROWTH_MB ?? 8) * 1024 * 1024
const floor = Number(process.env.SOAK_P99_FLOOR_MS ?? 60)
const seed = Number(process.env.SOAK_SEED ?? Date.now() % 1e9)
const DEADLINE = 2500, CONNECT = 2000
// A call waits for its place, for a start, and for its answer; then comes the error, from a machine that may be busy.
const LONGEST = 2 * (DEADLINE + CONNECT) + 6000
const HOW = process.env.SOAK_HOW?.split(',') ?? ['good', 'late', 'progress', 'noise', 'pieces', 'stranger', 'twice', 'null_result', 'neither', 'both', 'error', 'strange_error', 'deep', 'flood',
  'notify', 'changes', 'asks', 'deaf', 'silent', 'big', 'too_big', 'exits']
const RARE = new Set(['silent', 'big', 'too_big', 'exits', 'flood', 'deaf'])

// A small generator with a seed (mulberry32).
function generator(from) {
  let state = from >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
const random = generator(seed)
const one = list => list[Math.floor(random() * list.length)]

// Nonces prove themselves, so that a spoiled one is not taken for another caller's.
let serial = 0
const nonceOf = worker => { const body = `n-${worker}-${++serial}`; return `${body}-${crc32(body).toString(16).padStart(8, '0')}` }
function noncesIn(said) {
  return (said.match(/n-\d+-\d+-[0-9a-f]{8}/g) ?? []).filter(one => crc32(one.slice(0, -9)).toString(16).padStart(8, '0') === one.slice(-8))
}

const status = (pid, key) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
// Its own memory: pages of the spool are those of files, of which there are so many and no more.
const resident = pid => status(pid, 'RssAnon') * 1024
const files = pid => readdirSync(`/proc/${pid}/fd`).length
const sanitized = pid => /lib(asan|tsan)|Sanitizer/.test(readFileSync(`/proc/${pid}/maps`, 'latin1'))

// A disk that can be filled: a small one in memory, where this machine lets us mount one.
function smallDisk(scope) {
  const folder = scope.folder()
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'gatehouse-chaos', folder], { stdio: 'ignore' })
  } catch { return { folder, fill: null } }
  scope.defer(() => execFileSync('umount', ['-l', folder]))
  const ballast = join(folder, 'ballast')
  return {
    folder,
    // A program of its own: what measures here must not stand still meanwhile.
    fill() { const { bavail, bsize } = statfsSync(folder); spawn('fallocate', ['-l', String(bavail * bsize), ballast], { stdio: 'ignore' }) },
    free() { rmSync(ballast, { force: true }) },
  }
}

function startProbe(scope, url, tool) {
  const program = scope.run(node, [join(root, 'tests/soak/probe.mjs'), url, tool, '20'], { stdin: 'pipe', name: `the probe of ${tool}` })
  let spans = 0
  return async () => {
    program.child.stdin.write('span\n')
    const nth = ++spans
    await program.wrote(new RegExp(`(?:.*\\n){${nth}}`), 40000)
    return JSON.parse(program.stdout.trim().split('\n')[nth - 1])
  }
}

// One caller with connections of its own; in a session where `legacy`.
function caller(gateway, legacy) {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  let session
  const post = (body, headers, url = gateway.url) => new Promise((done, fail) => {
    const payload = JSON.stringify(body)
    const out = request(url, { method: 'POST', agent, timeout: LONGEST, headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'content-length': Buffer.byteLength(payload), ...headers } }, response => {
      let got = ''
      response.setEncoding('utf8').on('data', chunk => { got += chunk }).on('error', fail).on('end', () => {
        const stream = response.headers['content-type']?.startsWith('text/event-stream')
        try {
          const messages = !got ? [] : stream ? events(got).filter(Boolean).map(data => JSON.parse(data)) : [JSON.parse(got)]
          done({ status: response.statusCode, headers: response.headers, text: got, messages, json: messages.findLast(message => message.id !== undefined && !message.method) })
        } catch (error) { fail(new Error(`no answer: ${response.statusCode} ${got.slice(0, 300)}`, { cause: error })) }
      })
    })
    out.on('timeout', () => out.destroy(new Error(`a call hangs: nothing came for ${LONGEST} ms`)))
    out.on('error', fail).end(payload)
  })
  const open = async () => {
    const hello = await post({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: 'chaos', version: '1' } } }, {})
    assert.equal(hello.status, 200, hello.text)
    session = hello.headers['mcp-session-id']
    await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, { 'mcp-session-id': session, 'mcp-protocol-version': LEGACY })
  }
  return {
    async call(name, args, token) {
      const id = ++serial
      if (!legacy) {
        const { body, headers } = modern('tools/call', { name, arguments: args }, { id, meta: { progressToken: token } })
        return post(body, headers)
      }
      if (!session || random() < 0.02) await open()
      return post({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args, _meta: { progressToken: token } } }, { 'mcp-session-id': session, 'mcp-protocol-version': LEGACY })
    },
    close: () => agent.destroy(),
  }
}

test(`chaos for ${seconds} s`, { timeout: (seconds + 180) * 1000 }, async t => {
  t.diagnostic(`seed ${seed}`)
  const scope = Scope.of(t)
  const disk = smallDisk(scope)
  if (!disk.fill) t.diagnostic('no tmpfs can be mounted here: the disk does not get full')
  const word = `chaos-${process.pid}`
  const stdio = who => ({ command: [node, fixture('stdio.mjs'), `${word}-${who}`], deadline: `${DEADLINE}ms`, connect_timeout: `${CONNECT}ms` })
  const times = { deadline: `${DEADLINE}ms`, connect_timeout: `${CONNECT}ms` }

  let wild = false
  const faults = { wild: () => wild }
  const [behindGate, web, beside] = await Promise.all([startModern(scope), startEverything(scope), startModern(scope)])
  const gates = [await startGate(scope, behindGate.url, faults, random), await startGate(scope, web, faults, random)]
  const gateway = await startGateway(scope, {
    servers: {
      calm: stdio('calm'), // the two beside which all happens
      near: { url: beside.url, ...times },
      gate: { url: gates[0].url, ...times },
      old: { url: gates[1].url, ...times },
      stopped: stdio('stopped'),
      hostile: { command: [node, join(root, 'tests/soak/hostile_server.mjs'), `${word}-hostile`], ...times },
    },
  }, { folder: disk.folder })
  const listed = (await ask(gateway.url, 'tools/list')).json.result.tools.map(tool => tool.name)
  for (const name of ['calm__echo', 'near__echo', 'gate__echo', 'old__echo', 'stopped__echo', 'hostile__echo']) assert.ok(listed.includes(name), `${name} in ${listed}`)

  // How each is called; in quiet times nobody misbehaves.
  const kinds = {
    gate: nonce => ['gate__echo', { text: nonce }],
    old: nonce => ['old__echo', { message: nonce }],
    stopped: nonce => ['stopped__echo', { text: nonce }],
    hostile: nonce => {
      const how = wild ? one(HOW) : 'good'
      return ['hostile__echo', { nonce, how: RARE.has(how) && random() < 0.8 ? 'good' : how }]
    },
  }
  const names = Object.keys(kinds)
  const counts = {}
  const failures = []
  const note = (server, what) => { const of = counts[server] ??= {}; of[what] = (of[what] ?? 0) + 1 }
  const broken = what => { if (failures.length < 20) failures.push(what) }

  const judge = (server, how, nonce, token, response) => {
    const where = `${server}${how ? ` (${how})` : ''}: ${response.status} ${response.text.slice(0, 400)}`
    for (const found of noncesIn(response.text)) if (found !== nonce) broken(`the answer of another caller. ${nonce} got ${where}`)
    for (const message of response.messages)
      if (message.method === 'notifications/progress' && message.params.progressToken !== token) broken(`progress of another caller. ${token} got ${where}`)
    const { result, error } = response.json ?? {}
    if (!result && !error) return broken(`an answer that is none: ${where}`)
    if (response.json.id === undefined) broken(`an answer without an id: ${where}`)
    const words = error ? error.message : text({ content: result.content ?? [] })
    if (words.includes(nonce)) return note(server, error || result.isError ? 'relayed' : 'good')
    if (!error && !result.isError) return note(server, 'spoiled') // the gate changed the text, and it was JSON still
    if (!words.includes(server)) broken(`an error that does not name '${server}': ${where}`)
    note(server, 'failed')
  }

  let over = false
  const worker = async n => {
    const client = caller(gateway, n % 3 === 0)
    try {
      while (!over && failures.length < 20) {
        const server = one(names)
        const nonce = nonceOf(n), token = `t-${n}-${serial}`
        const [name, args] = kinds[server](nonce)
        const began = performance.now()
        try { judge(server, args.how, nonce, token, await client.call(name, args, token)) } catch (error) {
          broken(`${server}${args.how ? ` (${args.how})` : ''} after ${Math.round(performance.now() - began)} ms: ${error.message}`)
        }
        const took = performance.now() - began
        if (took > LONGEST) broken(`a call to ${server} (${args.how ?? ''}) took ${Math.round(took)} ms`)
        // A steady load, so that quiet and wild times can be compared.
        await pause(20 + random() * 40)
      }
    } finally { client.close() }
  }
  // What happens to the processes and to the disk.
  const villain = async () => {
    while (!over) {
      await pause(300 + random() * 700)
      if (!wild || over) continue
      const all = processesWith(`${word}-stopped`)
      if (!all.length) continue
      const { pid } = one(all)
      try {
        if (random() < 0.4) process.kill(pid, 'SIGKILL')
        else {
          process.kill(pid, 'SIGSTOP')
          await pause(200 + random() * 4000)
          process.kill(pid, 'SIGCONT')
        }
      } catch { /* it is gone already */ }
    }
    for (const { pid } of processesWith(`${word}-stopped`)) try { process.kill(pid, 'SIGCONT') } catch { /* gone */ }
  }
  const filler = async () => {
    while (!over && disk.fill) {
      await pause(seconds * 100)
      if (!wild) continue
      disk.fill()
      await pause(seconds * 100)
      disk.free()
    }
  }
  // It answers for itself all the time.
  let slowest = 0
  const doctor = async () => {
    while (!over) {
      const began = performance.now()
      try { assert.equal((await within(5000, '/healthz', gateway.get('/healthz'))).status, 200) } catch (error) { broken(`/healthz: ${error.message}`) }
      slowest = Math.max(slowest, performance.now() - began)
      await pause(250)
    }
  }

  const probes = { calm: startProbe(scope, gateway.url, 'calm__echo'), near: startProbe(scope, gateway.url, 'near__echo') }
  const measure = async () => Object.fromEntries(await Promise.all(Object.entries(probes).map(async ([name, span]) => [name, await span()])))
  const samples = []
  const sampler = setInterval(() => { try { samples.push({ resident: resident(gateway.pid), files: files(gateway.pid) }) } catch { /* it is gone */ } }, 250)
  scope.defer(() => clearInterval(sampler))
  const running = [...Array.from({ length: width }, (_, n) => worker(n)), villain(), filler(), doctor()]

  await pause(Math.min(5000, seconds * 50)) // all have started, and have been called
  await measure()
  await pause(seconds * 200)
  const quiet = await measure()
  wild = true
  const first = samples.length
  await pause(seconds * 750)
  const wildly = await measure()
  const last = samples.length
  wild = false
  for (const gate of gates) gate.heal()
  disk.free?.()
  over = true
  await within(LONGEST + 20000, 'all calls to end', Promise.all(running))
  for (const gate of gates) t.diagnostic(`faults of a gate: ${JSON.stringify(gate.count)}`)
  t.diagnostic(`answers: ${JSON.stringify(counts)}; slowest /healthz ${slowest.toFixed(0)} ms`)
  for (const name of Object.keys(probes))
    t.diagnostic(`${name}: p99 ${quiet[name].p99?.toFixed(1)} ms when quiet, ${wildly[name].p99?.toFixed(1)} ms beside the chaos (p50 ${quiet[name].p50?.toFixed(1)}, ${wildly[name].p50?.toFixed(1)}; most ${wildly[name].most?.toFixed(0)})`)
  assert.equal(gateway.program.status, null, `the gateway ended: ${JSON.stringify(gateway.program.status)}`)
  assert.deepEqual(failures, [])
  for (const name of Object.keys(probes)) {
    assert.deepEqual(wildly[name].wrong, [], `${name} is not touched by what others do`)
    assert.ok(wildly[name].p99 <= Math.max(floor, 1.5 * quiet[name].p99), `${name}: p99 ${wildly[name].p99} ms beside the chaos, ${quiet[name].p99} ms when quiet`)
  }

  // All of them answer again.
  clearInterval(sampler)
  for (const server of names) {
    const until = Date.now() + 45000
    let said
    do {
      const nonce = nonceOf(999)
      const [name, args] = kinds[server](nonce)
      const { json } = await ask(gateway.url, 'tools/call', { name, arguments: args })
      said = json.error?.message ?? text(json.result)
      if (said.includes(nonce)) break
      await pause(500)
    } while (Date.now() < until)
    assert.ok(noncesIn(said).length, `${server} works again: ${said}`)
  }

  const mb = bytes => (bytes / 1024 / 1024).toFixed(1)
  const span = samples.slice(first, last)
  const quarter = span.length >> 2
  const least = (list, of) => Math.min(...list.map(sample => sample[of]))
  const [warm, end] = [span.slice(quarter, 2 * quarter), span.slice(3 * quarter)]
  t.diagnostic(`resident: ${mb(samples[0].resident)} MB at first, ${mb(least(warm, 'resident'))} MB after the warm-up, ${mb(least(end, 'resident'))} MB in the end; ` +
    `open files: ${samples[0].files}, ${least(warm, 'files')}, ${least(end, 'files')}`)
  if (sanitized(gateway.pid)) t.diagnostic('a sanitizer is at work: its memory is not judged')
  else assert.ok(least(end, 'resident') - least(warm, 'resident') <= growth, 'memory grew')
  assert.ok(least(end, 'files') - least(warm, 'files') <= 24, 'open files grew')
  const left = async name => Number(new RegExp(`^${name} (\\d+)`, 'm').exec((await gateway.get('/metrics')).text)?.[1])
  const until = Date.now() + 20000
  let open
  do { open = [await left('gatehouse_open_calls'), await left('gatehouse_open_streams')] } while ((open[0] || open[1]) && Date.now() < until)
  assert.deepEqual(open, [0, 0], 'no call and no stream is left open')
  await gateway.stop()
  assert.doesNotMatch(gateway.log(), /Sanitizer|runtime error/)
  assert.deepEqual(processesWith(word).map(({ command }) => command), [], 'no child is left')
})
