// How a gateway starts, stops, is killed, and tells of changes.
import assert from 'node:assert/strict'
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { makeVault } from './world.mjs'
import { ask, clients, events, fixture, freePort, legacySession, modern, node, openStreams, processes, processesWith, programs, Raw, requestBytes, run, Scope, startEar, startGateway, text, within, writeConfig } from './lib.mjs'

let serial = 0
const stdio = (ear, more = {}) => {
  const word = `life-${process.pid}-${++serial}`
  return { word, config: { command: [node, fixture('stdio.mjs'), word], env: { EAR: ear.port }, sandbox: 'off', ...more } }
}
const call = (gateway, name, args = {}) => ask(gateway.url, 'tools/call', { name, arguments: args })

describe('SIGTERM', () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`${signal}: the open call ends well, new ones are refused, exit 0, no child left`, async t => {
      const scope = Scope.of(t)
      const ear = await startEar(scope)
      const one = stdio(ear)
      const gateway = await startGateway(scope, { servers: { one: one.config, every: { command: [node, programs.everything, 'stdio'] } } })
      await ask(gateway.url, 'tools/list')
      const request = modern('tools/call', { name: 'every__trigger-long-running-operation', arguments: { duration: 1.2, steps: 2 } }, { meta: { progressToken: 'p' } })
      const open = await Raw.open(gateway.url)
      open.write(requestBytes(gateway.url, { headers: request.headers, body: JSON.stringify(request.body) }))
      await open.until(() => open.text.includes('notifications/progress'))
      gateway.program.child.kill(signal)
      await gateway.wrote(/"stopping"/)
      const refused = await ask(gateway.url, 'tools/list').then(response => response.json?.error, error => error)
      assert.ok(refused, 'no connection, or an error')
      const [answer] = await open.responses()
      assert.equal(answer.status, 200)
      assert.ok(answer.json.result, answer.text)
      assert.match(text(answer.json.result), /completed/i)
      const { code } = await gateway.program.end(12000)
      assert.equal(code, 0)
      await assert.rejects(Raw.open(gateway.url))
      assert.equal(processesWith(one.word).length, 0)
    })
  }
  test('a legacy session: its open call ends well too', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers: { every: { command: [node, programs.everything, 'stdio'] } } })
    const session = await legacySession(gateway.url)
    await session.ask('tools/list')
    const open = await Raw.open(gateway.url)
    const body = JSON.stringify({ jsonrpc: '2.0', id: 77, method: 'tools/call', params: { name: 'every__trigger-long-running-operation', arguments: { duration: 1, steps: 2 }, _meta: { progressToken: 5 } } })
    open.write(requestBytes(gateway.url, { headers: session.headers, body }))
    await open.until(() => open.text.includes('notifications/progress'))
    gateway.program.child.kill('SIGTERM')
    const [answer] = await open.responses()
    assert.ok(answer.json.result, answer.text)
    assert.match(text(answer.json.result), /completed/i)
    assert.equal((await gateway.program.end(12000)).code, 0)
  })
  test('an endless call is cut off in the end, and its client told', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const one = stdio(ear)
    const gateway = await startGateway(scope, { servers: { one: one.config } })
    const hanging = call(gateway, 'one__hang').then(response => response, error => error)
    await ear.hears(said => said.event === 'hanging')
    gateway.program.child.kill('SIGTERM')
    const { code } = await gateway.program.end(15000)
    assert.equal(code, 0)
    const answer = await hanging
    assert.ok(answer.json?.error || answer.json?.result?.isError, `a whole answer, not ${answer.message ?? answer.text}`)
    assert.equal(processesWith(one.word).length, 0)
  })
  test('streams of both eras end cleanly, at once', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const gateway = await startGateway(scope, { servers: { one: stdio(ear).config } })
    const listen = modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, { id: 'L1' })
    const stream = await Raw.open(gateway.url)
    stream.write(requestBytes(gateway.url, { headers: listen.headers, body: JSON.stringify(listen.body) }))
    await stream.until(() => stream.text.includes('acknowledged'))
    const session = await legacySession(gateway.url)
    const get = await Raw.open(gateway.url)
    get.write(requestBytes(gateway.url, { method: 'GET', headers: { ...session.headers, accept: 'text/event-stream' } }))
    await get.until(() => get.text.includes('\r\n\r\n'))
    gateway.program.child.kill('SIGTERM')
    const [ended] = await stream.responses(1, 5000)
    assert.ok(ended, 'the stream is whole, down to its last chunk')
    assert.equal(ended.json.id, 'L1')
    assert.equal(ended.json.result.resultType, 'complete')
    assert.equal((await get.responses(1, 5000)).length, 1, 'so is the legacy one')
    assert.equal((await gateway.program.end(5000)).code, 0)
  })
  test('idle connections do not hold it up', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const gateway = await startGateway(scope, { servers: { one: stdio(ear).config } })
    const idle = await Promise.all(Array.from({ length: 20 }, () => Raw.open(gateway.url)))
    scope.defer(() => { for (const connection of idle) connection.close() })
    idle[0].write('POST /mcp HTTP/1.1\r\n')
    await call(gateway, 'one__echo', { text: 'x' })
    await gateway.stop(5000)
  })
  test('stdio: the end of stdin is the end, with exit 0 and no child left', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const one = stdio(ear)
    const config = writeConfig(scope.folder(), { servers: { one: one.config } })
    const client = await clients.legacy(scope, { config })
    assert.equal(text(await client.callTool('one__echo', { text: 'x' })), 'x')
    assert.equal(processesWith(one.word).length > 0, true)
    const { pid } = await ear.hears(said => said.event === 'start')
    await client.close()
    await ear.hears(said => said.event === 'gone' && said.pid === pid)
    const [line] = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }).split('\n')
    const { code, stdout } = await run(scope, ['stdio', '--config', config], { input: line + '\n' })
    assert.equal(code, 0)
    assert.equal(JSON.parse(stdout).id, 1)
  })
  test('stdio: nothing but messages on stdout, whatever comes in', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const config = writeConfig(scope.folder(), { servers: { one: stdio(ear).config } })
    const request = (id, method, params = {}) => JSON.stringify(modern(method, params, { id }).body)
    const lines = ['not JSON', '', '{"jsonrpc":"2.0","id":1', '[]', '"x"', '{"jsonrpc":"2.0","id":2,"method":"foo"}', '[[[['.repeat(5000),
      request('a', 'tools/call', { name: 'one__echo', arguments: { text: 'still' } }), request('b', 'tools/call', { name: 'one__noise' })]
    const { code, stdout } = await run(scope, ['stdio', '--config', config], { input: lines.join('\n') + '\n' })
    assert.equal(code, 0)
    const messages = stdout.split('\n').filter(Boolean).map(line => JSON.parse(line))
    for (const message of messages) assert.equal(message.jsonrpc, '2.0')
    // The end of stdin came right behind the calls: they are answered all the same.
    assert.equal(text(messages.find(message => message.id === 'a').result), 'still')
    assert.equal(text(messages.find(message => message.id === 'b').result), 'after the noise')
    assert.ok(messages.some(message => message.error?.code === -32700))
  })
})

describe('SIGKILL of the gateway', () => {
  for (const command of ['serve', 'stdio']) {
    test(`${command}: its children are gone, and theirs, double-forked and in sessions of their own`, async t => {
      const scope = Scope.of(t)
      const ear = await startEar(scope)
      const one = stdio(ear)
      scope.defer(() => { for (const left of processesWith(one.word)) process.kill(left.pid, 'SIGKILL') })
      let pid
      if (command === 'serve') {
        const gateway = await startGateway(scope, { servers: { one: one.config } })
        pid = gateway.pid
        await call(gateway, 'one__family')
      } else {
        const client = await clients.legacy(scope, { config: writeConfig(scope.folder(), { servers: { one: one.config } }) })
        pid = client.transport.pid
        await client.callTool('one__family')
      }
      for (const level of ['2', '1', '0']) await ear.hears(said => said.event === 'start' && said.role === 'offspring' && said.who === level)
      const family = ear.heard.filter(said => said.event === 'start')
      assert.equal(family.length, 4)
      // The youngest is nobody's child any more, as far as the fixture could bring about.
      assert.notEqual(processes().get(family.at(-1).pid)?.parent, family[0].pid)
      process.kill(pid, 'SIGKILL')
      for (const member of family) await ear.hears(said => said.event === 'gone' && said.pid === member.pid)
      assert.equal(processesWith('offspring.mjs').filter(process => family.some(member => member.pid === process.pid)).length, 0)
    })
  }
  test('the family of one server goes with it when it is killed, and with SIGTERM', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const one = stdio(ear)
    scope.defer(() => { for (const left of processesWith(one.word)) process.kill(left.pid, 'SIGKILL') })
    const gateway = await startGateway(scope, { servers: { one: one.config } })
    await call(gateway, 'one__family')
    await ear.hears(said => said.event === 'start' && said.role === 'offspring' && said.who === '0')
    const family = ear.heard.filter(said => said.event === 'start')
    process.kill(family[0].pid, 'SIGKILL')
    for (const member of family) await ear.hears(said => said.event === 'gone' && said.pid === member.pid)
    const from = ear.heard.length
    // A call may still meet the dead one; it says so, and the next does not.
    for (let n = 0, again = true; again; ++n) {
      const { json } = await call(gateway, 'one__family')
      again = Boolean(json.error || json.result.isError)
      if (again) assert.ok(n < 5 && /one/.test(json.error?.message ?? text(json.result)), JSON.stringify(json))
    }
    await ear.hears(said => said.event === 'start' && said.role === 'offspring' && said.who === '0', { from })
    await gateway.stop()
    for (const member of ear.heard.slice(from).filter(said => said.event === 'start')) await ear.hears(said => said.event === 'gone' && said.pid === member.pid, { from })
  })
  test('it starts again on the same store at once', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const folder = scope.folder()
    const servers = { one: stdio(ear).config }
    for (let n = 0; n < 3; ++n) {
      const gateway = await startGateway(scope, { servers }, { folder })
      assert.equal(text((await call(gateway, 'one__echo', { text: `${n}` })).json.result), `${n}`)
      await gateway.kill('SIGKILL')
    }
  })
})

describe('a second gateway', () => {
  test('on the same store is refused, with the pid of the first', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const gateway = await startGateway(scope, { servers: { one: stdio(ear).config } })
    const { code, stderr } = await run(scope, ['serve', '--config', gateway.file, '--listen', `127.0.0.1:${await freePort()}`])
    assert.equal(code, 1, stderr)
    assert.match(stderr, new RegExp(`\\b${gateway.pid}\\b`))
    assert.equal(text((await call(gateway, 'one__echo', { text: 'x' })).json.result), 'x')
  })
  test('on the same port is refused, with the pid of the first', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const gateway = await startGateway(scope, { servers: { one: stdio(ear).config } })
    const other = writeConfig(scope.folder(), { listen: `127.0.0.1:${gateway.port}`, servers: { one: stdio(ear).config } })
    const { code, stderr } = await run(scope, ['serve', '--config', other])
    assert.equal(code, 1, stderr)
    assert.match(stderr, new RegExp(`\\b${gateway.pid}\\b`))
    assert.equal(text((await call(gateway, 'one__echo', { text: 'x' })).json.result), 'x')
  })
})

test('several clients with one config: gatehouse stdio beside another, beside serve, beside call', async t => {
  const scope = Scope.of(t)
  const ear = await startEar(scope)
  const gateway = await startGateway(scope, { servers: { one: stdio(ear).config } })
  const desktop = await Promise.all(['modern', 'legacy', 'sdk1'].map(kind => clients[kind](scope, { config: gateway.file })))
  const say = async (client, words) => assert.equal(text(await client.callTool('one__echo', { text: words })), words)
  await Promise.all([...desktop.map((client, n) => say(client, `${n}`)), ask(gateway.url, 'tools/list')])
  const called = await run(scope, ['call', '--config', gateway.file, 'one__echo', '{"text":"by command"}'])
  assert.equal(called.stdout, 'by command\n', called.stderr)
  for (const client of desktop) await client.close()
  assert.equal(text((await call(gateway, 'one__echo', { text: 'x' })).json.result), 'x')
})

describe('a vault that changes on disk', () => {
  async function start(t) {
    const scope = Scope.of(t)
    const vault = makeVault(scope.folder())
    const gateway = await startGateway(scope, { servers: { vault: { builtin: 'vault', roots: [vault] } } })
    const { resources } = (await ask(gateway.url, 'resources/list')).json.result
    const keeper = resources.find(resource => /Keeper/.test(resource.uri)).uri
    return { scope, vault, gateway, keeper }
  }
  const search = async (gateway, query) => text((await call(gateway, 'vault__search', { query })).json.result)

  test('a modern client that listens hears of a changed note, and search finds it', async t => {
    const { scope, vault, gateway, keeper } = await start(t)
    const client = await clients.modern(scope, gateway.url)
    const updated = Promise.withResolvers()
    client.client.setNotificationHandler('notifications/resources/updated', ({ params }) => updated.resolve(params.uri))
    const subscription = await client.client.listen({ resourceSubscriptions: [keeper] })
    assert.doesNotMatch(await search(gateway, 'zeppelin'), /Keeper/)
    appendFileSync(join(vault, 'Keeper.md'), '\nShe saw a zeppelin.\n')
    assert.equal(await within(10000, 'resources/updated', updated.promise), keeper)
    assert.match(await search(gateway, 'zeppelin'), /Keeper/)
    assert.match((await client.readResource(keeper, { cacheMode: 'bypass' })).contents[0].text, /zeppelin/)
    await subscription.close()
  })
  test('new and removed notes: a modern client hears that the list has changed', async t => {
    const { scope, vault, gateway } = await start(t)
    const client = await clients.modern(scope, gateway.url)
    let changed = Promise.withResolvers()
    client.client.setNotificationHandler('notifications/resources/list_changed', () => changed.resolve())
    await client.client.listen({ resourcesListChanged: true })
    const uris = async () => (await ask(gateway.url, 'resources/list')).json.result.resources.map(resource => resource.uri).join()
    writeFileSync(join(vault, 'Storms.md'), '# Storms\n\nThe gale of the century.\n')
    await within(10000, 'list_changed', changed.promise)
    assert.match(await uris(), /Storms/)
    assert.match(await search(gateway, 'gale'), /Storms/)
    changed = Promise.withResolvers()
    rmSync(join(vault, 'Storms.md'))
    await within(10000, 'list_changed', changed.promise)
    assert.doesNotMatch(await uris(), /Storms/)
    assert.doesNotMatch(await search(gateway, 'gale'), /Storms/)
  })
  for (const kind of ['legacy', 'sdk1']) {
    test(`a ${kind} client that subscribed hears it on its GET stream`, async t => {
      const { scope, vault, gateway, keeper } = await start(t)
      const listed = Promise.withResolvers()
      const client = await clients[kind](scope, gateway.url, { listChanged: { resources: { autoRefresh: false, debounceMs: 0, onChanged: () => listed.resolve() } } })
      const updated = Promise.withResolvers()
      if (kind === 'legacy') client.client.setNotificationHandler('notifications/resources/updated', ({ params }) => updated.resolve(params.uri))
      else client.client.fallbackNotificationHandler = async ({ method, params }) => { if (method === 'notifications/resources/updated') updated.resolve(params.uri) }
      await openStreams(gateway, 1)
      await client.client.subscribeResource({ uri: keeper })
      appendFileSync(join(vault, 'Keeper.md'), '\nShe saw a zeppelin.\n')
      assert.equal(await within(10000, 'resources/updated', updated.promise), keeper)
      writeFileSync(join(vault, 'Storms.md'), '# Storms\n')
      await within(10000, 'list_changed', listed.promise)
    })
  }
  test('a client that subscribed to one note does not hear of another', async t => {
    const { vault, gateway, keeper } = await start(t)
    const listen = modern('subscriptions/listen', { notifications: { resourceSubscriptions: [keeper] } }, { id: 7 })
    const stream = await Raw.open(gateway.url)
    stream.write(requestBytes(gateway.url, { headers: listen.headers, body: JSON.stringify(listen.body) }))
    await stream.until(() => stream.text.includes('acknowledged'))
    appendFileSync(join(vault, 'Lighthouse.md'), '\nPainted red.\n')
    writeFileSync(join(vault, 'Other.md'), '# Other\n')
    appendFileSync(join(vault, 'Keeper.md'), '\nShe paints.\n')
    await stream.until(() => stream.text.includes('resources/updated'))
    const heard = events(stream.text.slice(stream.text.indexOf('\r\n\r\n') + 4).replace(/^[0-9a-f]+\r\n/gim, '')).filter(Boolean).map(data => JSON.parse(data))
    assert.deepEqual(heard.map(message => [message.method, message.params.uri]), [['notifications/subscriptions/acknowledged', undefined], ['notifications/resources/updated', keeper]])
    for (const message of heard) assert.equal(message.params._meta['io.modelcontextprotocol/subscriptionId'], 7)
    stream.close()
  })
})

describe('what can be watched', () => {
  test('every call leaves one record, with its outcome, and no arguments', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const gateway = await startGateway(scope, { servers: { one: stdio(ear).config } }, { args: ['--log-level', 'debug'] })
    await call(gateway, 'one__echo', { text: 'very-private-words' })
    await call(gateway, 'one__echo', { text: 'x' })
    await call(gateway, 'one__fails')
    await call(gateway, 'one__refuses')
    await call(gateway, 'one__nothing')
    const { text: metrics } = await gateway.get('/metrics')
    const count = (tool, outcome) => [...metrics.matchAll(/^gatehouse_calls_total\{([^}]*)\} (\d+)/gm)]
      .filter(([, labels]) => labels.includes(`"${tool}"`) && (!outcome || labels.includes(`"${outcome}"`))).reduce((sum, [, , n]) => sum + Number(n), 0)
    assert.equal(count('echo'), 2, metrics)
    assert.equal(count('fails'), 1, metrics)
    assert.equal(count('refuses'), 1, metrics)
    assert.ok(!metrics.includes('very-private-words'))
    await gateway.stop()
    assert.ok(!gateway.log().includes('very-private-words'))
    const records = gateway.log().split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line)).filter(line => line.tool === 'echo' || line.name === 'echo')
    assert.equal(records.length, 2, gateway.log())
  })
  test('metrics are Prometheus text', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const gateway = await startGateway(scope, { servers: { one: stdio(ear).config } })
    await call(gateway, 'one__echo', { text: 'x' })
    const { status, text: metrics } = await gateway.get('/metrics')
    assert.equal(status, 200)
    const typed = new Set()
    for (const line of metrics.split('\n').filter(Boolean)) {
      const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line)
      if (type) typed.add(type[1])
      if (line.startsWith('#')) assert.match(line, /^# (TYPE|HELP) /)
      else assert.match(line, /^[a-z_]+(\{([a-z_]+="([^"\\\n]|\\.)*",?)+\})? [-+0-9.eInfNa]+$/)
    }
    for (const name of ['gatehouse_calls_total', 'gatehouse_open_streams']) assert.ok(typed.has(name), metrics)
    const buckets = [...metrics.matchAll(/_bucket\{[^}]*echo[^}]*\} (\d+)/g)].map(([, n]) => Number(n))
    assert.ok(buckets.length > 3, metrics)
    assert.deepEqual(buckets, [...buckets].sort((a, b) => a - b))
  })
})
