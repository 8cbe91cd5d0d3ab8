import { dirname, join } from 'node:path'
import { runToEnd } from '../../e2e/lib.mjs'

export async function smoke({ scope, program, assert }) {
  const shop = join(dirname(dirname(program)), 'everything')
  const { code, stdout, stderr } = await runToEnd(scope, program, [shop])
  assert.equal(code, 0, stderr)
  assert.equal(stdout, [
    'everything asks: Buy 100 g of tea?', '- name', '- email', '- packing', '- gift', '100 g of tea for Ada, in paper',
    '1 of 2', '2 of 2', 'A cup of sencha after 2 minutes.',
    'changed: tea://shelf', 'shelf: {"darjeeling":300,"rooibos":805,"sencha":400}',
    'it is a task', 'A cup of darjeeling after 3 minutes.', ''].join('\n'))
  assert.equal((await runToEnd(scope, program, ['/nonexistent'])).code, 1)
}
