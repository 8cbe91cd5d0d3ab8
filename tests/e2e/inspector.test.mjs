// The Inspector's command line, as a client of each era.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { makeWorld, sayHello } from './world.mjs'
import { ask, inspector, Scope, startGateway, text, writeConfig } from './lib.mjs'

describe('the Inspector', () => {
  const scope = Scope.ofSuite()
  let world, gateway, config
  before(async () => {
    world = await makeWorld(scope)
    gateway = await startGateway(scope, { servers: world.servers })
    config = writeConfig(scope.folder(), { servers: world.servers })
    await ask(gateway.url, 'tools/list')
  })
  const call = (tool, args) => ['--method', 'tools/call', '--tool-name', tool, '--tool-args-json', JSON.stringify(args)]
  const good = async (where, era, args) => {
    const result = await inspector(scope, where, era, args)
    assert.equal(result.code, 0, result.output)
    return result.json.result ?? result.json
  }

  for (const era of ['modern', 'legacy', 'auto']) {
    test(`${era}, over HTTP: lists and calls`, async () => {
      const { tools } = await good(gateway.url, era, ['--method', 'tools/list'])
      for (const [server, { tool }] of Object.entries(sayHello)) assert.ok(tools.some(({ name }) => name === `${server}__${tool}`), server)
      if (era === 'auto') return // which then is one of the two
      assert.match(text(await good(gateway.url, era, call('vault__search', { query: 'marta' }))), /Keeper/)
      assert.match(text(await good(gateway.url, era, call('every__echo', { message: 'hi' }))), /Echo: hi/)
      assert.match(text(await good(gateway.url, era, call('new__add', { a: 2, b: 3 }))), /^5$/)
    })
    test(`${era}, over stdio: lists and calls`, async () => {
      const { tools } = await good({ config }, era, ['--method', 'tools/list'])
      assert.ok(tools.some(({ name }) => name === 'web__echo'), JSON.stringify(tools.map(tool => tool.name)))
      assert.match(text(await good({ config }, era, call('files__list_directory', { path: world.vault }))), /Keeper\.md/)
    })
  }
  test('resources and prompts, in both eras', async () => {
    for (const era of ['modern', 'legacy']) {
      const { contents } = await good(gateway.url, era, ['--method', 'resources/read', '--uri', 'demo://item/9'])
      assert.equal(contents[0].text, 'item 9')
      const { prompts } = await good(gateway.url, era, ['--method', 'prompts/list'])
      assert.ok(prompts.some(({ name }) => name === 'new__greet'))
    }
  })
  test('an unknown tool is an error to it too', async () => {
    const result = await inspector(scope, gateway.url, 'modern', call('new__nothing', {}))
    assert.notEqual(result.code, 0, result.output)
  })
  test('finds no tool schema that is not portable among the built-in ones', async () => {
    for (const server of ['vault', 'files']) {
      const result = await inspector(scope, gateway.server(server), 'modern', ['--method', 'tools/list', '--strict'])
      assert.equal(result.code, 0, result.output)
    }
  })
})
