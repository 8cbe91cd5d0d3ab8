import { within } from '../../e2e/lib.mjs'

export async function smoke({ modern, legacy, assert }) {
  for (const [era, connect] of Object.entries({ modern, legacy })) {
    const client = await connect()
    const uris = []
    let cursor
    do {
      const page = era === 'modern' ? await client.client.request({ method: 'resources/list', params: cursor ? { cursor } : {} }) : await client.client.listResources(cursor ? { cursor } : undefined)
      uris.push(...page.resources.map(one => one.uri))
      cursor = page.nextCursor
    } while (cursor)
    assert.deepEqual([...new Set(uris)], ['about:notes', 'about:dot', 'notes://milk', 'notes://ocean', 'notes://pizza'])
    assert.equal((await client.readResource('notes://ocean')).contents[0].text, 'is wide')
    assert.equal((await client.readResource('about:dot')).contents[0].blob, Buffer.from('P4\n1 1\n\x80', 'latin1').toString('base64'))
    await assert.rejects(client.readResource('notes://nothing'))

    const updated = Promise.withResolvers(), changed = Promise.withResolvers()
    client.client.setNotificationHandler('notifications/resources/updated', ({ params }) => updated.resolve(params.uri))
    client.client.setNotificationHandler('notifications/resources/list_changed', () => changed.resolve(true))
    if (era === 'modern') await client.client.listen({ resourceSubscriptions: ['notes://milk'], resourcesListChanged: true })
    else await client.client.subscribeResource({ uri: 'notes://milk' })
    await client.callTool('write', { name: 'milk', text: 'two of them' })
    assert.equal(await within(10000, 'resources/updated', updated.promise), 'notes://milk')
    await client.callTool('write', { name: 'quiz', text: 'tonight' })
    assert.ok(await within(10000, 'list_changed', changed.promise))
    await client.close()
  }
}
