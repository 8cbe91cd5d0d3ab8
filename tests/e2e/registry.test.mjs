// The MCP registry: searched, shown and added from, against a registry on this machine that answers in the shapes of the official one.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { promisify } from 'node:util'
import { run, Scope, startGateway } from './lib.mjs'

const OFFICIAL = 'io.modelcontextprotocol.registry/official'
const npm = (identifier, version, more = {}) => ({ registryType: 'npm', registryBaseUrl: 'https://registry.npmjs.org', identifier, version, transport: { type: 'stdio' }, ...more })

// One entry, as the official registry answers it.
function entry(name, version, server = {}, meta = {}) {
  return {
    server: { $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json', name, description: `About ${name}.`, version, ...server },
    _meta: { [OFFICIAL]: { status: 'active', publishedAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-02T00:00:00Z', isLatest: true, ...meta } },
  }
}

async function startRegistry(scope, entries, { pageSize = 2 } = {}) {
  const state = { entries, asked: [], status: 0 }
  const server = createServer((request, response) => {
    state.asked.push(request.url)
    const answer = (status, body, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
    if (state.status) return answer(state.status, state.body ?? { error: 'no' }, { 'retry-after': '17', location: 'https://example.com/' })
    const url = new URL(request.url, 'http://localhost')
    const one = /^\/v0\.1\/servers\/([^/]+)\/versions\/([^/]+)$/.exec(url.pathname)
    if (one) {
      const [name, version] = one.slice(1).map(decodeURIComponent)
      const found = state.entries.find(({ server, _meta }) => server.name === name && (version === 'latest' ? _meta[OFFICIAL].isLatest : server.version === version))
      return found ? answer(200, found) : answer(404, { title: 'Not Found', status: 404, detail: 'Server not found' })
    }
    const found = state.entries.filter(({ server }) => server.name?.includes(url.searchParams.get('search')))
    const from = found.findIndex(({ server }) => `${server.name}:${server.version}` === url.searchParams.get('cursor')) + 1
    const page = found.slice(from, from + pageSize)
    const next = from + pageSize < found.length ? `${page.at(-1).server.name}:${page.at(-1).server.version}` : undefined
    answer(200, { servers: page, metadata: { count: page.length, nextCursor: next } })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  scope.defer(() => { server.closeAllConnections(); return new Promise(done => server.close(done)) })
  state.url = `http://127.0.0.1:${server.address().port}`
  return state
}

const CONFIG = url => `# what is mine stays as it is
listen: 127.0.0.1:8811   # here
servers:
  files: { builtin: filesystem, roots: [./shared] }   # mine

  # and this, too

registry: { url: ${url} }
`

async function workplace(scope, entries, options) {
  const registry = await startRegistry(scope, entries, options)
  const folder = scope.folder()
  mkdirSync(join(folder, 'shared'))
  const config = join(folder, 'gatehouse.yaml')
  writeFileSync(config, CONFIG(registry.url))
  const gatehouse = (...args) => run(scope, ['registry', ...args], { cwd: folder, env: { HARBOR_TOKEN: undefined } })
  return { registry, folder, config, gatehouse, text: () => readFileSync(config, 'utf8') }
}

const WINCHES = entry('io.github.harbor-crane/winches', '1.2.0', {
  packages: [npm('@harbor-crane/winches-mcp', '1.2.0', {
    environmentVariables: [{ name: 'HARBOR_TOKEN', isSecret: true, isRequired: true, description: 'A token.' }, { name: 'HARBOR_MODE', value: '${env:HOME} quiet' }],
    packageArguments: [{ type: 'named', name: '--depth', default: '3' }],
  })],
})

describe('search and show', () => {
  test('pages are followed; entries that are none are counted; nothing found is an answer', async t => {
    const scope = Scope.of(t)
    const entries = ['a', 'b', 'c', 'd', 'e'].map(word => entry(`io.github.harbor/${word}-winch`, '1.0.0', { packages: [npm(`harbor-${word}`, '1.0.0')] }))
    const { gatehouse, registry } = await workplace(scope, [...entries, entry('io.github.harbor/f-winch', '1.0.0', { description: '\u001b[31mred' })])
    const found = await gatehouse('search', 'winch')
    assert.equal(found.code, 0, found.stderr)
    assert.equal(found.stdout.trim().split('\n').length, 5)
    assert.match(found.stderr, /1 entries are no description of a server/)
    assert.doesNotMatch(found.stdout, /\u001b/)
    assert.equal(registry.asked.length, 3)
    const json = JSON.parse((await gatehouse('search', 'winch', '--limit', '2', '--json')).stdout)
    assert.deepEqual(json.servers.map(one => one.name), ['io.github.harbor/a-winch', 'io.github.harbor/b-winch'])
    assert.equal((await gatehouse('search', 'nothing-like-it')).code, 1)
  })

  test('show says what it would be started with', async t => {
    const { gatehouse } = await workplace(Scope.of(t), [WINCHES])
    const shown = await gatehouse('show', 'io.github.harbor-crane/winches')
    assert.equal(shown.code, 0, shown.stderr)
    assert.match(shown.stdout, /io\.github\.harbor-crane\/winches 1\.2\.0/)
    assert.match(shown.stdout, /HARBOR_TOKEN\s+secret\s+A token\./)
    const json = JSON.parse((await gatehouse('show', 'io.github.harbor-crane/winches', '--version', '1.2.0', '--json')).stdout)
    assert.match(json.digest, /^[0-9a-f]{64}$/)
    const missing = await gatehouse('show', 'io.github.harbor-crane/winches', '--version', '9.9.9')
    assert.equal(missing.code, 1)
    assert.match(missing.stderr, /no such server or version/)
  })

  test('a registry that does not answer plainly vouches for nothing', async t => {
    const { gatehouse, registry, text, config } = await workplace(Scope.of(t), [WINCHES])
    for (const [status, body, said] of [[429, '{}', /429.*in 17 seconds/], [500, '{}', /answers 500/], [302, '{}', /answers 302/], [200, '<html>', /makes no sense/],
      [200, '{"server":{"name":"io.github.harbor-crane/other","version":"1.2.0"}}', /was asked for/]]) {
      Object.assign(registry, { status, body })
      const before = text()
      for (const command of ['show', 'add']) {
        const refused = await gatehouse(command, 'io.github.harbor-crane/winches')
        assert.equal(refused.code, 1, `${status}`)
        assert.match(refused.stderr, said)
      }
      assert.equal(text(), before)
    }
    assert.ok(!existsSync(`${config}.bak`))
  })
})

describe('add', () => {
  test('an exact version goes into the config; comments stay; secrets and references do not', async t => {
    const scope = Scope.of(t)
    const { gatehouse, text, config, folder } = await workplace(scope, [WINCHES])
    const added = await gatehouse('add', 'io.github.harbor-crane/winches')
    assert.equal(added.code, 0, added.stderr)
    assert.match(added.stdout, /set the environment variable HARBOR_TOKEN/)
    const now = text()
    const before = CONFIG('URL').split('registry:')[0].split('\n\n')[0]
    assert.ok(now.startsWith(before), now)
    assert.match(now, / {2}winches:\n {4}command: \["npx", "-y", "@harbor-crane\/winches-mcp@1\.2\.0", "--depth", "3"\]\n/)
    assert.match(now, /"HARBOR_TOKEN": "\$\{env:HARBOR_TOKEN\}"/)
    assert.match(now, /"HARBOR_MODE": "\$\$\{env:HOME\} quiet"/)
    assert.match(now, /# and this, too/)
    assert.equal(statSync(`${config}.bak`).size, CONFIG(readFileSync(`${config}.bak`, 'utf8').match(/url: (.*) }/)[1]).length)
    const kept = JSON.parse(readFileSync(join(folder, 'gatehouse.registry.json'), 'utf8'))
    assert.equal(kept.servers.winches.version, '1.2.0')
    // The config says what is not set, until it is.
    assert.match((await gatehouse('add', 'io.github.harbor-crane/winches')).stderr, /HARBOR_TOKEN/)
    const later = (...args) => run(scope, ['registry', 'add', 'io.github.harbor-crane/winches', ...args], { cwd: folder, env: { HARBOR_TOKEN: 't' } })
    const again = await later()
    assert.equal(again.code, 1)
    assert.match(again.stderr, /has a server winches already; choose another id with --as/)
    assert.equal((await later('--as', 'cranes')).code, 0)
    assert.match(text(), /\n {2}cranes:\n/)
  })

  test('what is like a known name, or deprecated, waits for a person; --yes is that person', async t => {
    const { gatehouse, text } = await workplace(Scope.of(t), [
      entry('io.github.harbor-crane/files', '1.0.0', { packages: [npm('@modelcontextprotocol/server-filesystm', '1.0.0')] }),
      entry('io.github.harbor-crane/old', '1.0.0', { packages: [npm('@harbor-crane/old', '1.0.0')] }, { status: 'deprecated', statusMessage: 'use winches' }),
    ])
    const before = text()
    const alike = await gatehouse('add', 'io.github.harbor-crane/files', '--as', 'alike')
    assert.equal(alike.code, 1)
    assert.match(alike.stderr, /review: .*server-filesystm is @modelcontextprotocol\/server-filesystem but for a letter/)
    assert.match(alike.stderr, /\^/)
    const old = await gatehouse('add', 'io.github.harbor-crane/old')
    assert.equal(old.code, 1)
    assert.match(old.stderr, /deprecated: use winches/)
    assert.equal(text(), before)
    assert.equal((await gatehouse('add', 'io.github.harbor-crane/old', '--yes')).code, 0)
  })

  test('what nobody can allow is refused, also with --yes', async t => {
    const hostile = (name, packages) => entry(`io.github.harbor-crane/${name}`, '1.0.0', { packages })
    const { gatehouse, text } = await workplace(Scope.of(t), [
      hostile('preload', [npm('@harbor-crane/a', '1.0.0', { environmentVariables: [{ name: 'LD_PRELOAD', value: '/tmp/x.so' }] })]),
      hostile('option', [npm('@harbor-crane/a', '1.0.0', { runtimeArguments: [{ type: 'named', name: '--registry', value: 'https://evil.example' }] })]),
      hostile('url', [npm('git+https://evil.example/x.git', '1.0.0')]),
      hostile('moving', [npm('@harbor-crane/a', 'latest')]),
      hostile('secret', [npm('@harbor-crane/a', '1.0.0', { packageArguments: [{ type: 'named', name: '--key', isSecret: true, isRequired: true }] })]),
      entry('io.github.harbor-crane/gone', '1.0.0', { packages: [npm('@harbor-crane/a', '1.0.0')] }, { status: 'deleted' }),
      entry('io.github.harbor-crane/plain', '1.0.0', { remotes: [{ type: 'streamable-http', url: 'http://plain.example.com/mcp' }] }),
    ])
    const before = text()
    for (const name of ['preload', 'option', 'url', 'moving', 'secret', 'gone', 'plain']) {
      const refused = await gatehouse('add', `io.github.harbor-crane/${name}`, '--yes', '--as', 'x')
      assert.equal(refused.code, 1, `${name}: ${refused.stdout}`)
      assert.equal(text(), before, name)
    }
  })

  test('an address becomes a url server; values are given with --set; min_mtf asks for a level', async t => {
    const { gatehouse, text, config, folder, registry } = await workplace(Scope.of(t), [
      entry('io.github.harbor-crane/far', '2.0.0', { remotes: [{ type: 'streamable-http', url: 'https://{port}.harbor-crane.example/mcp', headers: [{ name: 'X-Key', isSecret: true, isRequired: true }] }] }),
      entry('io.github.harbor-crane/level', '1.0.0', { packages: [npm('@harbor-crane/level', '1.0.0')] }),
    ])
    const missing = await gatehouse('add', 'io.github.harbor-crane/far')
    assert.match(missing.stderr, /--set port=VALUE/)
    assert.equal((await gatehouse('add', 'io.github.harbor-crane/far', '--set', 'port=north')).code, 0)
    assert.match(text(), /url: "https:\/\/north\.harbor-crane\.example\/mcp"\n {4}headers: \{ "X-Key": "\$\{env:X_Key\}" \}/)
    writeFileSync(config, text().replace(/registry: .*/, `registry: { url: ${registry.url}, min_mtf: 2 }`).replace(/ {2}far:\n.*\n.*\n/, ''))
    const mtf = join(folder, 'mtf.json')
    const add = (...args) => gatehouse('add', 'io.github.harbor-crane/level', ...args)
    assert.match((await add()).stderr, /is not known, and registry\.min_mtf asks for 2/)
    writeFileSync(mtf, JSON.stringify({ name: '@harbor-crane/level', certification: { level: 1, controls_passed: 5, controls_total: 5 } }))
    assert.match((await add('--mtf', mtf)).stderr, /of level 1 .* asks for 2/)
    writeFileSync(mtf, JSON.stringify({ name: '@harbor-crane/level', certification: { level: 3 } }))
    const good = await add('--mtf', mtf)
    assert.equal(good.code, 0, good.stderr)
  })
})

test('a running gateway says when the registry no longer stands by a server', async t => {
  const scope = Scope.of(t)
  const deprecated = structuredClone(WINCHES)
  const registry = await startRegistry(scope, [deprecated])
  const folder = scope.folder()
  deprecated._meta[OFFICIAL].status = 'deprecated'
  deprecated._meta[OFFICIAL].statusMessage = 'nobody mends it'
  const from = (name, version) => ({ registry: registry.url, name, version, digest: '' })
  writeFileSync(join(folder, 'gatehouse.registry.json'), JSON.stringify({
    servers: { winches: from('io.github.harbor-crane/winches', '1.2.0'), lost: from('io.github.harbor-crane/lost', '1.0.0'), elsewhere: from('io.github.a/b', '1.0.0') },
  }))
  const servers = Object.fromEntries(['winches', 'lost'].map(id => [id, { url: 'http://127.0.0.1:9/mcp' }]))
  const gateway = await startGateway(scope, { servers }, { folder })
  await gateway.wrote(/no longer stands by a server.*lost/)
  await gateway.wrote(/no longer stands by a server.*winches.*nobody mends it/)
  const { text } = await gateway.get('/metrics')
  assert.match(text, /gatehouse_registry_server_status\{server="winches",status="deprecated"\} 1/)
  assert.match(text, /gatehouse_registry_server_status\{server="lost",status="deleted"\} 1/)
  assert.doesNotMatch(text, /elsewhere/)
  await gateway.stop()
})

describe('locks', () => {
  test('known vulnerabilities fail the check, install scripts are shown', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    const put = (name, value) => { writeFileSync(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value)); return join(folder, name) }
    const lock = put('package-lock.json', { lockfileVersion: 3, packages: {
      '': { name: 'x' },
      'node_modules/winch': { version: '1.0.0', integrity: 'sha512-aa==', hasInstallScript: true },
      'node_modules/rope': { version: '2.0.0', integrity: 'sha512-aa==', resolved: 'git+ssh://git@example.com/rope.git' },
    } })
    const clean = await run(scope, ['check', '--lock', lock])
    assert.equal(clean.code, 0, clean.stderr)
    assert.match(clean.stdout, /review: install-script winch 1\.0\.0/)
    assert.match(clean.stdout, /review: source rope 2\.0\.0/)
    const osv = join(folder, 'osv')
    mkdirSync(osv)
    put('osv/GHSA-1.json', { id: 'GHSA-1', aliases: ['CVE-2026-1'], affected: [{ package: { ecosystem: 'npm', name: 'winch' }, ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.0.1' }] }] }] })
    const found = await run(scope, ['check', '--lock', lock, '--osv', osv, '--json'])
    assert.equal(found.code, 1)
    const { findings, records } = JSON.parse(found.stdout)
    assert.equal(records, 1)
    assert.deepEqual(findings.map(one => [one.level, one.kind, one.name]), [['block', 'vulnerability', 'winch'], ['review', 'install-script', 'winch'], ['review', 'source', 'rope']])
    assert.match(findings[0].reason, /GHSA-1, CVE-2026-1; mended in 1\.0\.1/)
    put('osv/broken.json', '{')
    assert.equal((await run(scope, ['check', '--lock', lock, '--osv', osv])).code, 2)
    const uv = put('uv.lock', 'version = 1\n\n[[package]]\nname = "moss"\nversion = "1.0"\nsource = { registry = "https://pypi.org/simple" }\nwheels = [\n  { url = "x", hash = "sha256:00" },\n]\n')
    assert.match((await run(scope, ['check', '--lock', uv])).stdout, /^1 package, 0 to block, 0 to review/)
    const attestations = join(folder, 'attestations')
    mkdirSync(attestations)
    put('attestations/winch@1.0.0.json', { attestations: [{ predicateType: 'https://slsa.dev/provenance/v1', bundle: { mediaType: 'x' } }] })
    const forged = await run(scope, ['check', '--lock', lock, '--attestations', attestations])
    assert.equal(forged.code, 1)
    assert.match(forged.stdout, /block: attestation winch 1\.0\.0: its attestation does not hold/)
  })

  test('a package of the registry has an attestation that holds', async t => {
    const scope = Scope.of(t)
    const name = 'sigstore'
    const asked = await promisify(execFile)('npm', ['view', name, 'name', 'version', 'dist', '--json'], { timeout: 60000 }).catch(error => ({ error }))
    if (asked.error) return t.skip(`npm cannot ask its registry here: ${asked.error.message.split('\n')[0]}`)
    const { version, dist } = JSON.parse(asked.stdout)
    if (!dist.attestations?.url) return t.skip(`the registry that npm asks here gives no attestations, not for ${name}@${version} either`)
    const answer = await fetch(dist.attestations.url, { signal: AbortSignal.timeout(30000) }).catch(() => undefined)
    if (!answer?.ok) return t.skip('the attestations of the registry cannot be fetched here')
    const folder = scope.folder()
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages: { [`node_modules/${name}`]: { version, integrity: dist.integrity } } }))
    writeFileSync(join(folder, `${name}@${version}.json`), await answer.text())
    const checked = await run(scope, ['check', '--lock', join(folder, 'package-lock.json'), '--attestations', folder, '--json'])
    assert.equal(checked.code, 0, checked.stdout)
    assert.equal(JSON.parse(checked.stdout).attested, 1)
  })
})
