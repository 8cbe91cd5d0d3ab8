// gatehouse advise: what a real gateway recorded, judged; six questions; and the table that docs/when-not-mcp.md repeats.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { clients, fixture, node, root, run, Scope, startGateway } from './lib.mjs'

const words = ['--clients', 'several', '--data', 'live', '--rest', 'no', '--teams', 'several', '--stage', 'product', '--coupling', 'loose']

test('a server with too little record is told so, one that is used in part is narrowed', async t => {
  const scope = Scope.of(t)
  const gateway = await startGateway(scope, { disclosure: 'all', pins: { mode: 'warn' }, servers: { used: { builtin: 'filesystem', roots: [scope.folder()] }, idle: { command: [node, fixture('stdio.mjs'), 'idle'] } } })
  const client = await clients.legacy(scope, gateway.url)
  for (let i = 0; i < 25; ++i) await client.callTool('used__list_allowed_directories')
  const advised = await run(scope, ['advise', '--config', gateway.file, '--json'])
  assert.equal(advised.code, 0, advised.stderr)
  const [used, idle] = JSON.parse(advised.stdout).servers
  assert.equal(used.advice, 'narrow', advised.stdout)
  assert.match(used.why, /of \d+ tools were never called in 25 calls/)
  assert.deepEqual(used.config, ['  used:', '    tools: { include: ["list_allowed_directories"] }'])
  assert.equal(idle.advice, 'too little record')
  assert.ok(used.unknown.length > 0)
  const text = await run(scope, ['advise', '--config', gateway.file])
  assert.match(text.stdout, /^used: narrow\n {2}\d+ of \d+ tools.*\n {2}rule unused: /m)
})

test('six questions have an answer with its reason', async t => {
  const scope = Scope.of(t)
  const keep = await run(scope, ['advise', '--new', ...words])
  assert.equal(keep.code, 0, keep.stderr)
  assert.match(keep.stdout, /^MCP\n/)
  const rest = await run(scope, ['advise', '--new', ...words.map((word, i) => i === 5 ? 'yes' : word), '--json'])
  assert.equal(JSON.parse(rest.stdout).advice, 'OpenAPI')
  const missing = await run(scope, ['advise', '--new', '--clients', 'one'])
  assert.equal(missing.code, 2)
  assert.match(missing.stderr, /--data is missing: live or static/)
  const wrong = await run(scope, ['advise', '--new', ...words.map((word, i) => i === 1 ? 'many' : word)])
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /--clients: one or several, not "many"/)
})

test('the page has the table', async t => {
  const rules = await run(Scope.of(t), ['advise', '--rules'])
  const page = readFileSync(join(root, 'docs/when-not-mcp.md'), 'utf8')
  for (const table of rules.stdout.trim().split('\n\n')) assert.ok(page.includes(table), `docs/when-not-mcp.md does not have:\n${table}`)
})
