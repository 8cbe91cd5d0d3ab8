// Upstreams that hang, flood, die and come back; callers who want too much: what fails says whose fault it is, and nobody else notices.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ask, fixture, legacySession, node, processesWith, Raw, run, Scope, startEar, startGateway, text, within } from './lib.mjs'
import { startModern } from './fixtures/modern.mjs'

let serial = 0
const stdio = (ear, more = {}) => {
  const word = `hostile-${process.pid}-${++serial}`
  return { word, config: { command: [node, fixture('hostile.mjs'), word], env: { EAR: ear.port }, sandbox: 'off', ...more } }
}
const call = (gateway, name, args = {}, options) => ask(gateway.url, 'tools/call', { name, arguments: args }, options)
const said = response => { assert.equal(response.status, 200, response.text); assert.ok(response.json.result, response.text); return text(response.json.result) }
// What is refused before it is sent says by its status when it may be tried again.
const failure = response => {
  const { code, message, data } = response.json.error ?? assert.fail(response.text)
  assert.equal(response.status, data?.retryAfter ? code : 200, response.text)
  if (data?.retryAfter) assert.equal(response.headers['retry-after'], String(data.retryAfter))
  return message
}
const list = gateway => ask(gateway.url, 'tools/list')
const rss = pid => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

async function status(gateway, id) {
  return JSON.parse((await gateway.get('/readyz')).text).upstreams.find(upstream => upstream.id === id)
}
// Looks until `fits` gives something, at most `ms`.
function until(ms, what, fits) {
  let over = false, last
  const look = async () => {
    while (!over) {
      last = await fits()
      if (last) return last
    }
  }
  return within(ms, what, look()).finally(() => { over = true })
}
const becomes = (gateway, id, states, ms = 15000) => {
  let seen
  return until(ms, () => `${id} to be ${states}; it is ${JSON.stringify(seen)}`, async () => { seen = await status(gateway, id); return states.includes(seen.state) && seen })
}
// Calls until one works.
const worksAgain = (gateway, name, args, ms = 20000) => until(ms, `${name} to work`, async () => {
  const response = await call(gateway, name, args)
  if (!response.json.result) assert.match(response.json.error.message, /server 'bad'/)
  return response.json.result && !response.json.result.isError && text(response.json.result)
})

// A gateway with a good server and the one under test.
async function beside(scope, make, more = {}) {
  const ear = await startEar(scope)
  const good = stdio(ear)
  const bad = make(ear)
  const gateway = await startGateway(scope, { servers: { good: good.config, bad: bad.config }, ...more })
  await list(gateway)
  return { gateway, ear, bad, good }
}
// The good server answers as if nothing were.
async function othersAreFine(gateway, calls = 20) {
  const began = performance.now()
  for (let n = 0; n < calls; ++n) assert.equal(said(await call(gateway, 'good__echo', { text: `${n}` })), `${n}`)
  const each = (performance.now() - began) / calls
  assert.ok(each < 250, `a call of another server took ${each} ms`)
}

describe('a child that hurts', () => {
  test('SIGSTOP: calls end with their deadline, then at once; one that stays so is replaced', async t => {
    const scope = Scope.of(t)
    const { gateway, bad } = await beside(scope, ear => stdio(ear, { deadline: '300ms' }))
    const pid = Number(said(await call(gateway, 'bad__pid')))
    process.kill(pid, 'SIGSTOP')
    for (let n = 0; n < 5; ++n) assert.match(failure(await call(gateway, 'bad__echo', { text: 'x' })), /server 'bad'.*in time/)
    const refused = await call(gateway, 'bad__echo', { text: 'x' })
    assert.match(failure(refused), /server 'bad': it failed too often.*in time/)
    assert.ok(refused.json.error.data.retryAfter >= 1, refused.text)
    await othersAreFine(gateway)
    const next = Number(await worksAgain(gateway, 'bad__pid'))
    assert.notEqual(next, pid)
    await until(15000, 'the old process to be gone', () => !processesWith(bad.word).some(process => process.pid === pid))
    assert.ok((await status(gateway, 'bad')).failures >= 6)
    await gateway.stop()
    assert.equal(processesWith(bad.word).length, 0)
  })
  test('killed in a loop: it is left alone longer and longer, and comes back', async t => {
    const scope = Scope.of(t)
    const { gateway, ear } = await beside(scope, ear => stdio(ear))
    const seen = []
    await until(20000, 'a refusal', async () => {
      const why = failure(await call(gateway, 'bad__half'))
      assert.match(why, /server 'bad'/)
      seen.push(why)
      return /it failed \d+ times and is left alone for .* more; the last time: .*exited with 0/.test(why)
    })
    const down = await status(gateway, 'bad')
    assert.equal(down.state, 'down')
    assert.ok(down.next_try_ms >= 0, JSON.stringify(down))
    const starts = ear.heard.filter(said => said.event === 'start').length
    assert.ok(starts < 40, `${starts} starts`)
    await othersAreFine(gateway)
    assert.equal(await worksAgain(gateway, 'bad__echo', { text: 'back' }), 'back')
    assert.match((await gateway.get('/metrics')).text, /gatehouse_upstream_failures_total\{server="bad"\} [1-9]/)
  })
  for (const tool of ['stderr', 'garbage', 'endless']) {
    test(`a flood of ${tool} costs neither memory nor the others`, async t => {
      const scope = Scope.of(t)
      const { gateway } = await beside(scope, ear => stdio(ear, { deadline: '1s' }))
      await othersAreFine(gateway)
      const before = rss(gateway.pid)
      const began = call(gateway, `bad__${tool}`)
      if (tool !== 'endless') assert.equal(said(await began), 'flooding')
      for (let n = 0; n < 5; ++n) await othersAreFine(gateway)
      if (tool === 'endless') assert.match(failure(await began), /server 'bad'/)
      const grown = rss(gateway.pid) - before
      assert.ok(grown < 48, `${grown} MB more`)
      await gateway.stop()
    })
  }
  test('an answer byte by byte is an answer', async t => {
    const scope = Scope.of(t)
    const { gateway } = await beside(scope, ear => stdio(ear))
    assert.equal(said(await call(gateway, 'bad__bytes', { text: 'ä'.repeat(300) })), 'ä'.repeat(300))
  })
  test('the queue fills: who finds no place hears it at once, who waits goes on', async t => {
    const scope = Scope.of(t)
    const { gateway, ear } = await beside(scope, ear => stdio(ear, { concurrency: 1, queue: 1, deadline: '1500ms' }))
    const hangs = call(gateway, 'bad__hang')
    await ear.hears(said => said.event === 'hanging')
    const waits = call(gateway, 'bad__echo', { text: 'later' })
    const full = await until(5000, 'a full queue', async () => (await status(gateway, 'bad')).queued === 1 && await status(gateway, 'bad'))
    assert.equal(full.in_flight, 1)
    const refused = await call(gateway, 'bad__echo', { text: 'now' })
    assert.match(failure(refused), /server 'bad': it is busy: 1 requests run and 1 wait \(servers\.bad\.concurrency and queue\)/)
    assert.equal(refused.json.error.code, 429)
    await othersAreFine(gateway)
    assert.match(failure(await hangs), /server 'bad'/)
    // Its own deadline ran while it waited: it may be too late, but it was never lost.
    const later = await waits
    if (later.json.result) assert.equal(said(later), 'later')
    else assert.match(failure(later), /server 'bad'/)
    assert.equal((await status(gateway, 'bad')).queued, 0)
  })
  test('an idle child stops, and its next use starts it', async t => {
    const scope = Scope.of(t)
    const { gateway, bad } = await beside(scope, ear => stdio(ear, { idle_stop: '300ms' }))
    const pid = Number(said(await call(gateway, 'bad__pid')))
    const stopped = await becomes(gateway, 'bad', ['stopped'])
    assert.equal(stopped.failures, 0)
    await until(10000, 'its process to end', () => processesWith(bad.word).length === 0)
    const listed = (await list(gateway)).json.result.tools.map(tool => tool.name)
    assert.ok(listed.includes('bad__echo'), 'it is still listed')
    assert.notEqual(Number(said(await call(gateway, 'bad__pid'))), pid)
    assert.equal((await status(gateway, 'bad')).failures, 0)
  })
})

describe('an HTTP upstream that hurts', () => {
  // `ways.now` is how requests are answered; nothing: as they should be.
  async function startHostile(scope) {
    const ways = { now: null, calls: 0 }
    const read = async req => { let body = ''; for await (const part of req) body += part; return body }
    const modern = await startModern(scope, {
      guard: async (req, res) => {
        if (!ways.now) return true
        const body = await read(req)
        if (body.includes('"tools/call"')) ++ways.calls
        ways.now(res)
        return false
      },
    })
    return { ways, url: modern.url }
  }
  const stall = () => {}
  const drip = res => {
    res.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => res.write(' '), 50)
    res.on('close', () => clearInterval(timer))
  }
  const reset = res => res.socket.resetAndDestroy()
  const half = res => { res.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 }); res.write('{"jsonrpc":'); setImmediate(() => res.socket.destroy()) }
  const garbage = res => res.socket.end('\x00\x01 this is no HTTP\r\n\r\n')
  const broken = res => { res.writeHead(500, { 'content-type': 'text/html' }); res.end('<h1>oops</h1>') }
  const flood = res => {
    res.writeHead(200, { 'content-type': 'application/json' })
    const piece = Buffer.alloc(1 << 20, ' ')
    const more = () => { while (!res.destroyed && res.write(piece)); res.once('drain', more) }
    more()
  }

  for (const [name, way] of Object.entries({ stall, drip, reset, half, garbage, broken, flood })) {
    test(`${name}: each call ends in time and names it; the breaker opens, and closes when it works again`, async t => {
      const scope = Scope.of(t)
      const hostile = await startHostile(scope)
      const { gateway } = await beside(scope, () => ({ config: { url: hostile.url, deadline: '400ms' } }))
      assert.equal(said(await call(gateway, 'bad__echo', { text: 'good' })), 'good')
      const before = rss(gateway.pid)
      hostile.ways.now = way
      let made = 0
      await until(20000, 'the breaker to open', async () => {
        const began = performance.now()
        const why = failure(await call(gateway, 'bad__echo', { text: 'x' }))
        assert.ok(performance.now() - began < 3000)
        assert.match(why, /server 'bad'/)
        const open = /it failed too often/.test(why)
        if (!open) ++made
        return open || (name === 'flood' && made > 5)
      })
      // A call is sent once, whatever becomes of it.
      assert.ok(hostile.ways.calls <= made, `${hostile.ways.calls} requests for ${made} calls`)
      if (name !== 'flood') {
        const open = await becomes(gateway, 'bad', ['open', 'half-open'])
        assert.ok(open.reason, JSON.stringify(open))
        const { stdout } = await run(scope, ['tools', '--status', '--json', '--url', gateway.url])
        assert.ok(JSON.parse(stdout).find(upstream => upstream.id === 'bad').failures >= 5, stdout)
      }
      await othersAreFine(gateway)
      assert.ok(rss(gateway.pid) - before < 64, 'memory')
      hostile.ways.now = null
      assert.equal(await worksAgain(gateway, 'bad__echo', { text: 'again' }), 'again')
      await becomes(gateway, 'bad', ['up', 'degraded'])
    })
  }
  test('required: /readyz says 503 while it is open, and 200 without any caller once it works', async t => {
    const scope = Scope.of(t)
    const hostile = await startHostile(scope)
    const gateway = await startGateway(scope, { servers: { bad: { url: hostile.url, required: true, deadline: '300ms', connect_timeout: '500ms' } } })
    await until(10000, 'ready', async () => (await gateway.get('/readyz')).status === 200)
    await list(gateway)
    hostile.ways.now = stall
    await until(20000, 'not ready', async () => {
      await call(gateway, 'bad__echo', { text: 'x' })
      return (await gateway.get('/readyz')).status === 503
    })
    hostile.ways.now = null
    await until(20000, 'ready', async () => (await gateway.get('/readyz')).status === 200)
  })
  test('required: one that was not there when the gateway started is found when it comes', async t => {
    const scope = Scope.of(t)
    const hostile = await startHostile(scope)
    hostile.ways.now = broken
    const gateway = await startGateway(scope, { servers: { bad: { url: hostile.url, required: true, connect_timeout: '500ms' } } })
    assert.equal((await gateway.get('/readyz')).status, 503)
    await becomes(gateway, 'bad', ['down'])
    hostile.ways.now = null
    await until(20000, 'ready', async () => (await gateway.get('/readyz')).status === 200)
  })
})

describe('limits', () => {
  const legacyCall = (session, name, args = {}) => session.ask('tools/call', { name, arguments: args })
  const refusal = (response, status) => {
    assert.equal(response.status, status, response.text)
    assert.match(response.headers['content-type'], /application\/json/)
    assert.ok(Number(response.headers['retry-after']) >= 1, JSON.stringify(response.headers))
    assert.equal(response.json.jsonrpc, '2.0')
    assert.equal(response.json.error.code, status)
    return response.json
  }

  test('the rate of a caller: 429 in both eras, with the id of the request', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers: {}, limits: { rate: { per_second: 1, burst: 6 } } })
    const session = await legacySession(gateway.url)
    const modern = await until(10000, 'a refusal', async () => { const response = await list(gateway); return response.status !== 200 && response })
    const refused = refusal(modern, 429)
    assert.equal(refused.id, 1)
    assert.match(refused.error.message, /limits\.rate/)
    const legacy = await until(10000, 'a refusal', async () => { const response = await session.ask('tools/list'); return response.status !== 200 && response })
    assert.ok(refusal(legacy, 429).id >= 1)
    // It passes.
    await until(10000, 'an answer', async () => (await list(gateway)).status === 200)
  })
  test('concurrency of a caller', async t => {
    const scope = Scope.of(t)
    const { gateway, ear } = await beside(scope, ear => stdio(ear, { deadline: '3s' }), { limits: { concurrency: 2 } })
    const session = await legacySession(gateway.url)
    const hanging = [call(gateway, 'bad__hang', {}, { ms: 20000 }), call(gateway, 'bad__hang', {}, { ms: 20000 })]
    await ear.hears(said => said.event === 'hanging', { count: 2 })
    assert.match(refusal(await call(gateway, 'good__echo', { text: 'x' }), 429).error.message, /limits\.concurrency/)
    refusal(await legacyCall(session, 'good__echo', { text: 'x' }), 429)
    await Promise.all(hanging)
    assert.equal(said(await call(gateway, 'good__echo', { text: 'x' })), 'x')
  })
  test('a full gateway says 503 before it reads, in both eras, and still says how it is', async t => {
    const scope = Scope.of(t)
    const { gateway, ear } = await beside(scope, ear => stdio(ear, { deadline: '3s' }), { limits: { calls: 1 } })
    const session = await legacySession(gateway.url)
    const hanging = call(gateway, 'bad__hang', {}, { ms: 20000 })
    await ear.hears(said => said.event === 'hanging')
    assert.equal(refusal(await call(gateway, 'good__echo', { text: 'x' }), 503).id, null)
    refusal(await legacyCall(session, 'good__echo', { text: 'x' }), 503)
    const raw = await Raw.open(gateway.base)
    raw.write('POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n')
    await raw.until(raw => raw.text.includes('retryAfter'))
    assert.match(raw.text, /^HTTP\/1\.1 503 /)
    raw.close()
    assert.equal((await gateway.get('/readyz')).status, 200)
    assert.match((await gateway.get('/metrics')).text, /gatehouse_http_turned_away_total [1-9]/)
    assert.match(failure(await hanging), /server 'bad'/)
    assert.equal(said(await call(gateway, 'good__echo', { text: 'x' })), 'x')
  })
  test('bodies that wait for each other do not fill the memory', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers: {}, limits: { memory: '1mb', body: '4mb' } })
    const head = size => `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${size}\r\n\r\n`
    // Too much by its own word.
    const greedy = await Raw.open(gateway.base)
    greedy.write(head(2 << 20))
    await greedy.until(raw => raw.text.includes('retryAfter'))
    // Each alone would fit.
    const slow = await Raw.open(gateway.base)
    slow.write(head(900_000))
    slow.write('x'.repeat(800_000))
    await until(10000, 'the bytes to be there', async () => Number(/held_bytes (\d+)/.exec((await gateway.get('/metrics')).text)[1]) >= 800_000)
    const late = await Raw.open(gateway.base)
    late.write(head(900_000))
    await late.until(raw => raw.text.includes('retryAfter'))
    assert.match(late.text, /^HTTP\/1\.1 503 /)
    assert.equal((await list(gateway)).status, 200, 'a small request has room')
    slow.close()
    await until(10000, 'the room to be free', async () => Number(/held_bytes (\d+)/.exec((await gateway.get('/metrics')).text)[1]) === 0)
    for (const raw of [greedy, late]) raw.close()
  })
  test('the size of results and requests of a server', async t => {
    const scope = Scope.of(t)
    const { gateway } = await beside(scope, ear => stdio(ear, { limits: { body: '2kb', result: '1kb', rate: { per_second: 100, burst: 100 } } }))
    const large = await call(gateway, 'bad__echo', { text: 'x'.repeat(3000) })
    assert.match(failure(large), /server 'bad': the body has \d+ bytes, over the limit of 2048 \(servers\.bad\.limits\.body\)/)
    assert.equal(large.json.error.code, 413)
    assert.match(failure(await call(gateway, 'bad__echo', { text: 'x'.repeat(1500) })), /server 'bad': .*1024/)
    assert.equal(said(await call(gateway, 'bad__echo', { text: 'small' })), 'small')
  })
})
