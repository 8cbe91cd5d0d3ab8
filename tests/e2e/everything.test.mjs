// examples/everything, driven by the official TypeScript client of each era and by the Inspector.
import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { before, describe, test } from 'node:test'
import { SkillsClient } from '@modelcontextprotocol/client/ext/skills'
import { clients, freePort, gatehouse, inspector, Scope, text } from './lib.mjs'

const program = join(dirname(gatehouse), 'examples/everything')

async function startShop(scope) {
  const port = await freePort()
  const server = scope.run(program, ['--http', `127.0.0.1:${port}`], { name: 'examples/everything' })
  await server.wrote(/MCP at/)
  return `http://127.0.0.1:${port}/mcp`
}

const able = { capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} } }

// Answers what the shop asks; `asked` gets each question.
function answering(client, asked, order = { action: 'accept', content: { name: 'Ada', packing: 'tin' } }) {
  client.client.setRequestHandler('elicitation/create', request => { asked.push(request.params); return order })
  client.client.setRequestHandler('sampling/createMessage', request => {
    asked.push(request.params)
    return { role: 'assistant', model: 'test', content: { type: 'text', text: 'Rooibos.' } }
  })
  client.client.setRequestHandler('roots/list', () => ({ roots: [{ uri: 'file:///home/ada', name: 'home' }] }))
}

for (const era of ['modern', 'legacy']) {
  for (const way of ['HTTP', 'stdio']) {
    describe(`examples/everything, ${era} over ${way}`, () => {
      const scope = Scope.ofSuite()
      let client, where
      const asked = []
      before(async () => {
        where = way === 'HTTP' ? await startShop(scope) : { command: program, args: [], env: {} }
        client = await clients[era](scope, where, able)
        answering(client, asked)
      })

      test('lists every primitive', async () => {
        const { tools } = await client.listTools()
        assert.deepEqual(tools.map(tool => tool.name).sort(),
          ['add_to_basket', 'brew', 'buy', 'deliver', 'list_folders', 'open_basket', 'recommend', 'serve'])
        assert.ok((await client.listResources()).resources.some(one => one.uri === 'tea://shelf'))
        assert.equal((await client.listResourceTemplates()).resourceTemplates[0].uriTemplate, 'tea://tea/{name}')
        assert.equal((await client.listPrompts()).prompts[0].name, 'choose_tea')
      })

      test('a basket lives across calls, and the user is asked before it is bought', async () => {
        const { basket_id } = (await client.callTool('open_basket')).structuredContent
        assert.match(basket_id, /^basket_[0-9a-f]{32}$/)
        await client.callTool('add_to_basket', { basket_id, tea: 'sencha', grams: 50 })
        const full = await client.callTool('add_to_basket', { basket_id, tea: 'rooibos' })
        assert.deepEqual(full.structuredContent, { items: [{ tea: 'sencha', grams: 50 }, { tea: 'rooibos', grams: 100 }] })
        assert.match(text(await client.callTool('add_to_basket', { basket_id, tea: 'cola' })), /there is no cola/)
        assert.match(text(await client.callTool('add_to_basket', { basket_id, tea: 'sencha', grams: 5 })), /grams.*10/)

        answering(client, asked, { action: 'decline' })
        const kept = await client.callTool('buy', { basket_id })
        assert.ok(kept.isError)
        assert.match(text(kept), /declined/)

        answering(client, asked)
        asked.length = 0
        assert.deepEqual((await client.callTool('buy', { basket_id })).structuredContent, { name: 'Ada', packing: 'tin', grams: 150 })
        const [{ message, requestedSchema }] = asked
        assert.match(message, /150 g/)
        assert.deepEqual(requestedSchema.required, ['name'])
        assert.equal(requestedSchema.properties.gift.default, false)
        assert.deepEqual(requestedSchema.properties.packing.enum, ['paper', 'tin'])

        const gone = await client.callTool('add_to_basket', { basket_id, tea: 'sencha' })
        assert.ok(gone.isError)
        assert.match(text(gone), /open_basket/)
      })

      test('resources are read, completed and watched', async () => {
        const shelf = async () => JSON.parse((await client.readResource('tea://shelf')).contents[0].text)
        assert.match((await client.readResource('tea://tea/darjeeling')).contents[0].text, /muscat/)
        await assert.rejects(client.readResource('tea://tea/cola'), error => [-32602, -32002].includes(error.code))
        const { completion } = await client.client.complete({ ref: { type: 'ref/resource', uri: 'tea://tea/{name}' }, argument: { name: 'name', value: 'd' } })
        assert.deepEqual(completion.values, ['darjeeling'])

        const told = new Promise(resolve => client.client.setNotificationHandler('notifications/resources/updated', said => resolve(said.params.uri)))
        if (era === 'modern') await client.client.listen({ resourceSubscriptions: ['tea://tea/rooibos'] })
        else await client.client.subscribeResource({ uri: 'tea://tea/rooibos' })
        const before = (await shelf()).rooibos
        await client.callTool('deliver', { tea: 'rooibos', grams: 11 })
        assert.equal(await told, 'tea://tea/rooibos')
        assert.equal((await shelf()).rooibos, before + 11)
      })

      test('prompts, with completion', async () => {
        assert.match((await client.getPrompt('choose_tea', { guest: 'Ada', taste: 'honey' })).messages[0].content.text, /Ada comes to tea and likes honey/)
        const { completion } = await client.client.complete({ ref: { type: 'ref/prompt', name: 'choose_tea' }, argument: { name: 'taste', value: 'm' } })
        assert.deepEqual(completion.values, ['muscat'])
      })

      test('progress comes on the way', async () => {
        const steps = []
        const cup = await client.callTool('brew', { tea: 'sencha', pace: 1 }, { onprogress: step => steps.push(step.progress) })
        assert.match(text(cup), /A cup of sencha after 2 minutes/)
        // This client forgets a call's progress with its answer, also what it read together with it.
        assert.deepEqual(steps, [1, 2].slice(0, Math.max(1, steps.length)))
      })

      test('a call is cancelled', async () => {
        const stop = new AbortController()
        const call = client.callTool('brew', { tea: 'rooibos', pace: 60000 }, { signal: stop.signal })
        stop.abort()
        await assert.rejects(call)
      })

      test('content of every kind', async () => {
        const { content } = await client.callTool('serve', { tea: 'sencha' })
        assert.deepEqual(content.map(part => part.type), ['text', 'image', 'audio', 'resource_link', 'resource'])
      })

      test("the client's model and folders", async () => {
        assert.equal(text(await client.callTool('recommend', { taste: 'honey' })), 'Rooibos.')
        assert.deepEqual((await client.callTool('list_folders')).structuredContent, { result: ['file:///home/ada'] })
      })

      test('skills are listed and read', async () => {
        const { resources } = await client.listResources()
        const skill = resources.find(one => one.uri === 'skill://brewing/SKILL.md')
        assert.equal(skill.name, 'brewing')
        const skills = new SkillsClient(client.client)
        assert.ok(skills.supported && skills.directoryRead)
        const { skills: [brewing] } = await skills.list()
        assert.equal(brewing.frontmatter.name, 'brewing')
        assert.deepEqual((await skills.get(brewing.uri)).skill, brewing)
        // It holds what it reads against what was listed.
        assert.match((await skills.read(brewing)).body, /Look the tea up/)
        assert.match((await skills.read(brewing, 'references/TIMES.md')).text, /rooibos/)
        assert.deepEqual((await skills.readDirectory('skill://brewing')).resources.map(one => one.name).sort(), ['brewing', 'references'])
      })
    })
  }
}

describe('examples/everything and the Inspector', () => {
  const scope = Scope.ofSuite()
  let url
  before(async () => { url = await startShop(scope) })
  for (const era of ['modern', 'legacy']) {
    test(`${era}: lists, calls, reads`, async () => {
      const run = async args => {
        const result = await inspector(scope, url, era, args)
        assert.equal(result.code, 0, result.output)
        return result.json.result ?? result.json
      }
      assert.equal((await run(['--method', 'tools/list', '--strict'])).tools.length, 8)
      assert.match(text(await run(['--method', 'tools/call', '--tool-name', 'brew', '--tool-args-json', '{"tea":"sencha","pace":0}'])), /A cup/)
      assert.match((await run(['--method', 'resources/read', '--uri', 'tea://tea/sencha'])).contents[0].text, /grass/)
      assert.equal((await run(['--method', 'prompts/list'])).prompts.length, 1)
    })
  }
  test('its skills', async () => {
    const result = await inspector(scope, url, 'modern', ['--method', 'skills/list'])
    assert.equal(result.code, 0, result.output)
    assert.equal((result.json.result ?? result.json).skills[0].frontmatter.name, 'brewing')
  })
})
