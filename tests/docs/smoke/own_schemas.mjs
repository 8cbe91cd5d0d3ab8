import { text } from '../../e2e/lib.mjs'

export async function smoke({ modern, legacy, assert }) {
  for (const connect of [modern, legacy]) {
    const client = await connect()
    const booked = await client.callTool('book', { room: 'A101', hours: 1.5, guests: ['Ada'], invoice: 'none' })
    assert.deepEqual(booked.structuredContent, { room: 'A101', price: 30 })
    const refused = await client.callTool('book', { room: 'a1', hours: 1.3, guests: ['Ada', 'Ada'], date: 'today' })
    assert.ok(refused.isError)
    for (const place of ["'/room' must match the pattern", "'/hours' must be a multiple of 0.5", "'/guests' must have no item twice", "'/date' is not known"])
      assert.ok(text(refused).includes(place), text(refused))
    assert.equal(text(await client.callTool('primes')), '[2,3,5,7,11]')
    await client.close()
  }
}
