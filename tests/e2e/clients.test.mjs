// Official clients of both eras in front, upstreams of every kind behind, one /mcp between.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { callEach, makeWorld, sayHello } from './world.mjs'
import { ask, clients, envelope, gatehouse, LEGACY, legacySession, modern, post, Scope, startGateway, text, writeConfig } from './lib.mjs'

const codeOf = error => error.code ?? error.cause?.code

function suite(kind, way) {
  describe(`${kind} client over ${way}`, () => {
    const scope = Scope.ofSuite()
    let world, client

    before(async () => {
      world = await makeWorld(scope)
      const where = way === 'http' ? (await startGateway(scope, { servers: world.servers })).url
        : { config: writeConfig(scope.folder(), { servers: world.servers }) }
      client = await clients[kind](scope, where)
      // Everything has started once it was listed, so that the tests are about the calls.
      await client.listTools()
    })

    test('lists the tools of every upstream by public name', async () => {
      const { tools } = await client.listTools()
      const names = tools.map(tool => tool.name)
      for (const [server, { tool }] of Object.entries(sayHello)) assert.ok(names.includes(`${server}__${tool}`), `${server}__${tool} in ${names}`)
      assert.equal(new Set(names).size, names.length)
      for (const name of names) assert.match(name, /^[A-Za-z0-9_-]{1,46}$/)
      const echo = tools.find(tool => tool.name === 'new__echo')
      assert.deepEqual(echo.annotations, { readOnlyHint: true })
      assert.deepEqual(echo._meta, { 'com.example/shelf': 7 })
      assert.deepEqual(echo.inputSchema.required, ['text'])
    })

    test('calls a tool of each', () => callEach(client, world))

    test('many calls at once each get their own answer', async () => {
      const one = async n => {
        const server = ['every', 'plain', 'web', 'new'][n % 4]
        const args = server === 'every' || server === 'web' ? { message: `m${n}` } : { text: `m${n}` }
        assert.match(text(await client.callTool(`${server}__echo`, args)), new RegExp(`m${n}$`))
      }
      await Promise.all(Array.from({ length: 40 }, (_, n) => one(n)))
    })

    test('structured content arrives', async () => {
      assert.deepEqual((await client.callTool('new__add', { a: 1, b: 2 })).structuredContent, { sum: 3 })
      const weather = await client.callTool('web__get-structured-content', { location: 'Chicago' })
      assert.equal(typeof weather.structuredContent.temperature, 'number')
    })

    test('lists and gets prompts', async () => {
      const names = (await client.listPrompts()).prompts.map(prompt => prompt.name)
      for (const name of ['new__greet', 'every__simple-prompt', 'web__args-prompt']) assert.ok(names.includes(name), `${name} in ${names}`)
      const greeting = await client.getPrompt('new__greet', { name: 'Ada' })
      assert.deepEqual(greeting.messages, [{ role: 'user', content: { type: 'text', text: 'Hello, Ada!' } }])
      assert.match(JSON.stringify(await client.getPrompt('every__args-prompt', { city: 'Oslo' })), /Oslo/)
      await assert.rejects(client.getPrompt('new__nothing', {}), error => codeOf(error) === -32602)
    })

    test('lists and reads resources and templates', async () => {
      const uris = (await client.listResources()).resources.map(resource => resource.uri)
      for (const uri of ['demo://one', 'demo://bytes', 'demo://resource/static/document/features.md']) assert.ok(uris.includes(uri), `${uri} in ${uris}`)
      assert.equal((await client.readResource('demo://one')).contents[0].text, 'first')
      assert.equal((await client.readResource('demo://bytes')).contents[0].blob, 'AP8K')
      assert.match((await client.readResource('demo://resource/static/document/features.md')).contents[0].text, /Features/)
      const templates = (await client.listResourceTemplates()).resourceTemplates.map(template => template.uriTemplate)
      assert.ok(templates.includes('demo://item/{id}'), String(templates))
      assert.equal((await client.readResource('demo://item/4')).contents[0].text, 'item 4')
      assert.match((await client.readResource('demo://resource/dynamic/text/3')).contents[0].text, /3/)
      await assert.rejects(client.readResource('nowhere://x'), error => [-32602, -32002].includes(codeOf(error)))
    })

    test('notes are resources', async () => {
      const note = (await client.listResources()).resources.find(resource => /Lighthouse/.test(resource.uri))
      assert.ok(note, 'the vault lists its notes')
      assert.match((await client.readResource(note.uri)).contents[0].text, /turns once a minute/)
    })

    for (const [tool, args, steps] of [
      ['new__steps', { steps: 5 }, 5], ['plain__progress', { steps: 4 }, 4],
      ['every__trigger-long-running-operation', { duration: 0.3, steps: 3 }, 3], ['web__trigger-long-running-operation', { duration: 0.3, steps: 3 }, 3],
    ]) {
      // Over stdio these clients forget a call's progress handler before they look at progress that came in the same read: see below.
      if (way === 'http') test(`progress of ${tool} arrives in order, on the right call`, async () => {
        const heard = [[], []]
        const calls = heard.map(list => client.callTool(tool, args, { onprogress: ({ progress, total }) => list.push([progress, total]) }))
        await Promise.all(calls)
        const expected = Array.from({ length: steps }, (_, n) => [n + 1, steps])
        assert.deepEqual(heard, [expected, expected])
      })
    }

    test('cancelling reaches a modern HTTP upstream, and only that call', async () => {
      const abort = new AbortController()
      const gone = client.callTool('new__wait', { name: 'a' }, { signal: abort.signal })
      const stays = new AbortController()
      const other = client.callTool('new__wait', { name: 'b' }, { signal: stays.signal })
      await world.modern.hears(said => said.event === 'waiting' && said.name === 'a')
      await world.modern.hears(said => said.event === 'waiting' && said.name === 'b')
      abort.abort()
      await assert.rejects(gone)
      await world.modern.hears(said => said.event === 'cancelled' && said.name === 'a')
      assert.ok(!world.modern.heard.some(said => said.event === 'cancelled' && said.name === 'b'))
      stays.abort()
      await assert.rejects(other)
      await world.modern.hears(said => said.event === 'cancelled' && said.name === 'b')
    })

    test('cancelling reaches a stdio upstream, with the id of the call', async () => {
      const abort = new AbortController()
      const from = world.ear.heard.length
      const call = client.callTool('plain__hang', {}, { signal: abort.signal })
      const { id } = await world.ear.hears(said => said.event === 'hanging', { from })
      abort.abort()
      await assert.rejects(call)
      assert.equal((await world.ear.hears(said => said.event === 'cancelled', { from })).id, id)
      assert.match(text(await client.callTool('plain__echo', { text: 'still here' })), /still here/)
    })

    test('an unknown tool, and a tool of an unknown server', async () => {
      for (const name of ['new__nothing', 'plain__nothing', 'vault__nothing', 'nobody__echo', 'echo', '__', ''])
        await assert.rejects(client.callTool(name), error => codeOf(error) === -32602, name)
    })

    test('a failing tool is a result, an error of the upstream an error', async () => {
      const boom = await client.callTool('new__fail')
      assert.equal(boom.isError, true)
      assert.equal(text(boom), 'boom')
      assert.equal(text(await client.callTool('plain__fails')), 'the tool says no')
      await assert.rejects(client.callTool('plain__refuses'), error => codeOf(error) === -31000 && /out of paper/.test(error.message) && error.data?.tray === 2)
    })

    test('_meta and fields that nobody knows survive', async () => {
      const odd = await client.callTool('new__odd')
      assert.equal(odd._meta['com.example/trace'], 'abc')
      assert.deepEqual(odd['x-unknown'], { deep: [1, { two: null }] })
      const plain = await client.callTool('plain__spelling')
      assert.deepEqual(plain._meta['com.example/trace'], { n: [1.5, 2] })
      assert.equal(plain['x-unknown'].kept, true)
    })
  })
}

describe('progress over stdio', () => {
  const scope = Scope.ofSuite()
  let config
  before(async () => { config = writeConfig(scope.folder(), { servers: (await makeWorld(scope)).servers }) })
  const started = async opening => {
    const pipe = scope.run(gatehouse, ['stdio', '--config', config], { stdin: 'pipe', name: 'gatehouse stdio' })
    const say = message => pipe.child.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n')
    for (const message of opening) say(message)
    return { pipe, say, messages: () => pipe.stdout.split('\n').slice(0, -1).map(line => JSON.parse(line)) }
  }
  for (const era of ['modern', 'legacy']) {
    test(`${era}: in order, on the right call, before its answer`, async () => {
      const opening = era === 'modern' ? [] : [
        { id: 'i', method: 'initialize', params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: 'wire', version: '1' } } },
        { method: 'notifications/initialized' },
      ]
      const { pipe, say, messages } = await started(opening)
      const calls = { a: ['new__steps', { steps: 5 }, 5], b: ['plain__progress', { steps: 4 }, 4], c: ['every__trigger-long-running-operation', { duration: 0.2, steps: 2 }, 2],
        d: ['web__trigger-long-running-operation', { duration: 0.2, steps: 2 }, 2], e: ['plain__progress', { steps: 2 }, 2] }
      for (const [id, [name, args]] of Object.entries(calls))
        say({ id, method: 'tools/call', params: { name, arguments: args, _meta: era === 'modern' ? envelope({ progressToken: `token ${id}` }) : { progressToken: `token ${id}` } } })
      for (const id of Object.keys(calls)) await pipe.wrote(new RegExp(`"id":"${id}"`))
      for (const [id, [, , steps]] of Object.entries(calls)) {
        const mine = messages().filter(message => message.id === id || message.params?.progressToken === `token ${id}`)
        assert.deepEqual(mine.map(message => message.params?.progress ?? 'answer'), [...Array.from({ length: steps }, (_, n) => n + 1), 'answer'], id)
        assert.ok(!mine.at(-1).result.isError, JSON.stringify(mine.at(-1)))
      }
      pipe.child.stdin.end()
      assert.equal((await pipe.end()).code, 0)
    })
  }
})

for (const kind of ['modern', 'legacy', 'sdk1']) for (const way of ['http', 'stdio']) suite(kind, way)

test('a client that finds out the era by itself, over HTTP and over stdio', async t => {
  const scope = Scope.of(t)
  const { servers } = await makeWorld(scope)
  const config = { servers: { plain: servers.plain, new: servers.new } }
  for (const where of [(await startGateway(scope, config)).url, { config: writeConfig(scope.folder(), config) }]) {
    const client = await clients.auto(scope, where)
    assert.equal(text(await client.callTool('new__add', { a: 1, b: 1 })), '2')
    assert.equal(text(await client.callTool('plain__echo', { text: 'auto' })), 'auto')
    assert.equal(client.client.getProtocolEra?.() ?? 'modern', 'modern')
  }
})

describe('one server alone', () => {
  const scope = Scope.ofSuite()
  let world, gateway
  before(async () => {
    world = await makeWorld(scope)
    gateway = await startGateway(scope, { servers: world.servers })
  })

  for (const kind of ['modern', 'legacy', 'sdk1']) {
    test(`${kind}: its own names, its own introduction`, async () => {
      for (const [server, { tool, args, says }] of Object.entries(sayHello)) {
        const client = await clients[kind](scope, gateway.server(server))
        const names = (await client.listTools()).tools.map(tool => tool.name)
        assert.ok(names.includes(tool), `${tool} in ${names}`)
        assert.ok(!names.some(name => name.includes('__')), `${names}`)
        assert.match(text(await client.callTool(tool, args(world))), says, server)
        // There it is called otherwise. Some servers say so with an error, some with a result.
        const strange = await client.callTool(`${server}__${tool}`, args(world)).then(result => result.isError ? -32602 : result, codeOf)
        assert.equal(strange, -32602)
        await client.close()
      }
      const alone = await clients[kind](scope, gateway.server('new'))
      assert.equal(alone.client.getServerVersion().name, 'modern-fixture')
      assert.equal(alone.client.getInstructions(), 'Say hello.')
      const plain = await clients[kind](scope, gateway.server('plain'))
      assert.equal(plain.client.getServerVersion().name, 'fixture')
      assert.equal(plain.client.getServerCapabilities().prompts, undefined)
    })
  }
  test('an unknown server is a 404', async () => {
    assert.equal((await ask(gateway.server('nobody'), 'tools/list')).status, 404)
    assert.equal((await ask(`${gateway.base}/nowhere`, 'tools/list')).status, 404)
  })
})

describe('bytes', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => {
    const { servers } = await makeWorld(scope)
    gateway = await startGateway(scope, { servers })
  })
  // As the client spells them, and as the upstream does.
  const given = '{"big":12345678901234567890123,"one":1.0,"exp":1E+2,"neg":-0.0,"long":0.1000000000000000055511151231257827,"text":"\\u00e9\\/"}'
  const answered = ['"big":12345678901234567890123', '"one":1.0', '"exp":1E+2', '"neg":-0.0', '"long":0.1000000000000000055511151231257827',
    '"com.example/trace":{"n":[1.50,2e0]}', '"x-unknown":{"kept":true,"n":9007199254740993}']
  const check = response => {
    assert.equal(response.status, 200, response.text)
    for (const piece of answered) assert.ok(response.text.includes(piece), `${piece} in ${response.text}`)
    const seen = text(response.json.result)
    assert.ok(seen.includes(given), `${given} in what the upstream got: ${seen}`)
  }
  const body = (envelope, id) => `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"plain__spelling","arguments":${given}${envelope}}}`

  test('numbers and escapes keep their spelling, modern', async () => {
    const { body: sample, headers } = modern('tools/call', { name: 'plain__spelling' })
    const response = await post(gateway.url, body(`,"_meta":${JSON.stringify(sample.params._meta)}`, '12345678901234567890123'), headers)
    check(response)
    assert.ok(response.text.includes('"id":12345678901234567890123'), response.text)
  })
  test('numbers and escapes keep their spelling, legacy', async () => {
    const session = await legacySession(gateway.url)
    check(await post(gateway.url, body('', '"\\u0061"'), session.headers))
  })
})
