// Less than all: the tools that find, describe and call the rest, for clients and servers of both eras, over HTTP and stdio.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { exampleServer, startExample } from './examples.mjs'
import { ask, clients, gatehouse, inspector, node, programs, run, Scope, startGateway, text, tokenizer, writeConfig } from './lib.mjs'
import { makeVault } from './world.mjs'

const MODERN = '2026-07-28', LEGACY = '2025-11-25'
const SURFACE = ['find_tools', 'describe_tools', 'call_tool', 'call_tool_write']
const able = { capabilities: { elicitation: { form: {} }, sampling: {}, roots: {} } }
const names = ({ tools }) => tools.map(tool => tool.name)

function answering(client) {
  client.client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada', color: 'red', ok: true } }))
  client.client.setRequestHandler('sampling/createMessage', () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: 'from Ada' } }))
  client.client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///Ada' }] }))
}

// Four upstreams, one of each era and transport, and two with tools of npm's own.
async function servers(scope, folder) {
  const all = {
    vault: { builtin: 'vault', roots: [folder] },
    disk: { builtin: 'filesystem', roots: [{ path: folder, mode: 'write' }] },
    everything: { command: [node, programs.everything, 'stdio'] },
    files: { command: [node, programs.filesystem, folder], tools: { list_allowed_directories: { always: true } } },
  }
  for (const [id, revision] of [['new', MODERN], ['old', LEGACY]]) {
    const { url } = await startExample(scope, 'conformance_server', ['--revisions', revision])
    all[`${id}-http`] = { url }
    all[`${id}-stdio`] = exampleServer('conformance_server', ['--revisions', revision])
  }
  return all
}

describe('search', () => {
  const scope = Scope.ofSuite()
  let gateway, config, folder
  before(async () => {
    folder = makeVault(scope.folder())
    config = {
      disclosure: 'search', name_limit: 64, servers: await servers(scope, folder),
      profiles: { notes: { servers: ['vault'], disclosure: 'all' }, reading: { servers: ['disk', 'files'], tools: ['read_*', '*__list_*'] } },
    }
    gateway = await startGateway(scope, config)
  })
  const wheres = {
    http: () => gateway.url,
    stdio: () => ({ config: writeConfig(scope.folder(), { listen: '127.0.0.1:0', ...config }) }),
  }

  for (const era of ['modern', 'legacy', 'sdk1']) {
    for (const where of ['http', 'stdio']) {
      describe(`a client (${era}) over ${where}`, () => {
        let client
        const call = async (name, args) => { const result = await client.callTool(name, args); return { ...result, said: text(result) } }
        before(async () => {
          client = await clients[era](scope, wheres[where](), able)
          if (era !== 'sdk1') answering(client)
        })

        test('sees the surface, and it stays as it is', async () => {
          const first = await client.listTools()
          assert.deepEqual(names(first), [...SURFACE, 'files__list_allowed_directories'])
          const hints = Object.fromEntries(first.tools.map(tool => [tool.name, tool.annotations]))
          assert.equal(hints.call_tool.readOnlyHint, true)
          assert.equal(hints.call_tool_write.readOnlyHint, false)
          await call('find_tools', { query: 'echo' })
          assert.deepEqual(await client.listTools(), first)
          assert.match(client.client.getInstructions(), /find_tools.*vault/s)
        })

        test('finds, describes and calls a tool that reads', async () => {
          const found = await call('find_tools', { query: 'return a note as markdown', limit: 3 })
          assert.match(found.said, /^vault\.read\(.* — /m)
          assert.equal(found.structuredContent, undefined)
          assert.match((await call('describe_tools', { names: ['vault.read'] })).said, /function read\(args: /)
          const read = await call('call_tool', { name: 'vault.read', arguments: { path: 'Keeper.md' } })
          assert.deepEqual(read.content, (await client.callTool('vault__read', { path: 'Keeper.md' })).content)
        })

        test('is told which of the two it is, and what does not fit', async () => {
          const args = { path: join(folder, `${era}-${where}.txt`), content: 'new' }
          const refused = await call('call_tool', { name: 'disk.write_file', arguments: args })
          assert.equal(refused.isError, true)
          assert.match(refused.said, /call_tool_write/)
          const wrong = await call('call_tool_write', { name: 'disk.write_file', arguments: { ...args, content: 7 } })
          assert.equal(wrong.isError, true)
          assert.match(wrong.said, /\/content must be a string[^]*function write_file/)
          assert.notEqual((await call('call_tool_write', { name: 'disk.write_file', arguments: args })).isError, true)
          assert.match((await call('call_tool', { name: 'disk.read_text_file', arguments: { path: args.path } })).said, /new/)
          const unknown = await call('call_tool', { name: 'disk.read_txt_file', arguments: {} })
          assert.equal(unknown.isError, true)
          assert.match(unknown.said, /disk\.read_text_file/)
        })

        test('progress passes', async () => {
          const seen = []
          const named = await client.callTool('call_tool',
            { name: 'everything.trigger-long-running-operation', arguments: { duration: 0.2, steps: 2 } }, { onprogress: ({ progress }) => seen.push(progress) })
          assert.match(text(named), /completed/)
          // One that comes at the same moment as the result may be too late for the client.
          assert.equal(seen[0], 1)
        })

        if (era !== 'sdk1') for (const id of ['new-http', 'new-stdio', 'old-http', 'old-stdio']) {
          test(`${id} asks through it`, async () => {
            for (const [tool, expected] of [
              ['test_input_required_result_elicitation', /^Hello, Ada!$/],
              ['test_input_required_result_request_state', /^state-ok$/],
              ['test_input_required_result_multi_round', /^Ada likes red$/],
              ['test_input_required_result_sampling', /^from Ada$/],
            ]) assert.match((await call('call_tool_write', { name: `${id}.${tool}` })).said, expected)
          })
        }
      })
    }
  }

  test('a state is good for the call that it was given for, and for no other', async () => {
    const capabilities = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } }
    const first = (await ask(gateway.url, 'tools/call', { name: 'call_tool_write', arguments: { name: 'old-http.test_input_required_result_elicitation' } }, { meta: capabilities })).json.result
    assert.equal(first.resultType, 'input_required')
    const [key] = Object.keys(first.inputRequests)
    const retry = (name, args) => ask(gateway.url, 'tools/call', {
      name, arguments: args, requestState: first.requestState, inputResponses: { [key]: { action: 'accept', content: { name: 'Eve' } } },
    }, { meta: capabilities })
    const other = await retry('call_tool_write', { name: 'old-http.test_input_required_result_sampling' })
    assert.match(other.json.error.message, /requestState/)
    const same = await retry('call_tool_write', { name: 'old-http.test_input_required_result_elicitation' })
    assert.match(text(same.json.result), /Hello, Eve/)
  })

  test('profiles and URLs have modes of their own', async () => {
    const list = async path => names((await ask(gateway.base + path, 'tools/list')).json.result)
    const notes = await list('/mcp/p/notes')
    assert.ok(notes.includes('vault__read') && notes.every(name => name.startsWith('vault__')), notes.join())
    assert.deepEqual(await list('/mcp/p/reading'), [...SURFACE, 'files__list_allowed_directories'])
    const reading = await list('/mcp/p/reading?disclosure=all')
    assert.ok(reading.includes('disk__read_text_file') && reading.includes('files__list_directory') && !reading.includes('disk__write_file'), reading.join())
    const refused = await ask(`${gateway.base}/mcp/p/reading`, 'tools/call', { name: 'disk__write_file', arguments: { path: join(folder, 'x'), content: '' } })
    assert.match(refused.json.error.message, /unknown tool/)
    const all = await list('/mcp?disclosure=all')
    assert.ok(all.includes('everything__echo') && !all.includes('find_tools'))
    assert.deepEqual(await list('/mcp/s/vault?disclosure=search'), SURFACE)
    assert.match((await ask(`${gateway.url}?disclosure=most`, 'tools/list')).json.error.message, /must be all, search or code, not 'most'/)
    assert.equal((await fetch(`${gateway.base}/mcp/p/nothing`, { method: 'POST' })).status, 404)
  })

  test('the surface is small, good for a while, and everybody\'s', async () => {
    const { result } = (await ask(`${gateway.base}/mcp/p/notes?disclosure=search`, 'tools/list')).json
    assert.equal(result.resultType, 'complete')
    const { countTokens } = await import(pathToFileURL(tokenizer))
    assert.ok(countTokens(JSON.stringify(result.tools.filter(tool => SURFACE.includes(tool.name)))) < 450)
  })

  test('a person still sees it all', async () => {
    const listed = await run(scope, ['tools', '--config', gateway.file, '--json'])
    const all = JSON.parse(listed.stdout).map(tool => tool.name)
    assert.ok(all.includes('everything__echo') && !all.includes('find_tools'), listed.stderr)
  })

  test('the Inspector finds and calls, in both eras', async () => {
    for (const era of ['modern', 'legacy']) {
      const found = await inspector(scope, gateway.url, era, ['--method', 'tools/call', '--tool-name', 'find_tools', '--tool-arg', 'query=add two numbers'])
      assert.match(JSON.stringify(found.json), /everything\.get-sum/, found.stderr)
    }
  })
})

test('stdio takes the mode from its command line', async t => {
  const scope = Scope.of(t)
  const folder = makeVault(scope.folder())
  const config = { servers: { vault: { builtin: 'vault', roots: [folder] } } }
  const file = writeConfig(scope.folder(), config)
  const args = ['stdio', '--config', file]
  const all = await clients.modern(scope, { command: gatehouse, args })
  assert.ok(names(await all.listTools()).includes('vault__read'))
  const few = await clients.legacy(scope, { command: gatehouse, args: [...args, '--disclosure', 'search'] })
  assert.deepEqual(names(await few.listTools()), SURFACE)
  const wrong = await run(scope, [...args, '--disclosure', 'most'])
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /--disclosure must be all, search, code or auto/)
})

test('auto shows a small catalog, searches a large one, and leaves it to clients that search themselves', async t => {
  const scope = Scope.of(t)
  const folder = scope.folder()
  const tools = Array.from({ length: 45 }, (_, n) => ({ name: `tool_${n}`, description: `Does thing ${n}.`, inputSchema: { type: 'object' } }))
  const program = join(folder, 'many.mjs')
  writeFileSync(program, `
    import { createInterface } from 'node:readline'
    for await (const line of createInterface({ input: process.stdin })) {
      const { id, method, params } = JSON.parse(line)
      const say = more => console.log(JSON.stringify({ jsonrpc: '2.0', id, ...more }))
      if (method === 'initialize') say({ result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'many', version: '1' } } })
      else if (method === 'tools/list') say({ result: { tools: ${JSON.stringify(tools)} } })
      else if (id !== undefined) say({ error: { code: -32601, message: 'no' } })
    }`)
  const gateway = await startGateway(scope, {
    disclosure: 'auto',
    servers: { few: { builtin: 'vault', roots: [folder] }, many: { command: [node, program] } },
    profiles: { few: { servers: ['few'] } },
  })
  const list = async (url, name) => names((await ask(url, 'tools/list', {}, { meta: { 'io.modelcontextprotocol/clientInfo': { name, version: '1' } } })).json.result)
  assert.deepEqual(await list(gateway.url, 'a-client'), SURFACE)
  assert.deepEqual(await list(gateway.url, 'a-client'), SURFACE)
  assert.equal((await list(gateway.url, 'claude-code')).filter(name => name.startsWith('many__')).length, 45)
  assert.ok((await list(`${gateway.base}/mcp/p/few`, 'a-client')).includes('few__read'))
})
