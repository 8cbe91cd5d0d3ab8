// gatehouse init --import: the configs of clients taken over by the real program, connected, used, and taken back.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { clients, fixture, gatehouse, node, run, runToEnd, Scope, text } from './lib.mjs'

const GOOD = 0, FAILED = 1, USAGE = 2
const TOKEN = 'ghp_' + 'a1B2'.repeat(9)

function put(file, content) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content, null, 2))
  return file
}

// A home with nothing in it, and a folder to work in.
function place(scope) {
  const home = scope.folder()
  const cwd = join(home, 'work')
  mkdirSync(cwd)
  const env = { HOME: home, XDG_CONFIG_HOME: '', CODEX_HOME: '', GATEHOUSE_CONFIG: '', NO_COLOR: '1', npm_config_registry: 'http://127.0.0.1:1/' }
  return { home, cwd, env, init: (...args) => run(scope, ['init', ...args], { cwd, env }) }
}

const cursorText = `{
  // servers of mine
  "mcpServers": {
    "here": { "command": ${JSON.stringify(node)}, "args": [${JSON.stringify(fixture('stdio.mjs'))}, "here"] }, // works
    "git hub": { "command": "npx", "args": ["-y", "@modelcontextprotocol/server-github@2025.4.8"], "env": { "GITHUB_PERSONAL_ACCESS_TOKEN": "${TOKEN}" } },
    "far": { "url": "https://far.example.com/mcp", "headers": { "Authorization": "Bearer s3cret-s3cret" } },
  },
  "other": [1, 2,], /* stays */
}
`

describe('import', () => {
  test('shows everything and writes nothing without a yes', async t => {
    const { home, cwd, init } = place(Scope.of(t))
    put(join(home, '.cursor/mcp.json'), cursorText)
    const { code, stdout, stderr } = await init('--import')
    assert.equal(code, FAILED)
    assert.match(stderr, /--yes/)
    assert.match(stdout, /git hub \(as git-hub\)\n {2}from +Cursor/)
    assert.match(stdout, /launch +allow/)
    assert.match(stdout, /launch +review: R0/)
    assert.match(stdout, /pin +sha256:[0-9a-f]{64}/)
    assert.match(stdout, /name +known: npm @modelcontextprotocol\/server-github/)
    assert.match(stdout, /secret +env.GITHUB_PERSONAL_ACCESS_TOKEN \(github-token\) goes to secrets\//)
    assert.ok(!stdout.includes(TOKEN) && !stdout.includes('s3cret'))
    assert.ok(!existsSync(join(cwd, 'gatehouse.yaml')) && !existsSync(join(cwd, 'secrets')))
  })

  test('takes all clients over with one yes, is used through the client’s own entry, and goes back', async t => {
    const scope = Scope.of(t)
    const { home, cwd, env, init } = place(scope)
    const cursor = put(join(home, '.cursor/mcp.json'), cursorText)
    const codexText = `model = "o9" # mine\n\n[mcp_servers.here]\ncommand = ${JSON.stringify(node)}\nargs = [${JSON.stringify(fixture('stdio.mjs'))}, "here"]\n`
    const codex = put(join(home, '.codex/config.toml'), codexText)
    put(join(home, '.claude.json'), { mcpServers: { far2: { type: 'http', url: 'https://two.example.com/mcp' } }, projects: { [cwd]: { mcpServers: { far3: { type: 'sse', url: 'https://three.example.com/sse' } } } } })
    put(join(home, '.config/Code/User/mcp.json'), { inputs: [{ id: 'key', type: 'promptString', password: true }], servers: { code: { type: 'http', url: 'https://four.example.com/mcp', headers: { 'X-Key': '${input:key}' } } } })
    put(join(home, '.config/zed/settings.json'), '{ "context_servers": { "zed": { "source": "custom", "command": "uvx", "args": ["zed-thing==1.0.0"], "env": {} } } } // end\n')
    put(join(home, '.config/Claude/claude_desktop_config.json'), { mcpServers: { far: { command: 'uvx', args: ['other==2.0'] } } })
    put(join(home, '.codeium/windsurf/mcp_config.json'), { mcpServers: { surf: { serverUrl: 'https://five.example.com/mcp', disabled: true } } })
    put(join(home, '.claude/settings.json'), { mcpServers: { ignored: { command: 'x' } } })
    const { code, stdout, stderr } = await init('--import', '--yes', '--connect', 'cursor', '--connect', 'codex')
    assert.equal(code, GOOD, stdout + stderr)
    assert.match(stderr, /settings\.json has mcpServers, which Claude Code ignores/)
    assert.match(stdout, /note +VS Code asked for key; set the environment variable KEY/)

    // The config says what the clients said, without a secret, and is good.
    const config = readFileSync(join(cwd, 'gatehouse.yaml'), 'utf8')
    for (const id of ['here', 'git-hub', 'far', 'far2', 'far3', 'code', 'zed', 'far-cursor', 'surf']) assert.match(config, new RegExp(`^  ${id}:$`, 'm'), config)
    assert.match(config, /surf:\n.*\n {4}enabled: false/)
    assert.ok(!config.includes(TOKEN) && !config.includes('s3cret'))
    assert.equal(readFileSync(join(cwd, 'secrets/git-hub-github-personal-access-token'), 'utf8'), TOKEN + '\n')
    for (const file of ['gatehouse.yaml', 'secrets/far-cursor-authorization', 'gatehouse.yaml.imports.json']) assert.equal(statSync(join(cwd, file)).mode & 0o777, 0o600, file)
    assert.equal(statSync(join(cwd, 'secrets')).mode & 0o777, 0o700)
    const checked = await run(scope, ['check'], { cwd, env: { ...env, KEY: 'k' } })
    assert.equal(checked.code, GOOD, checked.output)

    // The client's file has the one entry, and its comments.
    const after = readFileSync(cursor, 'utf8')
    assert.match(after, /\/\/ servers of mine/)
    assert.match(after, /"other": \[1, 2,\], \/\* stays \*\//)
    assert.ok(!after.includes(TOKEN))
    const entry = JSON.parse(after.replace(/\/\/.*|\/\*.*?\*\//g, '').replace(/,(\s*[}\]])/g, '$1')).mcpServers
    assert.deepEqual(Object.keys(entry), ['gatehouse'])
    assert.match(readFileSync(codex, 'utf8'), /\[mcp_servers\.here\]\nenabled = false\n[^]*\[mcp_servers\.gatehouse\]\ncommand = /)
    const client = await clients.legacy(scope, { command: entry.gatehouse.command, args: [...entry.gatehouse.args, '--disclosure', 'all'], env: { ...env, KEY: 'k' } })
    assert.equal(text(await client.callTool('here__echo', { text: 'hello' })), 'hello')
    await client.close()

    const undone = await init('--undo')
    assert.equal(undone.code, GOOD, undone.output)
    assert.equal(readFileSync(cursor, 'utf8'), cursorText)
    assert.equal(readFileSync(codex, 'utf8'), codexText)
    assert.ok(!existsSync(join(cwd, 'gatehouse.yaml')) && !existsSync(join(cwd, 'secrets/far-cursor-authorization')))
    assert.ok(!existsSync(`${cursor}.before-gatehouse`) && !existsSync(join(cwd, 'gatehouse.yaml.imports.json')))
    assert.equal((await init('--undo')).code, FAILED)
  })

  test('extends a config that is there, twice, and leaves what was changed since', async t => {
    const { home, cwd, init } = place(Scope.of(t))
    const own = '# mine\nservers:\n  # the first\n  first: { url: "https://one.example.com/mcp" } # one\nlisten: 127.0.0.1:9999\n'
    put(join(cwd, 'gatehouse.yaml'), own)
    const file = put(join(home, '.cursor/mcp.json'), { mcpServers: { first: { url: 'https://other.example.com/mcp' }, same: { url: 'https://one.example.com/mcp' } } })
    assert.equal((await init('--import', '--yes')).code, GOOD)
    const config = readFileSync(join(cwd, 'gatehouse.yaml'), 'utf8')
    assert.match(config, /^# mine\nservers:\n {2}# the first\n {2}first: .*# one\n {2}# from Cursor\n {2}first-cursor:\n {4}url: "https:\/\/other.*"\nlisten/)
    const again = await init('--import', '--yes')
    assert.equal(again.code, GOOD, again.output)
    assert.match(again.stdout, /0 taken, 0 taken and switched off, 2 there already, 0 left/)
    assert.equal(readFileSync(join(cwd, 'gatehouse.yaml'), 'utf8'), config)
    put(file, { mcpServers: { more: { url: 'https://more.example.com/mcp' } } })
    assert.equal((await init('--import', '--yes', '--connect', 'cursor')).code, GOOD)
    writeFileSync(file, readFileSync(file, 'utf8') + '\n')
    const undone = await init('--undo')
    assert.equal(undone.code, FAILED)
    assert.match(undone.stderr, /mcp\.json: it was changed since, and is left as it is; what was there before is .*before-gatehouse/)
    assert.equal(readFileSync(join(cwd, 'gatehouse.yaml'), 'utf8'), config)
    assert.equal((await init('--undo')).code, GOOD)
    assert.equal(readFileSync(join(cwd, 'gatehouse.yaml'), 'utf8'), own)
  })

  test('a terminal is asked once for the import, and once for each client', async t => {
    const scope = Scope.of(t)
    const { home, cwd, env } = place(scope)
    const cursor = put(join(home, '.cursor/mcp.json'), cursorText)
    const ask = answers => runToEnd(scope, 'script', ['-qec', `${gatehouse} init --import`, '/dev/null'], { cwd, env, input: answers, name: 'init at a terminal' })
    const no = await ask('n\n')
    assert.match(no.output, /Write .*gatehouse\.yaml with 3 servers.*\[y\/N\]/)
    assert.notEqual(no.code, GOOD)
    assert.ok(!existsSync(join(cwd, 'gatehouse.yaml')))
    const yes = await ask('y\nn\n')
    assert.equal(yes.code, GOOD, yes.output)
    assert.match(yes.output, /Put gatehouse into Cursor \(.*mcp\.json\).*\[y\/N\]/)
    assert.ok(existsSync(join(cwd, 'gatehouse.yaml')))
    assert.equal(readFileSync(cursor, 'utf8'), cursorText)
  })

  test('a package without a version gets the one that its registry names', async t => {
    const scope = Scope.of(t)
    const { home, cwd, env } = place(scope)
    const registry = createServer((request, response) => {
      const known = decodeURIComponent(request.url) === '/fetch-thing'
      response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(known ? { name: 'fetch-thing', 'dist-tags': { latest: '4.5.6' }, versions: { '4.5.6': { name: 'fetch-thing', version: '4.5.6' } } } : {}))
    })
    await new Promise(done => registry.listen(0, '127.0.0.1', done))
    scope.defer(() => new Promise(done => registry.close(done)))
    put(join(home, '.cursor/mcp.json'), { mcpServers: { a: { command: 'npx', args: ['-y', 'fetch-thing@latest'] }, b: { command: 'npx', args: ['no-such-thing'] } } })
    const { code, stdout, stderr } = await run(scope, ['init', '--import', '--yes', '--json'], { cwd, env: { ...env, npm_config_registry: `http://127.0.0.1:${registry.address().port}/` } })
    assert.equal(code, GOOD, stderr)
    const plan = JSON.parse(stdout)
    assert.deepEqual(plan.servers.map(one => [one.id, one.version, one.launch.verdict]), [['a', '4.5.6', 'allow'], ['b', '', 'review']])
    assert.match(plan.servers[1].notes.join(), /could not be found out/)
    assert.equal(plan.written, true)
    assert.match(readFileSync(join(cwd, 'gatehouse.yaml'), 'utf8'), /"fetch-thing@4\.5\.6"/)
  })

  test('a server that wants a sign-in is asked after the yes, and gets one', async t => {
    const { home, cwd, init } = place(Scope.of(t))
    const asked = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', part => { body += part }).on('end', () => {
        asked.push(`${request.method} ${request.url} ${JSON.parse(body).method} ${request.headers.authorization ?? ''}`)
        response.writeHead(request.url.startsWith('/closed') ? 401 : 400, request.url.startsWith('/closed') ? { 'www-authenticate': 'Bearer' } : {}).end()
      })
    })
    await new Promise(done => server.listen(0, '127.0.0.1', done))
    t.after(() => { server.closeAllConnections(); server.close() })
    const at = path => `http://127.0.0.1:${server.address().port}${path}`
    put(join(home, '.cursor/mcp.json'), { mcpServers: {
      closed: { url: at('/closed') }, open: { url: at('/open') }, gone: { url: 'http://127.0.0.1:1/mcp' },
      bridged: { command: 'npx', args: ['-y', 'mcp-remote@0.1.29', at('/closed/bridged'), '--allow-http'] },
      keyed: { url: at('/keyed'), headers: { Authorization: 'Bearer s3cret-s3cret' } },
    } })
    assert.equal((await init('--import')).code, FAILED)
    assert.deepEqual(asked, [], 'not before the user agrees')
    const { code, stdout, output } = await init('--import', '--yes', '--config', 'asked.yaml')
    assert.equal(code, GOOD, output)
    assert.match(stdout, /^closed wants a sign-in: .*gatehouse login closed$/m)
    assert.deepEqual([...new Set(asked)].sort(), ['POST /closed ping ', 'POST /closed/bridged ping ', 'POST /open ping '])
    const config = readFileSync(join(cwd, 'asked.yaml'), 'utf8')
    assert.match(config, /^ {2}closed:\n {4}url: .*\n {4}auth: \{ oauth: per-user \}$/m)
    assert.match(config, /^ {2}bridged:\n {4}url: .*\n {4}auth: \{ oauth: per-user \}$/m)
    assert.equal(config.match(/^ {4}auth: /gm).length, 2, config)
    asked.length = 0
    assert.equal((await init('--import', '--yes', '--as-written', '--config', 'unasked.yaml')).code, GOOD)
    assert.deepEqual(asked, [])
  })

  test('what is wrong is said, and nothing is half written', async t => {
    const { home, cwd, init } = place(Scope.of(t))
    const nothing = await init('--import')
    assert.equal(nothing.code, FAILED)
    assert.match(nothing.stderr, /--from FILE/)
    put(join(home, '.cursor/mcp.json'), '{ "mcpServers": { "a": ')
    put(join(home, '.codex/config.toml'), 'a = \n')
    const broken = await init('--import', '--yes')
    assert.match(broken.stderr, /mcp\.json: .*passed over/)
    assert.match(broken.stderr, /config\.toml: line 1: .*passed over/)
    assert.equal((await init('--import', '--from', join(home, '.cursor/mcp.json'), '--yes')).code, USAGE)
    assert.equal((await init('--import', '--from', 'no-such-file')).code, FAILED)
    assert.equal((await init('--import', '--client', 'nobody')).code, USAGE)
    assert.equal((await init('--undo', '--import')).code, USAGE)
    assert.equal((await init('--yes')).code, USAGE)
    // A config that cannot be extended stays as it is, and no secret is left behind.
    put(join(home, '.cursor/mcp.json'), cursorText)
    put(join(cwd, 'gatehouse.yaml'), 'servers: &all {}\nlisten: 1\n')
    const wrong = await init('--import', '--yes', '--client', 'cursor')
    assert.equal(wrong.code, FAILED, wrong.output)
    assert.equal(readFileSync(join(cwd, 'gatehouse.yaml'), 'utf8'), 'servers: &all {}\nlisten: 1\n')
    assert.ok(!existsSync(join(cwd, 'secrets/far-authorization')))
    const unknown = await init('--import', '--yes', '--client', 'cursor', '--config', join(cwd, 'new.yaml'), '--connect', 'zed')
    assert.equal(unknown.code, USAGE)
    assert.ok(!existsSync(join(cwd, 'new.yaml')))
  })
})
