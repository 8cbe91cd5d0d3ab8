// The vault server by itself, with the official clients of both eras: notes are made, added to, found and linked, at once.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { clients, gatehouse, Scope, text } from './lib.mjs'
import { makeVault } from './world.mjs'

const alone = (scope, era, root) => clients[era](scope, { command: gatehouse, args: ['server', 'vault', '--root', root], env: {} })
const names = async client => (await client.listTools()).tools.map(tool => tool.name)
const good = result => { assert.ok(!result.isError, text(result)); return result.structuredContent }

for (const era of ['modern', 'legacy']) {
  test(`${era}: what is written is known to the next call`, async t => {
    const scope = Scope.of(t)
    const vault = makeVault(scope.folder())
    const client = await alone(scope, era, `${vault}:append`)
    const made = good(await client.callTool('create', { path: 'Log/Night', text: '# Night\n\nFog, says [[Keeper]]; see [[Nobody]].' }))
    assert.equal(made.path, 'Log/Night.md')
    assert.deepEqual(made.broken_links, ['[[Nobody]]'])
    assert.match(text(await client.callTool('search', { query: 'fog' })), /Log\/Night\.md/)
    assert.match(text(await client.callTool('backlinks', { path: 'Keeper' })), /Log\/Night\.md/)
    const again = await client.callTool('create', { path: 'log/NIGHT.md', text: 'twice' })
    assert.equal(again.isError, true)
    assert.match(text(again), /the vault has 'Log\/Night\.md' already; add to it with append/)
    assert.equal(good(await client.callTool('append', { path: 'night', text: 'The horn sounded.' })).line, 4)
    assert.equal(readFileSync(join(vault, 'Log/Night.md'), 'utf8'), '# Night\n\nFog, says [[Keeper]]; see [[Nobody]].\nThe horn sounded.\n')
    assert.match(text(await client.callTool('search', { query: 'horn' })), /Log\/Night\.md/)
    const out = await client.callTool('create', { path: '../out', text: 'x' })
    assert.equal(out.isError, true)
  })
}

test('notes are found by date and front matter, and by the links between them', async t => {
  const scope = Scope.of(t)
  const vault = makeVault(scope.folder(), {
    '2031-05-01.md': 'The lamp broke. [[Keeper]]\n', 'Keeper.md': '---\ndate: 2030-01-02\nstate: [awake, calm]\n---\nKeeps the lamp. [[Nobody]]\n', 'Far.md': '[[2031-05-01]]\n',
  })
  const client = await alone(scope, 'modern', vault)
  const found = async args => text(await client.callTool('search', { query: 'lamp', ...args })).match(/[\w-]+\.md/g) ?? []
  assert.deepEqual(await found({ since: '2031' }), ['2031-05-01.md'])
  assert.deepEqual(await found({ until: '2030-01' }), ['Keeper.md'])
  assert.deepEqual(await found({ where: 'state=calm' }), ['Keeper.md'])
  assert.deepEqual(await found({ where: 'state=asleep' }), [])
  const wrong = await client.callTool('search', { query: 'lamp', since: 'May' })
  assert.equal(wrong.isError, true)
  const near = good(await client.callTool('neighbours', { path: 'keeper', steps: 2 }))
  assert.deepEqual(near.notes.map(note => [note.steps, note.path, note.link]), [[1, '2031-05-01.md', 'from'], [2, 'Far.md', 'from']])
  assert.deepEqual(near.missing, ['[[Nobody]]'])
})

test('a vault to read has no tools that write, and nothing is written over', async t => {
  const scope = Scope.of(t)
  const vault = makeVault(scope.folder())
  const reader = await alone(scope, 'modern', vault)
  assert.deepEqual((await names(reader)).filter(name => ['create', 'append'].includes(name)), [])
  const writer = await alone(scope, 'modern', `${vault}:append`)
  for (const tool of (await writer.listTools()).tools.filter(tool => ['create', 'append'].includes(tool.name))) {
    assert.equal(tool.annotations.readOnlyHint, false)
    assert.equal(tool.annotations.destructiveHint, false)
  }
  // Made by another program a moment ago.
  writeFileSync(join(vault, 'Tide.md'), 'low')
  assert.match(text(await writer.callTool('create', { path: 'tide', text: 'high' })), /already/)
  assert.equal(readFileSync(join(vault, 'Tide.md'), 'utf8'), 'low')
})
