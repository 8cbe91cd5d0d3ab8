// A TCP gate before a server: what passes through it is reset, cut in half, delayed, dripped, reordered or spoiled, as it is told.
import { connect, createServer } from 'node:net'

const FAULTS = ['reset', 'half_open', 'half_close', 'drip', 'slow', 'reorder', 'garbage', 'cut']

// `faults.wild()` says whether anything happens at all. A connection may be refused; else it is whole at first, and then one of the faults
// befalls it, sooner or later. `random` gives numbers from 0 to 1.
export async function startGate(scope, target, faults, random) {
  const { hostname, port } = new URL(target)
  const open = new Set()
  const count = {}
  const befall = fault => { count[fault] = (count[fault] ?? 0) + 1; return fault }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, client => {
    client.on('error', () => {})
    if (faults.wild() && random() < 0.1) { befall('refuse'); client.resetAndDestroy(); return }
    const up = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
    const pair = { client, up, random, fault: null }
    open.add(pair)
    up.on('error', () => client.destroy())
    const over = () => { client.destroy(); up.destroy(); open.delete(pair) }
    client.on('close', over)
    up.on('close', over)
    client.on('end', () => up.end())
    client.on('data', chunk => up.write(chunk))
    up.on('end', () => { if (pair.fault !== 'half_open') client.end() })
    let carry = chunk => client.write(chunk)
    up.on('data', chunk => {
      if (client.destroyed) return
      if (!pair.fault && faults.wild() && random() < 0.25) {
        pair.fault = befall(FAULTS[Math.floor(random() * FAULTS.length)])
        carry = carriers[pair.fault](pair)
      }
      carry(chunk)
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  scope.defer(() => { for (const { client, up } of open) { client.destroy(); up.destroy() }; return new Promise(done => server.close(done)) })
  return {
    url: target.replace(`:${port}`, `:${server.address().port}`),
    count,
    // Breaks everything that is open and not whole.
    heal() { for (const { client, up, fault } of open) if (fault) { client.destroy(); up.destroy() } },
  }
}

// What becomes of the server's bytes, chunk by chunk.
const carriers = {
  // A few bytes of the answer, then RST.
  reset: ({ client, random }) => {
    let left = Math.floor(random() * 600)
    return chunk => {
      if (chunk.length < left) { left -= chunk.length; client.write(chunk); return }
      client.write(chunk.subarray(0, left), () => client.resetAndDestroy())
    }
  },
  // The same, with an orderly end in the middle of the answer.
  cut: ({ client, random }) => {
    let left = Math.floor(random() * 600)
    return chunk => {
      if (left < 0) return
      client.write(chunk.subarray(0, left))
      left -= chunk.length
      if (left < 0) client.end()
    }
  },
  // The connection stays, and nothing more ever comes.
  half_open: ({ client, random }) => {
    let left = random() < 0.5 ? 0 : Math.floor(random() * 600)
    return chunk => { if (left > 0) { client.write(chunk.subarray(0, left)); left -= chunk.length } }
  },
  // The server's side ends, and still takes what comes.
  half_close: ({ client }) => { client.end(); return () => {} },
  drip: ({ client }) => {
    const chunks = []
    let running = false
    const next = () => {
      if (!chunks.length || client.destroyed) { running = false; return }
      client.write(chunks[0].subarray(0, 1), () => setImmediate(next))
      chunks[0] = chunks[0].subarray(1)
      if (!chunks[0].length) chunks.shift()
    }
    return chunk => { chunks.push(chunk); if (!running) { running = true; next() } }
  },
  // Small pieces, each after a while, in order.
  slow: ({ client, random }) => {
    let last = Promise.resolve()
    return chunk => {
      for (let at = 0; at < chunk.length; at += 100) {
        const piece = chunk.subarray(at, at + 100)
        last = last.then(() => new Promise(done => setTimeout(() => { if (!client.destroyed) client.write(piece); done() }, random() * 20)))
      }
    }
  },
  // Pieces change places.
  reorder: ({ client, random }) => chunk => {
    const pieces = []
    for (let at = 0; at < chunk.length; at += 64) pieces.push(chunk.subarray(at, at + 64))
    for (let i = 0; i + 1 < pieces.length; ++i) if (random() < 0.3) [pieces[i], pieces[i + 1]] = [pieces[i + 1], pieces[i]]
    client.write(Buffer.concat(pieces))
  },
  // Bytes that belong nowhere, somewhere.
  garbage: ({ client, random }) => chunk => {
    const at = Math.floor(random() * chunk.length)
    const junk = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 40) }, () => [0, 0xff, 0x0d, 0x80, 0x1b][Math.floor(random() * 5)]))
    client.write(Buffer.concat([chunk.subarray(0, at), junk, chunk.subarray(at)]))
  },
}
