// A caller at a steady pace, in a process of its own so that the load does not count as waiting: `probe.mjs URL TOOL PER_SECOND`.
// Each line on stdin ends a span: the answer is one line of JSON, what the calls begun in that span took.
import { Agent, request } from 'node:http'
import { modern } from '../e2e/wire.mjs'

const [url, tool, rate] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true })
let span = { took: [], wrong: [] }
let serial = 0

function call() {
  const mine = span
  const nonce = `probe-${tool}-${process.pid}-${++serial}`
  const { body, headers } = modern('tools/call', { name: tool, arguments: { text: nonce } }, { id: nonce })
  const began = performance.now()
  const payload = JSON.stringify(body)
  const wrong = what => mine.wrong.push(what)
  const out = request(url, { method: 'POST', agent, timeout: 20000, headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'content-length': Buffer.byteLength(payload), ...headers } }, response => {
    let got = ''
    response.setEncoding('utf8').on('data', chunk => { got += chunk }).on('error', error => wrong(String(error))).on('end', () => {
      mine.took.push(performance.now() - began)
      if (!got.includes(`"${nonce}"`) || got.includes('"error"')) wrong(got.slice(0, 300))
    })
  })
  out.on('timeout', () => out.destroy(new Error('no answer in 20 s')))
  out.on('error', error => wrong(String(error)))
  out.end(payload)
}
setInterval(call, 1000 / Number(rate))

process.stdin.setEncoding('utf8').on('data', () => {
  const done = span
  span = { took: [], wrong: [] }
  // What is still on its way belongs to the span in which it began.
  setTimeout(() => {
    done.took.sort((a, b) => a - b)
    const at = share => done.took[Math.min(done.took.length - 1, Math.floor(done.took.length * share))] ?? null
    console.log(JSON.stringify({ calls: done.took.length, p50: at(0.5), p99: at(0.99), most: at(1), wrong: done.wrong.slice(0, 5), wrongs: done.wrong.length }))
  }, 1500)
}).on('end', () => process.exit(0))
