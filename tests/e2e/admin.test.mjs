// Gatehouse's own verbs as tools: by the official clients, by role, under the rules.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { ask, clients, run, Scope, startGateway, text } from './lib.mjs'
import { makeVault } from './world.mjs'

const bearer = key => ({ authorization: `Bearer ${key}` })
const VIEWS = ['approvals_list', 'audit_search', 'audit_verify', 'budget', 'call_show', 'calls_list', 'credentials_list', 'doctor', 'grants_list',
  'pins_diff', 'pins_list', 'upstreams_list']
const APPROVES = ['approve', 'deny', 'grants_revoke']
const CHANGES = ['pins_approve', 'upstream_restart']
const sorted = (...lists) => lists.flat().sort()

describe('the admin server on this machine', () => {
  const scope = Scope.ofSuite()
  let gateway, vault
  before(async () => {
    vault = makeVault(scope.folder())
    gateway = await startGateway(scope, { servers: { files: { builtin: 'filesystem', roots: [{ path: vault, mode: 'write' }] } } })
  })
  const admin = (scope, era = 'modern') => clients[era](scope, gateway.server('admin'))
  const verb = async (client, name, args) => {
    const result = await client.callTool(name, args)
    assert.ok(!result.isError, text(result))
    return result.structuredContent ?? JSON.parse(text(result))
  }

  for (const era of ['modern', 'legacy', 'sdk1'])
    test(`has all its tools for a ${era} client`, async t => {
      const client = await admin(Scope.of(t), era)
      const { tools } = await client.listTools()
      assert.deepEqual(tools.map(one => one.name).sort(), sorted(VIEWS, APPROVES, CHANGES))
      for (const tool of tools) assert.equal(tool.annotations.readOnlyHint, VIEWS.includes(tool.name), tool.name)
    })

  test('is not in the aggregate', async t => {
    const client = await clients.modern(Scope.of(t), gateway.url)
    const { tools } = await client.listTools()
    assert.ok(tools.length > 0)
    assert.ok(!tools.some(one => one.name.startsWith('admin')), tools.map(one => one.name).join())
  })

  test('lists calls from a cursor on, and tells the story of one', async t => {
    const own = Scope.of(t)
    const client = await admin(own)
    const start = await verb(client, 'calls_list', {})
    const caller = await clients.modern(own, gateway.url)
    await caller.callTool('files__list_directory', { path: vault })
    await caller.callTool('files__read_text_file', { path: join(vault, 'no such file') })
    const page = await verb(client, 'calls_list', { after: start.next })
    const calls = page.calls.filter(one => one.method === 'tools/call')
    assert.deepEqual(calls.map(one => [one.server, one.name, one.outcome]), [['files', 'list_directory', 'ok'], ['files', 'read_text_file', 'tool_error']])
    assert.equal(page.lost, false)
    assert.ok(!page.calls.some(one => one.server === 'admin'), 'who watches is not shown')
    const story = await verb(client, 'call_show', { call: calls[1].call })
    assert.equal(story.name, 'read_text_file')
    assert.equal(story.caller, 'local')
    assert.equal(story.transport, 'http')
    const failed = await verb(client, 'calls_list', { after: start.next, show: 'failed' })
    assert.deepEqual(failed.calls.map(one => one.call), [calls[1].call])
    const missing = await client.callTool('call_show', { call: 'c999999' })
    assert.equal(missing.isError, true)
    assert.match(text(missing), /not kept any more/)
  })

  test('tells of new calls, and reads on by the resource', async t => {
    const own = Scope.of(t)
    const client = await admin(own)
    const page = JSON.parse((await client.readResource('gatehouse://calls')).contents[0].text)
    const caller = await clients.modern(own, gateway.url)
    await caller.callTool('files__list_directory', { path: vault })
    const since = JSON.parse((await client.readResource(`gatehouse://calls?after=${page.next}`)).contents[0].text)
    assert.ok(since.calls.some(one => one.name === 'list_directory'))
    assert.ok(since.calls.every(one => !page.calls.some(old => old.call === one.call)))
  })

  test('shows servers, restarts one, and goes on', async t => {
    const own = Scope.of(t)
    const client = await admin(own)
    const caller = await clients.modern(own, gateway.url)
    await caller.callTool('files__list_directory', { path: vault })
    const before = (await verb(client, 'upstreams_list')).servers.find(one => one.id === 'files')
    assert.equal(before.state, 'up')
    assert.ok(before.definition_tokens > 100, JSON.stringify(before))
    assert.ok(before.hour.calls > 0)
    assert.equal(before.hour.minutes.length, 60)
    assert.deepEqual(await verb(client, 'upstream_restart', { server: 'files' }), { restarted: 'files' })
    await caller.callTool('files__list_directory', { path: vault })
    const nobody = await client.callTool('upstream_restart', { server: 'nobody' })
    assert.match(text(nobody), /no server 'nobody'/)
  })

  test('says how everything is, and what is not there', async t => {
    const client = await admin(Scope.of(t))
    const doctor = await verb(client, 'doctor')
    assert.equal(doctor.good, true)
    assert.ok(doctor.signs.some(one => one.what === 'store' && one.level === 'good'))
    assert.deepEqual((await verb(client, 'approvals_list')).approvals, [])
    assert.deepEqual((await verb(client, 'grants_list')).grants, [])
    assert.deepEqual((await verb(client, 'credentials_list')).keys, [])
    assert.ok((await verb(client, 'budget')).tools.length > 0)
    assert.deepEqual((await verb(client, 'pins_diff')).held, [])
  })
})

describe('roles of the admin server', () => {
  const scope = Scope.ofSuite()
  let gateway, vault
  const keyOf = {}
  const command = args => run(scope, [...args, '--config', gateway.file])
  const tool = (who, name, args = {}) => ask(gateway.server('admin'), 'tools/call', { name, arguments: args }, { headers: bearer(keyOf[who]), ms: 30000 })
  const said = answer => answer.json.result.content[0].text

  before(async () => {
    vault = makeVault(scope.folder())
    gateway = await startGateway(scope, {
      auth: { api_keys: true },
      admin: { viewers: [{ group: 'staff' }], approvers: [{ group: 'leads' }], admins: [{ key: 'root' }] },
      approvals: { wait: '200ms' },
      servers: { files: { builtin: 'filesystem', roots: [{ path: vault, mode: 'write' }] } },
      rules: [
        { tools: ['files__write_file'], then: 'ask', approvers: { group: 'leads' } },
        { who: { key: 'barred' }, tools: ['admin__budget'], then: 'deny' },
        { tools: ['*'], then: 'allow' },
      ],
    })
    for (const [name, ...args] of [['ci', '--owner', 'ada'], ['viewer', '--owner', 'bob', '--group', 'staff'], ['barred', '--owner', 'bo', '--group', 'staff'],
      ['lead', '--owner', 'eve', '--group', 'leads'], ['root', '--owner', 'kim']])
      keyOf[name] = (await command(['keys', 'create', name, ...args])).stdout.trim()
  })

  const listed = async who => (await ask(gateway.server('admin'), 'tools/list', {}, { headers: bearer(keyOf[who]) })).json.result.tools.map(one => one.name).sort()

  test('each role sees what it may do', async () => {
    assert.deepEqual(await listed('viewer'), sorted(VIEWS))
    assert.deepEqual(await listed('lead'), sorted(VIEWS, APPROVES))
    assert.deepEqual(await listed('root'), sorted(VIEWS, APPROVES, CHANGES))
  })

  test('who has no role gets nothing, and who brings no key does not come in', async () => {
    const none = await tool('ci', 'calls_list')
    assert.match(none.json.error.message, /no role here/)
    const nobody = await ask(gateway.server('admin'), 'tools/call', { name: 'calls_list', arguments: {} })
    assert.equal(nobody.status, 401)
  })

  test('a viewer can change nothing', async () => {
    for (const [name, args] of [['approve', { id: 'ap_x' }], ['upstream_restart', { server: 'files' }], ['pins_approve', { server: 'files' }]]) {
      const answer = await tool('viewer', name, args)
      assert.ok(answer.json.error, `${name}: ${answer.text}`)
    }
  })

  test('a rule that denies holds here too', async () => {
    assert.ok((await tool('viewer', 'budget')).json.result)
    assert.match((await tool('barred', 'budget')).json.error.message, /unknown tool/)
  })

  test('a call is approved by who may, and by nobody else', async () => {
    const path = join(vault, 'made.md')
    const write = () => ask(gateway.url, 'tools/call', { name: 'files__write_file', arguments: { path, content: 'x' } }, { headers: bearer(keyOf.ci), ms: 30000 })
    const id = /ap_[\w-]{16}/.exec(said(await write()))[0]
    const shown = JSON.parse(said(await tool('viewer', 'approvals_list'))).approvals.find(one => one.id === id)
    assert.deepEqual(shown.arguments, { path, content: 'x' })
    // An admin who is not among the rule's approvers does not decide.
    const wrong = await tool('root', 'approve', { id })
    assert.equal(wrong.json.result.isError, true)
    const right = await tool('lead', 'approve', { id, reason: 'it is fine' })
    assert.equal(JSON.parse(said(right)).state, 'approved')
    assert.ok(!(await write()).json.result.isError)
    const again = await tool('lead', 'deny', { id })
    assert.equal(again.json.result.isError, true)
  })

  test('a grant is seen and ended', async () => {
    const write = n => ask(gateway.url, 'tools/call', { name: 'files__write_file', arguments: { path: join(vault, `g${n}.md`), content: 'x' } },
      { headers: bearer(keyOf.ci), ms: 30000 })
    const id = /ap_[\w-]{16}/.exec(said(await write(1)))[0]
    assert.equal(JSON.parse(said(await tool('lead', 'approve', { id, minutes: 30 }))).state, 'granted')
    assert.ok(JSON.parse(said(await tool('viewer', 'grants_list'))).grants.some(one => one.id === id))
    assert.ok(!(await write(2)).json.result.isError)
    assert.equal(JSON.parse(said(await tool('lead', 'grants_revoke', { id }))).state, 'revoked')
    assert.equal((await write(3)).json.result.isError, true)
  })

  test('credentials are listed without themselves', async () => {
    const answer = await tool('viewer', 'credentials_list')
    const { keys } = JSON.parse(said(answer))
    assert.deepEqual(keys.map(one => one.name).sort(), ['barred', 'ci', 'lead', 'root', 'viewer'])
    for (const key of Object.values(keyOf)) assert.ok(!answer.text.includes(key.slice(10, 40)))
  })

  test('what people do here is told', async () => {
    assert.match(gateway.log(), /console\.action/)
  })
})
