// The count of tokens is that of the npm library, whose vocabulary it has: over files of every kind, and texts made of all of Unicode.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { gatehouse, root, tokenizer } from './lib.mjs'

const counter = join(dirname(gatehouse), 'bench_tokens')
const { countTokens } = await import(tokenizer)

// The same numbers in every run.
function random(seed) {
  let state = seed >>> 0
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function ours(texts) {
  // A line is one JSON string; JSON lets U+2028 stand, and no line end.
  const { status, stdout, stderr } = spawnSync(counter, { input: texts.map(text => JSON.stringify(text)).join('\n') + '\n', maxBuffer: 1 << 26 })
  assert.equal(status, 0, String(stderr))
  return String(stdout).trim().split('\n').map(Number)
}

function compare(texts) {
  // The library loses U+FEFF where it reads its vocabulary: a byte order mark is one token in the vocabulary, and two of its bytes for the library.
  const known = texts.filter(text => !text.includes('\ufeff') && text.isWellFormed())
  const counts = ours(known)
  assert.equal(counts.length, known.length)
  const wrong = known.map((text, i) => ({ text: text.slice(0, 200), ours: counts[i], theirs: countTokens(text, { disallowedSpecial: new Set() }) }))
    .filter(one => one.ours !== one.theirs)
  assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} of ${known.length} differ`)
  return known.length
}

function files(folder, pattern, most) {
  const found = []
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (found.length >= most) break
    if (entry.isFile() && pattern.test(entry.name)) found.push(readFileSync(join(entry.parentPath, entry.name), 'utf8').slice(0, 60_000))
  }
  return found
}

test('counting is there', () => assert.ok(existsSync(counter), `${counter} is missing: run script/build`))

test('files: code, prose, JSON', () => {
  const texts = [...files(join(root, 'src'), /\.(cpp|h|md|txt)$/, 300), ...files(join(root, 'tests/e2e'), /\.mjs$/, 60),
    ...files(join(root, 'tests/npm/node_modules/@modelcontextprotocol'), /\.(md|json|ts)$/, 200)]
  assert.ok(compare(texts) > 300)
})

test('texts of all of Unicode', () => {
  const next = random(7)
  const alphabets = [
    () => 32 + next(95), () => 0xc0 + next(0x240), () => 0x370 + next(0x190), () => 0x5d0 + next(0x150), () => 0x900 + next(0x80),
    () => 0x300 + next(0x70), () => 0x3040 + next(0xc0), () => 0x4e00 + next(0x5000), () => 0xac00 + next(0x2ba4), () => 0x1f300 + next(0x600),
    () => [9, 10, 13, 32, 0xa0, 0x85, 0x2003, 0x2028, 0x3000][next(9)], () => 48 + next(10), () => 0x2160 + next(0x90),
    () => [39, 47, 95, 46, 123, 34, 40][next(7)], () => 65 + next(26), () => 97 + next(26),
    () => { const point = next(0x110000); return point >= 0xd800 && point < 0xe000 ? 0x20 : point },
  ]
  const texts = []
  for (let i = 0; i < 20_000; ++i) {
    const some = [0, 1, 2].map(() => alphabets[next(alphabets.length)])
    let text = ''
    for (let size = 1 + next(24); size > 0; --size) text += String.fromCodePoint(some[next(3)]())
    texts.push(text)
  }
  compare(texts)
})

test('English endings in every case, and spaces before everything', () => {
  const texts = []
  for (const ending of ['s', 't', 're', 've', 'm', 'll', 'd', 'x', 'l', 'r', 'v', '']) {
    for (const form of [ending, ending.toUpperCase(), ending.replace(/^./, c => c.toUpperCase())])
      for (const word of ['we', 'WE', 'Wé', '日', '9', '!', ' ', "'"]) texts.push(`${word}'${form}`, `${word}'${form}xy`, ` ${word}'${form} z`)
  }
  for (const space of [' ', '  ', '\t', '\n', ' \n', '\n ', '\r\n\r\n  ', '\u00a0', ' \u3000 '])
    for (const after of ['', 'a', 'A', '1', '!', '/', '日', '\u0301', "'s", '\n']) texts.push(space + after, `x${space}${after}`, space.repeat(9) + after)
  compare(texts)
})

test('bytes that are no UTF-8 count as decoders of the web read them', () => {
  const next = random(11)
  const texts = []
  for (let i = 0; i < 2_000; ++i) texts.push(new TextDecoder().decode(Uint8Array.from({ length: 1 + next(40) }, () => (next(2) ? next(256) : 0x61))))
  compare(texts)
})

test('long runs', () => compare(['a', ' ', 'é', '日', 'ab', '!', '0', '\n', 'A', 'zq', '-=', '\u0301'].map(unit => unit.repeat(1500))))
