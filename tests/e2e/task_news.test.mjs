// Clients are told how their tasks change: of both eras, before servers of both.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { exampleServer, startExample } from './examples.mjs'
import { ask, clients, legacySession, LEGACY, META, MODERN, modern, openStreams, post, Scope, startGateway, within } from './lib.mjs'

const EXTENSION = `${META.slice(0, -1)}/tasks`
const capabilities = { elicitation: { form: {} }, extensions: { [EXTENSION]: {} } }
const withTasks = { meta: { [`${META}clientCapabilities`]: capabilities } }
const upstreams = ['modern', 'modern-stdio', 'legacy', 'legacy-stdio']

// A listen by hand, and what comes on its stream.
async function listening(scope, url, notifications, meta = withTasks.meta) {
  const { body, headers } = modern('subscriptions/listen', { notifications }, { id: 'l', meta })
  const stop = new AbortController()
  scope.defer(() => stop.abort())
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }, body: JSON.stringify(body), signal: stop.signal })
  const heard = []
  const waiting = new Set()
  ;(async () => {
    let text = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
        const data = text.slice(0, end).split('\n').filter(line => line.startsWith('data:')).map(line => line.slice(5)).join('\n')
        if (data.trim()) heard.push(JSON.parse(data))
      }
      for (const wake of waiting) wake()
    }
  })().catch(() => {})
  return {
    response, heard,
    hears: fits => within(20000, () => JSON.stringify(heard), new Promise(done => {
      const wake = () => { const found = heard.find(fits); if (found) { waiting.delete(wake); done(found) } }
      waiting.add(wake)
      wake()
    })),
  }
}

describe('changes of tasks', () => {
  const scope = Scope.ofSuite()
  let gateway
  before(async () => {
    const servers = {}
    for (const [era, revision] of [['modern', MODERN], ['legacy', LEGACY]]) {
      servers[era] = { url: (await startExample(scope, 'conformance_server', ['--revisions', revision])).url }
      servers[`${era}-stdio`] = exampleServer('conformance_server', ['--revisions', revision])
    }
    gateway = await startGateway(scope, { servers })
  })

  for (const upstream of upstreams) {
    test(`a modern client listens for its task on a ${upstream} server`, async t => {
      const mine = Scope.of(t)
      const url = gateway.server(upstream)
      const { result: made } = (await ask(url, 'tools/call', { name: 'multi_input', arguments: {} }, withTasks)).json
      const listen = await listening(mine, url, { taskIds: [made.taskId, 'nobody', `${made.taskId}x`] })
      const ack = await listen.hears(one => one.method === 'notifications/subscriptions/acknowledged')
      assert.deepEqual(ack.params.notifications, { taskIds: [made.taskId] })
      // Each question is told as it comes, and answered; the end comes with the result.
      const answered = new Set()
      for (let round = 0; round < 2; ++round) {
        const fresh = one => one.method === 'notifications/tasks' && one.params.status === 'input_required' && Object.keys(one.params.inputRequests).some(key => !answered.has(key))
        const { params } = await listen.hears(fresh)
        assert.equal(params.taskId, made.taskId)
        assert.equal(params._meta[`${META}subscriptionId`], 'l')
        const key = Object.keys(params.inputRequests).find(one => !answered.has(one))
        answered.add(key)
        const name = /first/.test(params.inputRequests[key].params.message) ? 'Ann' : 'Bea'
        await ask(url, 'tasks/update', { taskId: made.taskId, inputResponses: { [key]: { action: 'accept', content: { name } } } }, { ...withTasks, headers: { 'mcp-name': made.taskId } })
      }
      const { params: done } = await listen.hears(one => one.params?.status === 'completed')
      assert.equal(done.result.content[0].text, 'Ann and Bea')
      assert.equal(listen.heard.filter(one => one.params?.status === 'completed').length, 1)
      // Somebody who listens when all is over hears that too; behind the aggregate as well.
      const late = await listening(mine, gateway.url, { taskIds: [made.taskId] })
      await late.hears(one => one.method === 'notifications/tasks' && one.params.status === 'completed')
      const elsewhere = await listening(mine, gateway.server(upstreams.find(other => other !== upstream)), { taskIds: [made.taskId] })
      assert.deepEqual((await elsewhere.hears(one => one.method === 'notifications/subscriptions/acknowledged')).params.notifications, {})
    })

    test(`a legacy client hears of its task on a ${upstream} server`, async t => {
      const mine = Scope.of(t)
      const { client } = await clients.legacy(mine, gateway.server(upstream), { capabilities: {} })
      const heard = []
      let wake = () => {}
      client.fallbackNotificationHandler = async said => { heard.push(said); wake() }
      await openStreams(gateway, 1)
      const { task } = await client.request({ method: 'tools/call', params: { name: 'slow_compute', arguments: { seconds: 0.2, label: 'sum' }, task: { ttl: 60000 } } }, { parse: value => value, '~standard': { version: 1, vendor: 'e2e', validate: value => ({ value }) } })
      await within(20000, () => JSON.stringify(heard), new Promise(done => {
        wake = () => { if (heard.some(one => one.method === 'notifications/tasks/status' && one.params.taskId === task.taskId && one.params.status === 'completed')) done() }
        wake()
      }))
    })
  }

  test('who does not know tasks may not listen for them', async () => {
    const refused = await ask(gateway.url, 'subscriptions/listen', { notifications: { taskIds: ['x'] } })
    assert.equal(refused.json.error.code, -32021)
  })
})
