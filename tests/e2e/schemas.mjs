// The official schemas of each revision (tests/schema/README.md), and answers held against them.
import Ajv from 'ajv'
import Ajv2020 from 'ajv/dist/2020.js'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './scope.mjs'

// The newest first.
export const revisions = ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']

const compiled = new Map()
function validator(revision, type) {
  if (!compiled.has(revision)) {
    const schema = JSON.parse(readFileSync(join(root, 'tests/schema', `${revision}.json`), 'utf8'))
    const Kind = schema.$schema.includes('2020-12') ? Ajv2020 : Ajv
    const ajv = new Kind({ strict: false, allErrors: true, validateFormats: false })
    ajv.addSchema(schema, revision)
    compiled.set(revision, { ajv, at: schema.$defs ? '$defs' : 'definitions' })
  }
  const { ajv, at } = compiled.get(revision)
  const validate = ajv.getSchema(`${revision}#/${at}/${type}`)
  assert.ok(validate, `${revision} has no ${type}`)
  return validate
}

// Fails unless `value` is a `type` of that revision.
export function checkAgainst(revision, type, value) {
  const validate = validator(revision, type)
  assert.ok(validate(value), `no ${type} of ${revision}: ${JSON.stringify(validate.errors?.slice(0, 5))}\n${JSON.stringify(value).slice(0, 2000)}`)
}
