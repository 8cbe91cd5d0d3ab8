// What a hostile server can do in its sandbox: each way out of security practice is tried by a real one, and shown contained.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createReadStream, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { clients, fixture, node, run, Scope, startGateway, text, within } from './lib.mjs'

// Whether this machine lets a sandbox be made; the gateway itself says so.
async function able(scope) {
  const file = join(scope.folder(), 'gatehouse.yaml')
  writeFileSync(file, 'listen: 127.0.0.1:1\nservers: {}\n')
  const { stdout } = await run(scope, ['doctor', '--config', file, '--json'])
  const bad = JSON.parse(stdout).filter(sign => sign.what === 'sandbox' && sign.level !== 'good')
  return bad.map(sign => sign.text).join('; ')
}

const listening = (scope, server, where) => new Promise(done => {
  scope.defer(() => new Promise(closed => { server.closeAllConnections?.(); server.close(closed) }))
  server.listen(where, () => done(server))
})

describe('a hostile server', () => {
  const scope = Scope.ofSuite()
  let missing, folder, home, opened, escape, gateway, client, page, secret

  before(async () => {
    missing = await able(scope)
    if (missing) return
    folder = scope.folder()
    opened = scope.folder()
    home = scope.folder()
    secret = join(home, 'secret')
    writeFileSync(secret, 'hush')
    escape = join(folder, 'escape')
    const built = spawnSync('cc', ['-o', escape, fixture('escape.c')], { encoding: 'utf8' })
    assert.equal(built.status, 0, built.stderr)
    page = (await listening(scope, createHttp((_, response) => response.end('the page')), { port: 0, host: '127.0.0.1' })).address().port
    const hostile = { command: [node, fixture('runner.mjs'), escape] }
    gateway = await startGateway(scope, {
      servers: {
        closed: hostile,
        opened: { ...hostile, sandbox: { write: [opened], network: [`localhost:${page}`] } },
      },
    }, { env: { GATEHOUSE_TEST_SECRET: 'of-the-gateway' } })
    client = await clients.legacy(scope, gateway.url)
  })

  const tries = async (...argv) => text(await client.callTool('closed__run', { argv: [escape, ...argv] }))

  const attempts = {
    'a file of another user': () => ['read', '/etc/shadow'],
    'a file in a home': () => ['read', secret],
    "the gateway's config": () => ['read', gateway.file],
    "the gateway's store": () => ['read', gateway.store],
    "the gateway's keys": () => ['read', `${gateway.store}.keys`],
    "the gateway's environment": () => ['read', `/proc/${gateway.pid}/environ`],
    'the environment of the first process': () => ['read', '/proc/1/environ'],
    'the memory of the machine': () => ['read', '/proc/kcore'],
    'its own program': () => ['write', escape],
    'a system folder': () => ['write', '/usr/bin/escaped'],
    'a new file at the root': () => ['write', '/escaped'],
    'a setting of the kernel': () => ['write', '/proc/sys/kernel/core_pattern'],
    "descriptors that are not its own": () => ['descriptors'],
    'the metadata service': () => ['tcp', '169.254.169.254', '80'],
    'a server on the Internet': () => ['tcp', '93.184.216.34', '80'],
    'the gateway over the loopback': () => ['tcp', '127.0.0.1', String(gateway.port)],
    'a name server': () => ['udp', '8.8.8.8', '53'],
    'the socket of Docker': () => ['unix', '/var/run/docker.sock'],
    "the gateway's socket": () => ['unix', `${gateway.store}.sock`],
    'packets': () => ['packet'], 'raw sockets': () => ['raw'], 'the hypervisor': () => ['vsock'], 'ciphers of the kernel': () => ['alg'],
    'tracing the first process': () => ['ptrace', '1'],
    'tracing the gateway': () => ['ptrace', String(gateway.pid)],
    'the memory of the gateway': () => ['memory', String(gateway.pid)],
    'killing the gateway': () => ['kill', String(gateway.pid)],
    'a fork bomb': () => ['forkbomb'],
    '10 GB of memory': () => ['allocate'],
    'a full disk by way of /tmp': () => ['fill', '/tmp/big'],
    'a full disk by way of its home': () => ['fill', '/home/box/big'],
    'typing into a terminal': () => ['tiocsti'],
    'becoming root': () => ['setuid'],
    'set-user-id files': () => ['suid', '/tmp/suid'],
    'mounts': () => ['mount'], 'other mounts': () => ['remount'], 'fewer mounts': () => ['umount'],
    'a user namespace': () => ['userns'], 'a user namespace by clone': () => ['clone'], 'a user namespace by clone3': () => ['clone3'],
    'another root': () => ['chroot'],
    'a device': () => ['device', '/tmp/device'],
    'a hard link out': () => ['hardlink', '/etc/shadow', '/tmp/shadow'],
    'a symbolic link out': () => ['symlink', '/etc/shadow', '/tmp/shadow-link'],
    'bpf': () => ['bpf'], 'keyrings': () => ['keyctl'], 'io_uring': () => ['uring'], 'userfaultfd': () => ['userfaultfd'], 'perf': () => ['perf'],
    'file handles': () => ['handle'], 'kernel modules': () => ['module'],
  }
  for (const [name, argv] of Object.entries(attempts))
    test(`does not get: ${name}`, async t => {
      if (missing) return t.skip(`no sandbox on this machine: ${missing}`)
      const said = await tries(...argv())
      assert.match(said, /^contained: /, said)
    })

  test('an abstract socket of the machine is not there for it', async t => {
    if (missing) return t.skip(`no sandbox on this machine: ${missing}`)
    const name = `gatehouse-test-${process.pid}`
    await listening(scope, createServer(), { path: `\0${name}` })
    assert.match(await tries('abstract', name), /^contained: /)
  })

  test('a symbolic link in a folder that it may write does not lead out of it', async t => {
    if (missing) return t.skip(`no sandbox on this machine: ${missing}`)
    symlinkSync(secret, join(opened, 'out'))
    const said = text(await client.callTool('opened__run', { argv: [escape, 'read', join(opened, 'out')] }))
    assert.match(said, /^contained: /)
  })

  test('its environment holds nothing of the gateway', async t => {
    if (missing) return t.skip(`no sandbox on this machine: ${missing}`)
    const environment = JSON.parse(text(await client.callTool('closed__environment')))
    assert.equal(environment.HOME, '/home/box')
    assert.ok(!JSON.stringify(environment).includes('of-the-gateway'), JSON.stringify(environment))
  })

  test('what was opened by name is open, and no more', async t => {
    if (missing) return t.skip(`no sandbox on this machine: ${missing}`)
    const sh = async words => text(await client.callTool('opened__run', { argv: ['/bin/sh', '-c', words] }))
    assert.equal(await sh(`echo here > ${opened}/new`), '')
    assert.equal(readFileSync(join(opened, 'new'), 'utf8'), 'here\n')
    assert.match(await sh(`echo here > ${folder}/new`), /Read-only|Permission denied/i)
    assert.match(text(await client.callTool('opened__run', { argv: [escape, 'suid', join(opened, 'suid')] })), /^contained: /)
    assert.equal(statSync(join(opened, 'suid')).mode & 0o6000, 0)
    assert.equal(text(await client.callTool('opened__fetch', { url: `http://localhost:${page}/` })), 'the page')
    assert.match(text(await client.callTool('opened__fetch', { url: `http://localhost:${gateway.port}/healthz` })), /^failed/)
    assert.match(text(await client.callTool('closed__fetch', { url: `http://localhost:${page}/` })), /^failed/)
    assert.match(text(await client.callTool('opened__fetch', { url: 'https://example.com/' })), /^failed/)
    assert.match(gateway.log(), /a server may not connect.*example\.com/)
  })

  test('nothing of it outlives the gateway', async t => {
    if (missing) return t.skip(`no sandbox on this machine: ${missing}`)
    const own = Scope.of(t)
    const pipe = join(opened, 'pipe')
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0)
    const second = await startGateway(own, { servers: { opened: { command: [node, fixture('runner.mjs'), escape], sandbox: { write: [opened] } } } })
    const other = await clients.legacy(own, second.url)
    const stream = createReadStream(pipe)
    const lives = new Promise(done => stream.once('data', done))
    const ended = new Promise(done => stream.once('close', done))
    assert.match(text(await other.callTool('opened__run', { argv: [escape, 'survive', pipe] })), /left behind/)
    await within(10000, 'what was left behind to say that it lives', lives)
    second.kill('SIGKILL')
    await within(10000, 'the end of what was left behind', ended)
  })
})

describe('sandbox settings', () => {
  test('off runs it with all rights, and says so everywhere', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers: { free: { command: [node, fixture('runner.mjs')], sandbox: 'off' } } })
    const client = await clients.legacy(scope, gateway.url)
    assert.match(text(await client.callTool('free__run', { argv: ['/bin/cat', gateway.file] })), /runner\.mjs/)
    assert.match(gateway.log(), /a server runs without a sandbox/)
    const { stdout } = await run(scope, ['tools', '--status', '--config', gateway.file])
    assert.match(stdout, /sandbox off/)
    assert.equal(JSON.parse((await gateway.get('/readyz')).text).upstreams[0].sandbox, 'off')
    const doctor = await run(scope, ['doctor', '--config', gateway.file])
    assert.match(doctor.stdout, /warning +sandbox of free +off/)
  })

  test('doctor says how the machine is, as text and as JSON, with its exit status', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const file = join(folder, 'gatehouse.yaml')
    const taken = await listening(scope, createServer(), { port: 0, host: '127.0.0.1' })
    writeFileSync(file, JSON.stringify({ listen: `127.0.0.1:${taken.address().port}`, servers: { gone: { command: ['./no-such-program'] } } }))
    const result = await run(scope, ['doctor', '--config', file, '--json'])
    assert.equal(result.code, 1)
    const signs = Object.fromEntries(JSON.parse(result.stdout).map(sign => [sign.what, sign]))
    for (const what of ['sandbox', 'run_code', 'port', 'clock', 'store', 'server gone']) assert.ok(signs[what], what)
    assert.equal(signs.port.level, 'bad')
    assert.match(signs.port.text, new RegExp(`process ${process.pid}`))
    assert.equal(signs.store.level, 'good')
    assert.equal(signs['server gone'].level, 'bad')
    assert.equal((await run(scope, ['doctor', '--config', join(folder, 'none.yaml')])).code, 2)
  })
})
