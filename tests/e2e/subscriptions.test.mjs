// Subscriptions through the gateway: clients and upstreams of both eras, over both transports.
import assert from 'node:assert/strict'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { exampleProgram, exampleServer } from './examples.mjs'
import { ask, clients, freePort, LEGACY, MODERN, node, openStreams, processesWith, programs, Scope, startEverything, startGateway, text, within } from './lib.mjs'

const REVISIONS = { modern: MODERN, legacy: LEGACY }
const OOLONG = 'tea://tea/darjeeling'
const ROOIBOS = 'tea://tea/rooibos'

// The tea house as a program on a port of its own.
async function startTea(scope, era, port) {
  const program = scope.run(exampleProgram('everything'), ['--revisions', REVISIONS[era], '--http', `127.0.0.1:${port}`], { name: `tea ${era}`, keep: 1 << 20 })
  await program.wrote(/MCP at http:\S+/)
  return program
}
const teaCommand = era => exampleServer('everything', ['--revisions', REVISIONS[era]])

// A client and what it is told, in order.
async function hearing(scope, era, url, gateway) {
  const client = await clients[era](scope, url)
  const heard = []
  const waiting = new Set()
  const tell = said => { heard.push(said); for (const wake of waiting) wake() }
  client.client.setNotificationHandler('notifications/resources/updated', ({ params }) => tell(params.uri))
  for (const kind of ['tools', 'prompts', 'resources']) client.client.setNotificationHandler(`notifications/${kind}/list_changed`, () => tell(kind))
  if (era === 'legacy' && gateway) await openStreams(gateway, 1)
  return {
    ...client, era, heard,
    watch: async uri => {
      if (era === 'legacy') { await client.client.subscribeResource({ uri }); return { close: () => client.client.unsubscribeResource({ uri }) } }
      const subscription = await client.client.listen({ resourceSubscriptions: [uri] })
      assert.deepEqual(subscription.honoredFilter.resourceSubscriptions, [uri])
      return subscription
    },
    hears: (what, { from = 0, ms = 20000 } = {}) => within(ms, () => `${what}; heard: ${heard}`, new Promise(done => {
      const wake = () => { if (heard.slice(from).includes(what)) { waiting.delete(wake); done() } }
      waiting.add(wake)
      wake()
    })),
  }
}

describe('updates reach clients of both eras from upstreams of both', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => {
    const servers = {}
    for (const era of ['modern', 'legacy']) {
      const port = await freePort()
      await startTea(scope, era, port)
      servers[`${era}-http`] = { url: `http://localhost:${port}/mcp` }
      servers[`${era}-stdio`] = teaCommand(era)
    }
    gateway = await startGateway(scope, { servers })
  })
  for (const upstream of ['modern-http', 'modern-stdio', 'legacy-http', 'legacy-stdio']) {
    for (const era of ['modern', 'legacy']) {
      test(`a ${era} client hears of a resource of ${upstream}, and of no other, until it has heard enough`, async t => {
        const own = Scope.of(t)
        const client = await hearing(own, era, gateway.server(upstream), gateway)
        const other = await hearing(own, era, gateway.server(upstream))
        const subscription = await client.watch(ROOIBOS)
        await other.watch(OOLONG)
        const deliver = tea => ask(gateway.server(upstream), 'tools/call', { name: 'deliver', arguments: { tea, grams: 1 } })
        assert.equal((await deliver('darjeeling')).status, 200)
        await other.hears(OOLONG)
        assert.equal((await deliver('rooibos')).status, 200)
        await client.hears(ROOIBOS)
        assert.deepEqual(client.heard.filter(said => said.startsWith('tea:')), [ROOIBOS])
        // Two deliveries more, one of them unheard.
        await subscription.close()
        await deliver('rooibos')
        await deliver('darjeeling')
        await other.hears(OOLONG, { from: 1 })
        assert.deepEqual(client.heard.filter(said => said.startsWith('tea:')), [ROOIBOS])
      })
    }
  }
})

describe('an upstream that goes and comes back', () => {
  for (const upstreamEra of ['modern', 'legacy']) {
    for (const transport of ['stdio', 'http']) {
      test(`a ${upstreamEra} one over ${transport}: clients hear on without doing anything`, async t => {
        const scope = Scope.of(t)
        const port = await freePort()
        let program = transport === 'http' && await startTea(scope, upstreamEra, port)
        const name = join(scope.folder(), 'tea') // a name by which its process is found
        symlinkSync(exampleProgram('everything'), name)
        const server = transport === 'http' ? { url: `http://localhost:${port}/mcp` } : { ...exampleServer('everything'), command: [name, '--revisions', REVISIONS[upstreamEra]] }
        const gateway = await startGateway(scope, { servers: { tea: server } })
        const both = [await hearing(scope, 'modern', gateway.url), await hearing(scope, 'legacy', gateway.url, gateway)]
        for (const client of both) await client.watch(ROOIBOS)
        const deliver = () => ask(gateway.url, 'tools/call', { name: 'tea__deliver', arguments: { tea: 'rooibos', grams: 1 } })
        await deliver()
        for (const client of both) await client.hears(ROOIBOS)
        const from = both.map(client => client.heard.length)
        if (transport === 'http') {
          await program.kill()
          program = await startTea(scope, upstreamEra, port)
        } else {
          const running = processesWith(name)
          assert.ok(running.length > 0)
          for (const { pid } of running) process.kill(pid, 'SIGKILL')
        }
        // What was missed nobody knows: the resource counts as changed.
        for (const [n, client] of both.entries()) await client.hears(ROOIBOS, { from: from[n], ms: 40000 })
        const again = both.map(client => client.heard.length)
        await deliver()
        for (const [n, client] of both.entries()) await client.hears(ROOIBOS, { from: again[n] })
      })
    }
  }
})

describe('acknowledgements are honest', () => {
  test('only what the servers of the route can announce', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const gateway = await startGateway(scope, {
      servers: { tea: teaCommand('modern'), npmfiles: { command: [node, programs.filesystem, folder] } },
    })
    const wish = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true, resourceSubscriptions: [ROOIBOS, 'nobody://has/this'] }
    const honoured = async url => {
      const client = await clients.modern(scope, url)
      await client.listTools()
      const { honoredFilter } = await client.client.listen(wish)
      return honoredFilter
    }
    const files = await honoured(gateway.server('npmfiles'))
    assert.equal(files.resourceSubscriptions, undefined)
    assert.equal(files.promptsListChanged, undefined)
    const all = await honoured(gateway.url)
    assert.deepEqual(all.resourceSubscriptions, [ROOIBOS])
    assert.deepEqual((await honoured(gateway.server('tea'))).resourceSubscriptions.includes(ROOIBOS), true)
  })
  test('a legacy client is refused what nobody has, and what its server does not tell', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers: { tea: teaCommand('modern'), npmfiles: { command: [node, programs.filesystem, scope.folder()] } } })
    const client = await clients.legacy(scope, gateway.url)
    await assert.rejects(client.client.subscribeResource({ uri: 'nobody://has/this' }), error => [-32602, -32002].includes(error.code))
    await client.client.subscribeResource({ uri: ROOIBOS })
    await client.client.unsubscribeResource({ uri: 'nobody://has/this' })
  })
})

describe('lists', () => {
  for (const upstreamEra of ['modern', 'legacy']) {
    test(`a ${upstreamEra} upstream's word that its tools changed reaches clients of both eras`, async t => {
      const scope = Scope.of(t)
      const server = exampleServer('conformance_server', ['--revisions', REVISIONS[upstreamEra]])
      const gateway = await startGateway(scope, { servers: { conf: server } })
      const modern = await hearing(scope, 'modern', gateway.server('conf'))
      const legacy = await hearing(scope, 'legacy', gateway.server('conf'), gateway)
      await modern.client.listen({ toolsListChanged: true })
      for (const [kind, tool] of [['tools', 'test_trigger_tool_change']]) {
        await ask(gateway.server('conf'), 'tools/call', { name: tool, arguments: {} })
        await modern.hears(kind)
        await legacy.hears(kind)
      }
      await ask(gateway.server('conf'), 'tools/call', { name: 'test_trigger_prompt_change', arguments: {} })
      await legacy.hears('prompts')
      assert.ok(!modern.heard.includes('prompts'))
    })
  }
})

describe('server-everything', () => {
  for (const transport of ['stdio', 'http']) {
    for (const era of ['modern', 'legacy']) {
      test(`over ${transport}: its simulated updates reach a ${era} client, who alone turned them on`, async t => {
        const scope = Scope.of(t)
        const server = transport === 'http' ? { url: await startEverything(scope) } : { command: [node, programs.everything, 'stdio'] }
        const gateway = await startGateway(scope, { servers: { every: server } })
        const client = await hearing(scope, era, gateway.url, gateway)
        const { resources } = await client.listResources()
        await client.watch(resources[0].uri)
        const said = await client.callTool('every__toggle-subscriber-updates')
        assert.match(text(said), /Started/)
        await client.hears(resources[0].uri)
      })
    }
  }
})
