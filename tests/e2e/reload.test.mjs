// Another config while the gateway runs: what changed is begun and ended, and nothing else notices.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ask, clients, fixture, modern, node, openStreams, processesWith, Raw, requestBytes, Scope, startEar, startGateway as start, text, within, writeConfig as write } from './lib.mjs'

// The commands change here, which is not what is tried.
const unpinned = config => typeof config === 'string' ? config : { pins: { mode: 'warn' }, ...config }
const startGateway = (scope, config, options) => start(scope, unpinned(config), options)
const writeConfig = (folder, config, ...rest) => write(folder, unpinned(config), ...rest)
import { startModern } from './fixtures/modern.mjs'
import { makeVault } from './world.mjs'

let serial = 0
const stdio = (ear, more = {}) => {
  const word = `reload-${process.pid}-${++serial}`
  return { word, config: { command: [node, fixture('stdio.mjs'), word, 'good'], env: ear ? { EAR: ear.port } : {}, sandbox: 'off', ...more } }
}
const call = (gateway, name, args = {}, options) => ask(gateway.url, 'tools/call', { name, arguments: args }, options)
const said = response => { assert.ok(response.json?.result, response.text); return text(response.json.result) }
const failure = response => response.json.error?.message ?? text(response.json.result)
const names = async gateway => (await ask(gateway.url, 'tools/list')).json.result.tools.map(tool => tool.name)

const told = gateway => gateway.log().split('\n').filter(line => line.includes('the config was read again'))

// Gives the gateway another config, and waits until it says what that changed.
async function change(gateway, config, { signal = false } = {}) {
  const before = told(gateway).length
  if (signal) process.kill(gateway.pid, 'SIGHUP')
  else writeConfig(gateway.folder, { listen: `127.0.0.1:${gateway.port}`, ...config })
  const { stderr } = gateway.program.child
  let look
  await within(15000, () => `another config; the log: ${gateway.log()}`, new Promise(done => {
    look = () => { if (told(gateway).length > before && gateway.log().endsWith('\n')) done() }
    stderr.on('data', look)
    look()
  })).finally(() => stderr.off('data', look))
  return told(gateway).at(-1)
}

// A stream that hears what changes. `heard` are the methods so far.
async function listenAt(scope, url) {
  const { body, headers } = modern('subscriptions/listen', { notifications: { toolsListChanged: true } })
  const stream = await Raw.open(url)
  scope.defer(() => stream.close())
  stream.write(requestBytes(url, { headers, body: JSON.stringify(body) }))
  await stream.until(({ text }) => text.includes('acknowledged'))
  return { stream, count: () => stream.text.split('notifications/tools/list_changed').length - 1,
    hears: count => stream.until(({ text }) => text.split('notifications/tools/list_changed').length > count) }
}

describe('a changed config', () => {
  test('takes a server out: who listens there hears so, and its stream ends', async t => {
    const scope = Scope.of(t)
    const a = stdio(), b = stdio()
    const gateway = await startGateway(scope, { servers: { a: a.config, b: b.config } })
    const all = await listenAt(scope, gateway.url), onlyA = await listenAt(scope, gateway.server('a'))
    const { client } = await clients.legacy(scope, gateway.server('a'))
    await openStreams(gateway, 3)
    await change(gateway, { servers: { b: b.config } })
    await onlyA.stream.until(({ text }) => /server 'a' was taken out of the gateway's config/.test(text))
    await all.hears(0)
    await within(15000, 'the end of the streams', (async () => { while (!/^gatehouse_open_streams 1$/m.test((await gateway.get('/metrics')).text)); })())
    await assert.rejects(client.listTools())
    // It comes back, and so do its streams.
    await change(gateway, { servers: { a: a.config, b: b.config } })
    await listenAt(scope, gateway.server('a'))
  })

  test('changes only what changed: calls and streams of the rest go on', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const a = stdio(ear, { deadline: '60s' }), b = stdio(ear), c = stdio(ear)
    const servers = { a: a.config, b: b.config }
    const gateway = await startGateway(scope, { servers })
    const pid = said(await call(gateway, 'a__pid'))
    const pidOfB = said(await call(gateway, 'b__pid'))
    const all = await listenAt(scope, gateway.url)
    const onlyA = await listenAt(scope, gateway.server('a'))
    const long = call(gateway, 'a__hang', {}, { ms: 60000 })
    await ear.hears(said => said.event === 'hanging')
    const longOnB = call(gateway, 'b__hang', {}, { ms: 60000 })
    await ear.hears(said => said.event === 'hanging', { count: 2 })

    // b gets another environment, so another process; c comes.
    let heard = all.count()
    let line = await change(gateway, { servers: { a: a.config, b: { ...b.config, env: { ...b.config.env, NEW: 'yes' } }, c: c.config } })
    assert.match(line, /added c; restarted b/)
    await all.hears(heard)
    const again = said(await call(gateway, 'b__pid'))
    assert.notEqual(again, pidOfB)
    assert.equal(JSON.parse(said(await call(gateway, 'b__env'))).NEW, 'yes')
    assert.equal(said(await call(gateway, 'c__echo', { text: 'new' })), 'new')
    assert.equal(said(await ask(gateway.server('c'), 'tools/call', { name: 'echo', arguments: { text: 'alone' } })), 'alone')
    assert.ok((await names(gateway)).includes('c__echo'))
    // The call that b began with ends where it began; the old process is not cut off before.
    assert.ok(processesWith(b.word).some(({ pid }) => String(pid) === pidOfB), 'the old process of b still has a call')

    // b goes.
    heard = all.count()
    line = await change(gateway, { servers: { a: a.config, c: c.config } })
    assert.match(line, /removed b/)
    await all.hears(heard)
    assert.match(failure(await call(gateway, 'b__echo', { text: 'x' })), /unknown tool: b__echo/)
    assert.equal((await ask(gateway.server('b'), 'tools/list')).status, 404)
    assert.ok(!(await names(gateway)).some(name => name.startsWith('b__')))

    // What is only said about a tool needs no other process.
    line = await change(gateway, { servers: { a: { ...a.config, tools: { echo: { rename: 'say', description: 'Says it.' } } }, c: c.config } })
    assert.match(line, /adjusted a/)
    await onlyA.hears(0)
    assert.equal(said(await call(gateway, 'a__say', { text: 'renamed' })), 'renamed')
    assert.equal((await ask(gateway.url, 'tools/list')).json.result.tools.find(tool => tool.name === 'a__say').description, 'Says it.')

    assert.equal(said(await call(gateway, 'a__pid')), pid)
    assert.equal(all.stream.closed || onlyA.stream.closed, false)
    let over = false
    long.then(() => { over = true }, () => { over = true })
    await new Promise(setImmediate)
    assert.equal(over, false, 'the long call still runs')
    // It ends with its server.
    process.kill(Number(pid), 'SIGKILL')
    assert.match(failure(await long), /server 'a'/)
    void longOnB.catch(() => {})
  })

  test('that is wrong changes nothing, says what is wrong as check does, and its correction counts', async t => {
    const scope = Scope.of(t)
    const a = stdio()
    const gateway = await startGateway(scope, { servers: { a: a.config } })
    const pid = said(await call(gateway, 'a__pid'))
    writeFileSync(gateway.file, `listen: 127.0.0.1:${gateway.port}\nservers:\n  a: { comand: [x] }\n  b: { builtin: vault }\n`)
    await gateway.wrote(/the one before goes on/)
    assert.match(gateway.log(), /gatehouse\.yaml:3:8: unknown key "comand" in servers\.a; did you mean "command"\?/)
    assert.match(gateway.log(), /gatehouse\.yaml:4:\d+: servers\.b needs roots/)
    assert.equal(said(await call(gateway, 'a__pid')), pid)
    const line = await change(gateway, { servers: { a: a.config, files: { builtin: 'filesystem', roots: [makeVault(scope.folder())] } } })
    assert.match(line, /added files/)
    assert.equal(said(await call(gateway, 'a__pid')), pid)
  })

  test('is taken on SIGHUP too, and what only a restart changes is named', async t => {
    const scope = Scope.of(t)
    const a = stdio()
    const gateway = await startGateway(scope, { servers: { a: a.config } })
    assert.match(await change(gateway, {}, { signal: true }), /"change":"none"|change=none/)
    const page = 'https://app.example.com'
    assert.equal((await ask(gateway.url, 'tools/list', {}, { headers: { origin: page } })).status, 403)
    const line = await change(gateway, { listen: '127.0.0.1:1', strict: true, name_limit: 40, limits: { body: '2kb' }, allowed_origins: [page], servers: { a: a.config } })
    assert.match(line, /set name_limit, limits\.body, allowed_origins; needs a restart: listen, strict/)
    assert.equal((await ask(gateway.url, 'tools/list', {}, { headers: { origin: page } })).status, 200)
    assert.equal((await ask(gateway.url, 'tools/call', { name: 'a__echo', arguments: { text: 'x'.repeat(4096) } })).status, 413)
  })

  test('takes subscriptions along to the server that was begun anew', async t => {
    const scope = Scope.of(t)
    const upstream = await startModern(scope)
    const servers = round => ({ servers: { m: { url: upstream.url, headers: { 'X-Round': round } } } })
    const gateway = await startGateway(scope, servers('1'))
    const url = gateway.server('m')
    const { body, headers } = modern('subscriptions/listen', { notifications: { resourceSubscriptions: ['demo://one'] } })
    const stream = await Raw.open(url)
    scope.defer(() => stream.close())
    stream.write(requestBytes(url, { headers, body: JSON.stringify(body) }))
    await stream.until(({ text }) => text.includes('acknowledged'))
    assert.match(await change(gateway, servers('2')), /restarted m/)
    await upstream.hears(said => said.event === 'request' && said.headers['x-round'] === '2' && said.headers['mcp-method'] === 'subscriptions/listen')
    // What could have been missed meanwhile counts as changed.
    await stream.until(({ text }) => text.includes('resources/updated'))
    const before = stream.text.split('resources/updated').length
    upstream.change('another')
    await stream.until(({ text }) => text.split('resources/updated').length > before)
    assert.equal(stream.closed, false)
  })

  test('comes by renaming, and from the file of a secret', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const secret = join(folder, 'word')
    writeFileSync(secret, 'first\n', { mode: 0o600 })
    const a = stdio(undefined, { env: { WORD: '${file:./word}' } })
    const gateway = await startGateway(scope, { servers: { a: a.config } }, { folder })
    assert.equal(JSON.parse(said(await call(gateway, 'a__env'))).WORD, 'first')
    writeFileSync(`${secret}.new`, 'second\n', { mode: 0o600 })
    renameSync(`${secret}.new`, secret)
    await gateway.wrote(/restarted a/)
    assert.equal(JSON.parse(said(await call(gateway, 'a__env'))).WORD, 'second')
    assert.ok(!gateway.log().includes('second\n') && !gateway.log().includes('"second"'))
  })

  test('reaches clients of gatehouse stdio', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const a = stdio(), b = stdio()
    const file = writeConfig(folder, { servers: { a: a.config } })
    const client = await clients.modern(scope, { config: file })
    assert.ok((await client.listTools()).tools.some(({ name }) => name === 'a__echo'))
    const changed = new Promise(done => client.client.setNotificationHandler?.('notifications/tools/list_changed', done))
    writeConfig(folder, { servers: { a: a.config, b: b.config } })
    const listed = async () => {
      for (;;) if ((await client.listTools(undefined)).tools.some(({ name }) => name === 'b__echo')) return
    }
    void changed
    await within(15000, 'the new server in the list', listed())
    assert.equal(text(await client.callTool('b__echo', { text: 'hi' })), 'hi')
  })
})

const openFiles = pid => readdirSync(`/proc/${pid}/fd`).length
const resident = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])

test('50 changes in a row under load lose no call of the rest, and leave nothing behind', async t => {
  const scope = Scope.of(t)
  const a = stdio(), b = stdio()
  const config = round => ({ servers: { a: a.config, b: { ...b.config, env: { ROUND: String(round) } } } })
  const gateway = await startGateway(scope, config(0))
  const pid = said(await call(gateway, 'a__pid'))
  await call(gateway, 'b__pid')
  let going = true, calls = 0
  const load = async () => {
    while (going) {
      assert.equal(said(await call(gateway, 'a__echo', { text: String(++calls) })).length > 0, true)
    }
  }
  const loads = [load(), load(), load(), load()]
  let files, memory
  for (let round = 1; round <= 50; ++round) {
    assert.match(await change(gateway, config(round)), /restarted b/)
    assert.equal(JSON.parse(said(await call(gateway, 'b__env'))).ROUND, String(round))
    if (round === 10) { files = openFiles(gateway.pid); memory = resident(gateway.pid) }
  }
  going = false
  await Promise.all(loads)
  assert.ok(calls > 50, `${calls} calls`)
  assert.equal(said(await call(gateway, 'a__pid')), pid)
  await within(15000, () => `one process of b: ${JSON.stringify(processesWith(b.word))}`, (async () => {
    while (processesWith(b.word).filter(({ command }) => command.includes('stdio.mjs')).length > 1) await new Promise(setImmediate)
  })())
  assert.ok(openFiles(gateway.pid) <= files + 8, `${files} open files, then ${openFiles(gateway.pid)}`)
  assert.ok(resident(gateway.pid) < memory + 8 * 1024, `${memory} KB, then ${resident(gateway.pid)} KB`)
})
