// The tavily server against an API of Tavily's shape: citations, the cache, what calls cost and may cost, and keys that change.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { clients, gatehouse, run, Scope, startGateway, text } from './lib.mjs'
import { failing, startTavily } from './fixtures/apis.mjs'

const alone = (scope, tavily, env = { TAVILY_API_KEY: 'tvly-t0ken' }) =>
  clients.modern(scope, { command: gatehouse, args: ['server', 'tavily', '--base-url', tavily.url], env })

test('answers are cited, and asking again costs nothing', async t => {
  const scope = Scope.of(t)
  const tavily = await startTavily(scope)
  const client = await alone(scope, tavily)
  assert.deepEqual((await client.listTools()).tools.map(tool => tool.name).sort(), ['crawl', 'extract', 'map', 'search'])
  const first = text(await client.callTool('search', { query: 'everything', include_answer: true, max_results: 2 }))
  assert.match(first, /^Answer: Forty-two\.\n\n\[1\] One — https:\/\/one\.example\/a \(Mon, 01 Jan 2030 00:00:00 GMT\)\nFirst passage\.\n\n\[2\] Two — /)
  assert.match(first, /\(1 credit; 1 today\)$/)
  assert.deepEqual(tavily.last().json, { query: 'everything', search_depth: 'basic', topic: 'general', max_results: 2, include_answer: true, include_usage: true })
  assert.match(text(await client.callTool('search', { query: 'everything', include_answer: true, max_results: 2 })), /kept from \d+ s ago; no credits/)
  assert.equal(tavily.asked.length, 1)
  assert.match(text(await client.callTool('search', { query: 'everything', search_depth: 'advanced', include_raw_content: true, time_range: 'week', include_domains: ['one.example'] })), /# Whole page/)
  assert.equal(tavily.last().json.time_range, 'week')
  assert.match(text(await client.callTool('extract', { urls: ['https://a.example', 'https://b.example'] })), /Text of the page[^]*Failed: https:\/\/b\.example \(not found\)/)
  assert.match(text(await client.callTool('crawl', { url: 'https://a.example', instructions: 'prices' })), /\[1\] https:\/\/a\.example\/x\nX/)
  assert.match(text(await client.callTool('map', { url: 'https://a.example', limit: 50 })), /\[2\] https:\/\/a\.example\/y\n\(5 credits; 12 today\)/)
})

test('what calls may cost is limited before they are made', async t => {
  const scope = Scope.of(t)
  const tavily = await startTavily(scope)
  const gateway = await startGateway(scope, { servers: { web: { builtin: 'tavily', base_url: tavily.url, key: 'tvly-t0ken', cache: '0s', credits: { call: 4, day: 3 } } } })
  const client = await clients.auto(scope, gateway.url)
  assert.match(text(await client.callTool('web__crawl', { url: 'https://a.example', limit: 100 })), /may cost up to 30 credits, and one call may cost 4/)
  assert.equal(tavily.asked.length, 0)
  assert.match(text(await client.callTool('web__search', { query: 'a', search_depth: 'advanced' })), /2 credits; 2 today/)
  const over = await client.callTool('web__search', { query: 'b', search_depth: 'advanced' })
  assert.equal(over.isError, true)
  assert.match(text(over), /2 of today's 3 are used/)
  assert.match(text(await client.callTool('web__search', { query: 'b' })), /3 today/)
})

test('failures are told with what to do', async t => {
  const scope = Scope.of(t)
  const tavily = await startTavily(scope)
  const client = await alone(scope, tavily)
  for (const [fail, pattern] of [
    [{ status: 429, headers: { 'retry-after': '30' }, json: { detail: { error: 'Your request has been blocked due to excessive requests.' } } }, /429.*excessive requests.*try again in 30 s/],
    [{ status: 432, json: { detail: { error: 'This request exceeds your plan\'s set usage limit.' } } }, /432.*credits of the plan or of the key are used up/],
    [{ status: 400, json: { detail: { error: 'Query is too long. tvly-t0ken' } } }, /400.*Query is too long/], [failing('html'), /web page/], [failing('500'), /500/], [failing('cut'), /no JSON/],
  ]) {
    tavily.state.fail = fail
    const result = await client.callTool('search', { query: 'x' })
    assert.equal(result.isError, true)
    assert.match(text(result), pattern)
    assert.doesNotMatch(text(result), /t0ken/)
  }
  const none = await alone(scope, tavily, { TAVILY_API_KEY: '' })
  assert.match(text(await none.callTool('search', { query: 'x' })), /needs a Tavily API key, and none is set; set the variable TAVILY_API_KEY/)
})

test('a key is replaced without a restart, and its age is watched', async t => {
  const scope = Scope.of(t)
  const tavily = await startTavily(scope)
  const folder = scope.folder()
  const file = join(folder, 'key')
  writeFileSync(file, 'tvly-t0ken\n', { mode: 0o600 })
  const servers = { web: { builtin: 'tavily', base_url: tavily.url, cache: '0s', key: { value: '${file:./key}', issued: '2020-01-01', rotate_every: '30d' } } }
  const gateway = await startGateway(scope, { servers }, { folder })
  const client = await clients.modern(scope, gateway.url)
  assert.ok(!(await client.callTool('web__search', { query: 'a' })).isError)
  tavily.state.key = 'tvly-n3w'
  assert.match(text(await client.callTool('web__search', { query: 'b' })), /401.*missing or invalid API key/)
  writeFileSync(file, 'tvly-n3w\n', { mode: 0o600 })
  gateway.program.child.kill('SIGHUP')
  await gateway.wrote(/the config was read again/)
  assert.ok(!(await client.callTool('web__search', { query: 'c' })).isError)
  const checked = await run(scope, ['check'], { cwd: folder })
  assert.match(checked.stdout + checked.stderr, /servers\.web: the key was to be replaced \d+ days ago/)
  assert.doesNotMatch(gateway.log() + checked.stdout + checked.stderr, /t0ken|n3w/)
})
