// Tools of real servers, found by what they should do: `gatehouse tools QUERY`, and bench_retrieval over the same tools.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { gatehouse, node, root, run, runToEnd, Scope, startGateway } from './lib.mjs'

const npm = join(root, 'tests/npm/node_modules')
const bench = join(dirname(gatehouse), 'bench_retrieval')
const SERVERS = {
  files: ['@modelcontextprotocol/server-filesystem/dist/index.js'],
  memory: ['@modelcontextprotocol/server-memory/dist/index.js'],
  everything: ['@modelcontextprotocol/server-everything/dist/index.js', 'stdio'],
  thinking: ['@modelcontextprotocol/server-sequential-thinking/dist/index.js'],
}
// What somebody says, and what has to be the first of the answer.
const WANTED = {
  'read_text_file': 'files__read_text_file',
  'files.read_text_file': 'files__read_text_file',
  'move a document to another folder': 'files__move_file',
  'make a new folder': 'files__create_directory',
  'remove some relations from the knowledge graph': 'memory__delete_relations',
  'search the nodes': 'memory__search_nodes',
  'add two numbers': 'everything__get-sum',
  'think through a problem step by step': 'thinking__sequentialthinking',
}

describe('finding tools', () => {
  const scope = Scope.ofSuite()
  let folder, gateway
  before(async () => {
    folder = scope.folder()
    mkdirSync(join(folder, 'files'))
    const servers = Object.fromEntries(Object.entries(SERVERS).map(([id, [program, ...args]]) =>
      [id, { command: [node, join(npm, program), ...args, ...(id === 'files' ? [join(folder, 'files')] : [])], env: { MEMORY_FILE_PATH: join(folder, 'm.jsonl') }, sandbox: { write: [folder] }, connect_timeout: '60s' }]))
    gateway = await startGateway(scope, { servers }, { folder, env: { HOME: folder } })
  })
  const tools = async (...args) => JSON.parse((await run(scope, ['tools', '--json', '--url', gateway.url, ...args])).stdout)

  test('by what they should do, and by name', async () => {
    const wrong = []
    for (const [query, first] of Object.entries(WANTED)) {
      const found = (await tools(query)).map(tool => tool.name)
      if (found[0] !== first) wrong.push(`${query}: ${found.slice(0, 3)}, not ${first}`)
      assert.ok(found.length <= 20)
    }
    assert.deepEqual(wrong, [])
    assert.deepEqual(await tools('xyzzyx'), [])
  })

  test('the same as bench_retrieval finds', async t => {
    if (!existsSync(bench)) return t.skip('bench_retrieval is not built')
    const lines = (await tools()).map(tool => {
      const [server, name] = tool.name.split('__')
      return JSON.stringify({ server, tool: name, description: tool.description, inputSchema: tool.inputSchema })
    })
    writeFileSync(join(folder, 'tools.jsonl'), lines.join('\n') + '\n')
    const rows = Object.entries(WANTED).map(([query, first], i) => JSON.stringify({ id: `q-${i}`, query, relevant: [first.replace('__', '/')] }))
    writeFileSync(join(folder, 'queries.jsonl'), rows.join('\n') + '\n')
    const { code, stdout } = await runToEnd(scope, bench, [join(folder, 'tools.jsonl'), join(folder, 'queries.jsonl')], { name: 'bench_retrieval' })
    assert.equal(code, 0)
    const figures = JSON.parse(stdout)
    assert.equal(figures.tools, lines.length)
    assert.equal(figures.queries, rows.length)
    assert.equal(figures['recall@1'], 1)
    assert.equal(figures.mrr, 1)
    assert.ok(figures.p99_us > 0 && figures.without_synonyms['ndcg@10'] > 0.5)
  })

  test('bench_retrieval says what is wrong with its files', async t => {
    if (!existsSync(bench)) return t.skip('bench_retrieval is not built')
    writeFileSync(join(folder, 'broken.jsonl'), '{"query":\n')
    for (const args of [[], ['none.jsonl', 'none.jsonl'], [join(folder, 'broken.jsonl'), join(folder, 'broken.jsonl')]]) {
      const { code, stderr } = await runToEnd(scope, bench, args, { name: 'bench_retrieval' })
      assert.ok(code === 1 || code === 2, `${code}`)
      assert.match(stderr, /bench_retrieval/)
    }
  })
})
