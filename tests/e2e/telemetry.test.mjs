// Traces and numbers: context from client through the gateway to upstreams, spans at a collector, Prometheus.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { before, describe, test } from 'node:test'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { MockOtlpServer } from '@elastic/mockotlpserver'
import { z } from 'zod'
import { startCollector } from './collector.mjs'
import { clients, fixture, freePort, modern, node, Scope, startGateway, text, writeConfig } from './lib.mjs'
import { within } from './scope.mjs'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const parent = `00-${TRACE}-${SPAN}-01`
const _meta = { traceparent: parent, tracestate: 'a=1', baggage: 'k=v' }

// An upstream of the modern era over HTTP with the same tool as fixtures/trace.mjs, and one that fails.
async function startUpstream(scope) {
  const make = () => {
    const server = new McpServer({ name: 'trace-modern', version: '1' })
    server.registerTool('meta', { description: 'Says the _meta of the call.', inputSchema: z.object({}), annotations: { readOnlyHint: true } },
      (_, ctx) => ({ content: [{ type: 'text', text: JSON.stringify(ctx.mcpReq._meta ?? {}) }] }))
    server.registerTool('fail', { description: 'Fails.', inputSchema: z.object({ password: z.string().optional() }) },
      () => ({ content: [{ type: 'text', text: 'boom' }], isError: true }))
    return server
  }
  const server = createServer(toNodeHandler(createMcpHandler(make)))
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  scope.defer(() => { server.closeAllConnections(); return new Promise(done => server.close(done)) })
  return `http://127.0.0.1:${server.address().port}/mcp`
}

const servers = url => ({
  child: { command: [node, fixture('trace.mjs')] },
  web: { url },
})

describe('traces', () => {
  const scope = Scope.ofSuite()
  let collector, gateway, config
  before(async () => {
    collector = await startCollector(scope)
    config = { disclosure: 'all', pins: { mode: 'warn' }, servers: servers(await startUpstream(scope)), telemetry: { otlp: collector.url, headers: { Authorization: 'Bearer collector' } } }
    gateway = await startGateway(scope, config)
  })

  for (const era of ['modern', 'legacy', 'sdk1']) {
    for (const way of ['http', 'stdio']) {
      for (const server of ['child', 'web']) {
        test(`a client (${era}, ${way}) is the parent, and the upstream (${server}) hears of the gateway's own span`, async () => {
          const where = way === 'http' ? gateway.url : { config: writeConfig(scope.folder(), { listen: '127.0.0.1:0', ...config }) }
          const trace = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex')
          const client = await clients[era](scope, where)
          const told = JSON.parse(text(await client.callTool(`${server}__meta`, {}, undefined, { _meta: { ..._meta, traceparent: `00-${trace}-${SPAN}-01` } })))
          const [, upstreamTrace, upstreamSpan, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(told.traceparent)
          assert.equal(upstreamTrace, trace)
          assert.notEqual(upstreamSpan, SPAN)
          assert.equal(flags, '01')
          assert.equal(told.tracestate, 'a=1')
          assert.equal(told.baggage, 'k=v')
          const spans = await collector.hears(() => { const found = collector.spans().filter(span => span.trace === trace); return found.length === 2 && found })
          const above = spans.find(span => span.kind === 2), below = spans.find(span => span.kind === 3)
          assert.equal(above.parent, SPAN)
          assert.equal(below.parent, above.id)
          assert.equal(below.id, upstreamSpan)
          assert.equal(above.name, 'tools/call meta')
          assert.equal(above.attributes['mcp.method.name'], 'tools/call')
          assert.equal(above.attributes['gen_ai.operation.name'], 'execute_tool')
          assert.equal(above.attributes['gen_ai.tool.name'], 'meta')
          assert.equal(above.attributes['network.transport'], way === 'http' ? 'tcp' : 'pipe')
          assert.equal(above.attributes['openinference.span.kind'], 'TOOL')
          assert.equal(above.attributes['gatehouse.server'], server)
          assert.ok(above.attributes['gatehouse.tokens.result'] > 0)
          assert.equal(above.attributes['input.value'], undefined, 'nothing of the content leaves unless the config says so')
          assert.equal(below.attributes['network.transport'], server === 'web' ? 'tcp' : 'pipe')
          assert.equal(above.resource['service.name'], 'gatehouse')
        })
      }
    }
  }

  test('the header of the HTTP request is a link, and the parent where _meta names none', async () => {
    const send = (meta, header) => {
      const { body, headers } = modern('tools/call', { name: 'web__meta', arguments: {} }, { meta, headers: { traceparent: header } })
      return fetch(gateway.url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }, body: JSON.stringify(body) })
    }
    const one = '1'.repeat(32), two = '2'.repeat(32)
    assert.equal((await send({ traceparent: `00-${one}-${SPAN}-01` }, `00-${two}-00000000000000aa-01`)).status, 200)
    const both = await collector.hears(() => collector.spans().find(span => span.trace === one && span.kind === 2))
    assert.deepEqual(both.links, [{ trace: two, id: '00000000000000aa' }])
    assert.equal((await send({}, `00-${two}-00000000000000aa-01`)).status, 200)
    const alone = await collector.hears(() => collector.spans().find(span => span.trace === two && span.kind === 2))
    assert.equal(alone.parent, '00000000000000aa')
  })

  test('a tool that fails is an error in both spans', async () => {
    const client = await clients.modern(scope, gateway.url)
    const trace = '3'.repeat(32)
    await client.callTool('web__fail', {}, undefined, { _meta: { traceparent: `00-${trace}-${SPAN}-00` } })
    const spans = await collector.hears(() => { const found = collector.spans().filter(span => span.trace === trace); return found.length === 2 && found })
    for (const span of spans) {
      assert.equal(span.attributes['error.type'], 'tool_error', 'it leaves although the caller does not sample')
      assert.equal(span.status.code, 2)
    }
  })

  test('the collector is told the configured headers, and what is packed', () => {
    const one = collector.heard.find(heard => heard.path === '/v1/traces')
    assert.equal(one.headers.authorization, 'Bearer collector')
    assert.equal(one.headers['content-encoding'], 'gzip')
    assert.equal(one.headers['content-type'], 'application/x-protobuf')
  })
})

test('calls within code are children of the run', async t => {
  const scope = Scope.of(t)
  const collector = await startCollector(scope)
  const gateway = await startGateway(scope, { disclosure: 'code', code: { write: true }, pins: { mode: 'warn' }, servers: servers(await startUpstream(scope)), telemetry: { otlp: { url: collector.url, encoding: 'json' } } })
  const client = await clients.modern(scope, gateway.url)
  const ran = await client.callTool('run_code', { code: 'return await child.meta({})' }, undefined, { _meta })
  assert.notEqual(ran.isError, true, text(ran))
  const spans = await collector.hears(() => { const found = collector.spans().filter(span => span.trace === TRACE); return found.length >= 3 && found })
  const run = spans.find(span => span.parent === SPAN)
  const inner = spans.find(span => span.parent === run.id && span.kind === 1)
  assert.equal(inner.name, 'tools/call meta')
  assert.ok(spans.some(span => span.parent === inner.id && span.kind === 3))
})

test('the official mock collector takes what is sent as JSON and as protobuf, spans and numbers', async t => {
  const scope = Scope.of(t)
  for (const encoding of ['json', 'protobuf']) {
    const traces = [], metrics = []
    let wake = () => {}
    const mock = new MockOtlpServer({ logLevel: 'error', services: ['http'], httpHostname: '127.0.0.1', httpPort: 0, onTrace: one => { traces.push(one); wake() }, onMetrics: one => { metrics.push(one); wake() } })
    await mock.start()
    scope.defer(() => mock.close())
    const gateway = await startGateway(scope, { disclosure: 'all', pins: { mode: 'warn' }, servers: servers(await startUpstream(scope)), telemetry: { otlp: { url: mock.httpUrl.href ?? String(mock.httpUrl), encoding, compression: 'none', every: '1s' } } })
    const client = await clients.modern(scope, gateway.url)
    await client.callTool('web__meta', {})
    const both = new Promise(done => { wake = () => { if (traces.length > 0 && metrics.length > 0) done() }; wake() })
    await within(20000, () => `spans and numbers as ${encoding}: ${traces.length}, ${metrics.length}`, both)
    assert.match(JSON.stringify(traces), /tools\/call meta/)
    assert.match(JSON.stringify(metrics), /mcp\.server\.operation\.duration|gatehouse_open_calls/)
    await client.close()
    await gateway.stop()
  }
})

test('a collector that hangs costs no call anything', async t => {
  const scope = Scope.of(t)
  const collector = await startCollector(scope, { answer: () => undefined })
  const gateway = await startGateway(scope, { disclosure: 'all', pins: { mode: 'warn' }, servers: servers(await startUpstream(scope)), telemetry: { otlp: collector.url } })
  const client = await clients.modern(scope, gateway.url)
  for (let i = 0; i < 50; ++i) assert.ok(text(await client.callTool('web__meta', {})))
  await collector.hears(() => collector.heard.length > 0)
  assert.ok(text(await client.callTool('web__meta', {})), 'while the collector holds the first batch')
  await client.close()
  await gateway.stop()
})

test('content leaves redacted or whole, as the config says', async t => {
  const scope = Scope.of(t)
  for (const content of ['redacted', 'full']) {
    const collector = await startCollector(scope)
    const gateway = await startGateway(scope, { disclosure: 'all', pins: { mode: 'warn' }, servers: servers(await startUpstream(scope)), telemetry: { otlp: collector.url, content } })
    const client = await clients.modern(scope, gateway.url)
    await client.callTool('web__fail', { password: 'hunter2-correct-horse' })
    const span = await collector.hears(() => collector.spans().find(one => one.kind === 2 && one.name === 'tools/call fail'))
    assert.match(span.attributes['output.value'], /boom/)
    assert.equal(span.attributes['input.mime_type'], 'application/json')
    assert.equal(/hunter2/.test(span.attributes['input.value']), content === 'full')
    await client.close()
    await gateway.stop()
  }
})

test('Prometheus can read the numbers, also at an address of their own', async t => {
  const scope = Scope.of(t)
  const port = await freePort()
  const gateway = await startGateway(scope, { disclosure: 'all', pins: { mode: 'warn' }, servers: servers(await startUpstream(scope)), metrics_listen: `127.0.0.1:${port}` })
  const client = await clients.modern(scope, gateway.url)
  await client.listTools()
  await client.callTool('web__meta', {})
  const said = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  assert.match(said, /^mcp_server_operation_duration_seconds_bucket\{mcp_method_name="tools\/call",/m)
  assert.match(said, /^mcp_client_operation_duration_seconds_count\{.*gatehouse_server="web"\} 1$/m)
  assert.match(said, /^gatehouse_overhead_seconds_bucket\{le="5e-05"\} \d+$/m)
  assert.match(said, /^gatehouse_tokens_total\{caller="local",server="web",kind="results"\} [1-9]/m)
  assert.equal((await fetch(`http://127.0.0.1:${port}/mcp`)).status, 404)
  const judged = spawnSync('promtool', ['check', 'metrics'], { input: said, encoding: 'utf8' })
  if (judged.error) return t.diagnostic('skipped promtool: it is not installed (Debian package prometheus)')
  assert.equal(judged.status, 0, judged.stdout + judged.stderr)
})
