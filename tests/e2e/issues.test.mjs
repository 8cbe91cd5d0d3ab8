// The tasks server against APIs of Paperclip's and GitHub's shape: tools, credentials that renew themselves, waiting as a task, webhooks.
import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync, verify } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { clients, gatehouse, Scope, startGateway, text, within } from './lib.mjs'
import { failing, startGithub, startPaperclip } from './fixtures/apis.mjs'

const alone = (scope, api, { args = [], env = { TASKS_TOKEN: 'agent-t0ken' }, era = 'modern' } = {}) =>
  clients[era](scope, { command: gatehouse, args: ['server', 'tasks', '--base-url', `${api.url}/api`, '--set', 'company=acme', ...args], env })

describe('paperclip, alone over stdio', () => {
  const scope = Scope.ofSuite()
  let paperclip, client
  before(async () => {
    paperclip = await startPaperclip(scope)
    client = await alone(scope, paperclip)
  })
  const json = async (name, args) => { const result = await client.callTool(name, args); assert.ok(!result.isError, text(result)); return JSON.parse(text(result)) }

  test('reads, filters, comments, moves and assigns', async () => {
    assert.deepEqual((await json('list_issues', {})).map(one => [one.key, one.status]), [['PAP-1', 'todo'], ['PAP-2', 'in_progress']])
    assert.deepEqual((await json('list_issues', { status: 'todo' })).map(one => one.id), ['i1'])
    assert.equal((await json('get_issue', { id: 'PAP-1' })).text, 'To the harbour.')
    await json('comment', { id: 'i1', text: 'On it' })
    assert.equal((await json('list_comments', { id: 'i1' }))[0].text, 'On it')
    assert.equal((await json('set_status', { id: 'i1', status: 'in_progress', text: 'beginning' })).status, 'in_progress')
    assert.deepEqual(paperclip.last().json, { status: 'in_progress', comment: 'beginning' })
    assert.equal((await json('assign', { id: 'i1', assignee: 'ada' })).assignee, 'ada')
  })
  test('the same act under the same key happens once', async () => {
    const before = paperclip.state.comments.length
    for (let i = 0; i < 2; i++) await json('comment', { id: 'i2', text: 'once', idempotency_key: 'k1' })
    assert.equal(paperclip.state.comments.length, before + 1)
  })
  test('wrong arguments and failures are told', async () => {
    for (const [name, args, pattern] of [
      ['set_status', { id: 'i1', status: 'nonsense' }, /there is no status 'nonsense'; there are backlog, todo/], ['get_issue', { id: '..' }, /'id' is missing, or is nothing/],
      ['get_issue', { id: 'none' }, /404.*Issue not found/],
    ]) {
      const result = await client.callTool(name, args)
      assert.equal(result.isError, true)
      assert.match(text(result), pattern)
    }
    for (const [kind, pattern] of [['html', /web page/], ['500', /500/], ['429', /try again in 120 s/], ['private', /10\.0\.0\.1/]]) {
      paperclip.state.fail = () => failing(kind)
      const result = await client.callTool('comment', { id: 'i1', text: 'x' })
      assert.equal(result.isError, true)
      assert.match(text(result), pattern)
      assert.doesNotMatch(text(result), /t0ken/)
    }
    paperclip.state.fail = null
  })
  test('waiting for a status ends with it, or says how it is', async () => {
    paperclip.state.issues.i2.status = 'in_review'
    const late = await client.callTool('wait_for_status', { id: 'i2', statuses: ['done'], seconds: 1 })
    assert.match(text(late), /after 1 s it is still 'in_review'/)
    paperclip.state.issues.i2.status = 'done'
    assert.equal((await json('wait_for_status', { id: 'i2' })).status, 'done')
  })
  test('an issue is a resource', async () => {
    assert.equal((await client.listResourceTemplates()).resourceTemplates[0].uriTemplate, 'tasks://issue/{id}')
    assert.equal(JSON.parse((await client.readResource('tasks://issue/i1')).contents[0].text).key, 'PAP-1')
  })
})

describe('credentials', () => {
  test('a short-lived token is fetched, kept, and renewed before it ends or when it is refused', async t => {
    const scope = Scope.of(t)
    const paperclip = await startPaperclip(scope, { tokens: new Set() })
    const gateway = await startGateway(scope, { servers: { work: { builtin: 'tasks', base_url: `${paperclip.url}/api`, values: { company: 'acme' },
      jwt: { token_url: `${paperclip.url}/oauth/token`, id: 'gatehouse', secret: 'cl1ent-s3cret', scope: 'issues' } } } })
    const client = await clients.modern(scope, gateway.url)
    const call = () => client.callTool('work__get_issue', { id: 'i1' })
    assert.ok(!(await call()).isError)
    assert.ok(!(await call()).isError)
    assert.equal(paperclip.state.minted, 1)
    paperclip.state.tokens = new Set()
    assert.match(text(await call()), /401/)
    assert.ok(!(await call()).isError, 'the next call has a fresh one')
    paperclip.state.lives = 1
    paperclip.state.tokens = new Set()
    await call()
    await call()
    const minted = paperclip.state.minted
    await within(10_000, 'a token to be renewed before it ends', (async () => { while (paperclip.state.minted === minted) assert.ok(!(await call()).isError) })())
    assert.doesNotMatch(gateway.log(), /s3cret|short-/)
  })
  test('a token is minted with a key of our own', async t => {
    const scope = Scope.of(t)
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const seen = []
    const paperclip = await startPaperclip(scope, { judge: token => {
      const [head, claims, signature] = token.split('.')
      if (!signature || !verify('sha256', Buffer.from(`${head}.${claims}`), { key: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))) return false
      seen.push(JSON.parse(Buffer.from(claims, 'base64url')))
      return true
    } })
    const folder = scope.folder()
    writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    const gateway = await startGateway(scope, { servers: { work: { builtin: 'tasks', base_url: `${paperclip.url}/api`, values: { company: 'acme' },
      jwt: { key: '${file:./key.pem}', issuer: 'https://gatehouse.example', subject: 'agent-7', audience: 'paperclip', lifetime: '2m' } } } }, { folder })
    const client = await clients.modern(scope, gateway.url)
    assert.ok(!(await client.callTool('work__get_issue', { id: 'i1' })).isError)
    const [claims] = seen
    assert.deepEqual([claims.iss, claims.sub, claims.aud, claims.exp - claims.iat], ['https://gatehouse.example', 'agent-7', 'paperclip', 120])
  })
  test('without a token each call says so, and the tools are listed', async t => {
    const scope = Scope.of(t)
    const paperclip = await startPaperclip(scope)
    const client = await alone(scope, paperclip, { env: { TASKS_TOKEN: '' }, era: 'legacy' })
    assert.deepEqual((await client.listTools()).tools.map(tool => tool.name).sort(), ['assign', 'comment', 'get_issue', 'list_comments', 'list_issues', 'set_status', 'wait_for_status'])
    assert.match(text(await client.callTool('list_issues', {})), /needs a token, and none is set; set the variable TASKS_TOKEN/)
  })
})

test('the profile of GitHub issues, and an API of one\'s own', async t => {
  const scope = Scope.of(t)
  const github = await startGithub(scope)
  const paperclip = await startPaperclip(scope)
  const gateway = await startGateway(scope, { servers: {
    gh: { builtin: 'tasks', profile: 'github', base_url: github.url, token: 'github_pat_t0ken', values: { repository: 'octo/hello' } },
    own: { builtin: 'tasks', write: false, base_url: paperclip.url, token: 'agent-t0ken', api: {
      actions: { get: { path: '/api/issues/{id}' }, list: { path: '/api/companies/acme/issues', query: { status: '{status}' } } },
      issue: { id: '/id', status: '/status', name: '/title' } } },
  } })
  const client = await clients.modern(scope, gateway.url)
  const json = async (name, args) => { const result = await client.callTool(name, args); assert.ok(!result.isError, text(result)); return JSON.parse(text(result)) }
  assert.deepEqual(await json('own__get_issue', { id: 'i2' }), { id: 'i2', name: 'Paint the door', status: 'in_progress' })
  assert.deepEqual((await client.listTools()).tools.filter(tool => tool.name.startsWith('own__')).map(tool => tool.name).sort(), ['own__get_issue', 'own__list_issues', 'own__wait_for_status'])
  assert.equal((await json('gh__get_issue', { id: '1' })).title, 'Issue 1')
  await json('gh__set_status', { id: '1', status: 'closed', text: 'done with it' })
  assert.deepEqual(github.state.comments, ['done with it'], 'an API that takes no words with a status gets them as a comment')
  await json('gh__assign', { id: '1', assignee: 'hubot' })
  assert.deepEqual(github.last().json, { assignees: ['hubot'] })
})

describe('changes are told', () => {
  const listen = async (client, uri) => {
    let wake
    const told = new Promise(done => { wake = done })
    client.client.setNotificationHandler('notifications/resources/updated', note => { if (note.params.uri === uri) wake(note.params.uri) })
    await client.client.subscribeResource({ uri })
    return { told }
  }
  test('by a signed webhook, and by no other', async t => {
    const scope = Scope.of(t)
    const paperclip = await startPaperclip(scope)
    const gateway = await startGateway(scope, { servers: { work: { builtin: 'tasks', start: 'eager', base_url: `${paperclip.url}/api`, values: { company: 'acme' }, token: 'agent-t0ken', webhook: 'h00k-s3cret' } } })
    const client = await clients.legacy(scope, gateway.server('work'))
    const { told } = await listen(client, 'tasks://issue/i1')
    const body = JSON.stringify({ event: 'issue.updated', issue: { id: 'i1' } })
    const send = (signature, what = body, more = {}) => fetch(`${gateway.base}/hooks/work`, { method: 'POST', headers: { 'content-type': 'application/json', ...signature && { 'x-paperclip-signature': signature } }, body: what, ...more })
    const sign = (what, secret = 'h00k-s3cret') => `sha256=${createHmac('sha256', secret).update(what).digest('hex')}`
    for (const wrong of ['', 'sha256=', sign(body, 'guess'), sign(`${body} `), sign(body).slice(7)]) assert.equal((await send(wrong)).status, 401, wrong)
    assert.equal((await send(sign('{}'), '{}')).status, 202, 'another event is taken and means nothing')
    assert.equal((await fetch(`${gateway.base}/hooks/work`)).status, 405)
    assert.equal((await fetch(`${gateway.base}/hooks/none`, { method: 'POST', body: '' })).status, 404)
    assert.equal((await send(sign(body))).status, 202)
    assert.equal(await within(10_000, 'the change to be told', told), 'tasks://issue/i1')
  })
  test('by looking', async t => {
    const scope = Scope.of(t)
    const paperclip = await startPaperclip(scope)
    const gateway = await startGateway(scope, { servers: { work: { builtin: 'tasks', start: 'eager', base_url: `${paperclip.url}/api`, values: { company: 'acme' }, token: 'agent-t0ken', poll: '100ms' } } })
    const client = await clients.legacy(scope, gateway.server('work'))
    const { told } = await listen(client, 'tasks://issue/i2')
    // It has looked once before the change.
    await within(10_000, 'the first look', (async () => { while (!paperclip.asked.some(one => one.path.endsWith('/issues'))) await new Promise(done => setImmediate(done)) })())
    await client.callTool('get_issue', { id: 'i2' })
    paperclip.touch(paperclip.state.issues.i2)
    assert.equal(await within(10_000, 'the change to be told', told), 'tasks://issue/i2')
  })
})
