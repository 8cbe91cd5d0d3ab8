// SIGKILL, again and again: of upstreams under load, and of the gateway with its whole family.
// SOAK_SECONDS (60): how long each of the two goes on.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, fixture, node, processesWith, Scope, startEar, startGateway, text } from '../e2e/lib.mjs'

const seconds = Math.min(Number(process.env.SOAK_SECONDS ?? 60), 120)
const call = (gateway, name, args = {}) => ask(gateway.url, 'tools/call', { name, arguments: args })

test(`upstreams are killed under load for ${seconds} s`, { timeout: (seconds + 120) * 1000 }, async t => {
  const scope = Scope.of(t)
  const word = `kill-${process.pid}`
  const server = who => ({ command: [node, fixture('stdio.mjs'), `${word}-${who}`] })
  const gateway = await startGateway(scope, { servers: { victim: server('victim'), other: server('other') } })
  await ask(gateway.url, 'tools/list')
  const ends = Date.now() + seconds * 1000
  let good = 0, failed = 0, kills = 0, others = 0
  const load = async () => {
    while (Date.now() < ends) {
      const { json } = await call(gateway, 'victim__echo', { text: 'v' })
      if (json.result && !json.result.isError) { assert.equal(text(json.result), 'v'); ++good }
      else { assert.match(json.error?.message ?? text(json.result), /victim/); ++failed }
    }
  }
  const other = async () => {
    while (Date.now() < ends) { assert.equal(text((await call(gateway, 'other__echo', { text: `o${others}` })).json.result).startsWith('o'), true); ++others }
  }
  const killer = async () => {
    while (Date.now() < ends) {
      const { json } = await call(gateway, 'victim__pid')
      if (!json.result || json.result.isError) continue
      try { process.kill(Number(text(json.result)), 'SIGKILL'); ++kills } catch { /* another was quicker */ }
    }
  }
  await Promise.all([...Array.from({ length: 8 }, load), other(), killer()])
  t.diagnostic(`${kills} kills, ${good} good and ${failed} failed calls; ${others} calls of the other server, none failed`)
  assert.ok(kills > 0 && others > 0)
  await gateway.stop()
  assert.deepEqual(processesWith(word).map(({ command }) => command), [])
})

test(`gateways are killed for ${seconds} s`, { timeout: (seconds + 120) * 1000 }, async t => {
  const scope = Scope.of(t)
  const folder = scope.folder()
  const ear = await startEar(scope)
  const word = `family-${process.pid}`
  scope.defer(() => { for (const left of processesWith(word)) process.kill(left.pid, 'SIGKILL') })
  const servers = { one: { command: [node, fixture('stdio.mjs'), word], env: { EAR: ear.port } } }
  const ends = Date.now() + seconds * 1000
  let rounds = 0
  for (; Date.now() < ends; ++rounds) {
    const from = ear.heard.length
    const gateway = await startGateway(scope, { servers }, { folder })
    await call(gateway, 'one__family')
    if (rounds % 2) await ear.hears(said => said.event === 'start' && said.role === 'offspring' && said.who === '0', { from })
    await gateway.kill('SIGKILL')
    for (const member of ear.heard.slice(from).filter(said => said.event === 'start')) await ear.hears(said => said.event === 'gone' && said.pid === member.pid, { from })
  }
  t.diagnostic(`${rounds} gateways killed, nobody left`)
  assert.ok(rounds > 0)
})
