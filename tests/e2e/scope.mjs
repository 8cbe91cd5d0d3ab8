// What a test holds and gives back: processes, connections, folders. Given back in reverse order, also when the test fails.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, afterEach } from 'node:test'
import { fileURLToPath } from 'node:url'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
export const gatehouse = resolve(root, process.env.GATEHOUSE_BIN ?? 'build/gatehouse')
export const tokenizer = join(root, 'third_party/node_modules/gpt-tokenizer/esm/encoding/o200k_base.js')
const npm = join(root, 'tests/npm/node_modules')
export const programs = {
  everything: join(npm, '@modelcontextprotocol/server-everything/dist/index.js'),
  filesystem: join(npm, '@modelcontextprotocol/server-filesystem/dist/index.js'),
  inspector: join(npm, '.bin/mcp-inspector'),
}
export const fixture = name => join(root, 'tests/e2e/fixtures', name)

// Rejects after `ms`, saying what was waited for.
export function within(ms, what, promise) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${typeof what === 'function' ? what() : what}`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

export class Scope {
  #undo = []
  #logs = []
  failed = false

  // For one test: `const scope = Scope.of(t)`.
  static of(t) {
    const scope = new Scope()
    t.after(() => { scope.failed ||= t.passed === false; return scope.end() })
    return scope
  }

  // For all tests of a describe: `const scope = Scope.ofSuite()`, filled in `before`.
  static ofSuite() {
    const scope = new Scope()
    afterEach(t => { scope.failed ||= t.passed === false })
    after(() => scope.end())
    return scope
  }

  defer(undo) { this.#undo.push(undo) }
  keepLog(name, text) { this.#logs.push({ name, text }) }

  async end() {
    const errors = []
    for (const undo of this.#undo.splice(0).reverse()) {
      try { await undo() } catch (error) { errors.push(error) }
    }
    if (this.failed) for (const { name, text } of this.#logs) process.stderr.write(`--- what ${name} wrote ---\n${text().slice(-20000)}\n`)
    if (errors.length) throw errors[0]
  }

  folder() {
    const path = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-'))
    this.defer(() => rmSync(path, { recursive: true, force: true }))
    return path
  }

  // Starts a program; it is killed, if it still runs, when the scope ends.
  run(command, args, options = {}) {
    const program = new Program(command, args, options)
    this.keepLog(options.name ?? command, () => program.output)
    this.defer(() => program.kill())
    return program
  }
}

// A running program: what it writes, line by line, and how it ends.
export class Program {
  stdout = ''
  stderr = ''
  output = ''
  status = null // {code, signal} once it has ended
  #watchers = new Set()

  constructor(command, args, { cwd, env, stdin = 'ignore', detached = false, keep = Infinity } = {}) {
    this.child = spawn(command, args, { cwd, env: { ...process.env, NO_COLOR: '1', ...env }, stdio: [stdin, 'pipe', 'pipe'], detached })
    this.pid = this.child.pid
    for (const stream of ['stdout', 'stderr']) {
      this.child[stream].setEncoding('utf8').on('data', text => {
        // A program that writes for long is remembered by its latest words only.
        const latest = all => all.length > keep ? all.slice(-(keep >> 1)) : all
        this[stream] = latest(this[stream] + text)
        this.output = latest(this.output + text)
        for (const watcher of this.#watchers) watcher()
      })
    }
    this.ended = new Promise(done => {
      this.child.once('error', error => { this.output += `${error}\n`; this.status = { code: -1, signal: null, error }; done(this.status) })
      this.child.once('close', (code, signal) => {
        this.status ??= { code, signal }
        for (const watcher of this.#watchers) watcher()
        done(this.status)
      })
    })
  }

  // The first match of `pattern` in what it has written or will write.
  wrote(pattern, ms = 15000) {
    let watcher
    const found = new Promise((done, fail) => {
      watcher = () => {
        const match = pattern.exec(this.output)
        if (match) done(match)
        else if (this.status) fail(new Error(`it ended (${JSON.stringify(this.status)}) without writing ${pattern}:\n${this.output}`))
      }
      this.#watchers.add(watcher)
      watcher()
    })
    return within(ms, () => `${pattern} in the output:\n${this.output}`, found).finally(() => this.#watchers.delete(watcher))
  }

  end(ms = 15000) { return within(ms, () => `process ${this.pid} to end; it wrote:\n${this.output}`, this.ended) }

  async kill(signal = 'SIGKILL') {
    if (!this.status) this.child.kill(signal)
    await this.end()
  }
}

// Runs a program to its end. `input` goes to its stdin.
export async function runToEnd(scope, command, args, { input, ms = 30000, ...options } = {}) {
  const program = scope.run(command, args, { ...options, stdin: input === undefined ? 'ignore' : 'pipe' })
  if (input !== undefined) program.child.stdin.on('error', () => {}).end(input)
  const { code, signal } = await program.end(ms)
  return { code, signal, stdout: program.stdout, stderr: program.stderr, output: program.output }
}

export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail).listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => done(port))
    })
  })
}

// All processes: pid → {pid, parent, command}. Zombies are not counted.
export function processes() {
  const all = new Map()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (state === 'Z' || state === 'X') continue
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      all.set(Number(name), { pid: Number(name), parent: Number(parent), command })
    } catch { /* ended meanwhile */ }
  }
  return all
}

// The processes whose command line has `word` in it.
export const processesWith = word => [...processes().values()].filter(p => p.pid !== process.pid && p.command.includes(word))
