// run_code: JavaScript that calls tools, for clients and servers of both eras, over HTTP and stdio.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { exampleServer, startExample } from './examples.mjs'
import { ask, clients, fixture, META, node, programs, Scope, startGateway, text, writeConfig } from './lib.mjs'
import { makeVault } from './world.mjs'

const SURFACE = ['find_tools', 'describe_tools', 'run_code']
const able = { capabilities: { elicitation: { form: {} }, sampling: {}, roots: {} } }

function servers(folder) {
  return {
    vault: { builtin: 'vault', roots: [folder] },
    disk: { builtin: 'filesystem', roots: [{ path: folder, mode: 'write' }] },
    everything: { command: [node, programs.everything, 'stdio'] },
    files: { command: [node, programs.filesystem, folder], sandbox: { write: [folder] } },
    asks: { command: [node, fixture('asks.mjs')], env: { ASKS_ONLY_READS: '1', ASKS_COUNTS_IN: join(folder, 'counts') }, sandbox: { write: [folder] } },
  }
}

describe('code', () => {
  const scope = Scope.ofSuite()
  let gateway, config, folder
  before(async () => {
    folder = makeVault(scope.folder())
    config = { disclosure: 'code', servers: servers(folder) }
    gateway = await startGateway(scope, config)
  })
  const wheres = {
    http: () => gateway.url,
    stdio: () => ({ config: writeConfig(scope.folder(), { listen: '127.0.0.1:0', ...config }) }),
  }

  for (const era of ['modern', 'legacy', 'sdk1']) {
    for (const where of ['http', 'stdio']) {
      describe(`a client (${era}) over ${where}`, () => {
        let client, asked
        const run = async code => { const result = await client.callTool('run_code', { code }); return { ...result, said: text(result) } }
        before(async () => {
          client = await clients[era](scope, wheres[where](), able)
          asked = 0
          if (era === 'sdk1') return
          client.client.setRequestHandler('elicitation/create', () => { ++asked; return { action: 'accept', content: { name: 'Ada', color: 'red', ok: true } } })
          client.client.setRequestHandler('sampling/createMessage', () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: 'from Ada' } }))
          client.client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///Ada' }] }))
        })

        test('sees three tools', async () => {
          assert.deepEqual((await client.listTools()).tools.map(tool => tool.name), SURFACE)
        })

        test('finds, describes and calls within the code', async () => {
          const { said, isError } = await run(`
            const found = await tools.find('return a note as markdown', { limit: 3 })
            const types = await tools.describe(['vault.read'])
            const note = await vault.read({ path: 'Keeper.md' })
            console.log('looked')
            return { found: found.includes('vault.read('), types: types.includes('function read('), note: JSON.stringify(note).length > 10 }`)
          assert.notEqual(isError, true, said)
          assert.match(said, /^\{"found":true,"types":true,"note":true\}\n\nconsole:\nlooked/)
        })

        test('makes thirty calls of real servers', async () => {
          const { said } = await run(`async () => {
            const sums = await Promise.all([...Array(15).keys()].map(n => everything.get_sum({ a: n, b: 1 })))
            const echoes = await Promise.all([...Array(15).keys()].map(n => everything.echo({ message: 'm' + n })))
            return [sums.length, echoes.at(-1)]
          }`)
          assert.match(said, /^\[15,"Echo: m14"\]$/)
        })

        test('hears of what is wrong, with what was done', async () => {
          const wrong = await run(`await everything.echo({ message: 'once' })\nawait vault.read({ path: 7 })`)
          assert.equal(wrong.isError, true)
          assert.match(wrong.said, /^tool error at line 2.*in vault\.read: .*[^]*\/path must be a string[^]*function read[^]*1\. everything\.echo\(\{"message":"once"\}\): done/)
          assert.match((await run('const x: string = 1; return x')).said, /^syntax error at line 1[^]*TypeScript/)
          assert.match((await run('return await vault.reed({})')).said, /vault has no tool reed/)
          assert.match((await run('try { await everything.echo({}) } catch (e) { return e.kind }')).said, /invalid_arguments/)
        })

        test('reads a long answer on', async () => {
          const { said } = await run(`return [...Array(5000).keys()].map(n => 'line ' + n).join('\\n')`)
          const [, handle, offset] = /tools\.read\("([^"]+)", \{ offset: (\d+) \}\)\]$/.exec(said)
          assert.ok(said.length < 25000)
          const rest = await run(`let all = '', from = ${offset}; for (;;) { const page = await tools.read('${handle}', { offset: from }); if (!page) return all.split('\\n').at(-1); all += page; from += page.length }`)
          assert.equal(rest.said, 'line 4999')
        })

        if (era !== 'sdk1') test('a server asks within the code, and nothing is called twice', async () => {
          const before = asked
          const { said } = await run(`
            const first = Number(await asks.count({}))
            const [form, second] = await Promise.all([asks.form({ question: 'Who?' }), asks.count({})])
            const chance = Math.random()
            const again = await asks.form({ question: 'And who?' })
            const third = Number(await asks.count({}))
            return [form.result.content.name, again.result.content.name, second - first, third - first, chance < 1]`)
          assert.equal(said, '["Ada","Ada",1,2,true]')
          assert.equal(asked - before, 2)
        })
      })
    }
  }

  test('a state is good once, for its own code and caller', async () => {
    const code = 'await everything.echo({ message: "1" }); return (await asks.form({})).result.content.name'
    const call = async params => (await ask(gateway.url, 'tools/call', { name: 'run_code', ...params }, { meta: { [`${META}clientCapabilities`]: { elicitation: { form: {} } } } })).json
    const first = await call({ arguments: { code } })
    assert.equal(first.result.resultType, 'input_required', JSON.stringify(first))
    const key = Object.keys(first.result.inputRequests)[0]
    assert.match(key, /^c2\./)
    const answers = { requestState: first.result.requestState, inputResponses: { [key]: { action: 'accept', content: { name: 'Ada' } } } }
    const other = await call({ arguments: { code: code + ' ' }, ...answers })
    assert.match(other.error.message, /requestState is not known/)
    const done = await call({ arguments: { code }, ...answers })
    assert.equal(done.result.content[0].text, 'Ada')
    assert.match((await call({ arguments: { code }, ...answers })).error.message, /requestState is not known/)
  })

  test('endless code, floods and escapes end alone', async () => {
    const client = await clients.modern(scope, gateway.url)
    const run = async code => text(await client.callTool('run_code', { code }))
    const [looping, fine] = await Promise.all([run('for (;;) {}'), run('return 1 + 1')])
    assert.match(looping, /^limit error: the code used its 5000 ms of processor time/)
    assert.equal(fine, '2')
    assert.match(await run('const a = []; for (;;) a.push(new Uint8Array(1 << 20))'), /^limit error.*out of memory/)
    assert.match(await run('return (() => {}).constructor.constructor("return typeof process")()'), /^undefined$/)
    assert.equal(await run('return 2'), '2')
    assert.match(gateway.log(), /listening/)
  })
})

describe('servers of both eras that ask within the code', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => {
    const servers = {}
    for (const [id, revision] of [['new', '2026-07-28'], ['old', '2025-11-25']]) {
      servers[`${id}-http`] = { url: (await startExample(scope, 'conformance_server', ['--revisions', revision])).url }
      servers[`${id}-stdio`] = exampleServer('conformance_server', ['--revisions', revision])
    }
    gateway = await startGateway(scope, { disclosure: 'code', code: { write: true }, servers })
  })
  for (const era of ['modern', 'legacy'])
    for (const server of ['new_http', 'new_stdio', 'old_http', 'old_stdio'])
      test(`a ${era} client and ${server}`, async () => {
        const client = await clients[era](scope, gateway.url, able)
        client.client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada', color: 'red', ok: true } }))
        client.client.setRequestHandler('sampling/createMessage', () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: 'from Ada' } }))
        client.client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///Ada' }] }))
        const said = text(await client.callTool('run_code', { code: `
          const both = await Promise.all([${server}.test_input_required_result_elicitation({}), ${server}.test_input_required_result_sampling({})])
          return [...both, await ${server}.test_input_required_result_multi_round({})]` }))
        assert.equal(said, '["Hello, Ada!","from Ada","Ada likes red"]')
      })
})

for (const era of ['modern', 'legacy']) {
  test(`rules hold within the code (${era} client)`, async t => {
    const scope = Scope.of(t)
    const folder = makeVault(scope.folder())
    const rules = [{ tools: ['asks__pid'], then: 'deny' }, { tools: ['asks__count'], when: { disclosure: 'code' }, then: 'ask' }, { tools: ['*'], then: 'allow' }]
    const gateway = await startGateway(scope, { disclosure: 'code', rules, servers: servers(folder) })
    const counts = 'try { return await asks.count({}) } catch (e) { return [e.kind, e.message] }'
    const mute = await clients[era](scope, gateway.url)
    assert.match(text(await mute.callTool('run_code', { code: counts })), /^\["denied",".*cannot ask/)
    assert.match(text(await mute.callTool('run_code', { code: 'return await asks.pid({})' })), /asks has no tool pid/)

    const client = await clients[era](scope, gateway.url, able)
    const answers = ['accept', 'decline']
    client.client.setRequestHandler('elicitation/create', () => {
      const action = answers.shift()
      return { action, ...(action === 'accept' ? { content: { approve: true } } : {}) }
    })
    assert.equal(text(await client.callTool('run_code', { code: counts })), '1')
    assert.match(text(await client.callTool('run_code', { code: counts })), /^\["denied"/)
    assert.deepEqual(answers, [])
  })
}

test('code that may only read is told so', async t => {
  const scope = Scope.of(t)
  const folder = makeVault(scope.folder())
  const gateway = await startGateway(scope, { servers: { disk: { builtin: 'filesystem', roots: [{ path: folder, mode: 'write' }] } } })
  const client = await clients.modern(scope, `${gateway.url}?disclosure=code`)
  const said = text(await client.callTool('run_code', { code: "try { await disk.write_file({ path: 'x', content: 'y' }) } catch (e) { return [e.kind, e.message] }" }))
  assert.match(said, /"denied".*only read/)
  assert.equal(text(await client.callTool('run_code', { code: 'return typeof (await disk.list_allowed_directories())' })), 'string')
})
