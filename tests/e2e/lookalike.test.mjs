// Look-alikes: names of packages judged in bulk, by the shipped list and by one's own, and the servers of a config.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { run, Scope, writeConfig } from './lib.mjs'

const lines = text => text.trim().split('\n').map(line => JSON.parse(line))

async function judged(scope, rows, args = [], expect = 0) {
  const folder = scope.folder()
  const file = join(folder, 'names.jsonl')
  writeFileSync(file, rows.map(row => typeof row === 'string' ? row : JSON.stringify(row)).join('\n') + '\n')
  const result = await run(scope, ['check', '--packages', file, ...args], { cwd: folder })
  assert.equal(result.code, expect, result.stderr)
  return lines(result.stdout)
}

describe('names in bulk', () => {
  test('a line out per line in: known, review with the nearest name, clean', async t => {
    const answers = await judged(Scope.of(t), [
      { ecosystem: 'npm', name: '@modelcontextprotocol/server-filesystem@2026.1.1' },
      { ecosystem: 'npm', name: '@modelcontextprotocol/server-filesystm' },
      { ecosystem: 'pypi', name: 'MCP_Server_Fetch' },
      { ecosystem: 'pypi', name: 'mcp-server-fеtch' },
      { ecosystem: 'npm', name: 'quite-another-thing' },
      { ecosystem: 'docker', name: 'mcp/github:latest' },
    ])
    assert.deepEqual(answers.map(one => one.verdict), ['known', 'review', 'known', 'review', 'clean', 'known'])
    assert.deepEqual(answers.map(one => one.nearest),
      ['@modelcontextprotocol/server-filesystem', '@modelcontextprotocol/server-filesystem', 'mcp-server-fetch', 'mcp-server-fetch', null, 'mcp/github'])
    assert.deepEqual(answers[1].aligned, ['@modelcontextprotocol/server-filesyst·m', '@modelcontextprotocol/server-filesystem', ' '.repeat(37) + '^'])
    assert.equal(answers[3].aligned[2], ' '.repeat(12) + '^')
    for (const one of answers) assert.ok(one.reason.length > 10)
  })

  test('a list of one\'s own replaces the shipped one; --leave-out judges a name as if it were not on it', async t => {
    const scope = Scope.of(t)
    const known = join(scope.folder(), 'known.tsv')
    writeFileSync(known, 'npm\tour-harbor-tools\tinternal\n{"ecosystem":"npm","name":"our-harbor-cranes"}\n')
    const rows = [{ ecosystem: 'npm', name: 'our-harbor-tools' }, { ecosystem: 'npm', name: 'our-harbour-cranes' }, { ecosystem: 'npm', name: 'mcp-remote' }]
    assert.deepEqual((await judged(scope, rows, ['--known', known])).map(one => [one.verdict, one.nearest]),
      [['known', 'our-harbor-tools'], ['review', 'our-harbor-cranes'], ['clean', null]])
    assert.equal((await judged(scope, rows, ['--known', known, '--leave-out']))[0].verdict, 'clean')
    assert.equal((await judged(scope, rows))[2].verdict, 'known')
  })

  test('bad lines are answered in their place, and the exit status says so', async t => {
    const scope = Scope.of(t)
    const answers = await judged(scope, ['{', '{"ecosystem":"npm"}', '{"ecosystem":"cargo","name":"a"}', '{"ecosystem":"npm","name":"a b"}',
      `{"ecosystem":"npm","name":"${'a'.repeat(600)}"}`, '{"ecosystem":"npm","name":"mcp-remote"}'], [], 1)
    assert.deepEqual(answers.map(one => one.verdict), ['invalid', 'invalid', 'invalid', 'invalid', 'invalid', 'known'])
    assert.match(answers[2].reason, /line 3: no known ecosystem/)
    for (const args of [['--packages', '/nowhere/names'], ['--packages', '/dev/null', '--known', '/nowhere/known']]) {
      const result = await run(scope, ['check', ...args])
      assert.equal(result.code, 2)
      assert.match(result.stderr, /\/nowhere\/\w+ cannot be read/)
    }
  })
})

test('check says of each server of a config which package it fetches, with both names aligned', async t => {
  const scope = Scope.of(t)
  const folder = scope.folder()
  const file = writeConfig(folder, {
    servers: {
      good: { command: ['npx', '-y', '@modelcontextprotocol/server-memory@2026.1.26'] },
      bad: { command: ['npx', '-y', '@modelcontextprotocol/server-mernory@1.0.0'] },
      python: { command: ['uvx', 'mcp-server-tme'] },
      far: { url: 'https://mcp.linaer.app/mcp' },
      own: { url: 'https://tools.example.com/mcp' },
    },
  })
  const text = await run(scope, ['check', '--config', file], { cwd: folder })
  assert.match(text.stdout, /good: known: npm @modelcontextprotocol\/server-memory@2026\.1\.26/)
  assert.match(text.stdout, / {2}bad: review: .* looks like @modelcontextprotocol\/server-memory\n {6}@modelcontextprotocol\/server-mernory\n/)
  assert.match(text.stdout, /python: review: pypi mcp-server-tme is mcp-server-time but for a letter or two/)
  assert.match(text.stdout, /far: review: remote/)
  assert.doesNotMatch(text.stdout, / own:/)
  const json = JSON.parse((await run(scope, ['check', '--config', file, '--json'], { cwd: folder })).stdout)
  assert.deepEqual(json.packages.map(one => [one.server, one.verdict]),
    [['good', 'known'], ['bad', 'review'], ['python', 'review'], ['far', 'review'], ['own', 'clean']])
})
