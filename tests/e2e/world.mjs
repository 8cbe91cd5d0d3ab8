// A config with one upstream of each kind, and what a client should see of each.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixture, node, programs, startEar, startEverything, text } from './lib.mjs'
import { startModern } from './fixtures/modern.mjs'

export const NOTES = {
  'Lighthouse.md': '---\ntags: [island]\n---\n# Lighthouse\n\nThe lamp of the lighthouse turns once a minute. See [[Keeper]] and [[Storms]].\n',
  'Keeper.md': '# Keeper\n\nMarta keeps the lamp. #island\n',
}

export function makeVault(folder, notes = NOTES) {
  const vault = join(folder, 'vault')
  mkdirSync(vault, { recursive: true })
  for (const [name, text] of Object.entries(notes)) writeFileSync(join(vault, name), text)
  return vault
}

// Servers: vault, files (built in), every, npmfiles, plain (stdio), web (HTTP, legacy), new (HTTP, modern).
export async function makeWorld(scope) {
  const folder = scope.folder()
  const vault = makeVault(folder)
  const [ear, modern, web] = await Promise.all([startEar(scope), startModern(scope), startEverything(scope)])
  const servers = {
    vault: { builtin: 'vault', roots: [vault] },
    files: { builtin: 'filesystem', roots: [{ path: vault, mode: 'read' }] },
    every: { command: [node, programs.everything, 'stdio'] },
    npmfiles: { command: [node, programs.filesystem, vault], sandbox: { write: [vault] } },
    plain: { command: [node, fixture('stdio.mjs'), 'plain'], env: { EAR: ear.port }, sandbox: { network: [`localhost:${ear.port}`] } },
    web: { url: web },
    new: { url: modern.url },
  }
  return { folder, vault, ear, modern, web, servers }
}

// One call that works on each server: arguments, and what the answer must say.
export const sayHello = {
  vault: { tool: 'search', args: () => ({ query: 'marta' }), says: /Keeper/ },
  files: { tool: 'read_text_file', args: w => ({ path: join(w.vault, 'Keeper.md') }), says: /Marta keeps the lamp/ },
  every: { tool: 'echo', args: () => ({ message: 'héllo "stdio"' }), says: /^Echo: héllo "stdio"$/ },
  npmfiles: { tool: 'read_text_file', args: w => ({ path: join(w.vault, 'Keeper.md') }), says: /Marta keeps the lamp/ },
  plain: { tool: 'echo', args: () => ({ text: '\u2028 \ud83d\udca1 \\n' }), says: /^\u2028 \ud83d\udca1 \\n$/u },
  web: { tool: 'get-sum', args: () => ({ a: 20, b: 22.5 }), says: /42\.5/ },
  new: { tool: 'add', args: () => ({ a: -1, b: 0.25 }), says: /^-0\.75$/ },
}

export async function callEach(client, world, name = (server, tool) => `${server}__${tool}`) {
  for (const [server, { tool, args, says }] of Object.entries(sayHello)) {
    const result = await client.callTool(name(server, tool), args(world))
    assert.ok(!result.isError, `${server}: ${JSON.stringify(result)}`)
    assert.match(text(result), says, server)
  }
}
