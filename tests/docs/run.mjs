// Every command in README.md and docs/ is run, every answer shown there compared, every config and client entry tried.
//
//   ```console          `$ ` starts a command; the lines below it, if any, are what it prints (`…` stands for anything, alone in a
//                       line for any number of lines). The commands of a file run in one shell, in a folder with the example of
//                       examples/quickstart, with gatehouse and bench_retrieval on the PATH. `gatehouse serve` goes on until the end of the file.
//   ```console exit=N   the commands end with N
//   ```console no-run   is not run
//   ```yaml             a config that `gatehouse check` accepts; ```yaml part: something else
//   ```json             is JSON; what starts gatehouse in it is started, what names a URL is asked
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { clients, freePort, gatehouse, root, runToEnd, Scope, startGateway, within } from '../e2e/lib.mjs'

const kMostNotRun = 7
const documents = [join(root, 'README.md'), ...readdirSync(join(root, 'docs'), { recursive: true }).filter(name => name.endsWith('.md')).map(name => join(root, 'docs', name))].sort()

// The fenced blocks of a Markdown text: {info, lines, line}.
function blocks(text) {
  const found = []
  let open
  text.split('\n').forEach((line, n) => {
    const fence = /^(\s*)(```+)(.*)$/.exec(line)
    if (open && fence && fence[2].length >= open.fence && !fence[3].trim()) { found.push(open); open = undefined }
    else if (open) open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line)
    else if (fence) open = { info: fence[3].trim().split(/\s+/), lines: [], line: n + 1, fence: fence[2].length, indent: fence[1] }
  })
  return found
}

// The commands of a console block: {command, expected, line}.
function commands(block) {
  const all = []
  let more = false
  block.lines.forEach((line, n) => {
    if (more) all.at(-1).command += '\n' + line
    else if (line.startsWith('$ ')) all.push({ command: line.slice(2), expected: [], line: block.line + n + 1 })
    else if (all.length) all.at(-1).expected.push(line)
    else assert.fail(`line ${block.line + n + 1}: output without a command`)
    more = (more || line.startsWith('$ ')) && line.endsWith('\\')
  })
  for (const one of all) while (one.expected.at(-1)?.trim() === '') one.expected.pop()
  return all
}

// `…` alone in a line is any number of lines; within one, anything.
function pattern(expected) {
  const escape = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const lines = expected.map(line => line.trim() === '…' ? null : line.trimEnd().split('…').map(escape).join('.*'))
  let source = '^'
  for (const line of lines) source += line === null ? '(?:[^\\n]*\\n)*?' : `${line}[ \\t]*\\n`
  return new RegExp(`${source}$`)
}

// A shell that runs one command after the other.
class Shell {
  constructor(scope, cwd, env) {
    this.child = spawn('bash', ['--norc', '--noprofile'], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    this.text = ''
    for (const stream of [this.child.stdout, this.child.stderr]) stream.setEncoding('utf8').on('data', text => { this.text += text; this.wake?.() })
    scope.defer(() => { try { process.kill(-this.child.pid, 'SIGKILL') } catch { /* gone */ } })
  }
  async run(command) {
    const mark = `=== ${Math.random().toString(36).slice(2)}`
    this.text = ''
    this.child.stdin.write(`{ ${command}\n} 2>&1; printf '\\n%s %d\\n' '${mark}' $?\n`)
    const done = new Promise(resolve => {
      this.wake = () => {
        const at = this.text.indexOf(`\n${mark} `)
        if (at < 0 || !this.text.endsWith('\n')) return
        resolve({ output: this.text.slice(0, at), code: Number(this.text.slice(at + mark.length + 2)) })
      }
    })
    return within(60000, () => `\`${command}\`, which has written:\n${this.text}`, done)
  }
}

function prepare(scope) {
  const folder = scope.folder()
  cpSync(join(root, 'examples/quickstart'), folder, { recursive: true, filter: path => !/gatehouse\.db/.test(path) })
  const bin = join(folder, '.bin')
  mkdirSync(bin)
  symlinkSync(gatehouse, join(bin, 'gatehouse'))
  symlinkSync(join(dirname(gatehouse), 'bench_retrieval'), join(bin, 'bench_retrieval'))
  const env = { ...process.env, HOME: folder, XDG_CONFIG_HOME: join(folder, '.config'), GATEHOUSE_CONFIG: '', NO_COLOR: '1', PATH: `${bin}:${process.env.PATH}`, TOOLS_TOKEN: 'a-token' }
  return { folder, env }
}

for (const path of documents) {
  const name = relative(root, path)
  const text = readFileSync(path, 'utf8')
  const all = blocks(text)

  const consoles = all.filter(block => block.info[0] === 'console' && !block.info.includes('no-run'))
  if (consoles.length) test(`${name}: its commands`, async t => {
    const scope = Scope.of(t)
    const { folder, env } = prepare(scope)
    const port = await freePort()
    const here = text => text.replaceAll('127.0.0.1:8811', `127.0.0.1:${port}`)
    const there = text => text.replaceAll(`127.0.0.1:${port}`, '127.0.0.1:8811').replaceAll(folder, '/home/you')
    writeFileSync(join(folder, 'gatehouse.yaml'), here(readFileSync(join(folder, 'gatehouse.yaml'), 'utf8')))
    const shell = new Shell(scope, folder, env)
    let count = 0
    for (const block of consoles) {
      const code = Number(block.info.find(word => word.startsWith('exit='))?.slice(5) ?? 0)
      for (const { command, expected, line } of commands(block)) {
        ++count
        const where = `${name}:${line}: $ ${command}`
        let output
        if (!code && /^gatehouse serve\b/.test(command)) {
          const program = scope.run('bash', ['-c', `exec ${here(command)}`], { cwd: folder, env, name: where })
          await program.wrote(/listening/)
          await program.wrote(/\n/)
          output = program.output
        } else {
          const result = await shell.run(here(command))
          output = result.output
          assert.equal(result.code, code, `${where}\nended with ${result.code}:\n${output}`)
        }
        if (!expected.length) continue
        output = there(output).replace(/\n*$/, '\n')
        assert.ok(pattern(expected).test(output), `${where}\nprinted:\n${output}\nand not:\n${expected.join('\n')}`)
      }
    }
    t.diagnostic(`${count} commands`)
  })

  const yamls = all.filter(block => block.info[0] === 'yaml' && !block.info.includes('part'))
  if (yamls.length) test(`${name}: its configs`, async t => {
    const scope = Scope.of(t)
    const { folder, env } = prepare(scope)
    for (const block of yamls) {
      const file = join(folder, 'block.yaml')
      writeFileSync(file, block.lines.join('\n') + '\n')
      const { code, output } = await runToEnd(scope, gatehouse, ['check', '--config', file], { cwd: folder, env })
      assert.equal(code, 0, `${name}:${block.line}:\n${output}`)
    }
  })

  const jsons = all.filter(block => block.info[0] === 'json')
  if (jsons.length) test(`${name}: its JSON`, async t => {
    const scope = Scope.of(t)
    const { folder, env } = prepare(scope)
    let gateway, tried = 0
    for (const block of jsons) {
      const where = `${name}:${block.line}`
      let json
      assert.doesNotThrow(() => { json = JSON.parse(block.lines.join('\n')) }, where)
      for (const entry of Object.values(json.mcpServers ?? json.servers ?? json.context_servers ?? {})) {
        entry.url ??= entry.httpUrl ?? entry.serverUrl
        if (entry.command) {
          if (basename(entry.command) !== 'gatehouse') continue
          const args = entry.args.map(arg => basename(arg) === 'gatehouse.yaml' ? join(folder, 'gatehouse.yaml') : arg.startsWith('/home/you/') ? join(folder, relative('/home/you', arg)) : arg)
          const client = await clients.sdk1(scope, { command: gatehouse, args, env })
          assert.ok((await client.listTools()).tools.length > 0, where)
          await client.close()
          ++tried
        } else if (entry.url) {
          gateway ??= await startGateway(scope, { servers: { files: { builtin: 'filesystem', roots: [join(folder, 'vault')] } } })
          assert.ok(entry.url.startsWith('http://127.0.0.1:8811/mcp'), where)
          const client = await clients.sdk1(scope, entry.url.replace('http://127.0.0.1:8811', gateway.base))
          assert.ok((await client.listTools()).tools.length > 0, where)
          ++tried
        }
      }
    }
    t.diagnostic(`${tried} entries tried`)
  })

  const tomls = all.filter(block => block.info[0] === 'toml')
  if (tomls.length) test(`${name}: its TOML`, async t => {
    const scope = Scope.of(t)
    const { folder, env } = prepare(scope)
    for (const block of tomls) {
      // What a block of it starts is what gatehouse itself finds in it.
      const file = join(folder, 'block.toml')
      writeFileSync(file, block.lines.join('\n').replaceAll('"gatehouse"', '"started"') + '\n')
      const { code, stdout, output } = await runToEnd(scope, gatehouse, ['init', '--import', '--from', file, '--config', join(folder, 'new.yaml'), '--json'], { cwd: folder, env })
      assert.equal(code, 0, `${name}:${block.line}:\n${output}`)
      const [, ...args] = JSON.parse(JSON.parse(stdout).servers[0].config.command)
      const client = await clients.sdk1(scope, { command: gatehouse, args: args.map(arg => arg.startsWith('/home/you/') ? join(folder, relative('/home/you', arg)) : arg), env })
      assert.ok((await client.listTools()).tools.length > 0, `${name}:${block.line}`)
      await client.close()
    }
  })

  test(`${name}: its links`, () => {
    for (const [, target] of text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)/g))
      assert.doesNotThrow(() => readdirOrFile(join(dirname(path), target)), `${name} links to ${target}, which is not there`)
  })
}

function readdirOrFile(path) {
  try { readFileSync(path) } catch (error) { if (error.code !== 'EISDIR') throw error }
}

test('few blocks are not run', () => {
  const left = documents.flatMap(path => blocks(readFileSync(path, 'utf8')).filter(block => block.info.includes('no-run')).map(block => `${relative(root, path)}:${block.line}`))
  assert.ok(left.length <= kMostNotRun, `${left}`)
})

test('docs/config.md knows every key', () => {
  const schema = readFileSync(join(root, 'src/app/schema.cpp'), 'utf8')
  const text = readFileSync(join(root, 'docs/config.md'), 'utf8')
  // `{"name"}` is built, `{"name", kNot…}` is not.
  const tables = [...schema.matchAll(/constexpr Key k(\w+)\[\] = \{([\s\S]*?)\};/g)]
  assert.ok(tables.length > 10)
  const [built, later] = text.split(/^## Not built yet/m)
  assert.ok(later, 'docs/config.md has the section "Not built yet"')
  for (const [, table, body] of tables) {
    for (const [, key, rest] of body.matchAll(/\{"(\w+)"([^{}]*)\}/g)) {
      const known = new RegExp(`\\b${key}\\b`)
      if (/kNot/.test(rest)) assert.match(later, known, `${table}: ${key} is not built, and the page does not say so`)
      else assert.match(built, known, `${table}: ${key} works, and the page does not say so`)
    }
  }
})
