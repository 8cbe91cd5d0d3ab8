// A stdio server that does what no server should, as `how` of its one tool says. It keeps the nonces of its callers apart: what it answers
// to a call at all is that call's own nonce.
const write = text => process.stdout.write(text)
const line = message => write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n')
const say = (id, nonce) => line({ id, result: { content: [{ type: 'text', text: nonce }] } })
const later = (ms, what) => setTimeout(what, ms)

const ways = {
  good: (id, nonce) => say(id, nonce),
  late: (id, nonce) => later(200, () => say(id, nonce)),
  progress: (id, nonce, token) => {
    for (const progress of [1, 2, 3]) line({ method: 'notifications/progress', params: { progressToken: token, progress, total: 3, message: nonce } })
    say(id, nonce)
  },
  noise: (id, nonce) => { write(Buffer.from([0xff, 0xfe, 0, 0x80, 0x0a])); write('Listening on port 3000\n{"half": \n[1,2\n\n\r\n'); say(id, nonce) },
  pieces: (id, nonce) => {
    const bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text: nonce }] } }) + '\r\n')
    // In one go for the loop, so that no other answer gets between.
    for (const byte of bytes) write(Buffer.of(byte))
  },
  stranger: (id, nonce) => { line({ id: 987654321, result: {} }); line({ id: 'nobody', error: { code: 1, message: 'x' } }); say(id, nonce) },
  twice: (id, nonce) => { say(id, nonce); say(id, nonce) },
  null_result: id => line({ id, result: null }),
  neither: id => line({ id }),
  both: (id, nonce) => line({ id, result: { content: [{ type: 'text', text: nonce }] }, error: { code: 1, message: nonce } }),
  error: (id, nonce) => line({ id, error: { code: -32000, message: nonce } }),
  strange_error: id => line({ id, error: 'no' }),
  deep: id => write(`{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${'['.repeat(20000)}${']'.repeat(20000)}}\n`),
  big: (id, nonce) => line({ id, result: { content: [{ type: 'text', text: nonce }], padding: 'x'.repeat(4 << 20) } }),
  too_big: id => line({ id, result: { content: [], padding: 'x'.repeat(20 << 20) } }),
  flood: (id, nonce) => { process.stderr.write('e'.repeat(2 << 20) + '\n'); for (let i = 0; i < 2000; ++i) process.stderr.write(`line ${i}\n`); say(id, nonce) },
  notify: (id, nonce) => {
    for (let i = 0; i < 300; ++i) {
      line({ method: 'notifications/message', params: { level: 'emergency', data: 'not asked for' } })
      line({ method: 'notifications/progress', params: { progressToken: `nobody-${i}`, progress: i } })
      line({ method: 'notifications/resources/updated', params: { uri: `x://${i}` } })
      line({ method: 'notifications/nothing', params: { i } })
    }
    say(id, nonce)
  },
  changes: (id, nonce) => { for (let i = 0; i < 20; ++i) line({ method: 'notifications/tools/list_changed' }); say(id, nonce) },
  asks: (id, nonce) => {
    line({ id, method: 'sampling/createMessage', params: { messages: [], maxTokens: 1 } }) // its own requests count from anywhere
    line({ id: 'q', method: 'roots/list' })
    line({ id: 'q2', method: 'no/such/method' })
    line({ id: 'q3', method: 'ping' })
    say(id, nonce)
  },
  deaf: (id, nonce) => { process.stdin.pause(); later(500, () => { process.stdin.resume(); say(id, nonce) }) },
  silent: () => {},
  exits: () => process.exit(3),
}
const tool = { name: 'echo', description: 'Says the nonce, in its way.', inputSchema: { type: 'object', properties: { nonce: { type: 'string' }, how: { type: 'string' } } } }

let text = ''
process.stdin.setEncoding('utf8').on('data', chunk => {
  const lines = (text + chunk).split('\n')
  text = lines.pop()
  for (const one of lines) {
    const { id, method, params } = JSON.parse(one)
    if (id === undefined || !method) continue
    if (method === 'initialize') line({ id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: { listChanged: true } }, serverInfo: { name: 'hostile', version: '1' } } })
    else if (method === 'tools/list') line({ id, result: { tools: [tool] } })
    else if (method === 'ping') line({ id, result: {} })
    else if (method !== 'tools/call') line({ id, error: { code: -32601, message: 'no' } })
    else ways[params.arguments.how](id, params.arguments.nonce, params._meta?.progressToken)
  }
})
process.stdin.on('end', () => process.exit(0))
process.stdout.on('error', () => process.exit(0))
