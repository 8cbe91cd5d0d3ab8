// The audit trail: each call leaves a record, whatever becomes of it and of the gateway, and whoever changes one is found.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createSocket } from 'node:dgram'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { before, describe, test } from 'node:test'
import { ask, clients, run, Scope, startGateway, within } from './lib.mjs'
import { makeVault } from './world.mjs'

const lines = text => text.split('\n').filter(Boolean).map(line => JSON.parse(line))
const audit = (scope, gateway, args, options) => run(scope, ['audit', args[0], '--config', gateway.file, ...args.slice(1)], options)
const records = async (scope, gateway, ...more) => {
  const { code, stdout, stderr } = await audit(scope, gateway, ['export', ...more])
  assert.equal(code, 0, stderr)
  return lines(stdout)
}
const verify = async (scope, gateway, ...more) => {
  const { code, stdout, stderr } = await audit(scope, gateway, ['verify', '--json', ...more])
  assert.ok(stdout, stderr)
  return { code, ...JSON.parse(stdout) }
}
const config = (folder, more = {}) => ({ servers: { vault: { builtin: 'vault', roots: [{ path: makeVault(folder), mode: 'read' }] } }, ...more })
const call = (gateway, name, args, id) => ask(gateway.url, 'tools/call', { name, arguments: args }, id ? { id } : {})
const some = { query: 'lamp' }

async function started(scope, more) {
  const folder = scope.folder()
  return startGateway(scope, config(folder, more), { folder })
}
// A tool of the vault that answers.
async function firstTool(scope, gateway) {
  const client = await clients.modern(scope, gateway.url)
  const { tools } = await client.listTools()
  await client.close()
  return tools.find(tool => /list|search|find/.test(tool.name)).name
}

describe('what is recorded', () => {
  test('a call, a denied one and a wrong one, with who, what, by which line, and how it ended', async t => {
    const scope = Scope.of(t)
    const gateway = await started(scope, { rules: [{ tools: ['vault__*'], when: { arguments: { '/forbidden': { present: true } } }, then: 'deny' }, { tools: ['*'], then: 'allow' }] })
    const tool = await firstTool(scope, gateway)
    const client = await clients.modern(scope, gateway.url)
    await client.callTool(tool, some)
    await client.callTool(tool, { forbidden: 1 }).catch(() => {})
    await client.callTool('vault__none').catch(() => {})
    await gateway.stop()
    const all = (await records(scope, gateway)).filter(one => one.method === 'tools/call')
    assert.equal(all.length, 3, JSON.stringify(all, null, 1))
    const [good, denied, unknown] = all
    assert.equal(good.caller, 'local')
    assert.equal(good.server, 'vault')
    assert.equal(good.agent, 'gatehouse-e2e')
    assert.equal(good.decision, 'allow')
    assert.match(good.rule, /gatehouse\.yaml:\d+/)
    assert.match(good.arguments_sha256, /^[0-9a-f]{64}$/)
    assert.match(good.result_sha256, /^[0-9a-f]{64}$/)
    assert.ok(good.duration_us > 0 && good.bytes_out > 0)
    assert.equal(good.arguments, undefined)
    assert.equal(denied.outcome, 'denied')
    assert.equal(denied.decision, 'deny')
    assert.notEqual(denied.rule, good.rule)
    assert.notEqual(unknown.outcome, 'ok')
    const proof = await verify(scope, gateway)
    assert.equal(proof.code, 0)
    assert.equal(proof.good, true)
    assert.match(proof.unproved.join(), /--sink/)
  })

  test('calls within a run of code are records of their own, and point to the run', async t => {
    const scope = Scope.of(t)
    const gateway = await started(scope, { disclosure: 'code' })
    const tool = await firstTool(scope, { ...gateway, url: `${gateway.url}?disclosure=all` })
    const client = await clients.modern(scope, `${gateway.url}?disclosure=code`)
    const ran = await client.callTool('run_code', { code: `return await vault.${tool.replace('vault__', '')}({ query: 'lamp' })` })
    await gateway.stop()
    const all = await records(scope, gateway)
    const outer = all.find(one => one.name === 'run_code')
    const inner = all.find(one => one.within)
    assert.ok(outer && inner, JSON.stringify([ran, all.map(one => [one.name, one.within])]))
    assert.equal(inner.within, outer.call)
    assert.equal(inner.server, 'vault')
  })

  test('contents are redacted before they are written to any file', async t => {
    const scope = Scope.of(t)
    const gateway = await started(scope, { audit: { mode: 'redacted', redact: ['EMP-[0-9]+'] } })
    const tool = await firstTool(scope, gateway)
    const secret = `ghp_${'z'.repeat(36)}`
    await call(gateway, tool, { pattern: `x ${secret} y`, password: 'correct horse', who: 'zed@example.com', card: '4111 1111 1111 1111', staff: 'EMP-4711' })
    const live = await records(scope, gateway)
    gateway.kill('SIGKILL')
    await gateway.program.end()
    for (const suffix of ['-audit', '-audit-wal']) {
      if (!existsSync(gateway.store + suffix)) continue
      const bytes = readFileSync(gateway.store + suffix, 'latin1')
      for (const word of [secret, 'correct horse', 'zed@example.com', '4111 1111', 'EMP-4711']) assert.ok(!bytes.includes(word), `${word} in ${suffix}`)
    }
    const again = await startGateway(scope, config(gateway.folder, { audit: { mode: 'redacted' } }), { folder: gateway.folder })
    await again.stop()
    const one = (await records(scope, again)).find(each => each.method === 'tools/call')
    assert.equal(one.arguments.password, '[redacted:key]')
    assert.equal(one.arguments.staff, '[redacted:own]')
    assert.equal(one.arguments.pattern, 'x [redacted:github-token] y')
    assert.ok(live.length <= 10)
  })

  test('mode off writes nothing', async t => {
    const scope = Scope.of(t)
    const gateway = await started(scope, { audit: { mode: 'off' } })
    await gateway.stop()
    assert.ok(!existsSync(`${gateway.store}-audit`))
    const { code, stderr } = await audit(scope, gateway, ['verify'])
    assert.equal(code, 1)
    assert.match(stderr, /there is no audit trail/)
  })

  test('two gateways on one store have a trail each', async t => {
    const scope = Scope.of(t)
    const gateway = await started(scope)
    const beside = await clients.modern(scope, { config: gateway.file })
    await beside.listTools()
    await beside.close()
    await gateway.stop()
    const { code } = await audit(scope, gateway, ['verify', '--trail', `${gateway.store}.2-audit`])
    assert.equal(code, 0)
    assert.equal((await verify(scope, gateway)).good, true)
  })
})

describe('killed at any time', () => {
  test('20 times under load: what was answered is in the trail, and the chain holds', { timeout: 240000 }, async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const answered = []
    let gateway, tool
    for (let round = 0; round < 20; ++round) {
      gateway = await startGateway(scope, config(folder), { folder })
      tool ??= await firstTool(scope, gateway)
      let going = true
      const one = async lane => {
        for (let i = 0; going; ++i) {
          const mark = `r${round}l${lane}n${i}`
          const meta = { 'io.modelcontextprotocol/clientInfo': { name: mark, version: '1' } }
          try {
            const reply = await ask(gateway.url, 'tools/call', { name: tool, arguments: some }, { meta })
            if (reply.status === 200) answered.push(mark)
          } catch { return }
        }
      }
      const lanes = [1, 2, 3, 4].map(one)
      await new Promise(done => setTimeout(done, 20 + round * 13))
      gateway.kill('SIGKILL')
      going = false
      await gateway.program.end()
      await Promise.all(lanes)
    }
    gateway = await startGateway(scope, config(folder), { folder })
    await gateway.stop()
    const all = await records(scope, gateway)
    const seen = new Map()
    for (const record of all) if (record.agent) seen.set(record.agent, (seen.get(record.agent) ?? 0) + 1)
    assert.ok(answered.length > 100, `${answered.length} answered`)
    const missing = answered.filter(mark => !seen.has(mark))
    assert.deepEqual(missing, [])
    assert.deepEqual([...seen].filter(([mark, count]) => mark.startsWith('r') && count > 1), [], 'none is there twice')
    const proof = await verify(scope, gateway)
    assert.equal(proof.good, true, proof.words)
    assert.equal(proof.records, all.length)
    t.diagnostic(`${answered.length} answered, ${all.length} records, ${all.filter(record => record.outcome === 'lost').length} lost`)
  })
})

describe('who changes it is found', () => {
  const scope = Scope.ofSuite()
  let gateway, sink
  before(async () => {
    const folder = scope.folder()
    sink = join(folder, 'sink.jsonl')
    const settings = config(folder, { audit: { sinks: [{ file: sink }] } })
    gateway = await startGateway(scope, settings, { folder })
    const tool = await firstTool(scope, gateway)
    for (let i = 0; i < 20; ++i) await call(gateway, tool, some)
    await gateway.stop()
    gateway = await startGateway(scope, settings, { folder })
    for (let i = 0; i < 20; ++i) await call(gateway, tool, some)
    await gateway.stop()
    const db = new DatabaseSync(`${gateway.store}-audit`)
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    db.close()
    for (const suffix of ['', '.pub']) copyFileSync(`${gateway.store}-audit${suffix}`, `${gateway.store}-whole${suffix}`)
  })
  const broken = async (sql, ...more) => {
    const trail = `${gateway.store}-broken`
    for (const suffix of ['-wal', '-shm']) rmSync(trail + suffix, { force: true })
    for (const suffix of ['', '.pub']) copyFileSync(`${gateway.store}-whole${suffix}`, trail + suffix)
    const db = new DatabaseSync(trail)
    db.exec(sql)
    db.close()
    return verify(scope, gateway, '--trail', trail, ...more)
  }

  test('whole, with the sink: everything is proved', async () => {
    const proof = await broken('SELECT 1', '--sink', sink)
    assert.equal(proof.code, 0, proof.words)
    assert.ok(proof.at_sinks >= 2)
    assert.deepEqual(proof.unproved, [])
  })
  const cases = [
    ['a changed record', "UPDATE record SET body = replace(body, 'vault', 'vaulx') WHERE seq = 9", 'changed', 9],
    ['another caller', "UPDATE record SET caller = 'eve' WHERE seq = 11", 'changed', 11],
    ['a flipped bit of a hash', "UPDATE record SET hash = substr(hash, 1, 31) || 'x' WHERE seq = 12", 'changed', 12],
    ['a deleted record', 'DELETE FROM record WHERE seq = 7', 'deleted', 7],
    ['a deleted beginning', 'DELETE FROM record WHERE seq < 5', 'deleted', 1],
    ['two that changed places', 'UPDATE record SET seq = 9000 WHERE seq = 6; UPDATE record SET seq = 6 WHERE seq = 8; UPDATE record SET seq = 8 WHERE seq = 9000', 'reordered', 6],
    ['a cut end', 'DELETE FROM record WHERE seq > 15', 'truncated', 16],
  ]
  for (const [what, sql, kind, seq] of cases)
    test(what, async () => {
      const proof = await broken(sql)
      assert.equal(proof.code, 1)
      assert.equal(proof.broken, kind, proof.words)
      assert.equal(proof.seq, seq)
    })
  test('an older copy, or an end that was cut with its checkpoints: only a sink tells', async () => {
    const sql = 'DELETE FROM record WHERE seq > (SELECT min(seq) FROM checkpoint); DELETE FROM checkpoint WHERE number > 1'
    const alone = await broken(sql)
    assert.equal(alone.code, 0)
    assert.match(alone.unproved.join(), /older copy/)
    const proof = await broken(sql, '--sink', sink)
    assert.equal(proof.code, 1)
    assert.equal(proof.broken, 'old copy')
  })
  test('another key', async () => {
    const other = await started(scope)
    await other.stop()
    const proof = await broken('SELECT 1', '--key', `${other.store}-audit.pub`)
    assert.equal(proof.broken, 'bad signature')
  })
})

describe('sinks', () => {
  test('a webhook is signed, tried again, and gets each record at least once and in order', async t => {
    const scope = Scope.of(t)
    const heard = []
    let refused = 0, done
    const enough = new Promise(resolve => { done = resolve })
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', chunk => { body += chunk }).on('end', () => {
        if (refused++ < 2) return response.writeHead(503).end()
        heard.push({ headers: request.headers, body })
        if (heard.flatMap(one => lines(one.body)).filter(one => one.seq).length >= 5) done()
        response.writeHead(204).end()
      })
    })
    await new Promise(done => server.listen(0, '127.0.0.1', done))
    scope.defer(() => new Promise(done => server.close(done)))
    const gateway = await started(scope, { audit: { sinks: [{ webhook: `http://127.0.0.1:${server.address().port}/audit`, secret: 'a secret for the sink', sends: 'all' }] } })
    const tool = await firstTool(scope, gateway)
    for (let i = 0; i < 5; ++i) await call(gateway, tool, some)
    await within(30000, () => `the records; got ${heard.length} batches`, enough)
    await gateway.stop()
    for (const { headers, body } of heard) {
      const text = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
      assert.equal(headers['webhook-signature'], `v1,${createHmac('sha256', 'a secret for the sink').update(text).digest('base64')}`)
    }
    const got = heard.flatMap(({ body }) => lines(body))
    const seqs = got.filter(one => one.seq).map(one => one.seq)
    const all = await records(scope, gateway)
    assert.deepEqual([...new Set(seqs)], all.map(one => one.seq).slice(0, new Set(seqs).size))
    assert.ok(new Set(seqs).size >= 5)
    assert.ok(got.some(one => one.checkpoint))
  })

  test('syslog over UDP, by RFC 5424', async t => {
    const scope = Scope.of(t)
    const socket = createSocket('udp4')
    const heard = []
    socket.on('message', message => heard.push(message.toString()))
    await new Promise(done => socket.bind(0, '127.0.0.1', done))
    scope.defer(() => socket.close())
    const gateway = await started(scope, { audit: { sinks: [{ syslog: `udp:127.0.0.1:${socket.address().port}` }] } })
    await firstTool(scope, gateway)
    await gateway.stop()
    assert.ok(heard.length > 0)
    assert.match(heard[0], /^<110>1 \d{4}-\d\d-\d\dT[\d:.]+Z \S+ gatehouse \d+ audit - \{"checkpoint":\d+,/)
    const file = join(gateway.folder, 'syslog')
    writeFileSync(file, heard.join('\n'))
    const proof = await verify(scope, gateway, '--sink', file)
    assert.ok(proof.at_sinks > 0)
    assert.equal(proof.good, true)
  })
})

describe('commands', () => {
  test('export goes on behind a cursor, as JSON lines and as OCSF; tail follows', async t => {
    const scope = Scope.of(t)
    const gateway = await started(scope)
    const tool = await firstTool(scope, gateway)
    await call(gateway, tool, some)
    await gateway.stop()
    const all = await records(scope, gateway)
    const rest = await records(scope, gateway, '--after', all[0].cursor)
    assert.deepEqual(rest, all.slice(1))
    assert.deepEqual(await records(scope, gateway, '--after', all.at(-1).cursor), [])
    const ocsf = await records(scope, gateway, '--format', 'ocsf')
    assert.equal(ocsf.length, all.length)
    for (const event of ocsf) {
      assert.equal(event.class_uid, 6003)
      assert.equal(event.type_uid, 600300 + event.activity_id)
      assert.equal(event.category_uid, 6)
      assert.equal(event.metadata.version, '1.6.0')
      for (const needed of ['time', 'severity_id', 'api', 'actor', 'src_endpoint']) assert.ok(event[needed] !== undefined, needed)
    }
    const wrong = await audit(scope, gateway, ['export', '--after', 'nonsense'])
    assert.equal(wrong.code, 2)
    const foreign = await audit(scope, gateway, ['export', '--after', '0123456789abcdef-1'])
    assert.equal(foreign.code, 2)
    const { code, stdout } = await audit(scope, gateway, ['tail', '-n', '3'])
    assert.equal(code, 0)
    assert.equal(stdout.trim().split('\n').length, Math.min(3, all.length))
    assert.match(stdout, /tools\/call\s+vault__/)
  })
})
