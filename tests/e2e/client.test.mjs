// The C++ client, in its examples, against servers that it does not know.
import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { freePort, gatehouse, node, programs, runToEnd, Scope, startEverything } from './lib.mjs'

const examples = join(dirname(gatehouse), 'examples')
const terminal = (scope, tool, args, where, input = '') =>
  runToEnd(scope, join(examples, 'ask_terminal'), [tool, JSON.stringify(args), ...where], { input, ms: 60000, env: { ...process.env } })

// Each field's line, and the last question.
const form = ['Ada', 'y', '', 'ada@example.com', '', '', '', '', '', 'Piano, 3', '', '', '', 'y', ''].join('\n')

for (const way of ['stdio', 'HTTP']) {
  describe(`server-everything over ${way}`, () => {
    const scope = Scope.ofSuite()
    const where = async () => way === 'HTTP' ? [await startEverything(scope)] : ['--', node, programs.everything]

    test('a form of every kind of field is filled in, with the defaults of the server', async () => {
      const { code, output } = await terminal(scope, 'trigger-elicitation-request', {}, await where(), form)
      assert.equal(code, 0, output)
      assert.match(output, /asks: Please provide inputs/)
      const sent = JSON.parse(output.slice(output.indexOf('Raw result: ') + 12).split('\n')[0])
      assert.equal(sent.action, 'accept')
      assert.equal(sent.content.name, 'Ada')
      assert.equal(sent.content.check, true)
      assert.equal(sent.content.email, 'ada@example.com')
      assert.equal(sent.content.integer, 42)
      assert.equal(sent.content.number, 3.14)
      assert.deepEqual(sent.content.untitledMultipleSelectEnum, ['Piano', 'Violin'])
      assert.deepEqual(sent.content.titledMultipleSelectEnum, ['fish-1'])
    })

    test('a tool that must be a task is followed to its end', async () => {
      const { code, output } = await terminal(scope, 'simulate-research-query', { topic: 'tea' }, await where())
      assert.equal(code, 0, output)
      assert.match(output, /tea/)
    })

    test('a task asks in between', async () => {
      const { code, output } = await terminal(scope, 'simulate-research-query', { topic: 'tea', ambiguous: true }, await where(), '1\ny\n')
      assert.equal(code, 0, output)
      assert.match(output, /asks: /)
      assert.match(output, /tea/)
    })
  })
}

test('the tea shop asks its customer, in the new era', async t => {
  const scope = Scope.of(t)
  const port = await freePort()
  const shop = scope.run(join(examples, 'everything'), ['--http', `127.0.0.1:${port}`], { name: 'examples/everything' })
  await shop.wrote(/MCP at/)
  const where = [`http://127.0.0.1:${port}/mcp`]
  const { output: opened } = await terminal(scope, 'open_basket', {}, where)
  const { basket_id } = JSON.parse(opened)
  const added = await terminal(scope, 'add_to_basket', { basket_id, tea: 'sencha', grams: 100 }, where)
  assert.equal(added.code, 0, added.output)
  const declined = await terminal(scope, 'buy', { basket_id }, where, 'Ada\n\n\n\nn\n')
  assert.equal(declined.code, 1, declined.output)
  const bought = await terminal(scope, 'buy', { basket_id }, where, 'Ada\n\n2\nperhaps\nyes\ny\n')
  assert.equal(bought.code, 0, bought.output)
  assert.match(bought.output, /must be true or false/)
  assert.match(bought.output, /"packing":"tin"/)
  const gone = await terminal(scope, 'buy', { basket_id }, where, 'Ada\n\n\n\ny\n')
  assert.equal(gone.code, 1)
})

test('wrong usage and a server that is not there are said', async t => {
  const scope = Scope.of(t)
  assert.equal((await runToEnd(scope, join(examples, 'ask_terminal'), ['x'], {})).code, 2)
  const nobody = await terminal(scope, 'x', {}, ['http://127.0.0.1:1/mcp'])
  assert.equal(nobody.code, 1)
  assert.match(nobody.output, /127\.0\.0\.1:1/)
})
