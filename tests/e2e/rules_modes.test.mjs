// Rules where a model sees four tools and calls the rest through them.
import assert from 'node:assert/strict'
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import { before, describe, test } from 'node:test'
import { clients, fixture, node, Scope, startEar, startGateway, text } from './lib.mjs'
const able = { capabilities: { elicitation: { form: {} } } }
describe('rules behind the tools that find and call', () => {
  const scope = Scope.ofSuite()
  let ear, gateway
  before(async () => {
    ear = await startEar(scope)
    gateway = await startGateway(scope, {
      disclosure: 'search', servers: { plain: { command: [node, fixture('stdio.mjs'), `rm-${process.pid}`], env: { EAR: ear.port }, sandbox: 'off' } },
      rules: [{ tools: ['plain__die'], then: 'deny' }, { tools: ['plain__echo'], then: 'ask' }, { tools: ['plain__pid'], when: { disclosure: 'search' }, then: 'deny' }, { tools: ['*'], then: 'allow' }],
    })
  })
  for (const era of ['modern', 'legacy', 'sdk1']) test(era, async t => {
    const client = await clients[era](Scope.of(t), gateway.url, able)
    const asked = []
    client.client.setRequestHandler(era === 'sdk1' ? ElicitRequestSchema : 'elicitation/create', request => { asked.push(request.params.message); return { action: 'accept', content: {} } })
    assert.doesNotMatch(text(await client.callTool('find_tools', { query: 'die', limit: 20 })), /plain\.die/)
    const denied = await client.callTool('call_tool_write', { name: 'plain__die', arguments: {} }).then(text, error => error.message)
    assert.match(denied, /unknown|no tool/i)
    const nobody = await client.callTool('call_tool_write', { name: 'plain__dye', arguments: {} }).then(text, error => error.message)
    const first = said => said.split('.')[0]
    assert.equal(first(denied).replaceAll('plain__die', 'X'), first(nobody).replaceAll('plain__dye', 'X'))
    const pid = await client.callTool('call_tool_write', { name: 'plain__pid', arguments: {} }).then(text, error => error.message)
    assert.match(pid, /unknown|no tool/i)
    assert.equal(text(await client.callTool('call_tool_write', { name: 'plain__echo', arguments: { text: 'hi' } })), 'hi')
    assert.equal(asked.length, 1)
    assert.match(asked[0], /Server: plain\nTool: "echo"/)
    await client.close()
  })
})
