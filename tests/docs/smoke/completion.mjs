export async function smoke({ modern, legacy, assert }) {
  for (const connect of [modern, legacy]) {
    const client = await connect()
    const ask = async (ref, name, value, context) => (await client.client.complete({ ref, argument: { name, value }, ...context && { context: { arguments: context } } })).completion.values
    for (const ref of [{ type: 'ref/prompt', name: 'fly' }, { type: 'ref/resource', uri: 'weather://{country}/{city}' }]) {
      assert.deepEqual(await ask(ref, 'country', 'F'), ['France'])
      assert.deepEqual(await ask(ref, 'city', 'Pa'), ['Paris', 'Pau', 'Parma'])
      assert.deepEqual(await ask(ref, 'city', 'Pa', { country: 'Italy' }), ['Parma'])
    }
    await client.close()
  }
}
