// The commands: what they print, and how they end.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { makeVault } from './world.mjs'
import { clients, fixture, freePort, gatehouse, LEGACY, MODERN, node, processesWith, root, run, runToEnd, Scope, startEar, startGateway, text, writeConfig } from './lib.mjs'

const GOOD = 0, FAILED = 1, USAGE = 2

// A folder with a config: files on a folder, and a stdio server.
async function home(t) {
  const scope = Scope.of(t)
  const folder = scope.folder()
  const vault = makeVault(folder)
  const ear = await startEar(scope)
  const word = `cli-${process.pid}-${Math.random().toString(36).slice(2)}`
  const servers = { files: { builtin: 'filesystem', roots: [vault] }, one: { command: [node, fixture('stdio.mjs'), word], env: { EAR: ear.port }, sandbox: 'off' } }
  const file = writeConfig(folder, { servers })
  const gatehouse = (...args) => run(scope, args, { cwd: folder, env: { GATEHOUSE_CONFIG: '', XDG_CONFIG_HOME: folder, HOME: folder } })
  return { scope, folder, vault, ear, word, servers, file, gatehouse }
}

const ended = (result, code) => assert.equal(result.code, code, `exit ${result.code ?? result.signal}, not ${code}:\n${result.output}`)

describe('call at a terminal', () => {
  // script(1) gives the command a terminal of its own.
  const atTerminal = (scope, command, input) => runToEnd(scope, 'script', ['-qec', command, '/dev/null'], { input })

  test('a question of the server is put to the person, and the answer goes back', async t => {
    const scope = Scope.of(t)
    const server = scope.run(join(root, 'build/examples/conformance_server'), ['--http', '127.0.0.1:0'])
    const [, port] = await server.wrote(/127\.0\.0\.1:(\d+)/)
    const gateway = await startGateway(scope, { servers: { ask: { url: `http://127.0.0.1:${port}/mcp` } } })
    const call = `${gatehouse} call --url ${gateway.url} ask__test_input_required_result_elicitation`
    const answered = await atTerminal(scope, call, 'y\nAnn\n')
    ended(answered, GOOD)
    assert.match(answered.output, /The server asks: .*\?/)
    assert.match(answered.output, /Hello, Ann!/)
    const nobody = await run(scope, ['call', '--url', gateway.url, 'ask__test_input_required_result_elicitation'])
    ended(nobody, FAILED)
    assert.match(nobody.stderr, /elicitation/)
  })
})

describe('usage', () => {
  test('wrong usage is exit 2, and says what is meant', async t => {
    const { gatehouse } = await home(t)
    for (const [args, says] of [
      [[], /serve/], [['sreve'], /did you mean serve/], [['serve', '--lisen', 'x'], /--listen/], [['call'], /name/i],
      [['call', 'files__read_text_file', 'not json'], /JSON/], [['call', 'files__read_text_file', '[]'], /object/],
      [['server'], /name/i], [['server', 'filesytem'], /filesystem/], [['server', 'filesystem', '--root', '/no/such/folder'], /\/no\/such\/folder/],
      [['completion', 'tcsh'], /bash/], [['check', '--config', 'nowhere.yaml'], /nowhere\.yaml/], [['serve', '--listen', '0.0.0.0:1'], /anybody who reaches it/],
    ]) {
      const result = await gatehouse(...args)
      ended(result, USAGE)
      assert.equal(result.stdout, '', `${args}`)
      assert.match(result.stderr, says, `${args}`)
    }
  })
  test('--help of all and of each', async t => {
    const { gatehouse } = await home(t)
    const help = await gatehouse('--help')
    ended(help, GOOD)
    for (const command of ['serve', 'stdio', 'server', 'init', 'check', 'tools', 'call', 'completion', 'version']) {
      assert.match(help.stdout, new RegExp(`\\b${command}\\b`))
      ended(await gatehouse(command, '--help'), GOOD)
    }
  })
  test('version, as text and as JSON', async t => {
    const { gatehouse } = await home(t)
    const plain = await gatehouse('version')
    ended(plain, GOOD)
    const { stdout, ...result } = await gatehouse('version', '--json')
    ended(result, GOOD)
    const version = JSON.parse(stdout)
    assert.ok(plain.stdout.includes(version.version))
    assert.equal(typeof version.commit, 'string')
    assert.deepEqual(version.revisions.map(({ name }) => name).filter(name => [MODERN, LEGACY].includes(name)).sort(), [LEGACY, MODERN])
    for (const revision of version.revisions) assert.match(revision.released, /^\d{4}-\d\d-\d\d$/)
    assert.match(version.store, /^sqlite:/)
  })
  test('completion for each shell is a script that it reads', async t => {
    const { scope, gatehouse } = await home(t)
    for (const shell of ['bash', 'zsh', 'fish']) {
      const result = await gatehouse('completion', shell)
      ended(result, GOOD)
      assert.match(result.stdout, /gatehouse/)
      assert.match(result.stdout, /serve/)
    }
    const script = join(scope.folder(), 'completion.bash')
    writeFileSync(script, (await gatehouse('completion', 'bash')).stdout + `
      complete -p gatehouse >/dev/null || exit 3
      COMP_WORDS=(gatehouse che); COMP_CWORD=1; COMP_LINE="gatehouse che"; COMP_POINT=13
      $(complete -p gatehouse | sed 's/.*-F \\([^ ]*\\).*/\\1/') gatehouse che gatehouse
      echo "\${COMPREPLY[@]}"\n`)
    const bash = await runToEnd(scope, 'bash', ['--norc', script])
    ended(bash, GOOD)
    assert.match(bash.stdout, /^check\s*$/m)
  })
})

describe('init and check', () => {
  test('init writes a config that check accepts, and never over one that is there', async t => {
    const { scope } = await home(t)
    const cwd = scope.folder()
    ended(await run(scope, ['init'], { cwd }), GOOD)
    const written = readFileSync(join(cwd, 'gatehouse.yaml'), 'utf8')
    assert.match(written, /^servers:/m)
    assert.equal(statSync(join(cwd, 'gatehouse.yaml')).mode & 0o777, 0o600)
    const checked = await run(scope, ['check'], { cwd })
    ended(checked, GOOD)
    const again = await run(scope, ['init'], { cwd })
    ended(again, FAILED)
    assert.match(again.stderr, /gatehouse\.yaml/)
    assert.equal(readFileSync(join(cwd, 'gatehouse.yaml'), 'utf8'), written)
    // And it works as it is.
    const tools = await run(scope, ['tools'], { cwd })
    ended(tools, GOOD)
    assert.match(tools.stdout, /files__read_text_file/)
  })
  const broken = `listen: 0.0.0.0:8811
stor: sqlite:./x.db
servers:
  Vault: { builtin: vault, roots: [./vault] }
  files:
    builtin: filesytem
    roots: [./vault]
  notes: { builtin: vault, root: [./vault] }
  both: { command: [node], url: "http://127.0.0.1:1/mcp" }
  secret: { url: "http://127.0.0.1:1/mcp", headers: { Authorization: "Bearer \${env:NOT_SET_ANYWHERE}" } }
  gone: { builtin: filesystem, roots: [./no-such-folder] }
  slow: { url: "http://127.0.0.1:1/mcp", deadline: soon }
  tools: { url: "http://127.0.0.1:1/mcp" }
pins: { mode: enforced }
`
  test('check names every error at once, with its place and the nearest key', async t => {
    const { folder, gatehouse } = await home(t)
    const file = writeConfig(folder, broken, 'broken.yaml')
    const result = await gatehouse('check', '--config', file)
    ended(result, USAGE)
    const lines = broken.split('\n')
    const at = piece => { const line = lines.findIndex(text => text.includes(piece)); return `${file}:${line + 1}:${lines[line].indexOf(piece) + 1}` }
    for (const [place, says] of [
      [at('0.0.0.0'), /anybody who reaches it/], [at('stor:'), /store/], [at('Vault'), /Vault/], [at('filesytem'), /did you mean "filesystem"/], [at('root: ['), /roots/],
      [null, /several kinds/], [null, /NOT_SET_ANYWHERE/], [at('./no-such-folder'), /does not exist/], [at('soon'), /deadline/], [at('tools: {'), /reserved/], [at('enforced'), /pins\.mode must be/],
    ]) {
      const line = result.stderr.split('\n').find(line => (place ? line.includes(place) : true) && says.test(line))
      assert.ok(line, `${place ?? ''} ${says} in\n${result.stderr}`)
      assert.match(line, /:\d+:\d+/)
    }
    const json = JSON.parse((await gatehouse('check', '--config', file, '--json')).stdout)
    assert.equal(json.ok, false)
    assert.ok(json.findings.length >= 11, JSON.stringify(json.findings))
    for (const finding of json.findings) assert.ok(finding.line > 0 && finding.column > 0 && finding.message, JSON.stringify(finding))
    // Nobody starts on it.
    for (const command of ['serve', 'stdio', 'tools']) {
      const refused = await gatehouse(command, '--config', file)
      ended(refused, USAGE)
      assert.match(refused.stderr, /stor/)
    }
  })
  test('configs that are no YAML, no map, too big, or a trap', async t => {
    const { folder, gatehouse } = await home(t)
    for (const [title, content] of [
      ['broken', 'servers: {\n  a: ['], ['a list', '- a\n- b\n'], ['a text', 'hello'], ['a key twice', 'listen: 127.0.0.1:1\nlisten: 127.0.0.1:2\n'],
      ['tabs', 'servers:\n\ta: 1\n'], ['a NUL', 'servers: "\0"\n'], ['not UTF-8', Buffer.from([0x61, 0x3a, 0x20, 0xff, 0x0a])],
      ['a bomb', 'a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\nservers: *f\n'],
      ['deep', 'servers: ' + '['.repeat(20000)],
    ]) {
      const file = join(folder, 'odd.yaml')
      writeFileSync(file, content)
      const result = await gatehouse('check', '--config', file)
      assert.equal(result.code, USAGE, `${title}: ${result.code ?? result.signal} ${result.output}`)
      assert.match(result.stderr, /odd\.yaml/, title)
    }
  })
  test('check runs nothing', async t => {
    const { ear, gatehouse } = await home(t)
    const result = await gatehouse('check')
    ended(result, GOOD)
    assert.deepEqual(ear.heard, [])
  })
  test('where the config comes from', async t => {
    const { scope, folder, file } = await home(t)
    const elsewhere = scope.folder()
    const other = writeConfig(scope.folder(), { servers: { named: { builtin: 'filesystem', roots: [folder] } } })
    const servers = async (options, ...args) => JSON.parse((await run(scope, ['check', '--json', ...args], { env: { HOME: elsewhere, XDG_CONFIG_HOME: elsewhere, GATEHOUSE_CONFIG: '' }, ...options })).stdout).servers
    assert.deepEqual(await servers({ cwd: folder }), ['files', 'one'])
    assert.deepEqual(await servers({ cwd: elsewhere }, '--config', file), ['files', 'one'])
    assert.deepEqual(await servers({ cwd: folder, env: { GATEHOUSE_CONFIG: other, HOME: elsewhere } }), ['named'])
    mkdirSync(join(elsewhere, 'gatehouse'))
    writeConfig(join(elsewhere, 'gatehouse'), { servers: { mine: { builtin: 'filesystem', roots: [folder] } } })
    assert.deepEqual(await servers({ cwd: scope.folder() }), ['mine'])
    const none = await run(scope, ['check'], { cwd: scope.folder(), env: { HOME: scope.folder(), XDG_CONFIG_HOME: '', GATEHOUSE_CONFIG: '' } })
    ended(none, USAGE)
    assert.match(none.stderr, /gatehouse init|--config/)
  })
})

describe('tools and call', () => {
  for (const way of ['by the config alone', 'through the running gateway', 'through a URL']) {
    test(way, async t => {
      const { scope, folder, vault, word, servers, gatehouse, ear } = await home(t)
      let extra = []
      if (way !== 'by the config alone') {
        const gateway = await startGateway(scope, { servers }, { folder })
        if (way === 'through a URL') extra = ['--url', gateway.url]
      }
      const listed = await gatehouse('tools', '--json', ...extra)
      ended(listed, GOOD)
      const tools = JSON.parse(listed.stdout)
      assert.ok(tools.some(tool => tool.name === 'files__read_text_file' && tool.inputSchema.type === 'object'))
      assert.ok(tools.some(tool => tool.name === 'one__echo'))
      const plain = await gatehouse('tools', ...extra)
      assert.match(plain.stdout, /^files__read_text_file {2}/m)
      const found = await gatehouse('tools', 'echo', ...extra)
      assert.match(found.stdout, /one__echo/)
      assert.doesNotMatch(found.stdout, /files__/)

      const read = await gatehouse('call', ...extra, 'files__read_text_file', JSON.stringify({ path: join(vault, 'Keeper.md') }))
      ended(read, GOOD)
      assert.equal(read.stdout, '# Keeper\n\nMarta keeps the lamp. #island\n')
      const json = await gatehouse('call', '--json', ...extra, 'one__spelling')
      ended(json, GOOD)
      assert.ok(json.stdout.includes('"big":12345678901234567890123'), json.stdout)
      const fails = await gatehouse('call', ...extra, 'one__fails')
      ended(fails, FAILED)
      assert.match(fails.stderr, /the tool says no/)
      const unknown = await gatehouse('call', ...extra, 'one__ecko')
      ended(unknown, FAILED)
      assert.match(unknown.stderr, /one__echo/)
      // One gateway's children at most, and none that a command left behind.
      const servers_ = processesWith(word).filter(process => process.command.split(' ')[1]?.endsWith('/stdio.mjs'))
      assert.equal(servers_.length, way === 'by the config alone' ? 0 : 1, JSON.stringify(servers_))
      if (way !== 'by the config alone') assert.equal(ear.heard.filter(said => said.event === 'start').length, 1, 'the gateway\'s own child did the work')
    })
  }
  test('arguments from stdin', async t => {
    const { scope, folder } = await home(t)
    const result = await run(scope, ['call', 'one__echo', '-'], { cwd: folder, input: '{"text":"from stdin"}' })
    ended(result, GOOD)
    assert.equal(result.stdout, 'from stdin\n')
  })
  test('what a server says cannot move the cursor of a terminal', async t => {
    const { scope, folder } = await home(t)
    // \u009b in UTF-8 begins an escape sequence too.
    for (const tool of ['one__echo', 'one__fails_with']) {
      const command = `${gatehouse} call ${tool} '${JSON.stringify({ text: 'a\u001b[2Jb\u0007c\u009b31md' })}'`
      const result = await runToEnd(scope, 'script', ['-qec', command, '/dev/null'], { cwd: folder, input: '' })
      ended(result, tool === 'one__echo' ? GOOD : FAILED)
      assert.match(result.stdout, /a.*b.*c.*d/)
      assert.doesNotMatch(result.stdout.replaceAll('\r\n', '\n'), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/)
    }
  })
  test('tools --status: each server, and why one is down', async t => {
    const { folder, servers, gatehouse } = await home(t)
    writeConfig(folder, { servers: { ...servers, bad: { command: [node, fixture('stdio.mjs'), 'x', 'exit'] }, off: { ...servers.one, enabled: false } } })
    const result = await gatehouse('tools', '--status')
    ended(result, GOOD)
    assert.match(result.stdout, /^files +builtin +up/m)
    assert.match(result.stdout, /^one +command +up/m)
    assert.match(result.stdout, /^bad +command +down.*(no such database|status 3|exit)/m)
    assert.match(result.stdout, /^off +command +disabled/m)
    const json = JSON.parse((await gatehouse('tools', '--status', '--json')).stdout)
    assert.deepEqual(json.map(({ id }) => id), ['files', 'one', 'bad', 'off'])
  })
  test('a URL where nobody is, and one where somebody else is', async t => {
    const { gatehouse } = await home(t)
    const result = await gatehouse('call', '--url', `http://127.0.0.1:${await freePort()}/mcp`, 'x__y')
    ended(result, FAILED)
    assert.match(result.stderr, /127\.0\.0\.1/)
  })
})

describe('one built-in server alone', () => {
  test('over stdio, with roots and modes', async t => {
    const { scope, vault } = await home(t)
    for (const [root, writes] of [[vault, false], [`${vault}:write`, true]]) {
      const client = await clients.sdk1(scope, { command: gatehouse, args: ['server', 'filesystem', '--root', root] })
      const names = (await client.listTools()).tools.map(tool => tool.name)
      assert.equal(names.includes('write_file'), writes, `${names}`)
      assert.match(text(await client.callTool('read_text_file', { path: join(vault, 'Keeper.md') })), /Marta/)
      const outside = await client.callTool('read_text_file', { path: '/etc/hostname' })
      assert.equal(outside.isError, true)
      const target = join(vault, 'New.md')
      if (writes) {
        assert.ok(!(await client.callTool('write_file', { path: target, content: 'new' })).isError)
        assert.equal(readFileSync(target, 'utf8'), 'new')
      } else {
        const refused = await client.callTool('write_file', { path: target, content: 'new' }).then(result => result.isError, () => true)
        assert.equal(refused, true)
        assert.ok(!existsSync(target))
      }
      await client.close()
    }
  })
  test('over HTTP, for every client', async t => {
    const { scope, vault } = await home(t)
    const port = await freePort()
    const program = scope.run(gatehouse, ['server', 'vault', '--root', vault, '--http', `127.0.0.1:${port}`])
    await program.wrote(/listening|127\.0\.0\.1/)
    for (const kind of ['modern', 'legacy', 'sdk1']) {
      const client = await clients[kind](scope, `http://127.0.0.1:${port}/mcp`)
      assert.match(text(await client.callTool('search', { query: 'marta' })), /Keeper/)
      await client.close()
    }
    program.child.kill('SIGTERM')
    assert.equal((await program.end()).code, 0)
  })
})
