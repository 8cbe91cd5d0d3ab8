// TLS on the listener, and who may be listened to beyond this machine.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { connect } from 'node:tls'
import { freePort, gatehouse, modern, run, Scope, startGateway, within, writeConfig } from './lib.mjs'
import { makeVault } from './world.mjs'

// A certificate of its own for localhost, by openssl's command line.
function certificate(folder, name) {
  const cert = join(folder, `${name}.pem`), key = join(folder, `${name}.key`)
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30', '-subj', `/CN=${name}`,
    '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { cert, key }
}

const hand = (port, options) => new Promise((done, fail) => {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  socket.on('secureConnect', () => done({ socket, protocol: socket.getProtocol(), alpn: socket.alpnProtocol, cipher: socket.getCipher().standardName, name: socket.getPeerCertificate().subject.CN }))
  socket.on('error', fail)
})

describe('TLS', () => {
  const scope = Scope.ofSuite()
  let gateway, folder, files, agent
  const get = (path, options = {}) => new Promise((done, fail) => {
    https.get({ host: '127.0.0.1', port: gateway.port, path, agent, ca: readFileSync(files.cert), servername: 'localhost', ...options }, response => {
      let text = ''
      response.on('data', part => { text += part }).on('end', () => done({ status: response.statusCode, text }))
    }).on('error', fail)
  })
  const call = (params, size) => new Promise((done, fail) => {
    const { body, headers } = modern('tools/call', params)
    const bytes = JSON.stringify(body)
    const request = https.request({ host: '127.0.0.1', port: gateway.port, path: '/mcp', method: 'POST', agent, ca: readFileSync(files.cert), servername: 'localhost',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'content-length': Buffer.byteLength(bytes), ...headers } }, response => {
      let text = ''
      response.on('data', part => { text += part }).on('end', () => done({ status: response.statusCode, text, size }))
    })
    request.on('error', fail)
    request.end(bytes)
  })
  before(async () => {
    folder = scope.folder()
    files = certificate(folder, 'first')
    agent = new https.Agent({ keepAlive: true, maxSockets: 4 })
    scope.defer(() => agent.destroy())
    const vault = makeVault(scope.folder())
    writeFileSync(join(vault, 'large.txt'), 'large '.repeat(100_000))
    gateway = await startGateway(scope, { tls: files, servers: { files: { builtin: 'filesystem', roots: [{ path: vault, mode: 'write' }] } } }, { folder })
    gateway.large = join(vault, 'large.txt')
  })

  test('is spoken in 1.2 and 1.3, with forward secrecy, and in nothing older', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const { socket, protocol, alpn, cipher } = await hand(gateway.port, { minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] })
      socket.destroy()
      assert.deepEqual([protocol, alpn], [version, 'http/1.1'])
      assert.match(cipher, /ECDHE|^TLS_(AES|CHACHA)/)
    }
    await assert.rejects(hand(gateway.port, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }))
    await assert.rejects(hand(gateway.port, { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }))
    await assert.rejects(hand(gateway.port, { ALPNProtocols: ['h2'] }))
  })

  test('carries small and large answers over kept connections', async () => {
    assert.equal((await get('/healthz')).status, 200)
    const large = await call({ name: 'files__read_text_file', arguments: { path: gateway.large } })
    assert.equal(large.status, 200)
    assert.ok(large.text.length > 600_000, String(large.text.length))
    const many = await Promise.all(Array.from({ length: 20 }, () => call({ name: 'files__list_allowed_directories', arguments: {} })))
    assert.deepEqual([...new Set(many.map(one => one.status))], [200])
    const body = await call({ name: 'files__write_file', arguments: { path: `${gateway.large}.copy`, content: 'w'.repeat(500_000) } })
    assert.equal(body.status, 200)
  })

  test('plain HTTP and nonsense on the port harm nobody', async () => {
    await assert.rejects(fetch(`http://127.0.0.1:${gateway.port}/healthz`))
    assert.equal((await get('/healthz')).status, 200)
  })

  test('another certificate is taken without a cut, and a bad one is refused', async () => {
    const { socket, name } = await hand(gateway.port, {})
    assert.equal(name, 'first')
    const second = certificate(folder, 'second')
    const [cert, key] = [readFileSync(second.cert), readFileSync(second.key)]
    writeFileSync(files.cert, 'no certificate')
    await gateway.wrote(/the new config is wrong/)
    assert.equal((await hand(gateway.port, {})).name, 'first')
    writeFileSync(files.key, key)
    writeFileSync(files.cert, cert)
    await gateway.wrote(/set .*tls/)
    assert.equal((await hand(gateway.port, {})).name, 'second')
    // The connection that was open goes on.
    const answer = within(10000, 'an answer on the old connection', new Promise(done => socket.once('data', done)))
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    assert.match(String(await answer), /200 OK/)
    socket.destroy()
  })

  test('mistakes in its keys are said', async () => {
    const other = certificate(folder, 'other')
    for (const [tls, wanted] of [
      [{ cert: other.cert }, /tls needs cert and key/], [{ cert: join(folder, 'none.pem'), key: other.key }, /none\.pem is not there/],
      [{ cert: other.key, key: other.key }, /no certificate in PEM/], [{ cert: other.cert, key: join(folder, 'first.key') }, /key/],
    ]) {
      const file = writeConfig(folder, { tls, servers: {} }, 'wrong.yaml')
      const { code, stdout, stderr } = await run(scope, ['check', '--config', file])
      assert.equal(code, 2)
      assert.match(stdout + stderr, wanted)
      assert.doesNotMatch(stdout + stderr, /PRIVATE KEY/)
    }
  })
})

describe('beyond this machine', () => {
  test('nothing is listened to without sign-in, unless the config knows that it is open', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const port = await freePort()
    const check = async config => {
      const { code, stdout, stderr } = await run(scope, ['check', '--config', writeConfig(folder, { listen: `0.0.0.0:${port}`, servers: {}, ...config })])
      return { code, said: stdout + stderr }
    }
    const refused = await check({})
    assert.equal(refused.code, 2)
    assert.match(refused.said, /auth: \{ api_keys: true \}.*i_know_this_is_open: true/)
    assert.equal((await check({ auth: { api_keys: true }, public_url: 'https://mcp.example.com' })).code, 0)
    const open = await check({ i_know_this_is_open: true, allowed_hosts: ['mcp.example.com'] })
    assert.equal(open.code, 0, open.said)
  })

  test('what does not only read asks, where there are no rules', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const vault = makeVault(folder)
    const port = await freePort()
    const file = writeConfig(folder, { listen: `0.0.0.0:${port}`, i_know_this_is_open: true, servers: { files: { builtin: 'filesystem', roots: [{ path: vault, mode: 'write' }] } } })
    const program = scope.run(gatehouse, ['serve', '--config', file], { cwd: folder, keep: 1 << 20, name: 'the gateway' })
    await program.wrote(/listening/)
    const { body, headers } = modern('tools/call', { name: 'files__write_file', arguments: { path: join(vault, 'a.md'), content: 'x' } })
    const answer = await (await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }, body: JSON.stringify(body) })).text()
    assert.match(answer, /a rule wants the consent of the user/)
    const read = modern('tools/call', { name: 'files__list_allowed_directories', arguments: {} })
    const good = await (await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...read.headers }, body: JSON.stringify(read.body) })).text()
    assert.doesNotMatch(good, /consent/)
  })
})
