import { text } from '../../e2e/lib.mjs'

export async function smoke({ modern, legacy, assert }) {
  const capabilities = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} }
  for (const connect of [modern, legacy]) {
    const client = await connect({ capabilities })
    const asked = []
    let book = true
    client.client.setRequestHandler('elicitation/create', ({ params }) => {
      asked.push(params.url ?? params.message)
      if (params.mode === 'url') return { action: 'accept' }
      return { action: 'accept', content: /Who/.test(params.message) ? { name: 'Ada', by: 'boat' } : { book } }
    })
    client.client.setRequestHandler('sampling/createMessage', () => ({ role: 'assistant', model: 'm', content: { type: 'text', text: 'Old and warm.' } }))
    client.client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///tmp/x' }] }))
    assert.equal(text(await client.callTool('book', { city: 'Rome' })), 'Booked for Ada: 2 nights in Rome.')
    book = false
    assert.equal(text(await client.callTool('book', { city: 'Rome' })), 'Nothing was booked.')
    const two = ['Who travels to Rome?', 'Ada, by boat: shall I book it?']
    assert.deepEqual(asked, [...two, ...two])
    assert.equal(text(await client.callTool('pay')), 'Thank you.')
    assert.equal(asked.at(-1), 'https://pay.example/trip/7')
    assert.equal(text(await client.callTool('describe', { city: 'Rome' })), 'Old and warm.')
    assert.deepEqual((await client.callTool('folders')).structuredContent, { result: ['file:///tmp/x'] })
    await client.close()

    const plain = await connect({ capabilities: { elicitation: { form: {} } } })
    const refused = await plain.callTool('pay')
    assert.ok(refused.isError)
    assert.match(text(refused), /cannot open pages/)
    await plain.close()
  }
}
