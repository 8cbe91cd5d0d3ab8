// The launch policy: launches in bulk, what check says of a config, and that nothing runs which it denies.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { ask, fixture, node, run, Scope, startGateway, text, within, writeConfig } from './lib.mjs'

const GOOD = 0, FAILED = 1, USAGE = 2
const good = { command: [node, fixture('stdio.mjs'), `launch-${process.pid}`] }

// Servers that would leave a mark, each by another way, and the rule that denies it.
const hostile = mark => ({
  shell: [{ command: ['sh', '-c', `touch ${mark}`] }, 'R01'],
  code: [{ command: ['node', '-e', `require('fs').writeFileSync('${mark}', '')`] }, 'R04'],
  absolute: [{ command: ['/usr/bin/touch', mark] }, 'R01'],
  wrapped: [{ command: ['env', 'touch', mark] }, 'R01'],
  python: [{ command: ['python3', '-c', `open('${mark}', 'w')`] }, 'R04'],
  npx: [{ command: ['npx', '-c', `touch ${mark}`] }, 'R04'],
  loader: [{ ...good, env: { NODE_OPTIONS: `--require=${mark}.js` } }, 'R03'],
  folder: [{ ...good, cwd: '/usr' }, 'R08'],
})

const judged = async (scope, lines, name = 'launches.jsonl') => {
  const file = join(scope.folder(), name)
  writeFileSync(file, lines.map(line => typeof line === 'string' ? line : JSON.stringify(line)).join('\n') + '\n')
  const result = await run(scope, ['check', '--launch', file])
  return { ...result, rows: result.stdout.trim().split('\n').filter(Boolean).map(line => JSON.parse(line)) }
}

describe('launches in bulk', () => {
  test('a verdict a line, with rule, place and remedy', async t => {
    const scope = Scope.of(t)
    const { code, rows } = await judged(scope, [
      { id: 'a', command: 'npx', args: ['-y', '@modelcontextprotocol/server-memory@2026.1.26'], env: { MEMORY_FILE_PATH: '/data/m.jsonl' } },
      { id: 2, command: 'uvx', args: ['mcp-server-git', '--repository', '/data/repo'] },
      { command: 'npx', args: ['-c', 'touch /tmp/pwned'] },
      { command: 'npx', args: ['-y', 'a@1.0.0'], env: { LD_PRELOAD: 'hunter2' } },
      { command: 'npx', args: ['-y', 'a@1.0.0'], url: 'https://example.com/mcp' },
    ])
    assert.equal(code, FAILED)
    assert.deepEqual(rows.map(row => [row.id, row.verdict, row.rule, row.where]), [
      ['a', 'allow', '', ''], [2, 'review', 'R07', 'args[0]'], [undefined, 'deny', 'R04', 'args[0]'], [undefined, 'deny', 'R03', 'env.LD_PRELOAD'], [undefined, 'deny', 'R08', 'url'],
    ])
    for (const row of rows.slice(1)) assert.ok(row.reason && row.remedy, JSON.stringify(row))
    assert.ok(!JSON.stringify(rows).includes('hunter2'))
  })
  test('what is no launch is told by its line, and the rest is judged', async t => {
    const scope = Scope.of(t)
    const { code, rows, stderr } = await judged(scope, [
      { command: 'uvx', args: ['a==1.0'] }, '{"command": ', '', '[]', '{"args":[]}', '{"command":"npx","args":{}}', '{"command":"npx","command":"sh"}', `{"command":"${'x'.repeat(2 << 20)}"}`,
      Buffer.from([0x7b, 0xff]).toString('latin1'), { command: 'uvx', args: ['b==1.0'] },
    ])
    assert.equal(code, USAGE)
    assert.deepEqual(rows.map(row => row.verdict ?? row.line), ['allow', 2, 4, 5, 6, 7, 8, 9, 'allow'])
    for (const row of rows) if (!row.verdict) assert.ok(row.error, JSON.stringify(row))
    assert.match(stderr, /2 allowed, 0 to review, 0 denied, 7 not understood/)
  })
  test('from stdin; from nothing; from a file that is not there', async t => {
    const scope = Scope.of(t)
    const piped = await run(scope, ['check', '--launch', '-'], { input: '{"command":"npx","args":["-y","a"]}' })
    assert.equal(piped.code, GOOD, piped.output)
    assert.equal(JSON.parse(piped.stdout).verdict, 'review')
    assert.equal((await judged(scope, [''])).code, GOOD)
    const none = await run(scope, ['check', '--launch', join(scope.folder(), 'none')])
    assert.equal(none.code, USAGE)
    assert.match(none.stderr, /cannot be read/)
    assert.equal((await run(scope, ['check', '--launch', scope.folder()])).code, USAGE)
  })
})

describe('the launches of a config', () => {
  test('check tells each verdict with its place, and ends with 1 where one is denied', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const mark = join(folder, 'mark')
    const servers = { exact: { command: ['npx', '-y', 'server-memory@1.0.0'] }, loose: { command: ['npx', '-y', 'server-memory'] }, one: good, shell: hostile(mark).shell[0] }
    const file = writeConfig(folder, { servers })
    const result = await run(scope, ['check', '--config', file])
    assert.equal(result.code, FAILED, result.output)
    assert.match(result.stdout, /^ {2}exact: launch: allow$/m)
    assert.match(result.stdout, /^ {2}loose: launch: review \(.*gatehouse\.yaml:\d+:\d+\): R07 at command\[2\]: .*server-memory@1\.2\.3.*gatehouse pins approve loose$/m)
    assert.match(result.stdout, /^ {2}one: launch: review \(.*\): R09 at command\[\d\]: .*gatehouse pins approve one$/m)
    assert.match(result.stdout, /^ {2}shell: launch: deny \(.*gatehouse\.yaml:\d+:\d+\): R01 at command\[0\]: /m)
    const json = JSON.parse((await run(scope, ['check', '--config', file, '--json'])).stdout)
    assert.deepEqual(json.launches.map(one => [one.server, one.verdict]), [['exact', 'allow'], ['loose', 'review'], ['one', 'review'], ['shell', 'deny']])
    for (const one of json.launches) assert.match(one.digest, /^[0-9a-f]{64}$/)
    delete servers.shell
    writeConfig(folder, { servers })
    assert.equal((await run(scope, ['check', '--config', file])).code, GOOD)
    // What is switched off starts nothing.
    writeConfig(folder, { servers: { off: { ...hostile(mark).shell[0], enabled: false } } })
    assert.equal((await run(scope, ['check', '--config', file])).code, GOOD)
    assert.ok(!existsSync(mark))
  })
  test('a secret that is renewed is the same launch, and another variable another one', async t => {
    const scope = Scope.of(t)
    const digest = async (env, token) => {
      const file = writeConfig(scope.folder(), { servers: { one: { command: ['./server'], env } } })
      const { stdout } = await run(scope, ['check', '--config', file, '--json'], { env: { E2E_TOKEN: token } })
      return JSON.parse(stdout).launches[0].digest
    }
    const first = await digest({ KEY: '${env:E2E_TOKEN}' }, 'one')
    assert.equal(await digest({ KEY: '${env:E2E_TOKEN}' }, 'two'), first)
    assert.notEqual(await digest({ KEY: 'other' }, 'one'), first)
  })
})

describe('a gateway', () => {
  test('starts nothing that is denied, says why, and goes on with the rest', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const mark = join(folder, 'mark')
    writeFileSync(`${mark}.js`, `require('fs').writeFileSync('${mark}', '')`)
    const all = hostile(mark)
    const servers = { one: good, ...Object.fromEntries(Object.entries(all).map(([id, [config]]) => [id, { ...config, start: 'eager' }])) }
    const gateway = await startGateway(scope, { servers }, { folder })
    for (const [id, [, rule]] of Object.entries(all)) {
      const { json } = await ask(gateway.server(id), 'tools/list')
      const message = json.error?.message ?? ''
      assert.ok(message.includes(rule) && message.includes('launch policy'), `${id}: ${JSON.stringify(json)}`)
      assert.match(message, /gatehouse\.yaml:\d+:\d+/, id)
    }
    const said = await ask(gateway.url, 'tools/call', { name: 'one__echo', arguments: { text: 'all the same' } })
    assert.equal(text(said.json.result), 'all the same')
    for (const id of Object.keys(all)) assert.match(gateway.log(), new RegExp(`launch policy denies.*${id}|${id}.*launch policy denies`), id)
    assert.ok(!existsSync(mark), 'something ran')
    await gateway.stop()
    for (const args of [['call', 'shell__x'], ['tools']]) await run(scope, [...args, '--config', gateway.file])
    assert.ok(!existsSync(mark), 'a command ran something')
  })
  test('nor what another config brings while it runs', async t => {
    const scope = Scope.of(t)
    const gateway = await startGateway(scope, { servers: { one: good } })
    const mark = join(gateway.folder, 'mark')
    assert.equal(text((await ask(gateway.url, 'tools/call', { name: 'one__echo', arguments: { text: 'a' } })).json.result), 'a')
    writeConfig(gateway.folder, { listen: `127.0.0.1:${gateway.port}`, servers: { one: good, late: { ...hostile(mark).shell[0], start: 'eager' } } })
    await gateway.wrote(/the config was read again/)
    const { json } = await ask(gateway.server('late'), 'tools/list')
    assert.match(json.error.message, /R01/)
    assert.equal(text((await ask(gateway.url, 'tools/call', { name: 'one__echo', arguments: { text: 'b' } })).json.result), 'b')
    assert.ok(!existsSync(mark))
  })
  test('finds launchers where only their owner can put them', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const [open, mark] = [join(folder, 'open'), join(folder, 'mark')]
    mkdirSync(open)
    writeFileSync(join(open, 'node'), `#!/bin/sh\ntouch ${mark}\n`, { mode: 0o755 })
    chmodSync(open, 0o777)
    const gateway = await startGateway(scope, { servers: { one: { command: ['node', fixture('stdio.mjs'), `launch-path-${process.pid}`] } } },
      { folder, env: { PATH: `.:${open}:${dirname(node)}:${process.env.PATH}` } })
    const said = await within(20000, 'an answer', ask(gateway.url, 'tools/call', { name: 'one__echo', arguments: { text: 'the real one' } }))
    assert.equal(text(said.json.result), 'the real one')
    assert.ok(!existsSync(mark), 'a program of a folder that is open to all ran')
  })
  test('runs a program of the config\'s own folder', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    writeFileSync(join(folder, 'server'), `#!/bin/sh\nexec ${node} ${fixture('stdio.mjs')} launch-own-${process.pid}\n`, { mode: 0o755 })
    const gateway = await startGateway(scope, { servers: { one: { command: ['./server'], sandbox: { read: [dirname(dirname(node)), dirname(fixture('stdio.mjs'))] } } } }, { folder })
    const said = await ask(gateway.url, 'tools/call', { name: 'one__echo', arguments: { text: 'mine' } })
    assert.equal(text(said.json.result), 'mine')
  })
})
