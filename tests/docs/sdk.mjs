// The code of docs/sdk is what examples/docs holds, and each of its programs does what its page says.
//
// A ```cpp block of a page stands below the line `<!-- from examples/docs/NAME.cpp -->` and is the whole of that file, or whole lines of it
// that follow each other; so for other blocks below such a line. A program that calls mcp::run is asked for all that it lists, by a client of each era; what more there is to see
// stands in tests/docs/smoke/NAME.mjs: `export async function smoke({ scope, program, modern, legacy, assert })`. Any other program needs one.
// `export const args` are the arguments that a program does not start without.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { clients, gatehouse, root, Scope } from '../e2e/lib.mjs'

const pages = readdirSync(join(root, 'docs/sdk')).filter(name => name.endsWith('.md')).map(name => join(root, 'docs/sdk', name))
const sources = readdirSync(join(root, 'examples/docs')).filter(name => name.endsWith('.cpp')).map(name => join(root, 'examples/docs', name))
const smokes = join(root, 'tests/docs/smoke')
const quoted = new Set()

for (const page of pages) {
  const name = relative(root, page)
  const lines = readFileSync(page, 'utf8').split('\n')
  lines.forEach((line, n) => {
    const file = /^<!-- from ([\w./]+) -->$/.exec(lines[n - 1])?.[1]
    if (line !== '```cpp' && !file) return
    const where = `${name}:${n + 1}`
    const end = lines.indexOf('```', n + 1)
    const block = lines.slice(n + 1, end).join('\n')
    if (file) quoted.add(join(root, file))
    test(`${where}: quotes ${file}`, () => {
      assert.ok(file, `${where}: the line above says where the code is from: <!-- from examples/docs/NAME.cpp -->`)
      const source = readFileSync(join(root, file), 'utf8')
      assert.ok(('\n' + source).includes('\n' + block + '\n'), `${where} is not in ${file}:\n${block}`)
    })
  })
}

for (const source of sources) {
  const name = basename(source, '.cpp')
  test(`examples/docs/${name}.cpp is on a page`, () => assert.ok(quoted.has(source)))

  test(`examples/docs/${name}.cpp runs`, async t => {
    const scope = Scope.of(t)
    const program = join(dirname(gatehouse), 'examples/docs', name)
    assert.ok(existsSync(program), `${program} is missing: run script/build`)
    const smoke = join(smokes, `${name}.mjs`)
    // A client of that era over the program's stdin and stdout; `options` are those of the TypeScript SDK.
    const { smoke: look, args: usual = [] } = existsSync(smoke) ? await import(pathToFileURL(smoke).href) : {}
    const connect = era => (options, args = usual) => clients[era](scope, { command: program, args, env: {} }, options)
    const serves = readFileSync(source, 'utf8').includes('mcp::run(')
    assert.ok(serves || existsSync(smoke), `tests/docs/smoke/${name}.mjs says how to run it`)
    if (serves) {
      for (const era of ['modern', 'legacy']) {
        const client = await connect(era)()
        const can = client.client.getServerCapabilities()
        if (can.tools) assert.ok(Array.isArray((await client.listTools()).tools))
        if (can.prompts) assert.ok(Array.isArray((await client.listPrompts()).prompts))
        if (can.resources) assert.ok(Array.isArray((await client.listResources()).resources))
        await client.close()
      }
    }
    await look?.({ t, scope, program, modern: connect('modern'), legacy: connect('legacy'), assert })
  })
}
