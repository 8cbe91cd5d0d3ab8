// Declarations of tools, checked by the TypeScript compiler: those of real servers, and a table of schemas with values that fit and do not.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import ts from 'typescript'
import { clients, gatehouse, root, runToEnd, Scope, startGateway, text as said } from './lib.mjs'
import { servers, toolsOf } from './toolsets.mjs'
import { schemas } from './fixtures/schemas.mjs'

const program = join(dirname(gatehouse), 'bench_declarations')

// The declarations of toolsets, each {name, tools}, as describe_tools puts them.
async function declare(scope, toolsets, ...options) {
  const folder = scope.folder()
  const files = toolsets.map((set, i) => {
    const file = join(folder, `${i}.json`)
    writeFileSync(file, JSON.stringify(set))
    return file
  })
  const done = await runToEnd(scope, program, [...options, ...files], { name: 'bench_declarations' })
  assert.equal(done.code, 0, done.stderr)
  return done.stdout
}

// What the compiler complains about in a text, as `line: message`.
function complaints(text) {
  const options = { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, lib: ['lib.es2022.d.ts'], types: [] }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists, readFile } = host
  host.getSourceFile = (name, ...rest) => name === 'tools.ts' ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest)
  host.fileExists = name => name === 'tools.ts' || fileExists(name)
  host.readFile = name => name === 'tools.ts' ? text : readFile(name)
  const lines = text.split('\n')
  return ts.getPreEmitDiagnostics(ts.createProgram(['tools.ts'], options, host)).map(one => {
    const line = one.file ? one.file.getLineAndCharacterOfPosition(one.start).line : -1
    return `${line + 1}: ${ts.flattenDiagnosticMessageText(one.messageText, '\n')} | ${lines[line]}`
  })
}

describe('declarations of real servers', () => {
  const scope = Scope.ofSuite()
  let toolsets
  before(async () => { toolsets = await Promise.all(servers.map(server => toolsOf(scope, server))) })

  test('all of them compile, together', async () => {
    const text = await declare(scope, toolsets)
    assert.deepEqual(complaints(text), [])
    for (const { tools } of toolsets) for (const tool of tools) assert.match(text, new RegExp(`function ${tool.name.replace(/\W/g, '_')}_?[(]`))
  })

  test('calls that fit compile, and others do not', async () => {
    const text = await declare(scope, toolsets)
    const calls = `
      filesystem.read_text_file({ path: 'a', head: 3 })
      filesystem.edit_file({ path: 'a', edits: [{ oldText: 'a', newText: 'b' }] })
      filesystem.list_allowed_directories()
      memory.create_entities({ entities: [{ name: 'a', entityType: 'b', observations: ['c'] }] })
      everything.get_structured_content({ location: 'Chicago' }).then(({ temperature, humidity }) => temperature + humidity)
      // @ts-expect-error a needed argument is not there
      filesystem.read_text_file({ head: 3 })
      // @ts-expect-error of another type
      filesystem.read_text_file({ path: 'a', head: '3' })
      // @ts-expect-error not one of the choices
      everything.get_structured_content({ location: 'Paris' })
      // @ts-expect-error nobody has heard of it
      memory.create_entities({ entities: [{ name: 'a', entityType: 'b', observations: ['c'], colour: 'red' }] })
      // @ts-expect-error a result that is a number
      everything.get_structured_content({ location: 'Chicago' }).then(({ temperature }) => temperature.length)`
    assert.deepEqual(complaints(text + calls), [])
  })

  test('they cost fewer tokens than the definitions', async () => {
    const { tools, json_tokens, typescript_tokens } = JSON.parse(await declare(scope, toolsets, '--measure'))
    assert.ok(tools >= 60, `${tools} tools`)
    assert.ok(typescript_tokens < 0.8 * json_tokens, `${typescript_tokens} of ${json_tokens}`)
  })
})

describe('declarations that the gateway gives', () => {
  const scope = Scope.ofSuite()
  let client, names
  before(async () => {
    const upstreams = Object.fromEntries(servers.map(({ id, start }) => {
      const { command, args } = start(scope.folder())
      return [id, { command: [command, ...args] }]
    }))
    const gateway = await startGateway(scope, { servers: upstreams })
    names = (await (await clients.modern(scope, gateway.url)).listTools()).tools.map(tool => tool.name)
    client = await clients.modern(scope, `${gateway.url}?disclosure=search`)
  })

  test('all of them compile, ten at a time', async () => {
    assert.ok(names.length >= 60, `${names.length} tools`)
    let all = ''
    for (let i = 0; i < names.length; i += 10) all += said(await client.callTool('describe_tools', { names: names.slice(i, i + 10) })) + '\n'
    assert.deepEqual(complaints(all), [])
    assert.equal(all.match(/^ {2}function /gm).length, names.length)
  })

  test('an unknown name gets the nearest, and the others are described', async () => {
    const answer = said(await client.callTool('describe_tools', { names: ['filesystem.read_txt_file', 'memory__read_graph'] }))
    assert.match(answer, /There is no tool 'filesystem.read_txt_file'. Nearest: .*read_text_file/)
    assert.match(answer, /function read_graph[(]/)
    assert.deepEqual(complaints(answer), [])
  })
})

describe('declarations of a table of schemas', () => {
  const scope = Scope.ofSuite()
  let text = ''
  const wrapped = one => ({ type: 'object', required: ['v'], properties: { v: one.schema }, ...one.beside })
  before(async () => {
    const tools = schemas.map((one, i) => ({ name: `case_${i}`, description: one.about, inputSchema: one.root ?? wrapped(one), outputSchema: one.root ?? wrapped(one) }))
    text = await declare(scope, [{ name: 'cases', tools }])
  })

  test('they compile', () => assert.deepEqual(complaints(text), []))

  test('good values have the type, bad ones do not', () => {
    let calls = ''
    const call = (i, value) => `cases.case_${i}(${JSON.stringify(schemas[i].root ? value : { v: value })})\n`
    schemas.forEach(({ good = [], bad = [] }, i) => {
      for (const value of good) calls += call(i, value)
      for (const value of bad) calls += `// @ts-expect-error ${schemas[i].about.replace(/\s+/g, ' ')}\n${call(i, value)}`
    })
    assert.deepEqual(complaints(text + calls), [])
  })

  test('no text of a schema leaves its comment', () => {
    const hostile = schemas.findIndex(one => one.about.includes('ends early'))
    assert.ok(hostile >= 0)
    // Only declarations: nothing that runs.
    const source = ts.createSourceFile('tools.ts', text, ts.ScriptTarget.ES2022, true)
    for (const statement of source.statements) assert.equal(ts.SyntaxKind[statement.kind], 'ModuleDeclaration')
    for (const { body } of source.statements)
      for (const statement of body.statements) assert.ok(['FunctionDeclaration', 'TypeAliasDeclaration'].includes(ts.SyntaxKind[statement.kind]))
  })
})

test('the example of docs/declarations.md is what comes out', async t => {
  const page = readFileSync(join(root, 'docs/declarations.md'), 'utf8')
  const block = kind => page.match(new RegExp('```' + kind + '\\n([^]*?)```'))[1]
  assert.equal((await declare(Scope.of(t), [{ name: 'tracker', tools: [JSON.parse(block('json'))] }])).trim(), block('ts').trim())
})
