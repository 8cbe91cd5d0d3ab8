// Mixed load by many clients: every answer is checked, and the gateway's memory may not grow after the warm-up.
// SOAK_SECONDS (600): how long. SOAK_CLIENTS (64). SOAK_GROWTH_MB (8): how much the smallest memory of the last quarter may be above that
// of the quarter after the warm-up. GATEHOUSE_BIN: another build. Under a sanitizer memory is only shown, as its quarantine grows for long.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Agent, request } from 'node:http'
import { makeVault } from '../e2e/world.mjs'
import { ask, clients, events, fixture, legacySession, modern, node, programs, Raw, requestBytes, Scope, startEverything, startGateway, text } from '../e2e/lib.mjs'
import { startModern } from '../e2e/fixtures/modern.mjs'

const seconds = Number(process.env.SOAK_SECONDS ?? 600)
const width = Number(process.env.SOAK_CLIENTS ?? 64)
const growth = Number(process.env.SOAK_GROWTH_MB ?? 8) * 1024 * 1024

function resident(pid) {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(kilobytes) * 1024
}
const sanitized = pid => /lib(asan|tsan)|Sanitizer/.test(readFileSync(`/proc/${pid}/maps`, 'latin1'))

// One client that keeps its connection, for the bulk of the load.
function keptClient(url) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const post = (body, headers) => new Promise((done, fail) => {
    const payload = JSON.stringify(body)
    const call = request(url, { method: 'POST', agent, headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'content-length': Buffer.byteLength(payload), ...headers } }, response => {
      let got = ''
      response.setEncoding('utf8').on('data', chunk => { got += chunk }).on('error', fail).on('end', () => {
        const stream = response.headers['content-type']?.startsWith('text/event-stream')
        try {
          const messages = !got ? [] : stream ? events(got).filter(Boolean).map(data => JSON.parse(data)) : [JSON.parse(got)]
          done({ status: response.statusCode, headers: response.headers, text: got, messages, json: messages.at(-1) })
        } catch (error) { fail(new Error(`no answer: ${response.statusCode} ${got.slice(0, 500)}`, { cause: error })) }
      })
    })
    call.on('error', fail).end(payload)
  })
  return {
    post,
    ask: (method, params, options) => { const { body, headers } = modern(method, params, options); return post(body, headers) },
    close: () => agent.destroy(),
  }
}

test(`${width} clients for ${seconds} s`, { timeout: (seconds + 120) * 1000 }, async t => {
  const scope = Scope.of(t)
  const vault = makeVault(scope.folder())
  const [web, upstream] = await Promise.all([startEverything(scope), startModern(scope)])
  const gateway = await startGateway(scope, {
    servers: {
      vault: { builtin: 'vault', roots: [vault] },
      files: { builtin: 'filesystem', roots: [vault] },
      plain: { command: [node, fixture('stdio.mjs'), 'soak'] },
      every: { command: [node, programs.everything, 'stdio'] },
      web: { url: web },
      new: { url: upstream.url },
    },
  })
  // The first list does not wait for a server that is slow to start; a call does.
  for (const name of ['plain__echo', 'every__echo', 'web__echo', 'new__add']) await ask(gateway.url, 'tools/call', { name, arguments: {} })
  const tools = (await ask(gateway.url, 'tools/list')).json.result.tools.length

  let serial = 0
  const done = {}
  const good = response => { assert.equal(response.status, 200, response.text); assert.ok(response.json?.result, response.text); return response.json.result }
  const kinds = {
    list: async client => assert.equal(good(await client.ask('tools/list')).tools.length, tools),
    discover: async client => assert.ok(good(await client.ask('server/discover')).supportedVersions.length),
    builtin: async client => assert.match(text(good(await client.ask('tools/call', { name: 'files__read_text_file', arguments: { path: `${vault}/Keeper.md` } }))), /Marta/),
    search: async client => assert.match(text(good(await client.ask('tools/call', { name: 'vault__search', arguments: { query: 'lamp' } }))), /Lighthouse/),
    stdio: async client => { const say = `s${++serial}`; assert.equal(text(good(await client.ask('tools/call', { name: 'plain__echo', arguments: { text: say } }, { id: say }))), say) },
    stdio_sdk: async client => { const say = `e${++serial}`; assert.equal(text(good(await client.ask('tools/call', { name: 'every__echo', arguments: { message: say } }, { id: say }))), `Echo: ${say}`) },
    http_legacy: async client => { const a = ++serial; assert.match(text(good(await client.ask('tools/call', { name: 'web__get-sum', arguments: { a, b: 1 } }))), new RegExp(`\\b${a + 1}\\.?$`)) },
    http_modern: async client => { const a = ++serial; assert.equal(good(await client.ask('tools/call', { name: 'new__add', arguments: { a, b: 1 } })).structuredContent.sum, a + 1) },
    big: async client => { const say = 'x'.repeat(200_000); assert.equal(text(good(await client.ask('tools/call', { name: 'plain__echo', arguments: { text: say } }))), say) },
    read: async client => assert.equal(good(await client.ask('resources/read', { uri: 'demo://item/7' })).contents[0].text, 'item 7'),
    prompt: async client => assert.match(JSON.stringify(good(await client.ask('prompts/get', { name: 'new__greet', arguments: { name: 'Ada' } }))), /Hello, Ada!/),
    progress: async client => {
      const { messages } = await client.ask('tools/call', { name: 'plain__progress', arguments: { steps: 4 } }, { meta: { progressToken: `p${++serial}` } })
      assert.deepEqual(messages.slice(0, -1).map(({ params }) => [params.progressToken, params.progress]), [1, 2, 3, 4].map(n => [messages[0].params.progressToken, n]))
      assert.equal(text(messages.at(-1).result), '4 steps')
    },
    unknown: async client => assert.equal((await client.ask('tools/call', { name: 'plain__nothing' })).json.error.code, -32602),
    refused: async client => assert.equal((await client.ask('tools/call', { name: 'plain__refuses' })).json.error.code, -31000),
    failed: async client => assert.equal((await client.ask('tools/call', { name: 'plain__fails' })).json.result.isError, true),
    malformed: async () => assert.equal((await ask(gateway.url, 'tools/list', {}, { headers: { 'mcp-method': 'x' } })).status, 400),
    session: async () => {
      const session = await legacySession(gateway.url)
      assert.equal((await session.ask('tools/list')).json.result.tools.length, tools)
      assert.equal(text((await session.ask('tools/call', { name: 'plain__echo', arguments: { text: 'legacy' } })).json.result), 'legacy')
      assert.ok((await session.end()).status < 300)
    },
    listen: async () => {
      const { body, headers } = modern('subscriptions/listen', { notifications: { toolsListChanged: true } })
      const stream = await Raw.open(gateway.url)
      stream.write(requestBytes(gateway.url, { headers, body: JSON.stringify(body) }))
      await stream.until(() => stream.text.includes('acknowledged'))
      stream.reset()
    },
    // Goes away in the middle of a call: the upstream is told, nobody waits.
    leave: async () => {
      const { body, headers } = modern('tools/call', { name: serial++ % 2 ? 'new__wait' : 'plain__hang', arguments: { name: 'leaver' } })
      const gone = await Raw.open(gateway.url)
      gone.socket.write(requestBytes(gateway.url, { headers, body: JSON.stringify(body) }), () => gone.reset())
      await gone.over
    },
    client: async () => {
      const each = new Scope()
      try {
        const client = await clients[serial++ % 2 ? 'modern' : 'legacy'](each, gateway.url)
        assert.equal((await client.listTools()).tools.length, tools)
      } finally { await each.end() }
    },
  }
  const names = Object.keys(kinds)
  // The expensive ones come less often.
  const mix = names.flatMap(name => Array(['big', 'session', 'client', 'stdio_sdk', 'http_legacy', 'http_modern'].includes(name) ? 1 : 4).fill(name))

  const ends = Date.now() + seconds * 1000
  let failure
  const worker = async n => {
    const client = keptClient(gateway.url)
    try {
      for (let turn = n; Date.now() < ends && !failure; ++turn) {
        const name = mix[(turn * 7919 + n * 31) % mix.length]
        try { await kinds[name](client) } catch (error) { throw new Error(`${name}, after ${JSON.stringify(done)}: ${error.message}`, { cause: error }) }
        done[name] = (done[name] ?? 0) + 1
      }
    } catch (error) { failure ??= error } finally { client.close() }
  }
  const samples = []
  const sampler = setInterval(() => samples.push(resident(gateway.pid)), Math.max(100, seconds * 1000 / 200))
  await Promise.all(Array.from({ length: width }, (_, n) => worker(n)))
  clearInterval(sampler)
  if (failure) throw failure

  const total = Object.values(done).reduce((sum, n) => sum + n, 0)
  const mb = bytes => (bytes / 1024 / 1024).toFixed(1)
  t.diagnostic(`${total} answers, ${(total / seconds).toFixed(0)}/s: ${JSON.stringify(done)}`)
  if (seconds >= 10) assert.deepEqual(names.filter(name => !done[name]), [], 'every kind had its turn')
  const quarter = samples.length >> 2
  const warm = Math.min(...samples.slice(quarter, 2 * quarter))
  const last = Math.min(...samples.slice(3 * quarter))
  t.diagnostic(`resident: ${mb(samples[0])} MB at first, ${mb(warm)} MB after the warm-up, ${mb(last)} MB in the end, ${mb(Math.max(...samples))} MB at most`)
  if (sanitized(gateway.pid)) t.diagnostic('a sanitizer is at work: its memory is not judged')
  else assert.ok(last - warm <= growth, `memory grew from ${mb(warm)} to ${mb(last)} MB`)

  // What was left behind is let go: calls, streams, connections.
  const left = async name => Number(new RegExp(`^${name} (\\d+)`, 'm').exec((await gateway.get('/metrics')).text)?.[1])
  const until = Date.now() + 20000
  let open
  do { open = [await left('gatehouse_open_calls'), await left('gatehouse_open_streams')] } while ((open[0] || open[1]) && Date.now() < until)
  assert.deepEqual(open, [0, 0], 'no call and no stream is left open')
  await gateway.stop()
  assert.doesNotMatch(gateway.log(), /Sanitizer|runtime error/)
})
