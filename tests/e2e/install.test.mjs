// `cmake --install`, and a project of somebody else that finds the SDK by CMake and by pkg-config.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { clients, gatehouse, root, runToEnd, Scope, text } from './lib.mjs'

const build = dirname(gatehouse)
const flags = ['-std=c++23', '-O0', '-w']

describe('the installed SDK', () => {
  const scope = Scope.ofSuite()
  const home = scope.folder()
  const project = join(home, 'project'), prefix = join(home, 'prefix')
  // Where the project may look, and nowhere near the checkout.
  const env = { ...process.env, CMAKE_PREFIX_PATH: prefix, PKG_CONFIG_PATH: join(prefix, 'lib/pkgconfig') }
  const run = async (command, args) => {
    const { code, output, stdout } = await runToEnd(scope, command, args, { cwd: project, env, ms: 110000, name: `${command} ${args[0]}` })
    assert.equal(code, 0, `${command} ${args.join(' ')}\n${output}`)
    return stdout
  }
  before(async () => {
    mkdirSync(project)
    cpSync(join(root, 'tests/install'), project, { recursive: true })
    await run('cmake', ['--install', build, '--prefix', prefix, '--component', 'mcp'])
  })
  const greets = async program => {
    assert.equal(await run(program, ['--client', program]), 'Hello, Ada!\n')
    const client = await clients.modern(scope, { command: program, args: [], env: {} })
    assert.equal(text(await client.callTool('greet', { name: 'Bob' })), 'Hello, Bob!')
  }

  test('is found by find_package(mcp)', async () => {
    await run('cmake', ['-S', '.', '-B', 'build', '-DCMAKE_CXX_COMPILER=g++', '-DCMAKE_BUILD_TYPE=None'])
    await run('cmake', ['--build', 'build'])
    await greets(join(project, 'build/greeter'))
  })

  test('is found by pkg-config', async () => {
    assert.match(await run('pkg-config', ['--modversion', 'mcp']), /^\d+\.\d+\.\d+\n$/)
    const found = (await run('pkg-config', ['--cflags', '--libs', 'mcp'])).trim().split(/\s+/)
    assert.ok(!found.some(word => word.includes(root)), `${found}`)
    await run('g++', [...flags, 'greeter.cpp', '-o', 'by-pkg-config', ...found])
    await greets(join(project, 'by-pkg-config'))
  })
})
