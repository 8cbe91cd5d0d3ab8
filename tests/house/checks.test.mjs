// The checks of the house must fail on a bad tree, name the place, and pass a good one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const top = path.resolve(import.meta.dirname, '../..');

const good = {
  'src/ARROWS': '# a comment\nmcp:\nbase:\nprotocol: base\nnet: base\nstore: base\nservers: base net\napp: all\n',
  'include/mcp/server.h': '#include <string>\n#include "mcp/task.h"\n',
  'include/mcp/task.h': '#include <coroutine>\n',
  'src/base/json.h': '#include <boost/json.hpp>\n#include <mcp/server.h>\n',
  'src/net/http.h': '#include "base/json.h"\n// as in "2026-07-28", SELECT and detach()\nconst int kBody = 4\'000\'000;\n',
  'src/net/http_test.cpp': '#include "net/http.h"\nconst char* kDay = "2026-07-28";\n',
  'src/protocol/versions/now.cpp': 'const char* kRevision = "2026-07-28";\n',
  'src/store/rows.cpp': 'const char* kRows = "SELECT name FROM tools";\n',
  'src/servers/vault/index.cpp': '#include "net/http.h"\nconst char* kFind = R"(\n  INSERT INTO notes VALUES (?))";\n',
  'src/app/main.cpp': '#include "servers/vault/index.h"\nconst char* kNote = "#include \\"nowhere/x.h\\"";\n',
  'src/servers/vault/index.h': '#pragma once\n',
};

function run(script, changes) {
  const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-house-'));
  try {
    for (const [name, text] of Object.entries({ ...good, ...changes })) {
      mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
    const { status, stdout, stderr } = spawnSync(path.join(top, 'script', script), [folder], { encoding: 'utf8' });
    assert.equal(stderr, '');
    return { status, stdout };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('check_arrows passes a good tree', () => {
  const { status, stdout } = run('check_arrows', {});
  assert.equal(stdout, 'arrows: 10 files, 9 includes, 0 wrong\n');
  assert.equal(status, 0);
});

const bad = [
  ['an include without an arrow', { 'src/net/http.h': '\n#include "store/rows.h"\n' }, /^src\/net\/http\.h:2: include of store\/rows\.h: net -> store has no arrow/m],
  ['the same in angles', { 'src/base/json.h': '#include <net/http.h>\n' }, /^src\/base\/json\.h:1: .*base -> net has no arrow/m],
  ['the same in a test', { 'src/net/http_test.cpp': '#include "servers/vault/index.h"\n' }, /^src\/net\/http_test\.cpp:1: .*net -> servers/m],
  ['an include that climbs', { 'src/net/http.h': '#include "../store/rows.h"\n' }, /^src\/net\/http\.h:1: .*without \.\./m],
  ['an include of nothing', { 'src/net/http.h': '#include "base/gone.h"\n' }, /^src\/net\/http\.h:1: .*no such file/m],
  ['a public header with a third party', { 'include/mcp/task.h': '#include <boost/asio.hpp>\n' }, /^include\/mcp\/task\.h:1: .*mcp -> boost/m],
  ['a public header with a room', { 'include/mcp/task.h': '#include "base/json.h"\n' }, /^include\/mcp\/task\.h:1: .*mcp -> base/m],
  ['a room without a line', { 'src/attic/box.cpp': 'int x;\n' }, /^src\/attic\/box\.cpp:1: room attic has no line/m],
  ['an arrow that points down', { 'src/ARROWS': `${good['src/ARROWS']}base2: cellar\ncellar:\n` }, /^src\/ARROWS:9: base2 -> cellar/m],
  ['a date in a string', { 'src/net/http.cpp': 'auto v = "a"; \nauto r = R"(on\n2026-07-28)";\n' }, /^src\/net\/http\.cpp:3: date 2026-07-28/m],
  ['an old date in a string', { 'src/app/main.cpp': 'auto v = "2025-11-25";\n' }, /^src\/app\/main\.cpp:1: date 2025-11-25/m],
  ['SQL outside the store', { 'src/app/main.cpp': 'auto q = "SELECT 1";\n' }, /^src\/app\/main\.cpp:1: SQL/m],
  ['SQL in another built-in server', { 'src/servers/tasks/t.cpp': 'auto q = "INSERT OR REPLACE INTO t";\n' }, /^src\/servers\/tasks\/t\.cpp:1: SQL/m],
  ['detached work', { 'src/app/main.cpp': 'void f() {\n  std::thread(work).detach();\n}\n' }, /^src\/app\/main\.cpp:2: detach\(\)/m],
  ['too many public headers', Object.fromEntries([...Array(14).keys()].map((i) => [`include/mcp/h${i}.h`, ''])), /16 headers/],
];
for (const [name, changes, complaint] of bad) {
  test(`check_arrows refuses ${name}`, () => {
    const { status, stdout } = run('check_arrows', changes);
    assert.match(stdout, complaint);
    assert.match(stdout, / 1 wrong\n$/);
    assert.equal(status, 1);
  });
}

const lines = (n) => 'x\n'.repeat(n);
test('check_sizes lists long files and lets them pass', () => {
  const { status, stdout } = run('check_sizes', { 'src/net/long.cpp': lines(800), 'src/net/long_test.cpp': lines(1200), 'src/app/main.cpp': lines(60) });
  assert.match(stdout, /^src\/net\/long\.cpp: 800 lines \(long\)$/m);
  assert.match(stdout, / 0 too long\n$/);
  assert.equal(status, 0);
});

for (const [file, count] of [['src/net/long.cpp', 801], ['src/net/long_test.cpp', 1201], ['src/app/main.cpp', 61], ['script/long', 801]]) {
  test(`check_sizes refuses ${count} lines of ${file}`, () => {
    const { status, stdout } = run('check_sizes', { [file]: lines(count) });
    assert.ok(stdout.includes(`${file}:1: ${count} lines`), stdout);
    assert.equal(status, 1);
  });
}
