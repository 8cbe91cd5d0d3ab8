import { text } from '../../e2e/lib.mjs'

// On stdio the process belongs to its caller; over HTTP see tests/e2e/protected.test.mjs.
export async function smoke({ modern, assert }) {
  const client = await modern()
  assert.equal(text(await client.callTool('whoami')), 'you, on your own machine')
  assert.equal(text(await client.callTool('delete_page', { name: 'x' })), 'deleted x')
  await client.close()
}
