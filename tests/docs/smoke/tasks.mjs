import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { META, MODERN, text } from '../../e2e/lib.mjs'

const EXTENSION = `${META}tasks`

export async function smoke({ scope, program, modern, assert }) {
  const store = join(scope.folder(), 'tasks.db')
  // Who knows nothing of tasks gets an answer, where the tool has one without.
  const plain = await modern({ capabilities: {} })
  const refused = await plain.callTool('index_all').catch(error => error)
  assert.equal(refused.code, -32021)
  await plain.close()

  const child = () => {
    const process = scope.run(program, ['--store', store], { stdin: 'pipe' })
    const lines = createInterface({ input: process.child.stdout })[Symbol.asyncIterator]()
    let id = 0
    const request = async (method, params) => {
      const own = ++id
      process.child.stdin.write(JSON.stringify({
        jsonrpc: '2.0', id: own, method,
        params: { ...params, _meta: { [`${META}protocolVersion`]: MODERN, [`${META}clientCapabilities`]: { elicitation: {}, extensions: { [EXTENSION]: {} } } } },
      }) + '\n')
      for (;;) {
        const message = JSON.parse((await lines.next()).value)
        if (message.id === own) return message.result ?? assert.fail(JSON.stringify(message.error))
        heard.push(message)
      }
    }
    const heard = []
    const told = async (taskId, status) => {
      process.child.stdin.write(JSON.stringify({
        jsonrpc: '2.0', id: `listen ${++id}`, method: 'subscriptions/listen',
        params: { notifications: { taskIds: [taskId] }, _meta: { [`${META}protocolVersion`]: MODERN, [`${META}clientCapabilities`]: { extensions: { [EXTENSION]: {} } } } },
      }) + '\n')
      for (;;) {
        const message = JSON.parse((await lines.next()).value)
        if (message.method === 'notifications/tasks' && message.params.taskId === taskId && message.params.status === status) return message.params
      }
    }
    return { request, told, kill: () => process.kill('SIGKILL') }
  }
  const first = child()
  const created = await first.request('tools/call', { name: 'backup', arguments: { folder: 'photos' } })
  assert.equal(created.resultType, 'task')
  const asked = await first.told(created.taskId, 'input_required')
  assert.match(asked.inputRequests.replace.params.message, /Replace it/)
  await first.kill()

  const second = child()
  await second.request('tasks/update', { taskId: created.taskId, inputResponses: { replace: { action: 'accept', content: { replace: true } } } })
  const done = await second.told(created.taskId, 'completed')
  assert.equal(text(done.result), 'Copied photos')
  const indexed = await second.request('tools/call', { name: 'index_all', arguments: {} })
  assert.equal(text((await second.told(indexed.taskId, 'completed')).result), 'Everything is indexed.')
}
