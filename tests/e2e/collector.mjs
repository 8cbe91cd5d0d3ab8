// A collector of OTLP over HTTP: both encodings, gzip, and the official protobuf definitions to read them with.
import { createRequire } from 'node:module'
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { within } from './scope.mjs'

const require = createRequire(import.meta.url)
const { getProtoRoot } = require('@elastic/mockotlpserver/lib/proto.js')
const requests = {
  '/v1/traces': 'opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest',
  '/v1/metrics': 'opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest',
}

function decoded(path, type, bytes) {
  if (type === 'application/json') return JSON.parse(bytes.toString('utf8'))
  const message = getProtoRoot().lookupType(requests[path])
  return message.toObject(message.decode(bytes), { longs: String, bytes: String, enums: Number })
}

const hex = id => id === undefined ? '' : /^[0-9a-f]*$/.test(id) && id.length % 16 === 0 ? id : Buffer.from(id, 'base64').toString('hex')
const plain = value => value.stringValue ?? value.boolValue ?? value.doubleValue ?? Number(value.intValue)

// Spans with hex identifiers and attributes as one object.
export function spansOf(request) {
  return request.resourceSpans.flatMap(outer => outer.scopeSpans.flatMap(scoped => scoped.spans.map(span => ({
    ...span, trace: hex(span.traceId), id: hex(span.spanId), parent: hex(span.parentSpanId),
    links: (span.links ?? []).map(link => ({ trace: hex(link.traceId), id: hex(link.spanId) })),
    attributes: Object.fromEntries((span.attributes ?? []).map(one => [one.key, plain(one.value)])),
    resource: Object.fromEntries(outer.resource.attributes.map(one => [one.key, plain(one.value)])),
  }))))
}

// `answer(path)` gives the status, or nothing to leave the request open.
export async function startCollector(scope, { answer = () => 200 } = {}) {
  const heard = [] // {path, headers, request}
  const waiting = new Set()
  const server = createServer((req, res) => {
    const parts = []
    req.on('data', part => parts.push(part)).on('end', () => {
      let bytes = Buffer.concat(parts)
      if (req.headers['content-encoding'] === 'gzip') bytes = gunzipSync(bytes)
      heard.push({ path: req.url, headers: req.headers, request: decoded(req.url, req.headers['content-type'], bytes) })
      for (const wake of waiting) wake()
      const status = answer(req.url, heard.length)
      if (status) res.writeHead(status, { 'content-type': req.headers['content-type'] }).end(req.headers['content-type'] === 'application/json' ? '{}' : '')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  scope.defer(() => { server.closeAllConnections(); return new Promise(done => server.close(done)) })
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    heard,
    spans: () => heard.filter(one => one.path === '/v1/traces').flatMap(one => spansOf(one.request)),
    // The first value that `find` gives of what was heard.
    hears(find, ms = 15000) {
      let wake
      const found = new Promise(done => {
        wake = () => { const value = find(); if (value) done(value) }
        waiting.add(wake)
        wake()
      })
      return within(ms, () => `the collector to hear it; heard: ${JSON.stringify(heard).slice(0, 4000)}`, found).finally(() => waiting.delete(wake))
    },
  }
}
