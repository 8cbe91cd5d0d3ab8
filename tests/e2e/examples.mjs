// The example programs, as servers that tests talk to by hand.
import { dirname, join } from 'node:path'
import { gatehouse, root } from './scope.mjs'

// The program of that name, of the same build as the gateway.
export const exampleProgram = name => join(dirname(gatehouse), 'examples', name)
// An example as a stdio server of a config: it reads files of its own, which lie with its source.
export const exampleServer = (name, args = []) => ({ command: [exampleProgram(name), ...args], sandbox: { read: [join(root, 'examples', name)] } })

// Starts it on a free port of its own choice; it ends with the scope.
export async function startExample(scope, name, args = []) {
  const program = scope.run(exampleProgram(name), [...args, '--http', '127.0.0.1:0'], { name, keep: 1 << 20 })
  await program.wrote(/MCP at http:\S+/)
  return { program, url: /MCP at (http:\S+)/.exec(program.output)[1].replace('127.0.0.1', 'localhost') }
}
