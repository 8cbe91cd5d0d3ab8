// API keys: made once and shown once, good at once and gone at once, confined to profiles, and tokens for internal services.
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { before, describe, test } from 'node:test'
import { ask, clients, run, Scope, startGateway } from './lib.mjs'
import { makeVault } from './world.mjs'

const bearer = key => ({ authorization: `Bearer ${key}` })
const list = (url, key) => ask(url, 'tools/list', {}, { headers: key ? bearer(key) : {} })
const names = answer => JSON.parse(answer.text).result.tools.map(tool => tool.name)

describe('API keys', () => {
  const scope = Scope.ofSuite()
  let gateway
  const keys = (...args) => run(scope, ['keys', ...args, '--config', gateway.file])
  const make = async (...args) => {
    const made = await keys('create', ...args)
    assert.equal(made.code, 0, made.stderr)
    return made.stdout.trim()
  }
  before(async () => {
    const vault = makeVault(scope.folder())
    gateway = await startGateway(scope, {
      auth: { api_keys: true },
      public_url: 'https://mcp.example.com',
      keys: { tokens: { audiences: ['https://billing.internal', 'ledger'], life: '2m' } },
      servers: {
        vault: { builtin: 'vault', roots: [vault] },
        files: { builtin: 'filesystem', roots: [{ path: vault, mode: 'write' }], tools: { list_directory: { rename: 'look' } } },
      },
      rules: [
        { who: { group: 'writers' }, tools: ['files__write_file'], then: 'allow' },
        { tools: ['files__write_file'], then: 'deny' },
        { who: { key: 'limited' }, tools: ['files__get_file_info'], then: 'allow', limit: '2/h' },
        { tools: ['*'], then: 'allow' },
      ],
      profiles: { reading: { servers: ['files'], tools: ['files__read_*', 'look'] }, interns: { servers: ['vault'], confines: { group: 'interns' } } },
    })
  })

  test('nobody comes in without one', async () => {
    for (const path of ['/mcp', '/mcp/s/vault', '/mcp/p/reading']) {
      const answer = await list(gateway.base + path)
      assert.equal(answer.status, 401)
      assert.match(answer.headers['www-authenticate'], /^Bearer realm="gatehouse"$/)
      assert.doesNotMatch(answer.text, /vault|files/)
    }
    for (const wrong of ['x', 'gth_AAAAAAAAAAAA_' + 'A'.repeat(38), 'gto_1_ff']) {
      const answer = await list(gateway.url, wrong)
      assert.equal(answer.status, 401)
      assert.match(answer.headers['www-authenticate'], /error="invalid_token"/)
      assert.doesNotMatch(answer.text, new RegExp(wrong))
    }
  })

  test('is shown once, and is nowhere else', async () => {
    const key = await make('ci', '--owner', 'ada', '--group', 'ops')
    assert.match(key, /^gth_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$/)
    assert.equal((await list(gateway.url, key)).status, 200)
    const [shown] = JSON.parse((await keys('list', '--json')).stdout).filter(one => one.name === 'ci')
    assert.equal(shown.owner, 'ada')
    assert.deepEqual(shown.groups, ['ops'])
    const days = (Date.parse(shown.expires) - Date.parse(shown.created)) / 86400e3
    assert.equal(Math.round(days), 90)
    const secret = key.slice(-38)
    for (const file of [gateway.store, `${gateway.store}-wal`]) assert.ok(!readFileSync(file).includes(secret))
    assert.ok(!gateway.log().includes(secret))
    assert.equal(statSync(`${gateway.store}.pepper`).mode & 0o777, 0o600)
    const again = await keys('create', 'ci')
    assert.equal(again.code, 1)
    assert.match(again.stderr, /there is or was a key of this name/)
  })

  test('speaks for its groups', async () => {
    const writer = await make('writer', '--group', 'writers'), reader = await make('reader')
    assert.ok(names(await list(gateway.url, writer)).includes('files__write_file'))
    assert.ok(!names(await list(gateway.url, reader)).includes('files__write_file'))
    const denied = await ask(gateway.url, 'tools/call', { name: 'files__write_file', arguments: {} }, { headers: bearer(reader) })
    assert.match(denied.text, /unknown tool/)
  })

  test('is gone at once when it is revoked, and after its grace when it was rotated', async () => {
    const first = await make('turning')
    assert.equal((await list(gateway.url, first)).status, 200)
    const rotated = await keys('rotate', 'turning', '--grace', '1h')
    const second = rotated.stdout.trim()
    assert.notEqual(first, second)
    for (const key of [first, second]) assert.equal((await list(gateway.url, key)).status, 200)
    const third = (await keys('rotate', 'turning', '--grace', '0s')).stdout.trim()
    for (const key of [first, second]) assert.equal((await list(gateway.url, key)).status, 401)
    assert.equal((await list(gateway.url, third)).status, 200)
    assert.equal((await keys('revoke', 'turning')).code, 0)
    assert.equal((await list(gateway.url, third)).status, 401)
    assert.equal((await keys('rotate', 'turning')).code, 1)
    assert.match(gateway.log(), /the key turning was revoked/)
  })

  test('another key cannot take over a session', async t => {
    const mine = await make('mine'), theirs = await make('theirs')
    const client = await clients.legacy(Scope.of(t), gateway.url, {}).then(() => null, error => error)
    assert.ok(client, 'a client without a key is refused')
    const start = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...bearer(mine) },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } } }),
    })
    const session = start.headers.get('mcp-session-id')
    assert.ok(session)
    const use = key => fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25', ...bearer(key) },
      body: JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'ping' }),
    }).then(answer => answer.status)
    assert.equal(await use(mine), 200)
    assert.equal(await use(theirs), 404)
  })

  for (const [who, args] of [['a key', ['--profile', 'reading']], ['a group', ['--group', 'interns']]])
    test(`${who} that is confined to a profile sees nothing else, on any route`, async () => {
      const key = await make(`confined-${who.replace(' ', '-')}`, ...args)
      const group = args[0] === '--group'
      const seen = names(await list(gateway.url, key))
      assert.ok(seen.length > 0)
      assert.ok(seen.every(name => group ? name.startsWith('vault__') : /^files__(read_|look)/.test(name)), seen.join())
      if (!group) assert.ok(seen.includes('files__look'), 'patterns of profiles are about the names that the config gives')
      const outside = group ? 'files__read_text_file' : 'vault__search'
      const nobody = group ? 'files__no_such' : 'vault__no_such'
      const call = name => ask(gateway.url, 'tools/call', { name, arguments: {} }, { headers: bearer(key) })
      const [one, other] = [await call(outside), await call(nobody)]
      assert.equal(one.text.replaceAll(outside, 'X'), other.text.replaceAll(nobody, 'X'))
      const found = await ask(`${gateway.url}?disclosure=search`, 'tools/call', { name: 'find_tools', arguments: { query: 'search read write notes files' } }, { headers: bearer(key) })
      assert.doesNotMatch(found.text, group ? /files__/ : /vault__/)
      const ran = await ask(`${gateway.url}?disclosure=code`, 'tools/call', { name: 'run_code', arguments: { code: `return Object.keys(globalThis.${group ? 'files' : 'vault'} ?? {}).length` } }, { headers: bearer(key) })
      assert.doesNotMatch(ran.text, /"text":"[1-9]/)
    })

  test('a line limits how often a caller may use something', async () => {
    const key = await make('limited')
    const call = () => ask(gateway.url, 'tools/call', { name: 'files__get_file_info', arguments: { path: 'vault' } }, { headers: bearer(key) })
    const answers = [await call(), await call(), await call(), await call()]
    const over = answers.find(answer => answer.status === 429)
    assert.ok(over, answers.map(answer => answer.status).join())
    assert.ok(Number(over.headers['retry-after']) >= 1)
    assert.notEqual(answers[0].status, 429)
  })

  test('buys a token for one internal service, which its keys verify', async () => {
    const key = await make('service', '--group', 'ops')
    const buy = (form, headers = bearer(key)) => fetch(`${gateway.base}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) })
    const answer = await buy({ grant_type: 'client_credentials', audience: 'ledger' })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const { access_token: token, expires_in: life } = await answer.json()
    assert.equal(life, 120)
    const [head, body, signature] = token.split('.')
    const header = JSON.parse(Buffer.from(head, 'base64url')), claims = JSON.parse(Buffer.from(body, 'base64url'))
    assert.deepEqual([header.alg, header.typ], ['ES256', 'at+jwt'])
    assert.deepEqual([claims.iss, claims.aud, claims.sub, claims.groups], ['https://mcp.example.com', 'ledger', 'key:service', ['ops']])
    assert.equal(claims.exp - claims.iat, 120)
    const { keys: published } = JSON.parse((await gateway.get('/.well-known/jwks.json')).text)
    assert.equal(published.length, 3)
    const jwk = published.find(one => one.kid === header.kid)
    assert.ok(!('d' in jwk))
    assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')))
    assert.equal((await buy({ grant_type: 'client_credentials', audience: 'elsewhere' })).status, 400)
    assert.equal((await buy({ grant_type: 'client_credentials', audience: 'ledger', resource: 'https://billing.internal' })).status, 400)
    assert.equal((await buy({ grant_type: 'password', audience: 'ledger' })).status, 400)
    assert.equal((await buy({ grant_type: 'client_credentials', audience: 'ledger' }, {})).status, 401)
    assert.equal((await buy({ grant_type: 'client_credentials', audience: 'ledger' }, bearer('x'))).status, 401)
    assert.ok(!gateway.log().includes(token))
  })

  test('commands of this machine need none', async () => {
    const listed = await run(scope, ['tools', '--config', gateway.file, '--json'])
    assert.equal(listed.code, 0, listed.stderr)
    const called = await run(scope, ['call', '--config', gateway.file, 'vault__search', '{"query":"lamp"}'])
    assert.equal(called.code, 0, called.stderr)
    const status = await run(scope, ['tools', '--status', '--config', gateway.file])
    assert.equal(status.code, 0, status.stderr)
  })

  test('show when they end, in a calendar and in numbers', async () => {
    await make('soon', '--expires', '25h')
    await make('later', '--expires', '8d')
    const calendar = (await keys('list', '--ics')).stdout
    assert.match(calendar, /^BEGIN:VCALENDAR\r\n/)
    assert.match(calendar, /SUMMARY:API key soon ends\r\n/)
    assert.doesNotMatch(calendar, /turning/)
    const metrics = (await gateway.get('/metrics')).text
    assert.match(metrics, /gatehouse_api_key_seconds_left\{key="soon"\} 89\d{3}/)
  })

  test('its mistakes are said', async () => {
    for (const [args, wanted] of [
      [['create', 'a b'], /letters, digits/], [['create', 'x', '--expires', 'soon'], /--expires must be like 90d/],
      [['create', 'x', '--profile', 'nowhere'], /no profile/], [['rotate', 'nobody'], /there is no key "nobody"/], [['revoke', 'nobody'], /there is no key/],
    ]) {
      const { code, stderr } = await keys(...args)
      assert.notEqual(code, 0)
      assert.match(stderr, wanted)
    }
    const explained = await run(scope, ['rules', 'explain', 'anybody', 'vault__search', '--key', 'confined-a-key', '--config', gateway.file])
    assert.equal(explained.code, 1)
    assert.match(explained.stdout, /outside of the profiles/)
  })

  test('survive a restart, and the last use is kept', async () => {
    const key = await make('lasting')
    assert.equal((await list(gateway.url, key)).status, 200)
    await gateway.stop()
    const [shown] = JSON.parse((await keys('list', '--json')).stdout).filter(one => one.name === 'lasting')
    assert.ok(shown.used, 'the use was noted')
  })
})
