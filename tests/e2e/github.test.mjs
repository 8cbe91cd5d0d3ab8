// The github server against an API of GitHub's shape: what a model gets, limits, Apps, and commits that are whole or not there.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { clients, gatehouse, run, Scope, startGateway, text } from './lib.mjs'
import { failing, startGithub } from './fixtures/apis.mjs'

const alone = (scope, github, { args = [], env = {}, era = 'modern' } = {}) => clients[era](scope,
  { command: gatehouse, args: ['server', 'github', '--base-url', github.url, ...args], env: { GITHUB_TOKEN: 'github_pat_t0ken', ...env }, stderr: 'pipe' })
const repository = 'octo/hello'

describe('github, alone over stdio', () => {
  const scope = Scope.ofSuite()
  let github, client
  before(async () => {
    github = await startGithub(scope)
    client = await alone(scope, github, { args: ['--write'] })
  })
  const said = async (name, args) => { const result = await client.callTool(name, args); assert.ok(!result.isError, text(result)); return text(result) }
  const json = async (name, args) => JSON.parse((await said(name, args)).split('\n')[0])

  test('what is listed is cut to what matters, and says how to go on', async () => {
    const answer = await said('list_issues', { repository })
    const [list] = answer.split('\n')
    assert.deepEqual(Object.keys(JSON.parse(list)[0]).sort(), ['body', 'comments', 'created_at', 'html_url', 'labels', 'number', 'state', 'title', 'updated_at', 'user'])
    assert.match(answer, /More: call again with page 2/)
    assert.doesNotMatch(answer, /avatar/)
    assert.doesNotMatch(await said('list_issues', { repository, page: 3 }), /More/)
  })
  test('asking again costs GitHub nothing', async () => {
    const { etagHits } = github.state
    assert.equal(await said('list_issues', { repository }), await said('list_issues', { repository }))
    assert.ok(github.state.etagHits > etagHits)
    assert.equal(github.last().headers['user-agent'].split('/')[0], 'gatehouse')
  })
  test('issues, comments, labels', async () => {
    assert.equal((await json('get_issue', { repository, number: 1 })).user.login, 'octocat')
    assert.equal((await json('list_comments', { repository, number: 1 }))[0].body, 'me too')
    assert.equal((await json('create_issue', { repository, title: 'New', labels: ['bug'] })).number, 3)
    assert.deepEqual(github.last().json, { title: 'New', body: '', labels: ['bug'] })
    await said('update_issue', { repository, number: 1, state: 'closed', state_reason: 'completed' })
    assert.deepEqual(github.last().json, { state: 'closed', state_reason: 'completed' })
    await said('add_comment', { repository, number: 1, body: 'Thanks' })
    assert.deepEqual(github.state.comments, ['Thanks'])
    assert.match(await said('label_issue', { repository, number: 1, add: ['triaged'], remove: ['not there'] }), /triaged/)
    const nothing = await client.callTool('update_issue', { repository, number: 1 })
    assert.match(text(nothing), /nothing to change/)
  })
  test('pull requests', async () => {
    assert.equal((await json('get_pull_request', { repository, number: 2 })).mergeable, true)
    assert.match(await said('get_pull_request', { repository, number: 2, part: 'diff' }), /^diff --git/)
    assert.match(await said('get_pull_request', { repository, number: 2, part: 'files' }), /"patch":"@@/)
    const checks = await json('get_pull_request', { repository, number: 2, part: 'checks' })
    assert.deepEqual(checks.checks.map(one => [one.name, one.conclusion ?? one.status]), [['build', 'success'], ['lint', 'pending']])
    await said('review_pull_request', { repository, number: 2, event: 'REQUEST_CHANGES', body: 'no', comments: [{ path: 'a', line: 3, body: 'here' }] })
    assert.deepEqual(github.last().json.comments, [{ path: 'a', line: 3, side: 'RIGHT', body: 'here' }])
    assert.equal((await json('merge_pull_request', { repository, number: 2, head_sha: 'aaaa1111' })).merged, true)
    assert.equal((await json('create_pull_request', { repository, title: 'T', head: 'topic', base: 'main' })).number, 9)
  })
  test('files and folders', async () => {
    assert.equal(await said('get_file', { repository, path: 'README.md' }), 'Hello\n')
    assert.match(await said('get_file', { repository }), /"name":"src","type":"dir"/)
    const asked = github.asked.length
    assert.match(text(await client.callTool('get_file', { repository, path: 'a/../../user' })), /must not have/)
    assert.match(text(await client.callTool('get_file', { repository: 'octo/../user' })), /no repository/)
    assert.equal(github.asked.length, asked, 'neither was asked')
  })
  test('several files are one commit, on a branch that is new or not', async () => {
    const made = await json('commit_files', { repository, branch: 'topic/new', from: 'main', message: 'Two', files: [{ path: 'a.md', content: 'A' }, { path: 'old.md' }] })
    assert.equal(made.commit, 'c1')
    assert.equal(github.state.refs['topic/new'], 'c1')
    assert.deepEqual(github.state.trees.t1.tree, [{ path: 'a.md', mode: '100644', type: 'blob', content: 'A' }, { path: 'old.md', mode: '100644', type: 'blob', sha: null }])
    assert.deepEqual(github.state.commits.c1.parents, ['c0'])
    github.state.moved = true
    const late = await client.callTool('commit_files', { repository, branch: 'main', message: 'Late', files: [{ path: 'a.md', content: 'B' }] })
    assert.equal(late.isError, true)
    assert.match(text(late), /the branch was not moved, so nothing has changed: .*fast forward/)
    assert.equal(github.state.refs.main, 'c0')
    const missing = await client.callTool('commit_files', { repository, branch: 'nowhere', message: 'x', files: [{ path: 'a', content: '' }] })
    assert.match(text(missing), /there is no branch 'nowhere'; to make it, say in `from`/)
  })
  test('who is calling, and until when', async () => {
    github.state.headers = { 'github-authentication-token-expiration': '2031-01-01 12:00:00 UTC' }
    const who = await json('whoami', {})
    assert.deepEqual([who.login, who.credential.kind, who.credential.token_ends], ['octocat', 'fine-grained token', '2031-01-01T12:00:00Z'])
  })
})

describe('limits and failures', () => {
  for (const [title, fail, pattern] of [
    ['the primary limit', { status: 403, headers: { 'x-ratelimit-limit': '5000', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(Date.now() / 1000) + 1200), 'x-ratelimit-resource': 'core' }, json: { message: 'API rate limit exceeded for user ID 1.' } }, /limit of 5000 calls is used up for now \(core\); it is full again in (20|19) minutes/],
    ['the secondary limit', { status: 403, headers: { 'retry-after': '60' }, json: { message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.' } }, /asks for a pause.*no call before 60 s/],
  ]) {
    test(`${title} is told, and kept without asking again`, async t => {
      const scope = Scope.of(t)
      const github = await startGithub(scope)
      const client = await alone(scope, github)
      github.state.fail = fail
      const first = await client.callTool('get_issue', { repository, number: 1 })
      assert.equal(first.isError, true)
      assert.match(text(first), pattern)
      const asked = github.asked.length
      github.state.fail = null
      assert.match(text(await client.callTool('get_issue', { repository, number: 1 })), /GitHub was not asked/)
      assert.equal(github.asked.length, asked)
    })
  }
  test('what any API can do wrong is a clear error without a secret', async t => {
    const scope = Scope.of(t)
    const github = await startGithub(scope)
    const client = await alone(scope, github)
    for (const [kind, pattern] of [['html', /GitHub answered 200 with a web page/], ['cut', /no JSON/], ['422', /title: missing_field/], ['500', /GitHub answered 500/], ['elsewhere', /169\.254/]]) {
      github.state.fail = failing(kind)
      const result = await client.callTool('get_issue', { repository, number: 1 })
      assert.equal(result.isError, true)
      assert.match(text(result), pattern)
      assert.doesNotMatch(text(result), /t0ken/)
    }
    github.state.fail = { status: 404, json: { message: 'Not Found' } }
    assert.match(text(await client.callTool('get_issue', { repository, number: 1 })), /404.*does not exist, or the credential may not see it/)
  })
  test('without a token, and with a wrong one', async t => {
    const scope = Scope.of(t)
    const github = await startGithub(scope)
    const none = await alone(scope, github, { env: { GITHUB_TOKEN: '' }, era: 'legacy' })
    assert.equal((await none.listTools()).tools.length, 10)
    const missing = await none.callTool('whoami', {})
    assert.match(text(missing), /needs a GitHub token, and none is set; set the variable GITHUB_TOKEN/)
    const wrong = await alone(scope, github, { env: { GITHUB_TOKEN: 'ghp_wr0ng' } })
    assert.match(text(await wrong.callTool('whoami', {})), /401 Unauthorized \("Bad credentials"\); check the token/)
  })
})

describe('behind the gateway', () => {
  test('a GitHub App mints its tokens and renews them', async t => {
    const scope = Scope.of(t)
    const github = await startGithub(scope, { lives: 200_000 }) // less than what is left when one is renewed
    const folder = scope.folder()
    writeFileSync(join(folder, 'app.pem'), github.privateKey, { mode: 0o600 })
    const gateway = await startGateway(scope, { servers: { gh: { builtin: 'github', base_url: github.url, app: { id: '777', installation: '42', key: '${file:./app.pem}' } } } }, { folder })
    const client = await clients.modern(scope, gateway.url)
    for (const minted of [1, 2]) {
      assert.ok(!(await client.callTool('gh__get_issue', { repository, number: 1 })).isError)
      assert.equal(github.state.minted, minted)
    }
    github.state.lives = 3600_000
    for (let i = 0; i < 3; i++) await client.callTool('gh__list_labels', { repository })
    assert.equal(github.state.minted, 3, 'one that lives long is kept')
    assert.doesNotMatch(gateway.log(), /ghs_|BEGIN/)
  })
  test('reading only by default, only the named repositories, and a warning of scopes', async t => {
    const scope = Scope.of(t)
    const github = await startGithub(scope, { headers: { 'x-oauth-scopes': 'repo, delete_repo' } })
    const gateway = await startGateway(scope, { servers: { gh: { builtin: 'github', base_url: github.url, token: '${env:GH}', repositories: ['octo/*'] } } }, { env: { GH: 'github_pat_t0ken' } })
    const client = await clients.sdk1(scope, gateway.url)
    const { tools } = await client.listTools()
    assert.ok(tools.every(tool => tool.annotations.readOnlyHint), 'no tool changes anything')
    assert.match(text(await client.callTool('gh__get_issue', { repository: 'other/x', number: 1 })), /not among the repositories that may be used: octo\/\*/)
    assert.match(text(await client.callTool('gh__search', { kind: 'issues', query: 'x repo:other/y' })), /'repo:' is not for this server/)
    assert.match(text(await client.callTool('gh__search', { kind: 'issues', query: 'x', repository })), /"total_count":1/)
    assert.equal(github.last().query.get('q'), 'x repo:octo/hello')
    await gateway.wrote(/may more than the tools need.*repo, delete_repo/)
  })
  test('a wrong config says so', async t => {
    const scope = Scope.of(t)
    const folder = scope.folder()
    writeFileSync(join(folder, 'gatehouse.yaml'), 'servers:\n  gh: { builtin: github, token: x, app: { id: 1, installation: 2, key: y } }\n  gi: { builtin: github, base_url: nowhere, credits: { call: 1 } }\n')
    const checked = await run(scope, ['check'], { cwd: folder })
    const said = checked.stdout + checked.stderr
    assert.equal(checked.code, 2)
    assert.match(said, /servers\.gh: token and app are two ways/)
    assert.match(said, /base_url must be an http or https address/)
    assert.match(said, /servers\.gi\.credits: github does not take it/)
  })
})
