// Upstream connections as the world has them: headers, authorities, proxies, redirects.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createServer as createTls } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ask, freePort, Scope, startGateway, text } from './lib.mjs'
import { startModern } from './fixtures/modern.mjs'

const call = (gateway, name, args = {}, options) => ask(gateway.url, 'tools/call', { name, arguments: args }, options)
const said = response => { assert.ok(response.json?.result, response.text); return text(response.json.result) }
const failure = response => response.json.error?.message ?? text(response.json.result)
const echo = (gateway, server) => call(gateway, `${server}__echo`, { text: 'through' })

async function listening(scope, server, host = '127.0.0.1') {
  await new Promise((done, fail) => server.once('error', fail).listen(0, host, done))
  scope.defer(() => { server.closeAllConnections?.(); return new Promise(done => server.close(done)) })
  return server.address().port
}

// Passes a request on to `url`, whatever it was sent to.
function passOn(req, res, url, path) {
  const to = new URL(url)
  const out = request({ host: to.hostname, port: to.port, path: path ?? to.pathname, method: req.method, headers: { ...req.headers, host: to.host } }, back => {
    res.writeHead(back.statusCode, back.headers)
    back.pipe(res)
  })
  out.on('error', () => res.destroy())
  res.on('close', () => out.destroy())
  req.pipe(out)
}

// An authority and certificates by it, as a company has them.
function authority(scope) {
  const folder = scope.folder()
  const file = name => join(folder, name)
  const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...newKey, '-days', '2', '-subj', '/CN=House Authority', '-keyout', 'ca.key', '-out', 'ca.pem')
  const read = name => ({ key: readFileSync(file(`${name}.key`)), cert: readFileSync(file(`${name}.pem`)) })
  return {
    ca: file('ca.pem'),
    issue(name, names, days = '2') {
      openssl('req', '-new', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
      writeFileSync(file(`${name}.ext`), `subjectAltName=${names}\n`)
      openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', days, '-extfile', `${name}.ext`, '-out', `${name}.pem`)
      return read(name)
    },
    selfSigned(name) {
      openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', `${name}.key`, '-out', `${name}.pem`)
      return read(name)
    },
  }
}

const behindTls = async (scope, keys, url) => await listening(scope, createTls(keys, (req, res) => passOn(req, res, url)))

// A proxy that wants credentials, and knows where tools.test is. Gives what it was asked.
async function startProxy(scope, { credentials, known = {} } = {}) {
  const asked = []
  const wanted = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
  const sockets = new Set()
  const server = createServer((req, res) => {
    asked.push({ method: req.method, target: req.url, authorization: req.headers['proxy-authorization'] })
    if (wanted && req.headers['proxy-authorization'] !== wanted) return res.writeHead(407).end()
    const to = new URL(req.url)
    passOn(req, res, known[to.host] ?? req.url)
  })
  server.on('connect', (req, socket, head) => {
    asked.push({ method: 'CONNECT', target: req.url, authorization: req.headers['proxy-authorization'] })
    sockets.add(socket)
    socket.on('error', () => {})
    if (wanted && req.headers['proxy-authorization'] !== wanted) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n')
    const [host, port] = (known[req.url] ?? req.url).split(':')
    const out = connect(Number(port), host, () => { socket.write('HTTP/1.1 200 Connection established\r\n\r\n'); out.write(head); out.pipe(socket); socket.pipe(out) })
    sockets.add(out)
    out.on('error', () => socket.destroy())
  })
  scope.defer(() => { for (const socket of sockets) socket.destroy() })
  return { asked, port: await listening(scope, server) }
}

describe('headers', () => {
  test('of the config go with every request, and of the client those that are named', async t => {
    const scope = Scope.of(t)
    const upstream = await startModern(scope)
    const gateway = await startGateway(scope, {
      servers: {
        named: { url: upstream.url, headers: { Authorization: 'Bearer ${env:TOKEN}' }, forward_headers: ['X-Tenant', 'Cookie'] },
        plain: { url: upstream.url },
      },
    }, { env: { TOKEN: 'the-gateways-own' } })
    const headers = { 'x-tenant': 'blue', 'x-other': 'no', cookie: 'c=1', authorization: 'Bearer the-clients-own' }
    const named = JSON.parse(said(await call(gateway, 'named__headers', {}, { headers })))
    assert.equal(named['x-tenant'], 'blue')
    assert.equal(named.cookie, 'c=1')
    assert.equal(named.authorization, 'Bearer the-gateways-own')
    assert.equal(named['x-other'], undefined)
    assert.equal(named['accept-encoding'], undefined)
    assert.equal(JSON.parse(said(await call(gateway, 'named__headers', {}, { headers: { 'x-tenant': 'red' } })))['x-tenant'], 'red')
    const plain = JSON.parse(said(await call(gateway, 'plain__headers', {}, { headers })))
    for (const name of ['x-tenant', 'cookie', 'authorization']) assert.equal(plain[name], undefined, name)
    assert.ok(!gateway.log().includes('the-gateways-own') && !gateway.log().includes('the-clients-own'), gateway.log())
  })
})

describe('TLS', () => {
  test('an authority of the house is trusted where it is named, and only for good certificates', async t => {
    const scope = Scope.of(t)
    const house = authority(scope)
    const upstream = await startModern(scope)
    const good = await behindTls(scope, house.issue('good', 'DNS:localhost,IP:127.0.0.1'), upstream.url)
    const other = await behindTls(scope, house.issue('other', 'DNS:elsewhere.example'), upstream.url)
    const expired = await behindTls(scope, house.issue('expired', 'DNS:localhost', '-1'), upstream.url)
    const own = await behindTls(scope, house.selfSigned('localhost'), upstream.url)
    const at = (port, more = {}) => ({ url: `https://localhost:${port}/mcp`, ...more })
    const gateway = await startGateway(scope, {
      servers: {
        good: at(good, { ca: house.ca }), address: { url: `https://127.0.0.1:${good}/mcp`, ca: house.ca },
        stranger: at(good), other: at(other, { ca: house.ca }), expired: at(expired, { ca: house.ca }), own: at(own, { ca: house.ca }),
      },
    })
    assert.equal(said(await echo(gateway, 'good')), 'through')
    assert.equal(said(await echo(gateway, 'address')), 'through')
    for (const [server, reason] of [['stranger', /no authority that is trusted here.*give its PEM file as ca/], ['own', /no authority that is trusted here/],
      ['other', /certificate is not for localhost/], ['expired', /certificate has expired/]]) {
      const why = failure(await echo(gateway, server))
      assert.match(why, reason)
      assert.match(why, new RegExp(`server '${server}'`))
    }
  })
})

describe('a proxy', () => {
  test('of the config leads to http and https servers, with its credentials', async t => {
    const scope = Scope.of(t)
    const house = authority(scope)
    const upstream = await startModern(scope)
    const port = await behindTls(scope, house.issue('tools.test', 'DNS:tools.test'), upstream.url)
    const proxy = await startProxy(scope, { credentials: 'me:s3cret word', known: { 'tools.test': upstream.url, 'tools.test:8443': `127.0.0.1:${port}` } })
    const gateway = await startGateway(scope, {
      proxy: { url: `http://me:\${env:PROXY_WORD}@127.0.0.1:${proxy.port}`, loopback: true, direct: ['*.inner.test'] },
      servers: {
        plain: { url: 'http://tools.test/mcp' }, secure: { url: 'https://tools.test:8443/mcp', ca: house.ca },
        near: { url: upstream.url }, nowhere: { url: 'http://a.inner.test/mcp', connect_timeout: '2s' },
      },
    }, { env: { PROXY_WORD: 's3cret%20word' } })
    assert.equal(said(await echo(gateway, 'plain')), 'through')
    assert.ok(proxy.asked.some(({ method, target }) => method === 'POST' && target === 'http://tools.test/mcp'), JSON.stringify(proxy.asked))
    assert.equal(said(await echo(gateway, 'secure')), 'through')
    assert.ok(proxy.asked.some(({ method, target }) => method === 'CONNECT' && target === 'tools.test:8443'), JSON.stringify(proxy.asked))
    assert.equal(said(await echo(gateway, 'near')), 'through')
    assert.ok(proxy.asked.some(({ target }) => target === upstream.url), JSON.stringify(proxy.asked))
    assert.match(failure(await echo(gateway, 'nowhere')), /cannot reach a\.inner\.test/)
    assert.ok(!gateway.log().includes('s3cret'), gateway.log())
  })

  test('of the environment is used, but not toward this machine or what NO_PROXY names', async t => {
    const scope = Scope.of(t)
    const upstream = await startModern(scope)
    const proxy = await startProxy(scope, { credentials: 'me:right', known: { 'tools.test': upstream.url } })
    const servers = { far: { url: 'http://tools.test/mcp' }, near: { url: upstream.url }, skipped: { url: 'http://skipped.test/mcp', connect_timeout: '2s' } }
    const env = word => ({ HTTP_PROXY: `http://me:${word}@127.0.0.1:${proxy.port}`, NO_PROXY: '.skipped.test,10.0.0.0/8' })
    const gateway = await startGateway(scope, { servers }, { env: env('right') })
    assert.equal(said(await echo(gateway, 'far')), 'through')
    const before = proxy.asked.length
    assert.equal(said(await echo(gateway, 'near')), 'through')
    assert.match(failure(await echo(gateway, 'skipped')), /cannot reach skipped\.test:80: /)
    assert.equal(proxy.asked.length, before)
    const refused = await startGateway(scope, { servers: { far: servers.far, secure: { url: 'https://tools.test/mcp' } } },
      { env: { ...env('wr0ng'), HTTPS_PROXY: `http://me:wr0ng@127.0.0.1:${proxy.port}` } })
    assert.match(failure(await echo(refused, 'far')), /the proxy wants a user and password/)
    assert.match(failure(await echo(refused, 'secure')), /cannot reach tools\.test:443 through the proxy 127\.0\.0\.1:\d+: the proxy wants a user and password/)
    assert.ok(!refused.log().includes('wr0ng'), refused.log())
  })
})

describe('a redirect', () => {
  test('is followed on the same server, and refused with its target elsewhere', async t => {
    const scope = Scope.of(t)
    const house = authority(scope)
    const upstream = await startModern(scope)
    let base
    const redirecting = createServer((req, res) => {
      const to = { '/mcp': '/mcp/', '/away': upstream.url, '/round': '/round' }[req.url]
      if (to) return res.writeHead(req.url === '/mcp' ? 308 : 307, { location: to }).end()
      passOn(req, res, upstream.url)
    })
    base = `http://127.0.0.1:${await listening(scope, redirecting)}`
    const falling = await listening(scope, createTls(house.issue('fall', 'DNS:localhost'), (_, res) => res.writeHead(308, { location: upstream.url }).end()))
    const gateway = await startGateway(scope, {
      servers: {
        here: { url: `${base}/mcp` }, away: { url: `${base}/away` }, round: { url: `${base}/round` },
        falling: { url: `https://localhost:${falling}/mcp`, ca: house.ca },
      },
    })
    assert.equal(said(await echo(gateway, 'here')), 'through')
    const before = upstream.heard.filter(({ event }) => event === 'request').length
    assert.match(failure(await echo(gateway, 'away')), new RegExp(`${upstream.url}, which is another server.*put that address in the config`))
    assert.match(failure(await echo(gateway, 'falling')), /away from TLS/)
    assert.match(failure(await echo(gateway, 'round')), /one redirect after the other/)
    assert.equal(upstream.heard.filter(({ event }) => event === 'request').length, before)
  })
})

test('an address of IPv6, and a name of which only one address answers', async t => {
  const scope = Scope.of(t)
  const upstream = await startModern(scope)
  let six
  try { six = await listening(scope, createServer((req, res) => passOn(req, res, upstream.url)), '::1') } catch { return t.skip('no IPv6 here') }
  const four = new URL(upstream.url).port
  const gateway = await startGateway(scope, {
    servers: { six: { url: `http://[::1]:${six}/mcp` }, name: { url: `http://localhost:${four}/mcp` }, closed: { url: `http://localhost:${await freePort()}/mcp` } },
  })
  assert.equal(said(await echo(gateway, 'six')), 'through')
  assert.equal(said(await echo(gateway, 'name')), 'through')
  assert.match(failure(await echo(gateway, 'closed')), /cannot reach localhost/)
})
