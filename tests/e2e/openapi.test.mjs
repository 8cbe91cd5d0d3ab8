// OpenAPI descriptions as servers: their tools, what goes over the wire, and every way in which an API can disappoint.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { clients, gatehouse, run, Scope, startGateway, text } from './lib.mjs'
import { failing, startApi } from './fixtures/apis.mjs'

const description = url => ({
  openapi: '3.0.3', info: { title: 'Pet Store', version: '1.0.0' }, servers: [{ url: `${url}/v1` }], security: [{ key: [] }],
  components: {
    securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' }, bearer: { type: 'http', scheme: 'bearer' } },
    schemas: {
      Pet: { type: 'object', required: ['id', 'name'], properties: { id: { type: 'integer', readOnly: true }, name: { type: 'string' }, tag: { type: 'string', nullable: true }, parent: { $ref: '#/components/schemas/Pet' } } },
    },
  },
  paths: {
    '/pets': {
      get: {
        operationId: 'listPets', tags: ['pets'], summary: 'List pets',
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', minimum: 1, maximum: 100 } }, { name: 'page', in: 'query', schema: { type: 'integer' } },
          { name: 'tags', in: 'query', explode: false, schema: { type: 'array', items: { type: 'string' } } }, { name: 'X-Trace', in: 'header', schema: { type: 'string' } }],
        responses: { 200: { description: 'ok', content: { 'application/json': { schema: { type: 'array', items: { $ref: '#/components/schemas/Pet' } } } } } },
      },
      post: { operationId: 'createPet', tags: ['pets'], requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } }, responses: { 201: { description: 'made', content: { 'application/json': {} } } } },
    },
    '/pets/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
      get: { operationId: 'getPet', tags: ['pets'], responses: { 200: { description: 'ok', content: { 'application/json': {} } } } },
      delete: { operationId: 'deletePet', tags: ['pets'], security: [{ bearer: [] }], responses: { 204: { description: 'gone' } } },
    },
    '/odd/{kind}': { get: { operationId: 'odd', tags: ['odd'], security: [], parameters: [{ name: 'kind', in: 'path', required: true, schema: { type: 'string' } }], responses: { 200: { description: 'ok', content: { 'application/json': {} } } } } },
    '/form': { post: { operationId: 'sendForm', tags: ['odd'], security: [], requestBody: { content: { 'application/x-www-form-urlencoded': { schema: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'array', items: { type: 'string' } } } } } } }, responses: { 200: { description: 'ok', content: { 'text/plain': {} } } } } },
  },
})

function petStore({ method, path, query, json, headers }) {
  const odd = /^\/v1\/odd\/(.+)$/.exec(path)
  if (odd) return failing(odd[1])
  if (path === '/v1/form') return { text: 'thanks' }
  if (path === '/v1/pets' && method === 'GET') {
    const page = Number(query.get('page') ?? 1)
    return { json: [{ id: page, name: 'Rex', tag: null, secret_notes: 'long' }], headers: page < 2 ? { link: `</v1/pets?limit=1&page=${page + 1}>; rel="next"` } : {} }
  }
  if (path === '/v1/pets' && method === 'POST') return { status: 201, json: { id: 7, ...json } }
  if (method === 'DELETE') return { status: 204 }
  if (path.startsWith('/v1/pets/')) return { json: { id: path, name: 'Rex', by: headers['x-api-key'] ? 'a key' : 'nobody' } }
}

async function world(scope, server = {}) {
  const api = await startApi(scope, petStore)
  const folder = scope.folder()
  writeFileSync(join(folder, 'pets.json'), JSON.stringify(description(api.url)))
  const gateway = await startGateway(scope, { servers: { pets: { openapi: './pets.json', credentials: { key: 's3cr3t-t0ken', bearer: '${env:BEARER}' }, deadline: '3s', ...server } } }, { folder, env: { BEARER: 'b3arer-t0ken' } })
  return { api, gateway }
}

describe('an OpenAPI description behind the gateway', () => {
  const scope = Scope.ofSuite()
  let api, gateway, client
  before(async () => {
    ;({ api, gateway } = await world(scope))
    client = await clients.modern(scope, gateway.url)
  })
  const call = async (name, args) => client.callTool(`pets__${name}`, args)
  const failure = async (name, args) => { const result = await call(name, args); assert.equal(result.isError, true, JSON.stringify(result)); return text(result) }

  test('each operation is a tool with its hints', async () => {
    const { tools } = await client.listTools()
    const byName = Object.fromEntries(tools.map(tool => [tool.name.replace('pets__', ''), tool]))
    assert.deepEqual(Object.keys(byName).sort(), ['createPet', 'deletePet', 'getPet', 'listPets', 'odd', 'sendForm'])
    assert.equal(byName.listPets.annotations.readOnlyHint, true)
    assert.equal(byName.deletePet.annotations.destructiveHint, true)
    const schema = byName.createPet.inputSchema
    assert.deepEqual(schema.required, ['body'])
    assert.deepEqual(Object.keys(schema.$defs.Pet.properties), ['name', 'tag', 'parent'], 'what only answers have is left out')
    assert.deepEqual(schema.$defs.Pet.properties.tag.type, ['string', 'null'])
  })

  test('arguments go where they belong, and the key with them', async () => {
    const result = await call('listPets', { limit: 1, tags: ['a b', 'c,d'], 'X-Trace': 'one' })
    assert.equal(api.last().target, '/v1/pets?limit=1&tags=a%20b,c%2Cd')
    assert.equal(api.last().headers['x-api-key'], 's3cr3t-t0ken')
    assert.equal(api.last().headers['x-trace'], 'one')
    assert.match(text(result), /^\[\{"id":1,"name":"Rex"/)
    assert.match(text(result), /More: call again with \{"page":2\}/)
    assert.doesNotMatch(text(await call('listPets', { page: 2 })), /More/)
  })

  test('a body is sent as JSON, a form as a form', async () => {
    assert.match(text(await call('createPet', { body: { name: 'Ada', tag: null } })), /"id":7,"name":"Ada"/)
    assert.deepEqual(api.last().json, { name: 'Ada', tag: null })
    assert.equal(text(await call('sendForm', { body: { a: 'x&y', b: ['1', '2'] } })), 'thanks')
    assert.equal(api.last().body, 'a=x%26y&b=1&b=2')
  })

  test('each operation is signed in by its own scheme', async () => {
    assert.equal(text(await call('deletePet', { id: '1' })), 'done (204)')
    assert.equal(api.last().headers.authorization, 'Bearer b3arer-t0ken')
    assert.equal(api.last().headers['x-api-key'], undefined)
  })

  test('a path argument stays one segment', async () => {
    await call('getPet', { id: '../admin?x=1#y' })
    assert.equal(api.last().target, '/v1/pets/..%2Fadmin%3Fx%3D1%23y')
    const before = api.asked.length
    assert.match(await failure('getPet', { id: '..' }), /'id' must not be empty/)
    assert.match(await failure('listPets', { 'X-Trace': 'a\r\nX-Evil: 1' }), /control character/)
    assert.match(await failure('listPets', { limit: 1000 }), /limit/)
    assert.equal(api.asked.length, before, 'none of them reached the API')
  })

  for (const [kind, pattern] of [
    ['html', /answered 200 with a web page \("Please sign in"\) where JSON was expected/], ['html-as-json', /web page \("Proxy says no"\)/],
    ['cut', /what is no JSON/], ['500', /answered 500 Internal Server Error \("Server Error"\).*try again later/],
    ['422', /422 .*Validation Failed: title: missing_field/], ['429', /429 .*slow down.*try again in 120 s/],
    ['elsewhere', /169\.254\.169\.254/], ['private', /10\.0\.0\.1/], ['drip', /deadline|time/i], ['huge', /large|bytes|limit/i], ['broken', /127\.0\.0\.1|broke|closed/i],
  ]) {
    test(`an API that answers badly: ${kind}`, async () => {
      const said = await failure('odd', { kind })
      assert.match(said, pattern)
      assert.doesNotMatch(said, /s3cr3t|b3arer/)
      assert.equal(text(await call('sendForm', { body: { a: '1' } })), 'thanks', 'and the next call is fine')
    })
  }
  test('an API that repeats the credential does not get it into the answer', async () => {
    const own = await world(scope, { trim: ['/*/name'] })
    const client = await clients.modern(scope, own.gateway.url)
    const result = await client.callTool('pets__listPets', {})
    assert.match(text(result), /^\[\{"name":"Rex"\}\]/, 'only what was asked for by pointer')
    assert.doesNotMatch(own.gateway.log(), /s3cr3t|b3arer/)
  })
})

describe('selection', () => {
  for (const [title, select, names] of [
    ['by tag', { tags: ['odd'] }, ['odd', 'sendForm']], ['by path', { paths: ['/pets'] }, ['createPet', 'listPets']],
    ['by operation', { operations: ['get*', 'POST /form'] }, ['getPet', 'sendForm']], ['by method', { methods: ['get'], exclude: ['odd'] }, ['getPet', 'listPets']],
  ]) {
    test(title, async t => {
      const scope = Scope.of(t)
      const { gateway } = await world(scope, { select })
      const client = await clients.sdk1(scope, gateway.server('pets'))
      assert.deepEqual((await client.listTools()).tools.map(tool => tool.name).sort(), names)
    })
  }
})

describe('what is wrong is said before anything runs', () => {
  for (const [title, spec, pattern] of [
    ['no description', '{"hello":1}', /no 'openapi' member/], ['Swagger 2.0', '{"swagger":"2.0","paths":{}}', /Swagger 2\.0.*convert/], ['no YAML', 'a: [', /line \d+, column \d+/],
    ['another file', 'openapi: 3.1.0\ninfo: {title: x, version: "1"}\nservers: [{url: "http://127.0.0.1:1"}]\npaths:\n  /a:\n    get: { parameters: [{ $ref: "./other.yaml#/a" }], responses: {} }\n', /GET \/a was left out: '\.\/other\.yaml#\/a' leads out of this file; bundle/],
    ['a key twice', 'openapi: 3.1.0\nopenapi: 3.1.0\n', /here twice/],
  ]) {
    test(title, async t => {
      const scope = Scope.of(t)
      const folder = scope.folder()
      writeFileSync(join(folder, 'spec.yaml'), spec)
      writeFileSync(join(folder, 'gatehouse.yaml'), 'servers:\n  pets: { openapi: ./spec.yaml }\n')
      const checked = await run(scope, ['check'], { cwd: folder })
      assert.match(checked.stdout + checked.stderr, pattern)
      assert.match(checked.stdout + checked.stderr, /gatehouse\.yaml:2:/)
    })
  }
  test('an unknown key of select, and a key of another kind', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    writeFileSync(join(folder, 'spec.yaml'), JSON.stringify(description('http://127.0.0.1:1')))
    writeFileSync(join(folder, 'gatehouse.yaml'), 'servers:\n  pets: { openapi: ./spec.yaml, select: { tag: [a] }, roots: [.], poll: 3s }\n')
    const checked = await run(scope, ['check'], { cwd: folder })
    assert.equal(checked.code, 2)
    const said = checked.stdout + checked.stderr
    assert.match(said, /unknown key "tag" in servers\.pets\.select; did you mean "tags"/)
    assert.match(said, /servers\.pets\.roots is for builtin servers/)
    assert.match(said, /servers\.pets\.poll/)
  })
})

test('alone, over stdio and HTTP, without a credential', async t => {
  const scope = Scope.of(t)
  const api = await startApi(scope, petStore)
  const folder = scope.folder()
  const spec = join(folder, 'pets.json')
  writeFileSync(spec, JSON.stringify(description(api.url)))
  const stdio = await clients.legacy(scope, { command: gatehouse, args: ['server', 'openapi', '--spec', spec], env: { OPENAPI_TOKEN: '' } })
  assert.equal((await stdio.listTools()).tools.length, 6)
  const missing = await stdio.callTool('getPet', { id: '1' })
  assert.equal(missing.isError, true)
  assert.match(text(missing), /needs the credential 'key' \(an API key in the header X-Api-Key\), which is not set; set the variable OPENAPI_TOKEN/)
  assert.equal(api.asked.length, 0)
  const program = scope.run(gatehouse, ['server', 'openapi', '--spec', spec, '--http', '127.0.0.1:0'], { env: { OPENAPI_TOKEN: 's3cr3t-t0ken' } })
  const [, url] = await program.wrote(/MCP at (\S+)/)
  const http = await clients.modern(scope, url)
  assert.match(text(await http.callTool('getPet', { id: '1' })), /"by":"a key"/)
  await http.close()
  program.child.kill('SIGTERM')
  assert.equal((await program.end()).code, 0)
})
