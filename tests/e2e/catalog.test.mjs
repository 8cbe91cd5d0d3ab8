// What clients see of the upstreams: lists of each audience, identity, pages, URIs, and how often an upstream is asked.
import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { ask, clients, freePort, gatehouse, META, node, openStreams, programs, Scope, startGateway, text, within } from './lib.mjs'
import { exampleServer } from './examples.mjs'
import { startCounting } from './fixtures/counting.mjs'

const able = { capabilities: { elicitation: { form: {} }, sampling: {}, roots: {} } }
const with_ = capabilities => ({ meta: { [`${META}clientCapabilities`]: capabilities } })
const toolsOf = response => response.json.result.tools.map(tool => tool.name)

async function startEverything(scope) {
  const port = await freePort()
  const server = scope.run(node, [programs.everything, 'streamableHttp'], { env: { PORT: String(port) }, name: 'server-everything' })
  await server.wrote(/listening on port/i)
  return `http://127.0.0.1:${port}/mcp`
}

const answering = client => {
  client.client.setRequestHandler('roots/list', () => ({ roots: [] }))
  return client
}

for (const way of ['stdio', 'HTTP']) {
  describe(`server-everything over ${way}: a client sees what is there for its capabilities`, () => {
    const scope = Scope.ofSuite()
    let gateway
    before(async () => {
      const config = way === 'stdio' ? { command: [node, programs.everything] } : { url: await startEverything(scope) }
      gateway = await startGateway(scope, { servers: { every: config } })
    })
    // The upstream makes up its mind a moment after the handshake, and announces it.
    const listing = async (era, { client }) => {
      let changes = 0, wake = () => {}
      client.setNotificationHandler('notifications/tools/list_changed', () => { ++changes; wake() })
      if (era === 'modern') await client.listen({ toolsListChanged: true })
      else await openStreams(gateway, 1)
      return async count => {
        for (;;) {
          const seen = changes
          const { tools } = await client.listTools()
          if (tools.length === count) return tools
          await within(10000, () => `${tools.length} tools, not ${count}: ${tools.map(tool => tool.name)}`, new Promise(done => { wake = () => { if (changes > seen) done() }; wake() }))
        }
      }
    }
    for (const era of ['modern', 'legacy'])
      for (const route of ['aggregate', 'own route'])
        test(`${era} clients, ${route}`, async () => {
          const where = route === 'aggregate' ? gateway.url : gateway.server('every')
          const plain = await clients[era](scope, where)
          const full = answering(await clients[era](scope, where, able))
          const few = await (await listing(era, plain))(13)
          const many = await (await listing(era, full))(16)
          assert.equal((await plain.listTools()).tools.length, 13)
          const more = many.filter(tool => !few.some(one => one.name === tool.name)).map(tool => tool.name.replace(/^every__/, ''))
          assert.ok(more.some(name => /elicitation/.test(name)) && more.some(name => /sampling/.test(name)), String(more))
          const echo = route === 'aggregate' ? 'every__echo' : 'echo'
          assert.match(text(await plain.callTool(echo, { message: 'hello' })), /hello/)
        })
  })
}

describe('how often an upstream is asked', () => {
  const scope = Scope.ofSuite()
  const start = async answer => {
    const upstream = await startCounting(scope, answer)
    const gateway = await startGateway(scope, { servers: { count: { url: upstream.url } } })
    return { upstream, gateway, list: (path = gateway.url, options) => ask(path, 'tools/list', {}, options) }
  }

  test('as its ttlMs says, and clients hear what is left of it', async () => {
    const { upstream, gateway, list } = await start({ ttlMs: 60000, cacheScope: 'public' })
    for (let i = 0; i < 5; ++i) await list()
    const { result } = (await list(gateway.server('count'))).json
    assert.equal(upstream.count('tools/list'), 1)
    assert.ok(result.ttlMs > 30000 && result.ttlMs < 60000, String(result.ttlMs))
    assert.equal(result.cacheScope, 'public')
    // For other capabilities it may be another list.
    await list(gateway.url, with_({ roots: {} }))
    assert.equal(upstream.count('tools/list'), 2)
    assert.deepEqual(upstream.asked.at(-1).capabilities, { roots: {} })
  })

  test('each time, where it says 0', async () => {
    const { upstream, list } = await start({ ttlMs: 0 })
    assert.deepEqual(toolsOf(await list()), ['count__one'])
    upstream.said.tools = ['two']
    const response = await list()
    assert.deepEqual(toolsOf(response), ['count__two'])
    assert.equal(response.json.result.ttlMs, 0)
    assert.equal(response.json.result.cacheScope, 'private')
    assert.equal(upstream.count('tools/list'), 2)
  })

  test('once for all who ask at the same time', async () => {
    const { upstream, gateway, list } = await start({ hold: true, ttlMs: 60000 })
    const waiting = Array.from({ length: 20 }, (_, i) => list(i % 2 ? gateway.url : gateway.server('count')))
    await within(5000, 'a question to the upstream', upstream.wasAsked('server/discover'))
    upstream.release()
    for (const response of await Promise.all(waiting)) assert.equal(toolsOf(response).length, 1)
    assert.equal(upstream.count('tools/list'), 1)
  })

  test('a resource that is good for a while is read once', async () => {
    const { upstream, gateway } = await start({ ttlMs: 60000, cacheScope: 'public', resources: [{ uri: 'x://1', name: 'one' }] })
    const read = (options) => ask(gateway.url, 'resources/read', { uri: 'x://1' }, options)
    const first = (await read()).json.result
    upstream.said.text = 'another text'
    const second = (await read()).json.result
    assert.deepEqual(second.contents, first.contents)
    assert.ok(second.ttlMs <= first.ttlMs && second.ttlMs > 0)
    assert.equal(upstream.count('resources/read'), 1)
    await read({ meta: { 'com.example/tenant': 'a' } })
    assert.equal(upstream.count('resources/read'), 2)
  })
})

describe('a server on its own route is as it is', () => {
  const scope = Scope.ofSuite()
  const tool = { name: 'b', description: 'd', inputSchema: { type: 'object', 'x-schema': 1 }, _meta: { k: [1] }, 'x-unknown': { deep: null } }
  let upstream, gateway
  before(async () => {
    upstream = await startCounting(scope, { tools: [tool, 'a'], extra: { _meta: { 'com.example/v': 3 }, 'x-list': [1, 2] } })
    gateway = await startGateway(scope, { pins: { mode: 'warn' }, servers: { count: { url: upstream.url }, other: { builtin: 'vault', roots: [scope.folder()] } } })
  })

  test('definitions, the order, and what else stands in the list', async () => {
    const { result } = (await ask(gateway.server('count'), 'tools/list')).json
    assert.deepEqual(result.tools, [tool, { name: 'a', inputSchema: { type: 'object' } }])
    assert.deepEqual(result._meta, { 'com.example/v': 3 })
    assert.deepEqual(result['x-list'], [1, 2])
  })

  test('capabilities, instructions and its own name', async () => {
    const { result } = (await ask(gateway.server('count'), 'server/discover')).json
    assert.deepEqual(result.capabilities, {
      tools: { listChanged: false }, resources: {}, experimental: { 'com.example/x': { deep: [1] } }, extensions: { 'com.example/ext': { v: 2 } },
    })
    assert.equal(result.instructions, 'Count.')
    // It calls its introduction good for no time: each client gets the one of now.
    const said = async () => (await ask(gateway.server('count'), 'server/discover')).json.result.instructions
    upstream.said.instructions = 'Count better.'
    assert.equal(await said(), 'Count better.')
    upstream.said.instructions = 'Count.'
    assert.equal(await said(), 'Count.')
    const legacy = await clients.legacy(scope, gateway.server('count'))
    assert.equal(legacy.client.getServerVersion().title, 'It counts')
    assert.deepEqual(legacy.client.getServerCapabilities().experimental, { 'com.example/x': { deep: [1] } })
  })

  test('the aggregate unites', async () => {
    const { result } = (await ask(gateway.url, 'server/discover')).json
    assert.match(result.instructions, /## count \(tools named count__…\)\nCount\./)
    assert.deepEqual(result.capabilities.experimental, { 'com.example/x': { deep: [1] } })
    assert.equal(result.capabilities.extensions, undefined)
  })

  test('a tool that it does not list is its own to refuse', async () => {
    assert.equal(text((await ask(gateway.server('count'), 'tools/call', { name: 'secret' })).json.result), 'called secret')
    assert.equal(text((await ask(gateway.url, 'tools/call', { name: 'count__secret' })).json.result), 'called secret')
    assert.equal((await ask(gateway.url, 'tools/call', { name: 'other__secret' })).json.error.code, -32602)
  })
})

describe('long lists', () => {
  const scope = Scope.ofSuite()
  const names = Array.from({ length: 2500 }, (_, i) => `tool_${String(i).padStart(4, '0')}`)

  for (const route of ['aggregate', 'own route'])
    test(`go out in pages, ${route}`, async () => {
      const upstream = await startCounting(scope, { tools: names, ttlMs: 60000, cacheScope: 'public' })
      const gateway = await startGateway(scope, { servers: { count: { url: upstream.url } } })
      const where = route === 'aggregate' ? gateway.url : gateway.server('count')
      const seen = []
      let cursor, pages = 0
      do {
        const { result } = (await ask(where, 'tools/list', cursor ? { cursor } : {})).json
        assert.ok(result.tools.length <= 1000)
        seen.push(...result.tools.map(one => one.name.replace(/^count__/, '')))
        cursor = result.nextCursor
        ++pages
      } while (cursor)
      assert.deepEqual(seen, names)
      assert.equal(pages, 3)
      assert.equal((await ask(where, 'tools/list', { cursor: 'made up' })).json.error.code, -32602)
      const client = await clients.modern(scope, where)
      assert.equal((await client.listTools()).tools.length, 2500)
    })

  test('of an upstream with pages are whole', async () => {
    const gateway = await startGateway(scope, {
      servers: { paged: exampleServer('conformance_server', ['--stdio', '--page-size', '2']), whole: exampleServer('conformance_server', ['--stdio']) },
    })
    for (const method of ['tools/list', 'prompts/list', 'resources/list']) {
      const paged = (await ask(gateway.server('paged'), method)).json.result
      const whole = (await ask(gateway.server('whole'), method)).json.result
      assert.equal(paged.nextCursor, undefined)
      const key = method.split('/')[0]
      assert.deepEqual(paged[key], whole[key])
      assert.ok(paged[key].length > 2)
    }
  })
})

test('a URI of two servers has a prefix for the second, and finds its way back', async t => {
  const scope = Scope.of(t)
  const resources = [{ uri: 'x://1', name: 'one' }, { uri: 'ui://app/view', name: 'view', mimeType: 'text/html;profile=mcp-app' }]
  const app = { name: 'show', inputSchema: { type: 'object' }, _meta: { ui: { resourceUri: 'ui://app/view' } } }
  const content = () => [{ type: 'resource_link', uri: 'x://1', name: 'one' }]
  const a = await startCounting(scope, { resources, text: 'first', tools: [app], content })
  const b = await startCounting(scope, { resources, text: 'second', tools: [app], content })
  const gateway = await startGateway(scope, { servers: { a: { url: a.url }, b: { url: b.url } } })
  const listed = (await ask(gateway.url, 'resources/list')).json.result.resources.map(one => one.uri)
  assert.deepEqual(listed, ['x://1', 'ui://app/view', 'b+x://1', 'ui://b+app/view'])
  const read = async uri => (await ask(gateway.url, 'resources/read', { uri })).json.result.contents[0]
  assert.deepEqual(await read('x://1'), { uri: 'x://1', mimeType: 'text/plain', text: 'first of x://1' })
  assert.deepEqual(await read('b+x://1'), { uri: 'b+x://1', mimeType: 'text/plain', text: 'second of x://1' })
  assert.deepEqual(await read('ui://b+app/view'), { uri: 'ui://b+app/view', mimeType: 'text/plain', text: 'second of ui://app/view' })
  const apps = (await ask(gateway.url, 'tools/list')).json.result.tools.map(one => one._meta.ui.resourceUri)
  assert.deepEqual(apps, ['ui://app/view', 'ui://b+app/view'])
  const link = async name => (await ask(gateway.url, 'tools/call', { name })).json.result.content[0].uri
  assert.equal(await link('a__show'), 'x://1')
  assert.equal(await link('b__show'), 'b+x://1')
  assert.deepEqual((await ask(gateway.server('b'), 'resources/list')).json.result.resources, resources)
})
