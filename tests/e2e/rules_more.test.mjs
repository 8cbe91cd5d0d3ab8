// Rules by key, group and kind; warnings of lines that do nothing; why a line decides.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { ask, run, Scope, startGateway, writeConfig } from './lib.mjs'
import { makeVault } from './world.mjs'

describe('rules of callers who sign in', () => {
  const scope = Scope.ofSuite()
  let gateway
  const key = {}
  const as = name => ({ headers: { authorization: `Bearer ${key[name]}` } })
  const list = (name, method) => ask(gateway.url, method, {}, as(name)).then(answer => answer.json.result)
  const explain = (...args) => run(scope, ['rules', 'explain', ...args, '--config', gateway.file])
  before(async () => {
    const vault = makeVault(scope.folder())
    gateway = await startGateway(scope, {
      auth: { api_keys: true },
      servers: { vault: { builtin: 'vault', roots: [vault] }, files: { builtin: 'filesystem', roots: [{ path: vault, mode: 'write' }] } },
      rules: [
        { who: { key: 'blind' }, then: 'deny' },
        { who: { group: ['readers', 'staff*'] }, tools: ['vault__*'], resources: ['vault__*'], then: 'allow' },
        { who: { caller: 'key:lone' }, tools: ['vault__search'], then: 'allow' },
        { tools: ['vault__*'], resources: ['vault__*'], then: 'deny' },
        { tools: ['files__write_file'], when: { larger: 100 }, then: 'ask', approvers: { group: 'leads', count: 2 }, limit: '6/m' },
        { tools: ['files__*'], when: { disclosure: 'code' }, then: 'deny' },
        { tools: ['*'], then: 'allow' },
      ],
    })
    for (const [name, ...groups] of [['blind', 'readers'], ['reader', 'readers'], ['staff', 'staff-7'], ['lone'], ['other']]) {
      const made = await run(scope, ['keys', 'create', name, ...groups.flatMap(group => ['--group', group]), '--config', gateway.file])
      key[name] = made.stdout.trim()
    }
  })

  test('each sees in lists what they may call, and nothing else', async () => {
    const tools = {}
    for (const name of Object.keys(key)) tools[name] = (await list(name, 'tools/list')).tools.map(tool => tool.name)
    assert.deepEqual(tools.blind, [])
    assert.ok(tools.reader.includes('vault__search') && tools.reader.includes('files__write_file'))
    assert.deepEqual(tools.staff, tools.reader)
    assert.deepEqual(tools.lone.filter(name => name.startsWith('vault__')), ['vault__search'])
    assert.deepEqual(tools.other.filter(name => name.startsWith('vault__')), [])
    for (const [name, seen] of Object.entries(tools))
      for (const tool of tools.reader) {
        const answer = await ask(gateway.url, 'tools/call', { name: tool, arguments: {} }, as(name))
        assert.equal(/unknown tool/.test(answer.text), !seen.includes(tool), `${name} ${tool}: ${answer.text}`)
      }
  })

  test('and in lists of resources', async () => {
    const of = async name => (await list(name, 'resources/list')).resources.length + (await ask(gateway.server('vault'), 'resources/templates/list', {}, as(name))).text.length
    assert.ok(await of('reader') > await of('blind'))
  })

  test('explain says which line decides, for groups, keys, kinds and ways', async () => {
    for (const [args, code, said] of [
      [['anybody', 'vault__search'], 1, /deny: "vault__search" for "anybody" is denied, by .*:\d+:\d+/],
      [['anybody', 'vault__search', '--group', 'staff-1'], 0, /^allow/],
      [['x', 'vault__search', '--key', 'lone'], 0, /for "key:lone" is allowed/],
      [['x', 'vault__search', '--key', 'blind'], 1, /^deny/],
      [['x', 'vault__search', '--key', 'nobody'], 1, /there is no key "nobody"/],
      [['x', 'vault__file:///a', '--kind', 'resource'], 1, /^deny/],
      [['x', 'vault__p', '--kind', 'prompt'], 0, /^allow/],
      [['x', 'files__list_directory', '--disclosure', 'code'], 1, /^deny/],
      [['x', 'files__write_file', JSON.stringify({ content: 'x'.repeat(100) })], 0, /ask.*\n[^]*fits: ask, approved by 2 of leads, at most 6 a minute/],
    ]) {
      const result = await explain(...args)
      assert.equal(result.code, code, `${args}: ${result.stdout}${result.stderr}`)
      assert.match(result.stdout + result.stderr, said)
    }
  })
})

test('check warns of lines that no call reaches, and of those that contradict', async t => {
  const scope = Scope.of(t)
  const folder = scope.folder()
  const file = writeConfig(folder, `
auth: { api_keys: true }
servers: { vault: { builtin: vault, roots: [.] } }
rules:
  - { who: { group: "a*" }, tools: ["vault__*"], then: allow }
  - { who: { group: abc }, tools: ["vault__x"], then: deny }
  - { prompts: ["vault__*"], then: allow }
  - { prompts: ["vault__*"], then: deny }
  - { who: { user: ada }, tools: ["*"], then: allow }
  - { tools: ["*"], then: allow }
`)
  const { code, stdout, stderr } = await run(scope, ['check', '--config', file])
  const said = stdout + stderr
  assert.equal(code, 0, said)
  assert.match(said, /:6:5: warning: this rule is never reached: the one at .*:5:5/)
  assert.match(said, /:8:5: warning: this rule contradicts the one at .*:7:5/)
  assert.match(said, /rules\[4\]\.who\.user: callers come with API keys, which have no user/)
})
