// Upstreams that fail in every way: each leaves the gateway serving, and the others unharmed.
import assert from 'node:assert/strict'
import { rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { createServer } from 'node:http'
import { makeVault } from './world.mjs'
import { ask, clients, fixture, freePort, node, openStreams, processesWith, programs, run, Scope, startEar, startGateway, text, within } from './lib.mjs'
import { startModern } from './fixtures/modern.mjs'

let serial = 0
// A stdio fixture that can be told from all others in the process list.
const stdio = (ear, mode = 'good', more = {}) => {
  const word = `fixture-${process.pid}-${++serial}`
  return { word, config: { command: [node, fixture('stdio.mjs'), word, mode], env: ear ? { EAR: ear.port } : {}, sandbox: 'off', ...more } }
}

const names = async gateway => (await ask(gateway.url, 'tools/list')).json.result.tools.map(tool => tool.name)
const call = (gateway, name, args = {}, options) => ask(gateway.url, 'tools/call', { name, arguments: args }, options)
const said = response => { assert.equal(response.status, 200, response.text); assert.ok(response.json.result, response.text); return text(response.json.result) }

// What a call that did not work says, be it a result or an error.
function failure(response) {
  const { result, error } = response.json
  assert.equal(response.status, error?.data?.retryAfter ? error.code : 200, response.text)
  if (error) return error.message
  assert.equal(result.isError, true, response.text)
  return text(result)
}

async function status(gateway, id) {
  const { text } = await gateway.get('/readyz')
  return JSON.parse(text).upstreams.find(upstream => upstream.id === id)
}

// A gateway with a good server and the one under test.
async function beside(scope, config, options) {
  const vault = makeVault(scope.folder())
  const ear = await startEar(scope)
  const good = stdio(ear)
  const bad = stdio(ear, config?.mode, config?.more)
  const gateway = await startGateway(scope, {
    servers: { good: good.config, files: { builtin: 'filesystem', roots: [vault] }, bad: config?.server ?? bad.config },
  }, options)
  return { gateway, ear, bad, good }
}
const stillServes = async gateway => assert.equal(said(await call(gateway, 'good__echo', { text: 'fine' })), 'fine')

describe('an upstream that does not start', () => {
  for (const [title, config, reason] of [
    ['there is no such program', { server: { command: ['./no-such-program'] } }, /no-such-program/],
    ['it ends at once', { mode: 'exit' }, /no such database: fixture|status 3|exit/i],
    ['it ends when asked for its tools', { mode: 'stop' }, /exited with 4/],
    ['nobody listens at its URL', { server: { url: 'http://127.0.0.1:9/mcp' } }, /127\.0\.0\.1:9|refused/i],
  ]) {
    test(title, async t => {
      const scope = Scope.of(t)
      const { gateway } = await beside(scope, config)
      const listed = await names(gateway)
      assert.ok(listed.includes('good__echo') && listed.includes('files__read_text_file'), `${listed}`)
      assert.ok(!listed.some(name => name.startsWith('bad__')), `${listed}`)
      const why = failure(await call(gateway, 'bad__echo'))
      assert.match(why, /bad/)
      assert.match(why, reason)
      const down = await status(gateway, 'bad')
      assert.equal(down.state, 'down')
      assert.match(down.reason, reason)
      await stillServes(gateway)
      await gateway.stop()
    })
  }
  test('a program that hangs is given up after connect_timeout, and delays nobody', async t => {
    const scope = Scope.of(t)
    const { gateway, ear } = await beside(scope, { mode: 'hang', more: { connect_timeout: '600ms' } })
    const listed = await names(gateway)
    assert.ok(listed.includes('good__echo'), `${listed}`)
    await ear.hears(said => said.event === 'ignored')
    await Promise.all([stillServes(gateway), stillServes(gateway)])
    assert.match(failure(await call(gateway, 'bad__echo', { text: 'x' })), /bad/)
    assert.equal((await status(gateway, 'bad')).state, 'down')
    await gateway.stop()
  })
  test('one that starts but does not list does not delay the others', async t => {
    const scope = Scope.of(t)
    const { gateway, ear } = await beside(scope, { mode: 'deaf', more: { connect_timeout: '60s' } })
    const listing = names(gateway)
    await ear.hears(said => said.event === 'ignored')
    await stillServes(gateway)
    const listed = await listing // within the seconds that a list waits for a server it does not know
    assert.ok(listed.includes('good__echo'), `${listed}`)
    // From then on no list waits for it at all.
    assert.ok((await names(gateway)).includes('good__echo'))
    assert.equal((await ask(gateway.server('good'), 'tools/list')).status, 200)
  })
  test('an HTTP server that accepts and says nothing', async t => {
    const scope = Scope.of(t)
    const silent = createServer(() => {})
    await new Promise(done => silent.listen(0, '127.0.0.1', done))
    scope.defer(() => { silent.closeAllConnections(); silent.close() })
    const { gateway } = await beside(scope, { server: { url: `http://127.0.0.1:${silent.address().port}/mcp`, connect_timeout: '500ms' } })
    assert.ok((await names(gateway)).includes('good__echo'))
    assert.match(failure(await call(gateway, 'bad__echo')), /bad/)
    await stillServes(gateway)
  })
  test('an HTTP server that is no MCP server', async t => {
    const scope = Scope.of(t)
    const web = createServer((req, res) => { res.writeHead(200, { 'content-type': 'text/html' }); res.end('<h1>It works!</h1>') })
    await new Promise(done => web.listen(0, '127.0.0.1', done))
    scope.defer(() => { web.closeAllConnections(); web.close() })
    const { gateway } = await beside(scope, { server: { url: `http://127.0.0.1:${web.address().port}/` } })
    assert.ok((await names(gateway)).includes('good__echo'))
    assert.match(failure(await call(gateway, 'bad__echo')), /bad/)
    assert.equal((await status(gateway, 'bad')).state, 'down')
    await stillServes(gateway)
  })
  test('required: /readyz says 503 until it is there', async t => {
    const scope = Scope.of(t)
    const port = await freePort()
    const gateway = await startGateway(scope, { servers: { bad: { url: `http://127.0.0.1:${port}/mcp`, required: true }, other: { url: 'http://127.0.0.1:9/mcp' } } })
    assert.equal((await gateway.get('/healthz')).status, 200)
    assert.equal((await gateway.get('/readyz')).status, 503)
    assert.match((await gateway.get('/readyz')).text, /bad/)
  })
})

describe('an upstream that misbehaves', () => {
  test('kill -9 during calls: those calls fail and name it, the next one works', async t => {
    const scope = Scope.of(t)
    const { gateway, ear, bad } = await beside(scope)
    await names(gateway)
    const pid = Number(said(await call(gateway, 'bad__pid')))
    assert.ok(processesWith(bad.word).some(process => process.pid === pid))
    const from = ear.heard.length
    const hanging = Array.from({ length: 5 }, () => call(gateway, 'bad__hang'))
    await ear.hears(said => said.event === 'hanging', { from, count: 5 })
    process.kill(pid, 'SIGKILL')
    for (const response of await Promise.all(hanging)) assert.match(failure(response), /bad/)
    const next = Number(said(await call(gateway, 'bad__pid')))
    assert.notEqual(next, pid)
    assert.equal(processesWith(bad.word).filter(process => process.pid === pid).length, 0)
    await stillServes(gateway)
  })
  test('it dies in the middle of a call', async t => {
    const scope = Scope.of(t)
    const { gateway } = await beside(scope)
    const why = failure(await call(gateway, 'bad__die'))
    assert.match(why, /bad/)
    assert.equal(said(await call(gateway, 'bad__echo', { text: 'back' })), 'back')
    await stillServes(gateway)
  })
  test('it dies again and again, and is not started without end', async t => {
    const scope = Scope.of(t)
    const { gateway, ear } = await beside(scope)
    for (let n = 0; n < 30; ++n) assert.match(failure(await call(gateway, 'bad__die')), /bad/)
    const starts = ear.heard.filter(said => said.event === 'dying').length
    assert.ok(starts >= 1 && starts < 30, `it was started ${starts} times`)
    await stillServes(gateway)
    await gateway.stop()
  })
  test('it never answers: the call ends with its deadline, and the upstream is told', async t => {
    const scope = Scope.of(t)
    const { gateway, ear } = await beside(scope, { more: { deadline: '400ms' } })
    await names(gateway)
    assert.match(failure(await call(gateway, 'bad__hang')), /bad/)
    const { id } = await ear.hears(said => said.event === 'hanging')
    assert.equal((await ear.hears(said => said.event === 'cancelled')).id, id)
    assert.equal(said(await call(gateway, 'bad__echo', { text: 'next' })), 'next')
  })
  test('it answers twice: the first counts, and the next call gets its own', async t => {
    const scope = Scope.of(t)
    const { gateway } = await beside(scope)
    for (let n = 0; n < 5; ++n) {
      assert.equal(said(await call(gateway, 'bad__twice')), 'first')
      assert.equal(said(await call(gateway, 'bad__echo', { text: `${n}` })), `${n}`)
    }
  })
  test('it answers calls that nobody made', async t => {
    const scope = Scope.of(t)
    const { gateway } = await beside(scope)
    assert.equal(said(await call(gateway, 'bad__stranger')), 'mine')
    assert.equal(said(await call(gateway, 'bad__echo', { text: 'x' })), 'x')
  })
  test('noise on its stdout, at the start and between', async t => {
    const scope = Scope.of(t)
    const { gateway } = await beside(scope, { mode: 'noise' })
    assert.ok((await names(gateway)).includes('bad__noise'))
    assert.equal(said(await call(gateway, 'bad__noise')), 'after the noise')
    assert.equal(said(await call(gateway, 'bad__echo', { text: 'x' })), 'x')
  })
  test('a line of four megabytes, and one of forty', async t => {
    const scope = Scope.of(t)
    const { gateway } = await beside(scope, { more: { deadline: '3s' } })
    const four = await call(gateway, 'bad__big')
    if (four.json.result?.isError || four.json.error) assert.match(failure(four), /bad/)
    else assert.equal(said(four).length, 4 << 20)
    assert.equal(said(await call(gateway, 'bad__echo', { text: 'x' })), 'x')
    assert.match(failure(await call(gateway, 'bad__big', { bytes: 40 << 20 })), /bad/)
    assert.equal(said(await call(gateway, 'bad__echo', { text: 'y' })), 'y')
    await stillServes(gateway)
  })
  test('answers that are none', async t => {
    const scope = Scope.of(t)
    const { gateway } = await beside(scope, { more: { deadline: '2s' } })
    for (const tool of ['bad__broken', 'bad__neither']) {
      assert.match(failure(await call(gateway, tool)), /bad/)
      assert.equal(said(await call(gateway, 'bad__echo', { text: 'x' })), 'x')
    }
  })
  test('an HTTP upstream whose connections break', async t => {
    const scope = Scope.of(t)
    const modern = await startModern(scope)
    const { gateway } = await beside(scope, { server: { url: modern.url } })
    await names(gateway)
    const waiting = call(gateway, 'bad__wait', { name: 'a' })
    await modern.hears(said => said.event === 'waiting')
    modern.cut()
    assert.match(failure(await waiting), /bad/)
    assert.equal(said(await call(gateway, 'bad__echo', { text: 'again' })), 'again')
  })
  test('an HTTP upstream that was restarted, and has forgotten its sessions', async t => {
    const scope = Scope.of(t)
    const port = await freePort()
    const start = async () => {
      const program = scope.run(node, [programs.everything, 'streamableHttp'], { env: { PORT: String(port) }, name: 'server-everything' })
      await program.wrote(/listening on port/i)
      return program
    }
    const first = await start()
    const { gateway } = await beside(scope, { server: { url: `http://127.0.0.1:${port}/mcp` } })
    assert.match(said(await call(gateway, 'bad__echo', { message: 'one' })), /one/)
    await first.kill()
    assert.match(failure(await call(gateway, 'bad__echo', { message: 'nobody' })), /bad/)
    await stillServes(gateway)
    await start()
    // It says so with 400, where the specification has 404.
    assert.match(said(await call(gateway, 'bad__echo', { message: 'two' })), /two/)
    assert.match(said(await call(gateway, 'bad__echo', { message: 'three' })), /three/)
  })
  test('an upstream that grows a tool: clients of both eras are told, and see it', async t => {
    const scope = Scope.of(t)
    const { gateway } = await beside(scope)
    await names(gateway)
    const heard = {}
    for (const kind of ['modern', 'legacy', 'sdk1']) {
      const changed = Promise.withResolvers()
      const onChanged = (error, tools) => error ? changed.reject(error) : changed.resolve(tools.map(tool => tool.name))
      await clients[kind](scope, gateway.url, { listChanged: { tools: { onChanged, autoRefresh: true, debounceMs: 0 } } })
      heard[kind] = changed.promise
    }
    await openStreams(gateway, 3)
    assert.equal(said(await call(gateway, 'bad__grow')), 'grown')
    for (const kind of Object.keys(heard)) assert.ok((await within(10000, `${kind} to hear`, heard[kind])).includes('bad__grown'), kind)
    assert.equal(said(await call(gateway, 'bad__grown')), 'I am new')
  })
})

describe('the stored catalog', () => {
  test('a second run lists everything with no child running, and starts none that it cannot', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const ear = await startEar(scope)
    // The program is a link, so that it can be taken away.
    const program = join(folder, 'program')
    symlinkSync(node, program)
    const { word, config } = stdio(ear)
    const servers = { one: { ...config, command: [program, ...config.command.slice(1)] }, two: stdio(ear).config }
    const first = await startGateway(scope, { servers }, { folder })
    assert.equal(processesWith(word).length, 0, 'nothing starts before it is used')
    const before = await names(first)
    assert.ok(before.includes('one__echo') && before.includes('two__echo'), `${before}`)
    await first.stop()
    assert.equal(processesWith(word).length, 0)

    rmSync(program)
    const second = await startGateway(scope, { servers }, { folder })
    const began = performance.now()
    const after = await names(second)
    t.diagnostic(`listed in ${(performance.now() - began).toFixed(1)} ms with no child running`)
    assert.equal(processesWith(word).length, 0)
    assert.deepEqual(after, before)
    // What was listed without it can be called once it is back.
    assert.match(failure(await call(second, 'one__echo', { text: 'x' })), /one/)
    assert.equal(said(await call(second, 'two__echo', { text: 'x' })), 'x')
  })
  test('it is refreshed behind: the next list has what is new', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const modern = await startModern(scope)
    const config = { servers: { new: { url: modern.url } } }
    const first = await startGateway(scope, config, { folder })
    assert.ok(!(await names(first)).includes('new__grown'))
    await first.stop()
    modern.grow()
    const second = await startGateway(scope, config, { folder })
    const client = await clients.modern(scope, second.url)
    let changed
    const told = new Promise(done => { changed = done })
    client.client.setNotificationHandler('notifications/tools/list_changed', () => changed())
    await client.client.listen({ toolsListChanged: true })
    await client.listTools({ cacheMode: 'refresh' })
    await within(10000, 'list_changed', told)
    assert.ok((await names(second)).includes('new__grown'))
  })
  test('another config for a server is another server', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const first = await startGateway(scope, { servers: { one: stdio().config } }, { folder })
    assert.ok((await names(first)).includes('one__echo'))
    await first.stop()
    const second = await startGateway(scope, { servers: { one: { command: [node, fixture('stdio.mjs'), 'x', 'exit'] } } }, { folder })
    assert.ok(!(await names(second)).includes('one__echo'))
  })
  test('the files of the store are for this user only', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers: { one: stdio().config } })
    await names(gateway)
    assert.equal(statSync(gateway.store).mode & 0o777, 0o600)
    assert.equal(statSync(`${gateway.store}.sock`).mode & 0o777, 0o600)
  })
  test('a store that is broken is said to be, and by name', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    writeFileSync(join(folder, 'gatehouse.db'), 'this is no database, and it is long enough to be seen as none. '.repeat(100))
    writeFileSync(join(folder, 'gatehouse.yaml'), 'servers: {}\n')
    const { code, stderr } = await run(scope, ['serve', '--config', join(folder, 'gatehouse.yaml'), '--listen', `127.0.0.1:${await freePort()}`])
    assert.equal(code, 1, stderr)
    assert.match(stderr, /gatehouse\.db/)
  })
})

describe('the config of a server', () => {
  test('disabled, renamed, described anew, included, excluded', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const off = stdio(ear, 'good', { enabled: false })
    const gateway = await startGateway(scope, {
      servers: {
        off: off.config,
        one: stdio(ear, 'good', { tools: { include: ['e*', 'p*', 'twice'], exclude: ['env'], echo: { rename: 'say', description: 'Says it.' } } }).config,
        two: stdio(ear, 'good', { tools: { exclude: ['*'], } }).config,
      },
    })
    const tools = (await ask(gateway.url, 'tools/list')).json.result.tools
    assert.deepEqual(tools.map(tool => tool.name).sort(), ['one__pid', 'one__progress', 'one__say', 'one__twice'])
    assert.equal(tools.find(tool => tool.name === 'one__say').description, 'Says it.')
    assert.equal(said(await call(gateway, 'one__say', { text: 'renamed' })), 'renamed')
    for (const name of ['one__echo', 'one__env', 'one__hang', 'two__echo', 'off__echo'])
      assert.equal((await call(gateway, name)).json.error?.code, -32602, name)
    assert.equal((await ask(gateway.server('off'), 'tools/list')).status, 404)
    assert.equal(processesWith(off.word).length, 0)
    const alone = (await ask(gateway.server('one'), 'tools/list')).json.result.tools.map(tool => tool.name)
    assert.deepEqual(alone.sort(), ['pid', 'progress', 'say', 'twice'])
  })
  test('the environment of a child is what the config says, and not what the gateway knows', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers: { one: stdio(null, 'good', { env: { MODE: 'blue', TOKEN: '${env:E2E_TOKEN}' } }).config } },
      { env: { E2E_TOKEN: 'hunter2hunter2', E2E_OTHER: 'not-for-children' } })
    const environment = JSON.parse(said(await call(gateway, 'one__env')))
    assert.equal(environment.MODE, 'blue')
    assert.equal(environment.TOKEN, 'hunter2hunter2')
    assert.equal(environment.E2E_OTHER, undefined)
    assert.ok(!gateway.log().includes('hunter2hunter2'), 'no secret in the log')
    assert.ok(!(await gateway.get('/metrics')).text.includes('hunter2hunter2'))
  })
  test('headers go to an HTTP upstream, and the client\'s own do not', async t => {
    const scope = Scope.of(t)
    const modern = await startModern(scope)
    const gateway = await startGateway(scope, { servers: { new: { url: modern.url, headers: { Authorization: 'Bearer ${env:E2E_TOKEN}' } } } }, { env: { E2E_TOKEN: 'hunter2hunter2' } })
    const headers = JSON.parse(said(await call(gateway, 'new__headers', {}, { headers: { authorization: 'Bearer of-the-client', cookie: 'a=b' } })))
    assert.equal(headers.authorization, 'Bearer hunter2hunter2')
    assert.equal(headers.cookie, undefined)
    assert.ok(!gateway.log().includes('hunter2hunter2'), 'no secret in the log')
  })
  test('names that are too long or strange get an alias that stays', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const source = `const tools = ['a.b/c', 'a_b_c', 'x'.repeat(60), 'ok'].map(name => ({name, inputSchema: {type: 'object'}}))
      let text = ''
      process.stdin.on('data', chunk => { const lines = (text + chunk).split('\\n'); text = lines.pop(); for (const line of lines) {
        const {id, method, params} = JSON.parse(line); if (id === undefined) continue
        const send = result => console.log(JSON.stringify({jsonrpc: '2.0', id, ...result}))
        if (method === 'initialize') send({result: {protocolVersion: params.protocolVersion, capabilities: {tools: {}}, serverInfo: {name: 'x', version: '1'}}})
        else if (method === 'tools/list') send({result: {tools}})
        else if (method === 'tools/call') send({result: {content: [{type: 'text', text: params.name}]}})
        else send({error: {code: -32601, message: 'no'}}) } })`
    const file = join(folder, 'odd.cjs')
    writeFileSync(file, source)
    const config = { servers: { odd: { command: [node, file] } } }
    const first = await startGateway(scope, config, { folder })
    const listed = await names(first)
    assert.equal(listed.length, 4)
    assert.equal(new Set(listed).size, 4)
    for (const name of listed) assert.match(name, /^odd__[A-Za-z0-9_-]{1,41}$/)
    assert.ok(listed.includes('odd__ok') && listed.includes('odd__a_b_c'), `${listed}`)
    const real = []
    for (const name of listed) real.push(said(await call(first, name)))
    assert.deepEqual(real.sort(), ['a.b/c', 'a_b_c', 'ok', 'x'.repeat(60)])
    assert.equal(said(await call(first, 'odd__a_b_c')), 'a_b_c')
    await first.stop()
    rmSync(join(folder, 'gatehouse.db'), { force: true })
    const second = await startGateway(scope, config, { folder })
    assert.deepEqual((await names(second)).sort(), [...listed].sort())
  })
})
