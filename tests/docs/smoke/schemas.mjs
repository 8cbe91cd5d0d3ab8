import { text } from '../../e2e/lib.mjs'

export async function smoke({ modern, legacy, assert }) {
  for (const connect of [modern, legacy]) {
    const client = await connect()
    const [measure, record] = (await client.listTools()).tools
    assert.deepEqual(measure.inputSchema.properties.points,
      { type: 'array', minItems: 2, maxItems: 50, description: 'Where it leads along', items: {
        type: 'object', additionalProperties: false, required: ['lat', 'lon'], properties: {
          lat: { type: 'number', minimum: -90, maximum: 90, description: 'Degrees north' },
          lon: { type: 'number', minimum: -180, maximum: 180, description: 'Degrees east' } } } })
    assert.deepEqual(measure.inputSchema.required, ['points'])
    assert.equal(measure.inputSchema.properties.how.default, 'walk')
    assert.deepEqual(measure.outputSchema.required, ['points', 'how'])
    const points = [{ lat: 1, lon: 2 }, { lat: 3, lon: 4 }]
    assert.deepEqual((await client.callTool('measure', { points })).structuredContent, { points: 2, how: 'walk' })
    assert.match(text(await client.callTool('measure', { points: [{ lat: 91, lon: 0 }, points[1]] })), /lat/)
    assert.ok(record.inputSchema.properties.class)
    assert.equal(text(await client.callTool('record', { class: 'tick', data: [1, { a: null }] })), 'tick: [1,{"a":null}]')
    assert.deepEqual((await client.callTool('pick', { colour: '#00ff00' })).structuredContent, { picked: '#00ff00' })
    await client.close()
  }
}
