// Approvals: a call waits for another person, is made once, and by nobody else.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { ask, modern, run, Scope, startGateway, within } from './lib.mjs'
import { makeVault } from './world.mjs'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

const bearer = key => ({ authorization: `Bearer ${key}` })

// What a webhook gets.
async function startHook(scope) {
  const got = []
  const waiting = new Set()
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', part => { body += part }).on('end', () => {
      got.push({ headers: request.headers, body, json: JSON.parse(body) })
      for (const wake of waiting) wake()
      response.end('ok')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  scope.defer(() => { server.closeAllConnections(); return new Promise(done => server.close(done)) })
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    get: fits => within(15000, 'the webhook', new Promise(done => {
      const wake = () => { const found = got.find(fits); if (found) done(found) }
      waiting.add(wake)
      wake()
    })),
  }
}

describe('approvals', () => {
  const scope = Scope.ofSuite()
  const secret = 's'.repeat(32)
  let gateway, hook, vault, folder, config
  const keyOf = {}
  const command = (args, env) => run(scope, [...args, '--config', gateway.file], { env })
  const write = (who, path, { content = 'x', url = gateway.url, meta } = {}) =>
    ask(url, 'tools/call', { name: 'files__write_file', arguments: { path: join(vault, path), content } }, { headers: bearer(keyOf[who]), ms: 30000, meta })
  const said = answer => answer.json.result.content[0].text
  const idIn = answer => /ap_[\w-]{16}/.exec(said(answer))?.[0]
  const waiting = async () => JSON.parse((await command(['approvals', 'list', '--json'])).stdout)
  const as = who => ({ GATEHOUSE_KEY: keyOf[who] })

  before(async () => {
    folder = scope.folder()
    vault = makeVault(scope.folder())
    hook = await startHook(scope)
    config = {
      auth: { api_keys: true },
      public_url: 'http://127.0.0.1:1',
      approvals: { ttl: '1h', wait: '300ms', webhook: { name: 'ops', url: hook.url, secret } },
      servers: { files: { builtin: 'filesystem', roots: [{ path: vault, mode: 'write' }] } },
      rules: [
        { tools: ['files__write_file'], when: { arguments: { '/path': '*two*' } }, then: 'ask', approvers: { group: 'leads', count: 2 } },
        { tools: ['files__write_file'], then: 'ask', approvers: { group: 'leads' } },
        { tools: ['*'], then: 'allow' },
      ],
    }
    gateway = await startGateway(scope, config, { folder })
    for (const [name, ...args] of [['ci', '--owner', 'ada'], ['other', '--owner', 'bob'], ['lead', '--owner', 'eve', '--group', 'leads'],
      ['second', '--owner', 'kim', '--group', 'leads'], ['hers', '--owner', 'ada', '--group', 'leads'], ['nobody', '--owner', 'zoe']])
      keyOf[name] = (await command(['keys', 'create', name, ...args])).stdout.trim()
  })

  test('a call that was not approved is not made, and says its id', async () => {
    const answer = await write('ci', 'one.md')
    assert.equal(answer.status, 200)
    assert.equal(answer.json.result.isError, true)
    assert.match(said(answer), /nothing was done: it waits for the approval of somebody else \(group leads\)/)
    const id = idIn(answer)
    assert.equal(idIn(await write('ci', 'one.md')), id, 'the same call finds what waits')
    const listed = (await waiting()).find(one => one.id === id)
    assert.deepEqual([listed.state, listed.caller, listed.owner, listed.server, listed.name], ['pending', 'key:ci', 'ada', 'files', 'write_file'])
  })

  test('approved, it is made once, by its caller, with its arguments', async () => {
    const id = idIn(await write('ci', 'once.md'))
    const approved = await command(['approvals', 'approve', id], as('lead'))
    assert.equal(approved.code, 0, approved.stderr)
    assert.notEqual(idIn(await write('other', 'once.md')), undefined, 'not by another caller')
    assert.notEqual(idIn(await write('ci', 'once.md', { content: 'y' })), undefined, 'not with other arguments')
    const made = await write('ci', 'once.md')
    assert.notEqual(made.json.result.isError, true, made.text)
    const again = await write('ci', 'once.md')
    assert.notEqual(idIn(again), undefined, 'and not again')
    assert.notEqual(idIn(again), id)
  })

  test('a call that is held goes on when it is approved, and ends when it is denied', async t => {
    const inner = Scope.of(t)
    const patient = await startGateway(inner, { ...config, approvals: { wait: '20s' } })
    const here = (...args) => run(inner, [...args, '--config', patient.file])
    const key = (await here('keys', 'create', 'ci', '--owner', 'ada')).stdout.trim()
    const hold = path => ask(patient.url, 'tools/call', { name: 'files__write_file', arguments: { path: join(vault, path), content: 'x' } }, { headers: bearer(key), ms: 30000 })
    const waits = () => within(15000, 'a call to wait', (async () => {
      for (;;) {
        const found = JSON.parse((await here('approvals', 'list', '--json')).stdout).find(one => one.state === 'pending')
        if (found) return found
      }
    })())
    const call = hold('held.md')
    assert.equal((await here('approvals', 'approve', (await waits()).id)).code, 0)
    const made = await call
    assert.notEqual(made.json.result.isError, true, made.text)
    const denied = hold('denied.md')
    assert.equal((await here('approvals', 'deny', (await waits()).id, '--reason', 'not on a Friday')).code, 0)
    assert.match(said(await denied), /it was denied by \w+: not on a Friday/)
    assert.match(said(await hold('denied.md')), /it was denied by/)
    // A client that goes away leaves nothing running, and what it asked for still waits.
    const gone = new AbortController()
    const left = fetch(patient.url, { method: 'POST', signal: gone.signal, headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...bearer(key), ...modern('tools/call', { name: 'files__write_file' }).headers },
      body: JSON.stringify(modern('tools/call', { name: 'files__write_file', arguments: { path: join(vault, 'left.md'), content: 'x' } }).body) }).catch(error => error)
    const { id } = await waits()
    gone.abort()
    await left
    assert.equal((await here('approvals', 'approve', id)).code, 0)
    assert.equal(existsSync(join(vault, 'left.md')), false, 'nobody made the call')
    assert.notEqual((await hold('left.md')).json.result.isError, true)
    await patient.stop()
  })

  test('never by the caller, nor by another key of theirs, nor by who is no approver', async () => {
    const id = idIn(await write('ci', 'own.md'))
    for (const [who, why] of [['ci', /your own call/], ['hers', /your own call/], ['nobody', /not among those/]]) {
      const refused = await command(['approvals', 'approve', id], as(who))
      assert.equal(refused.code, 1)
      assert.match(refused.stderr, why)
    }
    assert.match((await command(['approvals', 'approve', id], { GATEHOUSE_KEY: 'gth_nonsense' })).stderr, /GATEHOUSE_KEY/)
    assert.equal((await command(['approvals', 'approve', 'ap_none'], as('lead'))).code, 1)
  })

  test('where two have to agree, one is not enough, and nobody counts twice', async () => {
    const id = idIn(await write('ci', 'two.md'))
    assert.equal((await command(['approvals', 'approve', id], as('lead'))).code, 0)
    assert.equal(idIn(await write('ci', 'two.md')), id)
    assert.match((await command(['approvals', 'approve', id], as('lead'))).stderr, /has agreed to it already/)
    assert.equal((await command(['approvals', 'approve', id], as('second'))).code, 0)
    assert.notEqual((await write('ci', 'two.md')).json.result.isError, true)
  })

  test('two approvers at once decide once', async () => {
    const id = idIn(await write('ci', 'race.md'))
    const both = await Promise.all([command(['approvals', 'approve', id], as('lead')), command(['approvals', 'deny', id], as('second'))])
    const good = both.filter(one => one.code === 0).length
    assert.ok(good >= 1)
    const state = JSON.parse((await command(['approvals', 'list', '--json'])).stdout).find(one => one.id === id).state
    // A deny that comes second takes an approval back.
    assert.ok(both[1].code === 0 ? /denied|revoked/.test(state) : state === 'approved', `${state} ${both.map(one => one.code)}`)
  })

  test('the same call made twice at once is made once', async () => {
    const id = idIn(await write('ci', 'twice.md'))
    await command(['approvals', 'approve', id], as('lead'))
    const both = await Promise.all([write('ci', 'twice.md'), write('ci', 'twice.md')])
    assert.equal(both.filter(answer => answer.json.result.isError !== true).length, 1)
  })

  test('survives a restart', async () => {
    const id = idIn(await write('ci', 'restart.md')), approved = idIn(await write('ci', 'approved.md'))
    await command(['approvals', 'approve', approved], as('lead'))
    await gateway.stop()
    gateway = await startGateway(scope, config, { folder })
    assert.equal(idIn(await write('ci', 'restart.md')), id)
    assert.notEqual((await write('ci', 'approved.md')).json.result.isError, true)
  })

  test('for a session, all calls of the tool are let through until it is taken back', async () => {
    const id = idIn(await write('other', 'session.md'))
    assert.equal((await command(['approvals', 'approve', id, '--for', '13h'], as('lead'))).code, 2)
    assert.equal((await command(['approvals', 'approve', id, '--for', '10m'], as('lead'))).code, 0)
    for (const path of ['session.md', 'session2.md', 'session3.md']) assert.notEqual((await write('other', path)).json.result.isError, true)
    assert.notEqual(idIn(await write('ci', 'session.md')), undefined, 'of this caller alone')
    assert.equal((await waiting()).find(one => one.id === id).state, 'granted')
    assert.equal((await command(['approvals', 'deny', id], as('second'))).code, 0)
    assert.notEqual(idIn(await write('other', 'session4.md')), undefined)
  })

  test('a signed webhook brings a link that decides once, and not when it is only looked at', async () => {
    const id = idIn(await write('ci', 'hook.md'))
    const sent = await hook.get(one => one.json.data.id === id)
    const { 'webhook-id': name, 'webhook-timestamp': time, 'webhook-signature': signature } = sent.headers
    assert.equal(signature, 'v1,' + createHmac('sha256', secret).update(`${name}.${time}.${sent.body}`).digest('base64'))
    const link = gateway.base + new URL(sent.json.data.url).pathname
    const page = await fetch(link)
    assert.equal(page.headers.get('referrer-policy'), 'same-origin', 'a browser posts a form of a no-referrer page with Origin: null, which is refused')
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-security-policy'), /default-src 'none'/)
    assert.match(await page.text(), /write_file/)
    assert.equal((await waiting()).find(one => one.id === id).state, 'pending')
    const decide = decision => fetch(link, { method: 'POST', body: new URLSearchParams({ decision }) })
    assert.equal((await decide('perhaps')).status, 400)
    assert.equal((await fetch(link.slice(0, -1) + (link.endsWith('A') ? 'B' : 'A'))).status, 404)
    assert.equal((await decide('approve')).status, 200)
    assert.equal((await decide('deny')).status, 404)
    assert.notEqual((await write('ci', 'hook.md')).json.result.isError, true)
    assert.ok(!gateway.log().includes(link.split('.').at(-1)))
  })

  test('a person decides in a browser', { skip: CHROMIUM ? false : 'there is no Chromium: apt-get install chromium' }, async t => {
    const inner = Scope.of(t)
    const { chromium } = await import('playwright-core')
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
    inner.defer(() => browser.close())
    for (const [button, says, state] of [['Approve, once', /Approved/, 'approved'], ['Deny', /Denied/, 'denied']]) {
      const id = idIn(await write('ci', `browser-${state}.md`))
      const sent = await hook.get(one => one.json.data.id === id)
      const page = await browser.newPage()
      page.setDefaultTimeout(15000)
      await page.goto(gateway.base + new URL(sent.json.data.url).pathname)
      await page.getByLabel('Reason').fill('seen in a browser')
      const [answer] = await Promise.all([page.waitForResponse(one => one.request().method() === 'POST'), page.getByRole('button', { name: button }).click()])
      assert.equal(answer.status(), 200)
      await page.getByText(says).first().waitFor()
      assert.equal((await waiting()).find(one => one.id === id).state, state)
    }
  })

  test('a client that answers questions by itself does not get through', async () => {
    const meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } } }
    const first = await write('ci', 'auto.md', { meta })
    assert.equal(first.json.result.resultType === 'input_required', false, first.text)
    assert.notEqual(idIn(first), undefined)
    const forged = await ask(gateway.url, 'tools/call', {
      name: 'files__write_file', arguments: { path: join(vault, 'auto.md'), content: 'x' },
      inputResponses: { gatehouse_consent: { action: 'accept', content: {} } }, requestState: 'made-up',
    }, { headers: bearer(keyOf.ci), meta })
    assert.match(forged.text, /requestState is not known/)
  })

  test('code is told at once, and finds its approval when it runs again', async () => {
    const code = `return await files.write_file({ path: ${JSON.stringify(join(vault, 'code.md'))}, content: 'x' })`
    const runCode = () => ask(`${gateway.url}?disclosure=code`, 'tools/call', { name: 'run_code', arguments: { code } }, { headers: bearer(keyOf.ci), ms: 30000 })
    const first = await runCode()
    // Where the config does not let code write, the tool is not there for it at all.
    if (!/ap_/.test(first.text)) return assert.match(first.text, /write_file/)
    const id = /ap_[\w-]{16}/.exec(first.text)[0]
    await command(['approvals', 'approve', id], as('lead'))
    assert.doesNotMatch((await runCode()).text, /ap_[\w-]{16}/)
  })

  test('a page may hold anything that a caller wrote', async () => {
    const id = idIn(await write('ci', 'html.md', { content: '<script>alert(1)</script>\u202e' }))
    const sent = await hook.get(one => one.json.data.id === id)
    const text = await (await fetch(gateway.base + new URL(sent.json.data.url).pathname)).text()
    assert.doesNotMatch(text, /<script>/)
    assert.doesNotMatch(text, /\u202e/)
    const { stdout } = await command(['approvals', 'list'])
    assert.doesNotMatch(stdout, /\u202e/)
  })
})
