// Upstreams that change their era while the gateway runs: it finds out, and its clients go on.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { exampleProgram } from './examples.mjs'
import { clients, fixture, freePort, LEGACY, MODERN, node, Scope, startEar, startGateway, text } from './lib.mjs'

// The example server on this port, of one era; `end` waits until it has gone.
async function start(scope, port, revision) {
  const program = scope.run(exampleProgram('conformance_server'), ['--revisions', revision, '--http', `127.0.0.1:${port}`], { name: `server ${revision}`, keep: 1 << 20 })
  await program.wrote(/MCP at http:\S+/)
  return { end: () => program.kill('SIGKILL') }
}

const revisions = { modern: MODERN, legacy: LEGACY }
const spoken = log => [...log.matchAll(/an upstream is up.*?(20\d\d-\d\d-\d\d)/g)].map(match => match[1])

describe('an upstream that is renewed', () => {
  for (const [from, to] of [['legacy', 'modern'], ['modern', 'legacy'], ['legacy', 'legacy']])
    test(`from ${from} to ${to}: clients of both eras go on`, async t => {
      const scope = Scope.of(t)
      const port = await freePort()
      const before = await start(scope, port, revisions[from])
      const gateway = await startGateway(scope, { pins: { mode: 'warn' }, servers: { s: { url: `http://localhost:${port}/mcp` } } })
      const capabilities = { elicitation: { form: {} } }
      const all = { modern: await clients.modern(scope, gateway.url, { capabilities }), legacy: await clients.legacy(scope, gateway.url, { capabilities }), sdk1: await clients.sdk1(scope, gateway.url) }
      const works = async () => {
        for (const [era, client] of Object.entries(all)) {
          if (era !== 'sdk1') client.client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { name: era } }))
          assert.match(text(await client.callTool('s__test_simple_text')), /simple text/, era)
          if (era !== 'sdk1') assert.match(text(await client.callTool('s__test_input_required_result_elicitation')), new RegExp(era))
        }
      }
      await works()
      await before.end()
      await assert.rejects(all.modern.callTool('s__test_simple_text'), /s/)
      await start(scope, port, revisions[to])
      // The first calls may find out; none is sent twice, so the one that does may fail.
      for (const client of Object.values(all)) await client.callTool('s__test_simple_text').catch(() => {})
      await works()
      assert.ok(spoken(gateway.log()).length > 0)
    })

  test('a program that keeps silent when it is asked for its era is asked once, however often it is started', async t => {
    const scope = Scope.of(t)
    const ear = await startEar(scope)
    const mute = { command: [node, fixture('stdio.mjs'), `mute-${process.pid}`, 'mute'], env: { EAR: ear.port }, sandbox: 'off', connect_timeout: '3s' }
    const gateway = await startGateway(scope, { servers: { mute } })
    const client = await clients.modern(scope, gateway.url)
    for (let i = 0; i < 2; ++i) {
      assert.equal(text(await client.callTool('mute__echo', { text: 'x' })), 'x')
      await assert.rejects(client.callTool('mute__die'))
    }
    assert.equal(text(await client.callTool('mute__echo', { text: 'y' })), 'y')
    assert.equal(ear.heard.filter(one => one.event === 'asked').length, 1)
  })
})
