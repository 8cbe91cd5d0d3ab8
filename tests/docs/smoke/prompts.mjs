export async function smoke({ modern, legacy, assert }) {
  for (const connect of [modern, legacy]) {
    const client = await connect()
    const { prompts } = await client.listPrompts()
    assert.deepEqual(prompts.map(({ name, arguments: args }) => [name, args.map(arg => [arg.name, arg.required])]),
      [['review', [['code', true], ['focus', false]]], ['letter', [['to', true], ['about', false]]]])
    assert.equal((await client.getPrompt('review', { code: 'x = 1' })).messages[0].content.text, 'Look for bugs in this code:\n\nx = 1')
    const { messages } = await client.getPrompt('letter', { to: 'Ada', about: 'tea' })
    assert.deepEqual(messages.map(one => [one.role, one.content.type]), [['user', 'text'], ['user', 'text'], ['assistant', 'text'], ['user', 'resource_link']])
    await assert.rejects(client.getPrompt('review', {}), /code/)
    await client.close()
  }
}
