// Tokens: a result cut and read on to its end by real clients of both eras, limits that refuse, and what the commands show.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { clients, fixture, node, run, Scope, startGateway, tokenizer } from './lib.mjs'

const { countTokens } = await import(tokenizer)
const count = text => countTokens(text, { disallowedSpecial: new Set() })
const servers = { talk: { command: [node, fixture('talkative.mjs')] } }
const eras = Object.entries(clients)

const textOf = result => result.content.filter(block => block.type === 'text').map(block => block.text).join('\n')
const handleOf = text => /"handle":"([^"]+)"/.exec(text)?.[1]

// Reads the rest, page by page.
async function rest(client, handle) {
  const pages = []
  for (let from = 0; pages.length < 100;) {
    const text = textOf(await client.callTool('read_more', { handle, from }))
    pages.push(text)
    const next = /go on with "from": (\d+)\]/.exec(text)
    if (!next) break
    from = Number(next[1])
  }
  assert.match(pages.at(-1), /that is all/)
  return pages
}

describe('a result over the limit', () => {
  for (const [era, open] of eras) {
    test(`${era}: structured content is cut, still fits its schema, and the rest is read on`, async t => {
      const scope = Scope.of(t)
      const gateway = await startGateway(scope, { servers, budget: { call: 1000 } })
      const client = await open(scope, gateway.url)
      const { tools } = await client.listTools()
      assert.ok(tools.some(tool => tool.name === 'read_more'))
      const result = await client.callTool('talk__rows', { count: 400 })
      assert.ok(!result.isError, textOf(result))
      const { rows, total } = result.structuredContent
      assert.equal(total, 400)
      assert.ok(rows.length > 5 && rows.length < 400, `${rows.length}`)
      assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent)
      assert.ok(count(result.content[0].text) <= 1000)
      assert.match(textOf(result), new RegExp(`left out: items ${rows.length + 1}-400 of /rows`))
      const pages = await rest(client, handleOf(textOf(result)))
      for (const page of pages) assert.ok(count(page) < 1100)
      const ids = pages.join('\n').split('\n').filter(line => line.startsWith('{')).map(line => JSON.parse(line).id)
      assert.deepEqual([...rows.map(row => row.id), ...ids], Array.from({ length: 400 }, (_, i) => i))
    })
  }

  test('lines of text; a resource is the rest too; another handle is nothing', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers, budget: { call: 500 } })
    const client = await eras[0][1](scope, gateway.url)
    const result = await client.callTool('talk__lines', { count: 2000 })
    const handle = handleOf(textOf(result))
    assert.match(textOf(result), /left out: lines \d+-2000 of block 1/)
    const page = await client.readResource(`gatehouse://result/${handle}`)
    assert.match(page.contents[0].text, /go on with "from"/)
    const wrong = await client.callTool('read_more', { handle: 'r0000000000000000' })
    assert.ok(wrong.isError)
    assert.match(textOf(wrong), /nothing to read/)
    assert.equal(textOf(await client.callTool('talk__lines', { count: 3 })), 'line 1\nline 2\nline 3')
  })

  test('one server alone says the resource', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers, budget: { call: 500 } })
    const client = await eras[0][1](scope, gateway.server('talk'))
    assert.ok(!(await client.listTools()).tools.some(tool => tool.name === 'read_more'))
    const text = textOf(await client.callTool('lines', { count: 2000 }))
    const uri = /read the resource (gatehouse:\S+?)\]/.exec(text)[1]
    assert.match((await client.readResource(uri)).contents[0].text, /lines \d+-2000/)
  })
})

describe('a budget that is used up', () => {
  for (const [era, open] of eras) {
    test(`${era}: a hard limit refuses in words that a model can read`, async t => {
      const scope = Scope.of(t)
      const gateway = await startGateway(scope, { servers, budget: { session: 2000, hard: true } })
      const client = await open(scope, gateway.url)
      const call = () => client.callTool('talk__lines', { count: 1000 })
        .then(result => ({ ...result, text: textOf(result) }), error => ({ isError: true, text: error.message }))
      // What is left may be less than any result has.
      let refused = await call()
      assert.ok(!refused.isError, refused.text)
      for (let i = 0; i < 2 && !refused.isError; ++i) refused = await call()
      assert.ok(refused.isError)
      assert.match(refused.text, /token budget of this session is used up: \d+ of 2000/)
    })
  }
})

test('the commands show what it costs, and what calls took', async t => {
  const scope = Scope.of(t)
  const gateway = await startGateway(scope, { servers, budget: { call: 500, window: 100000 } })
  const client = await eras[0][1](scope, gateway.url)
  await client.callTool('talk__lines', { count: 2000 })
  const inGateway = (...args) => run(scope, [...args, '--config', gateway.file])
  const report = JSON.parse((await inGateway('budget', '--json')).stdout)
  const listed = (await client.listTools()).tools
  for (const { name, tokens } of report.tools) {
    const tool = listed.find(one => one.name === name)
    assert.equal(tokens, count(JSON.stringify({ name, description: tool.description ?? '', inputSchema: tool.inputSchema })), name)
  }
  assert.equal(report.window, 100000)
  assert.equal(report.exact, true)
  const lines = report.usage.tools.find(tool => tool.tool === 'lines')
  assert.equal(lines.calls, 1)
  assert.equal(lines.cut, 1)
  assert.ok(lines.results > 4000)
  const text = (await inGateway('budget')).stdout
  assert.match(text, /talk\.lines +1 /)
  assert.match(text, /█/)
  assert.match((await inGateway('budget', '--model', 'claude-x')).stdout, /an estimate: 1\.06/)
  assert.match((await inGateway('tools', '--tokens')).stdout, /3 tools +\d+ +tokens of o200k_base/)
})
