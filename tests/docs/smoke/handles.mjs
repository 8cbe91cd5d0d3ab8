import { join } from 'node:path'
import { text } from '../../e2e/lib.mjs'

export async function smoke({ scope, modern, legacy, assert }) {
  const file = join(scope.folder(), 'lists')
  let list_id
  {
    const client = await modern({}, ['--keep', file])
    list_id = (await client.callTool('open_list', { title: 'shopping' })).structuredContent.list_id
    assert.match(list_id, /^list_[0-9a-f]{32}$/)
    assert.deepEqual((await client.callTool('add', { list_id, item: 'milk' })).structuredContent, { title: 'shopping', items: ['milk'] })
    await client.close()
  }
  // Another process, another era, and the handle is still good.
  const client = await legacy({}, ['--keep', file])
  assert.deepEqual((await client.callTool('show', { list_id })).structuredContent.items, ['milk'])
  assert.equal(text(await client.callTool('close', { list_id })), 'gone')
  const refused = await client.callTool('show', { list_id })
  assert.ok(refused.isError)
  assert.match(text(refused), /open_list/)
  await client.close()
}
