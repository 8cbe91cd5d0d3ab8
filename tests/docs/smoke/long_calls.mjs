import { send, post, text } from '../../e2e/lib.mjs'

export async function smoke({ scope, program, modern, legacy, assert }) {
  for (const connect of [modern, legacy]) {
    const client = await connect()
    assert.equal(text(await client.callTool('survey', { place: 'here' })), 'a map of here')
    await client.close()
  }
  // Over HTTP the client is sent away, and finds the answer when it comes back.
  const server = scope.run(program, ['--http', '127.0.0.1:0'])
  const [, url] = await server.wrote(/MCP at (http:\S+)/)
  const first = await post(url, { jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'x', version: '1' } } })
  const headers = { 'mcp-session-id': first.headers['mcp-session-id'], 'mcp-protocol-version': '2025-11-25' }
  const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'survey', arguments: { place: 'here' }, _meta: { progressToken: 1 } } }
  const away = await send(url, { headers, body: JSON.stringify(call) })
  assert.match(away.text, /retry: 200/)
  assert.ok(!away.text.includes('a map'))
  const last = away.text.match(/id: (\S+)/g).at(-1).slice(4)
  const back = await send(url, { method: 'GET', headers: { ...headers, accept: 'text/event-stream', 'last-event-id': last } })
  assert.match(back.text, /drawing[^]*a map of here/)
}
