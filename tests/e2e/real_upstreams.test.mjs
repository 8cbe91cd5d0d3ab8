// Servers that others wrote, from the npm registry, behind one /mcp; clients that others wrote, of both eras, in front.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { clients, inspector, node, root, runToEnd, Scope, startGateway, text, within } from './lib.mjs'

const npm = join(root, 'tests/npm/node_modules')
const bin = name => join(npm, '.bin', name)

// Each with a few of its tools by name. `lists` are those of which nothing is called: they would need the network or a browser.
const REAL = {
  everything: { program: '@modelcontextprotocol/server-everything/dist/index.js', args: () => ['stdio'], tools: ['echo', 'get-sum', 'get-tiny-image'] },
  files: { program: '@modelcontextprotocol/server-filesystem/dist/index.js', args: place => [place.folder], tools: ['read_text_file', 'list_directory'] },
  memory: {
    program: '@modelcontextprotocol/server-memory/dist/index.js', env: place => ({ MEMORY_FILE_PATH: join(place.folder, 'memory.jsonl') }),
    tools: ['create_entities', 'search_nodes'],
  },
  thinking: { program: '@modelcontextprotocol/server-sequential-thinking/dist/index.js', tools: ['sequentialthinking'] },
  browser: { program: '@playwright/mcp/cli.js', tools: ['browser_navigate', 'browser_snapshot'] },
  github: { program: '@modelcontextprotocol/server-github/dist/index.js', tools: ['create_issue', 'get_file_contents'] },
  docs: { program: '@upstash/context7-mcp/dist/index.js', tools: ['resolve-library-id', 'query-docs'] },
}
const missing = Object.keys(REAL).filter(id => !existsSync(join(npm, REAL[id].program)))
const there = Object.keys(REAL).filter(id => !missing.includes(id))

function makePlace(scope) {
  const folder = scope.folder()
  mkdirSync(join(folder, 'sub'))
  writeFileSync(join(folder, 'note.txt'), 'Marta keeps the lamp.\n')
  const servers = Object.fromEntries(there.map(id => {
    const { program, args, env } = REAL[id]
    return [id, { command: [node, join(npm, program), ...(args?.({ folder }) ?? [])], env: env?.({ folder }) ?? {}, sandbox: { write: [folder] }, connect_timeout: '60s' }]
  }))
  return { folder, servers }
}

// A form as a person fills it: what is required, in the type that the schema wants.
const form = { action: 'accept', content: { name: 'Ada Lovelace' } }
const able = { capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: { listChanged: true } } }

function answering(client) {
  const asked = []
  const answers = {
    'elicitation/create': () => form,
    'sampling/createMessage': () => ({ role: 'assistant', model: 'test', content: { type: 'text', text: 'Rooibos.' } }),
    'roots/list': () => ({ roots: [{ uri: 'file:///home/ada', name: 'home' }] }),
  }
  for (const [method, answer] of Object.entries(answers))
    client.client.setRequestHandler(method, request => { asked.push(method); return answer(request) })
  return asked
}

describe('real upstreams', () => {
  const scope = Scope.ofSuite()
  let place, gateway
  before(async () => {
    place = makePlace(scope)
    // A home of their own: some write caches into it.
    gateway = await startGateway(scope, { servers: place.servers }, { env: { HOME: place.folder } })
  })

  for (const id of missing) test(`${id} is in tests/npm`, t => t.skip('not installed: run script/setup node'))

  for (const kind of ['modern', 'auto', 'legacy', 'sdk1']) {
    describe(`${kind} TypeScript client`, () => {
      const own = Scope.ofSuite()
      let client
      before(async () => { client = await clients[kind](own, gateway.url) })

      test('lists the tools of all of them', async () => {
        const names = (await client.listTools({ timeout: 90000 })).tools.map(tool => tool.name)
        for (const id of there) for (const tool of REAL[id].tools) assert.ok(names.includes(`${id}__${tool}`), `${id}__${tool} in ${names}`)
        assert.equal(new Set(names).size, names.length)
      })
      test('server-everything: content, structured content, progress, prompts, resources', async () => {
        assert.match(text(await client.callTool('everything__echo', { message: 'héllo' })), /Echo: héllo/)
        assert.match(text(await client.callTool('everything__get-sum', { a: 20, b: 22.5 })), /42\.5/)
        const image = await client.callTool('everything__get-tiny-image')
        assert.ok(image.content.some(part => part.type === 'image' && part.mimeType === 'image/png'))
        assert.equal(typeof (await client.callTool('everything__get-structured-content', { location: 'Chicago' })).structuredContent.temperature, 'number')
        const steps = []
        await client.callTool('everything__trigger-long-running-operation', { duration: 0.4, steps: 4 }, { onprogress: step => steps.push(step.progress) })
        assert.deepEqual(steps, [1, 2, 3, 4])
        assert.match(JSON.stringify(await client.getPrompt('everything__args-prompt', { city: 'Oslo' })), /Oslo/)
        const { resources } = await client.listResources()
        assert.match((await client.readResource(resources.find(one => /features\.md/.test(one.uri)).uri)).contents[0].text, /Features/)
      })
      test('server-filesystem reads what is there, and refuses what is outside', async () => {
        assert.match(text(await client.callTool('files__read_text_file', { path: join(place.folder, 'note.txt') })), /Marta keeps the lamp/)
        assert.match(text(await client.callTool('files__list_directory', { path: place.folder })), /\[DIR\] sub/)
        const outside = await client.callTool('files__read_text_file', { path: '/etc/passwd' })
        assert.equal(outside.isError, true)
        assert.match(text(outside), /denied|outside/i)
      })
      test('server-memory remembers', async () => {
        const name = `lamp-${kind}`
        await client.callTool('memory__create_entities', { entities: [{ name, entityType: 'thing', observations: ['It turns.'] }] })
        const found = await client.callTool('memory__search_nodes', { query: name })
        assert.equal(found.structuredContent.entities[0].name, name)
      })
      test('server-sequential-thinking counts thoughts', async () => {
        const thought = await client.callTool('thinking__sequentialthinking', { thought: 'One.', thoughtNumber: 1, totalThoughts: 2, nextThoughtNeeded: true })
        assert.equal(thought.structuredContent?.thoughtNumber ?? JSON.parse(text(thought)).thoughtNumber, 1)
      })
    })
  }

  describe('one at a time, transparently', () => {
    for (const id of there) {
      for (const kind of ['modern', 'legacy']) {
        test(`${id} for a ${kind} client has its own names`, async t => {
          const own = Scope.of(t)
          const client = await clients[kind](own, gateway.server(id))
          const names = (await client.listTools({ timeout: 60000 })).tools.map(tool => tool.name)
          for (const tool of REAL[id].tools) assert.ok(names.includes(tool), `${tool} in ${names}`)
        })
      }
    }
  })

  // What server-everything has for clients that can do more.
  describe('capabilities of the client reach server-everything', () => {
    for (const kind of ['modern', 'legacy', 'sdk1']) {
      test(`${kind}: it lists more for a client that can do more, and asks it`, async t => {
        const own = Scope.of(t)
        const poor = await clients[kind](own, gateway.url)
        const rich = await clients[kind](own, gateway.url, able)
        const extra = async client => (await client.listTools({ timeout: 60000 })).tools.map(tool => tool.name).filter(name => /^everything__(trigger-(elicitation|sampling)|get-roots)/.test(name))
        if (kind === 'sdk1') {
          const { ElicitRequestSchema, CreateMessageRequestSchema } = await import('@modelcontextprotocol/sdk/types.js')
          rich.client.setRequestHandler(ElicitRequestSchema, () => form)
          rich.client.setRequestHandler(CreateMessageRequestSchema, () => ({ role: 'assistant', model: 'test', content: { type: 'text', text: 'Rooibos.' } }))
        } else answering(rich)
        assert.ok((await extra(rich)).includes('everything__trigger-elicitation-request'), String(await extra(rich)))
        assert.ok(!(await extra(poor)).includes('everything__trigger-elicitation-request'), String(await extra(poor)))
        assert.match(text(await rich.callTool('everything__trigger-elicitation-request', {}, { timeout: 20000 })), /Ada Lovelace/)
        assert.match(text(await rich.callTool('everything__trigger-sampling-request', { prompt: 'Which tea?', maxTokens: 10 }, { timeout: 20000 })), /Rooibos/)
      })
    }
  })

  describe('subscriptions reach server-memory', () => {
    for (const kind of ['modern', 'legacy']) {
      test(`${kind}: a change of the graph is told`, async t => {
        const own = Scope.of(t)
        const client = await clients[kind](own, gateway.url)
        const { resources } = await client.listResources()
        const graph = resources.find(one => /memory|graph/.test(one.uri) || /graph/.test(one.name))
        assert.ok(graph, JSON.stringify(resources.map(one => one.uri)))
        const told = new Promise(done => client.client.setNotificationHandler('notifications/resources/updated', said => done(said.params.uri)))
        if (kind === 'modern') await client.client.listen({ resourceSubscriptions: [graph.uri] })
        else await client.client.subscribeResource({ uri: graph.uri })
        await client.callTool('memory__create_entities', { entities: [{ name: `told-${kind}`, entityType: 'thing', observations: [] }] })
        assert.equal(await within(10000, 'the update', told), graph.uri)
      })
    }
  })

  describe('other clients', () => {
    const home = folder => ({ HOME: folder, MCP_REMOTE_CONFIG_DIR: folder, XDG_CONFIG_HOME: folder, MCP_INSPECTOR_SECRET_STORE: 'memory' })
    for (const era of ['modern', 'legacy']) {
      test(`the Inspector, ${era}`, async () => {
        const listed = await inspector(scope, gateway.url, era, ['--method', 'tools/list'])
        assert.equal(listed.code, 0, listed.output)
        const { tools } = listed.json.result ?? listed.json
        for (const id of there) assert.ok(tools.some(tool => tool.name.startsWith(`${id}__`)), id)
        const called = await inspector(scope, gateway.url, era, ['--method', 'tools/call', '--tool-name', 'files__read_text_file', '--tool-args-json', JSON.stringify({ path: join(place.folder, 'note.txt') })])
        assert.equal(called.code, 0, called.output)
        assert.match(called.stdout, /Marta keeps the lamp/)
      })
    }
    test('mcp-remote', async t => {
      const own = Scope.of(t)
      const client = await clients.sdk1(own, { command: node, args: [bin('mcp-remote'), gateway.url, '--allow-http'], env: home(own.folder()) })
      const names = (await client.listTools({ timeout: 60000 })).tools.map(tool => tool.name)
      for (const id of there) assert.ok(names.some(name => name.startsWith(`${id}__`)), id)
      assert.match(text(await client.callTool('everything__echo', { message: 'far' })), /Echo: far/)
    })
    test('mcporter', async t => {
      const own = Scope.of(t)
      const run = args => runToEnd(own, node, [bin('mcporter'), ...args], { env: home(own.folder()), ms: 60000, name: 'mcporter' })
      const list = await run(['list', gateway.url, '--allow-http', '--json'])
      assert.equal(list.code, 0, list.output)
      assert.ok(JSON.parse(list.stdout).tools.some(tool => tool.name === 'memory__read_graph'))
      assert.match((await run(['call', `${gateway.url}.everything__echo`, 'message=hi', '--allow-http'])).stdout, /Echo: hi/)
    })
    for (const era of ['modern', 'legacy']) {
      test(`mcpdo, ${era}: the server asks, and a later command answers`, async t => {
        const own = Scope.of(t)
        const folder = own.folder()
        const env = { ...home(folder), MCP_INSPECTOR_DAEMON_DIR: join(folder, 'd'), MCP_INSPECTOR_DAEMON_TOKEN: 'e2e-token-of-this-test' }
        const run = async args => {
          const result = await runToEnd(own, node, [bin('mcpdo'), '--format', 'json', ...args], { env, ms: 60000, name: 'mcpdo' })
          assert.equal(result.code, 0, result.output)
          return result.stdout
        }
        own.defer(() => runToEnd(new Scope(), node, [bin('mcpdo'), 'daemon', 'stop'], { env }))
        await run(['--connection', 'gw', 'connect', gateway.url, '--era', era, '--transport', 'http'])
        assert.match(await run(['--connection', 'gw', 'tools/list']), /everything__trigger-elicitation-request/)
        const asked = await run(['--connection', 'gw', 'tools/call', 'everything__trigger-elicitation-request'])
        const id = /"elicitationId":\s*"([^"]+)"/.exec(asked)?.[1]
        assert.ok(id, asked)
        assert.match(await run(['--connection', 'gw', 'elicitation/respond', id, 'name:="Ada Lovelace"']), /Ada Lovelace/)
      })
    }
  })
})
