import { text } from '../../e2e/lib.mjs'

export async function smoke({ modern, legacy, assert }) {
  for (const connect of [modern, legacy]) {
    const client = await connect()
    const { tools } = await client.listTools()
    assert.deepEqual(tools.map(tool => tool.name), ['add', 'weather', 'join', 'picture', 'raw'])
    assert.deepEqual(tools[0].inputSchema.required, ['a'])
    assert.deepEqual((await client.callTool('add', { a: 2, b: 3 })).structuredContent, { result: 5 })
    assert.deepEqual((await client.callTool('weather', { city: 'Rome' })).structuredContent, { degrees: 21.5, sky: 'clear' })
    const refused = await client.callTool('weather', { city: 'Rome', unit: 'kelvin' })
    assert.ok(refused.isError)
    assert.match(text(refused), /unit/)
    assert.match(text(await client.callTool('weather', { city: 'Atlantis' })), /under water/)
    assert.equal(text(await client.callTool('join', { words: ['a', 'b'] })), 'a b')
    assert.deepEqual((await client.callTool('picture')).content.map(part => part.type), ['text', 'image'])
    await client.close()
  }
}
