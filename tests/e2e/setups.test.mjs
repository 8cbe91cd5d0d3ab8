// The ready setups of examples/setups: each is copied, started as its page says, and used.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { clients, freePort, gatehouse, root, run, Scope, text, within } from './lib.mjs'
import { lacking, startPostgres } from './pair.mjs'

// A copy of the setup with other ports: {folder, serve}.
async function setup(scope, name) {
  const folder = scope.folder()
  cpSync(join(root, 'examples/setups', name), folder, { recursive: true })
  const ports = { 8810: await freePort(), 8811: await freePort(), 8812: await freePort() }
  for (const file of ['gatehouse.yaml', 'nginx.conf']) {
    if (!existsSync(join(folder, file))) continue
    writeFileSync(join(folder, file), readFileSync(join(folder, file), 'utf8').replace(/127\.0\.0\.1:(88\d\d)/g, (_, port) => `127.0.0.1:${ports[port]}`))
  }
  const serve = async (args = [], env = {}) => {
    const program = scope.run(gatehouse, ['serve', ...args], { cwd: folder, env, keep: 1 << 20, name: `${name}: serve` })
    await program.wrote(/listening/)
    return program
  }
  return { folder, ports, serve, url: port => `http://127.0.0.1:${ports[port]}/mcp?disclosure=all` }
}

test('writer: notes are searched and added, and none is overwritten', async t => {
  const scope = Scope.of(t)
  const { serve, url } = await setup(scope, 'writer')
  await serve()
  const client = await clients.modern(scope, url(8811))
  const names = (await client.listTools()).tools.map(tool => tool.name)
  assert.ok(names.includes('vault__search'), `${names}`)
  assert.match(text(await client.callTool('vault__search', { query: 'keeper' })), /Lighthouse/)
})

test('team: only who has a key comes in, and groups decide', async t => {
  const scope = Scope.of(t)
  const { folder, serve, url } = await setup(scope, 'team')
  await serve()
  assert.equal((await fetch(url(8811), { method: 'POST', body: '{}' })).status, 401)
  const made = await run(scope, ['keys', 'create', 'ada', '--group', 'writers', '--json'], { cwd: folder })
  assert.equal(made.code, 0, made.output)
  const key = JSON.parse(made.stdout).key ?? JSON.parse(made.stdout).secret
  const requestInit = { headers: { Authorization: `Bearer ${key}` } }
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client')
  const client = new Client({ name: 'setups', version: '1' })
  scope.defer(() => client.close())
  await client.connect(new StreamableHTTPClientTransport(new URL(url(8811)), { requestInit }))
  const read = await client.callTool({ name: 'shared__read_text_file', arguments: { path: join(folder, 'shared/welcome.txt') } })
  assert.match(text(read), /Welcome/)
})

test('desktop: the client starts it by its entry', async t => {
  const scope = Scope.of(t)
  const { folder } = await setup(scope, 'desktop')
  const entry = JSON.parse(readFileSync(join(folder, 'client.json'), 'utf8')).mcpServers.gatehouse
  assert.equal(entry.command, 'gatehouse')
  const args = entry.args.map(word => word.replace('/home/you/desktop', folder))
  const client = await clients.sdk1(scope, { command: gatehouse, args: [...args, '--disclosure', 'all'] })
  assert.match(text(await client.callTool('files__read_text_file', { path: join(folder, 'files/hello.txt') })), /Hello/)
})

test('pair: two instances behind nginx, over one database', { skip: lacking }, async t => {
  const scope = Scope.of(t)
  const { folder, ports, serve, url } = await setup(scope, 'pair')
  const file = join(folder, 'gatehouse.yaml')
  // This machine's database in place of the one it names.
  const store = await startPostgres(scope)
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^store: .*$/m, `store: ${JSON.stringify(store)}`))
  const env = { GATEHOUSE_KEY: randomBytes(32).toString('base64') }
  await serve([], env)
  const other = await serve(['--listen', `127.0.0.1:${ports[8812]}`], env)
  const conf = join(folder, 'nginx.conf')
  // One process, that ends when it is told to.
  writeFileSync(conf, `master_process off;\n${process.getuid() === 0 ? 'user root;\n' : ''}${readFileSync(conf, 'utf8')}`)
  const nginx = scope.run('/usr/sbin/nginx', ['-p', folder, '-c', conf, '-e', 'stderr'], { name: 'nginx' })
  await within(15000, 'nginx', (async () => {
    for (;;) {
      if (nginx.status) throw new Error(`nginx ended: ${nginx.output}`)
      try { await fetch(`http://127.0.0.1:${ports[8810]}/healthz`); return } catch { await new Promise(done => setImmediate(done)) }
    }
  })())
  const client = await clients.legacy(scope, url(8810))
  for (let i = 0; i < 4; ++i) assert.match(text(await client.callTool('files__read_text_file', { path: join(folder, 'files/either.txt') })), /From either/)
  assert.ok(!other.status)
})
