import { text } from '../../e2e/lib.mjs'

export async function smoke({ modern, legacy, assert }) {
  for (const connect of [modern, legacy]) {
    const client = await connect()
    const steps = []
    const counted = await client.callTool('count', { to: 4 }, { onprogress: step => steps.push(step.progress) })
    assert.equal(text(counted), 'counted to 4')
    // This client forgets a call's progress with its answer, also what it read together with it.
    assert.deepEqual(steps.slice(0, 3), [1, 2, 3])
    assert.match(text(await client.callTool('dig', { to: 2 })), /^dug to \d+$/)
    assert.match(text(await client.callTool('both', { to: 2 })), /^dug to \d+, and back$/)
    const stop = new AbortController()
    const given_up = client.callTool('count', { to: 1000, pace: 1000 }, { signal: stop.signal })
    stop.abort()
    await assert.rejects(given_up)
    await client.close()
  }
}
