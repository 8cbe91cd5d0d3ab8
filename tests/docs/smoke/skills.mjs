import { join } from 'node:path'
import { root } from '../../e2e/lib.mjs'

export const args = [join(root, 'examples/docs/skills')]

export async function smoke({ modern, assert }) {
  const client = await modern()
  assert.ok(client.client.getServerCapabilities().extensions['io.modelcontextprotocol/skills'].directoryRead)
  const { resources } = await client.listResources()
  assert.deepEqual(resources.map(one => [one.uri, one.name, one.mimeType]), [['skill://release-notes/SKILL.md', 'release-notes', 'text/markdown']])
  await client.close()
}
