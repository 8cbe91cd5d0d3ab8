// The test that decides: eight servers that others wrote, old and new, local and remote, one with OAuth, taken over from three clients by
// one command with one yes; then two instances behind nginx, official clients of both eras in front, and one instance killed while a
// question is open. Says how long each step took.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { makeGuard, press, startAS } from '../e2e/fixtures/as.mjs'
import { startModern } from '../e2e/fixtures/modern.mjs'
import { clients, freePort, gatehouse, inspector, node, root, run, runToEnd, Scope, startEverything, text, within } from '../e2e/lib.mjs'
import { lacking, startNginx, startPostgres } from '../e2e/pair.mjs'

const npm = join(root, 'tests/npm/node_modules')
const program = name => join(npm, name)
const TOKEN = 'ghp_' + 'a1B2'.repeat(9)
const able = { capabilities: { elicitation: { form: {} } } }

function put(file, content) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, JSON.stringify(content, null, 2))
}

describe('eight servers, one command, two instances', { skip: lacking }, () => {
  const scope = Scope.ofSuite()
  const began = Date.now()
  const since = (t, what) => t.diagnostic(`${what}: ${((Date.now() - began) / 1000).toFixed(1)} s since the start`)
  const instances = []
  let home, work, env, config, ports, url, guard, start

  before(async () => {
    home = scope.folder()
    work = join(home, 'work')
    const notes = join(home, 'notes')
    mkdirSync(work)
    mkdirSync(notes)
    writeFileSync(join(notes, 'Keeper.md'), 'Marta keeps the lamp.\n')
    guard = makeGuard()
    const [web, fresh, desk, as] = await Promise.all([startEverything(scope), startModern(scope), startModern(scope, { guard }),
      startAS(scope, { resources: () => [guard.state.url] })])
    guard.settle(as, desk.url)
    env = { HOME: home, XDG_CONFIG_HOME: '', CODEX_HOME: '', GATEHOUSE_CONFIG: '', NO_COLOR: '1' }
    put(join(home, '.cursor/mcp.json'), { mcpServers: {
      files: { command: node, args: [program('@modelcontextprotocol/server-filesystem/dist/index.js'), notes] },
      thinking: { command: node, args: [program('@modelcontextprotocol/server-sequential-thinking/dist/index.js')] },
      web: { url: web },
    } })
    put(join(home, '.config/Claude/claude_desktop_config.json'), { mcpServers: {
      memory: { command: node, args: [program('@modelcontextprotocol/server-memory/dist/index.js')], env: { MEMORY_FILE_PATH: join(notes, 'memory.jsonl') } },
      github: { command: node, args: [program('@modelcontextprotocol/server-github/dist/index.js')], env: { GITHUB_PERSONAL_ACCESS_TOKEN: TOKEN } },
      library: { command: node, args: [program('@upstash/context7-mcp/dist/index.js')] },
    } })
    put(join(home, '.config/Code/User/mcp.json'), { servers: { fresh: { type: 'http', url: fresh.url }, desk: { type: 'http', url: desk.url } } })
  })

  test('imported by one command with one yes', async t => {
    const no = 'n\n'.repeat(3) // the clients' own files stay as they are
    const done = await runToEnd(scope, 'script', ['-qec', `${gatehouse} init --import`, '/dev/null'], { cwd: work, env, input: `y\n${no}`, name: 'init at a terminal' })
    assert.equal(done.code, 0, done.output)
    assert.match(done.output, /8 taken, 0 taken and switched off/)
    assert.match(done.output, /desk wants a sign-in/)
    config = join(work, 'gatehouse.yaml')
    assert.ok(!readFileSync(config, 'utf8').includes(TOKEN))
    const checked = await run(scope, ['check'], { cwd: work, env })
    assert.equal(checked.code, 0, checked.output)
    since(t, 'imported')
  })

  test('two instances of it serve behind nginx', async t => {
    ports = [await freePort(), await freePort()]
    const store = await startPostgres(scope)
    const before = readFileSync(config, 'utf8')
    const after = before.replace(/^store: .*$/m, `store: ${JSON.stringify(store)}\nstate_keys: ["\${env:STATE_KEY}"]\nkeys: { vault: ["\${env:STATE_KEY}"] }\npeers: ${JSON.stringify(ports.map(port => `127.0.0.1:${port}`))}`)
    assert.notEqual(after, before)
    writeFileSync(config, after)
    const more = { ...env, STATE_KEY: randomBytes(32).toString('base64') }
    start = async i => {
      instances[i] = scope.run(gatehouse, ['serve', '--listen', `127.0.0.1:${ports[i]}`], { cwd: work, env: more, keep: 1 << 20, name: `instance ${i}` })
      await instances[i].wrote(/listening/)
    }
    await start(0)
    await start(1)
    await Promise.all(instances.map(one => one.wrote(/peer found/)))
    const port = await freePort()
    await startNginx(scope, ports, port)
    url = `http://127.0.0.1:${port}/mcp?disclosure=all`
    since(t, 'two instances serve')
  })

  test('the server with OAuth leads its caller to its page, and then answers', async t => {
    const client = await clients.auto(scope, `http://127.0.0.1:${ports[0]}/mcp?disclosure=all`)
    const refused = await client.callTool('desk__echo', { text: 'hello' })
    assert.equal(refused.isError, true)
    const page = await press(/http:\/\/\S+?\/oauth\/connect\/[^\s,]+/.exec(text(refused))[0])
    assert.equal(page.status, 200, page.text)
    assert.equal(text(await client.callTool('desk__echo', { text: 'hello' })), 'hello')
    assert.deepEqual([...guard.state.subjects], ['alice'])
    // The other instance looks for the sign-in of somebody who had none every two seconds.
    const other = await clients.auto(scope, `http://127.0.0.1:${ports[1]}/mcp?disclosure=all`)
    await within(15000, 'the other instance to know', (async () => { while ((await other.callTool('desk__echo', { text: 'there' })).isError); })())
    since(t, 'signed in')
  })

  const SAYS = [
    ['files__read_text_file', () => ({ path: join(home, 'notes/Keeper.md') }), /Marta keeps the lamp/],
    ['thinking__sequentialthinking', () => ({ thought: 'so', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 }), /thoughtHistoryLength/],
    ['memory__read_graph', () => ({}), /entities/],
    ['web__echo', () => ({ message: 'hi' }), /Echo: hi/],
    ['fresh__add', () => ({ a: 1, b: 2 }), /3/],
    ['desk__echo', () => ({ text: 'signed' }), /signed/],
  ]
  const ALL = [...SAYS.map(([name]) => name), 'github__create_issue', 'library__resolve-library-id']

  for (const kind of ['modern', 'auto', 'legacy', 'sdk1'])
    test(`the TypeScript client (${kind}) uses all of them`, async t => {
      const client = await clients[kind](scope, url)
      const names = (await client.listTools({ timeout: 60000 })).tools.map(tool => tool.name)
      for (const name of ALL) assert.ok(names.includes(name), `${name} in ${names}`)
      for (const [name, args, says] of SAYS) assert.match(text(await client.callTool(name, args())), says, name)
      since(t, kind)
    })

  for (const era of ['modern', 'legacy'])
    test(`the Inspector (${era}) lists and calls`, async t => {
      const listed = await inspector(scope, url, era, ['--method', 'tools/list'])
      assert.equal(listed.code, 0, listed.output)
      const { tools } = listed.json.result ?? listed.json
      for (const name of ALL) assert.ok(tools.some(tool => tool.name === name), name)
      const called = await inspector(scope, url, era, ['--method', 'tools/call', '--tool-name', 'files__read_text_file', '--tool-args-json', JSON.stringify({ path: join(home, 'notes/Keeper.md') })])
      assert.match(called.stdout, /Marta keeps the lamp/, called.output)
      since(t, `Inspector, ${era}`)
    })

  test('mcp-remote lists and calls', async t => {
    const folder = scope.folder()
    const client = await clients.sdk1(scope, { command: node, args: [join(npm, '.bin/mcp-remote'), url, '--allow-http'], env: { HOME: folder, MCP_REMOTE_CONFIG_DIR: folder } })
    assert.match(text(await client.callTool('web__echo', { message: 'far' })), /Echo: far/)
    since(t, 'mcp-remote')
  })

  test('one instance is killed while a question is open: that call is lost, and every client goes on', async t => {
    const openCalls = async i => Number(/^gatehouse_open_calls (\d+)/m.exec(await (await fetch(`http://127.0.0.1:${ports[i]}/metrics`)).text())[1])
    const others = await Promise.all(['modern', 'auto', 'legacy', 'sdk1'].map(kind => clients[kind](scope, url)))
    const go = async () => { for (const client of others) for (let i = 0; i < 2; ++i) assert.match(text(await client.callTool('fresh__echo', { text: 'on' })), /on/) }
    await go()
    for (const kind of ['sdk1', 'legacy']) {
      const client = await clients[kind](scope, url, able)
      let killed, dead
      const answer = async () => {
        if (killed === undefined) await (dead = instances[killed = (await openCalls(1)) > (await openCalls(0)) ? 1 : 0].kill())
        return { action: 'accept', content: { name: 'Ada Lovelace' } }
      }
      client.client.setRequestHandler(kind === 'sdk1' ? ElicitRequestSchema : 'elicitation/create', answer)
      await assert.rejects(within(30000, `the lost call of ${kind}`, client.callTool('web__trigger-elicitation-request')), error => { assert.doesNotMatch(error.message, /waited/); return true })
      await dead
      await go()
      assert.match(text(await client.callTool('web__trigger-elicitation-request')), /Ada Lovelace/)
      await start(killed)
      await Promise.all(instances.map(one => one.wrote(/peer found/)))
      await go()
    }
    since(t, 'killed and gone on')
  })
})
