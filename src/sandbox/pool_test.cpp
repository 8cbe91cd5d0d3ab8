// Code in real workers: what it can do, what it cannot, and what is left when it tries.
#include "sandbox/pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "sandbox/pool_testing.h"

namespace sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

TEST(PoolTest, TakesABodyAnExpressionAFunctionAndAFencedBlock) {
  Bench bench;
  EXPECT_EQ(bench.value("return 1 + 1"), "2");
  EXPECT_EQ(bench.value("const a = [3, 1, 2];\na.sort();\nreturn { a };"), R"({"a":[1,2,3]})");
  EXPECT_EQ(bench.value("async () => 'x'"), R"("x")");
  EXPECT_EQ(bench.value("() => ({ ok: true });\n"), R"({"ok":true})");
  EXPECT_EQ(bench.value("async function main() { return [1]; }"), "[1]");
  EXPECT_EQ(bench.value("(async () => 7)()"), "7");
  EXPECT_EQ(bench.value("await demo.echo({ a: 1 })"), R"({"a":1})");
  EXPECT_EQ(bench.value("export default async () => 5"), "5");
  EXPECT_EQ(bench.value("Here it is:\n```js\nreturn 40 + 2;\n```\nThat should do."), "42");
  EXPECT_EQ(bench.value("```ts\nasync () => 3\n```"), "3");
  EXPECT_EQ(bench.value("let x = 1;"), "");
}

TEST(PoolTest, CallsComeOutInOrderAndTheirAnswersGoIn) {
  Bench bench;
  Outcome out = bench.run("const [a, b] = await Promise.all([demo.echo({ n: 1 }), demo.echo({ n: 2 })]);\nreturn a.n + b.n;");
  EXPECT_EQ(out.value, "3");
  ASSERT_THAT(out.record, SizeIs(2));
  EXPECT_EQ(out.record[0].name, "demo.echo");
  EXPECT_EQ(out.record[0].arguments, R"({"n":1})");
  EXPECT_EQ(bench.value("return await tools.find('mail', { limit: 2 })"), R"({"query":"mail","limit":2})");
  EXPECT_EQ(bench.value("return await tools.describe('a.b')"), R"({"names":["a.b"]})");
  EXPECT_EQ(bench.value("return await tools.read('h', { offset: 5 })"), R"({"handle":"h","offset":5})");
  EXPECT_EQ(bench.value("return await demo.echo()"), "{}");
}

TEST(PoolTest, ThirtyCallsGoEightAtOnce) {
  Bench bench;
  Outcome out =
      bench.run("const all = []; for (let i = 0; i < 30; ++i) all.push(demo.slow({ i })); return (await Promise.all(all)).length;");
  EXPECT_EQ(out.value, "30");
  EXPECT_EQ(bench.most_at_once, 8U);
}

TEST(PoolTest, AFailureOfAToolThrows) {
  Bench bench;
  Outcome out = bench.run("let x = 1;\n  await demo.fail({ why: 'no such issue' });");
  EXPECT_EQ(out.kind, Outcome::Kind::fault);
  EXPECT_EQ(out.fault.kind, Fault::Kind::tool);
  EXPECT_EQ(out.fault.tool, "demo.fail");
  EXPECT_THAT(out.fault.message, HasSubstr("no such issue"));
  EXPECT_EQ(out.fault.line, 2);
  EXPECT_THAT(out.record, SizeIs(1));
  EXPECT_EQ(bench.value("try { await demo.fail({ why: 'w' }) } catch (e) { return [e instanceof ToolError, e.name, e.kind, e.tool, "
                        "e.message, e.structured] }"),
            R"([true,"ToolError","tool","demo.fail","w",{"code":7}])");
  out = bench.run("await demo.deny({})");
  EXPECT_EQ(out.fault.kind, Fault::Kind::denied);
  EXPECT_THAT(out.fault.message, HasSubstr("the rules say no"));
}

TEST(PoolTest, ErrorsSayWhereAndWhatToDo) {
  Bench bench;
  Outcome out = bench.run("const a = 1;\nconst b = ;\nreturn a;");
  EXPECT_EQ(out.fault.kind, Fault::Kind::syntax);
  EXPECT_EQ(out.fault.line, 2);
  out = bench.run("words\n```js\nreturn 1;\nlet let = 2 +;\n```");
  EXPECT_EQ(out.fault.kind, Fault::Kind::syntax);
  EXPECT_EQ(out.fault.line, 4);
  out = bench.run("const x = 1;\n\nreturn nothing.here;");
  EXPECT_EQ(out.fault.kind, Fault::Kind::runtime);
  EXPECT_EQ(out.fault.line, 3);
  EXPECT_THAT(out.fault.message, HasSubstr("nothing"));
  EXPECT_THAT(out.fault.hint, HasSubstr("only the tools"));
  out = bench.run("return await demo.nope({})");
  EXPECT_THAT(out.fault.message, HasSubstr("demo has no tool nope; it has echo, slow"));
  out = bench.run("throw { a: 1 }");
  EXPECT_THAT(out.fault.message, HasSubstr(R"({"a":1})"));
  out = bench.run("throw null");
  EXPECT_THAT(out.fault.message, HasSubstr("null"));
}

TEST(PoolTest, TypeScriptIsToldToBeNone) {
  Bench bench;
  for (const char* code :
       {"const a: string = 'x';\nreturn a;", "interface A { b: number }\nreturn 1;", "type A = { b: 1 };\nreturn 1;",
        "async (x: Thing[]) => x", "const a = {} as const; return a;", "```ts\nconst r: Record<string, number> = {};\nreturn r\n```"}) {
    Outcome out = bench.run(code);
    EXPECT_EQ(out.fault.kind, Fault::Kind::syntax) << code;
    EXPECT_THAT(out.fault.hint, HasSubstr("TypeScript")) << code;
  }
}

TEST(PoolTest, ThereIsNothingOfTheHost) {
  Bench bench;
  EXPECT_EQ(
      bench.value(
          "return ['require','process','fetch','setTimeout','setInterval','XMLHttpRequest','WebAssembly','Deno','Bun','os','std','print',"
          "'SharedArrayBuffer','Atomics','performance','navigator','scriptArgs'].filter(n => n in globalThis)"),
      "[]");
  EXPECT_EQ(bench.value("return (() => {}).constructor.constructor('return typeof process + typeof require + typeof tools')()"),
            R"("undefinedundefinedobject")");
  EXPECT_THAT(bench.run("return await import('fs')").fault.message, Not(IsEmpty()));
  EXPECT_EQ(bench.run("import fs from 'fs';\nreturn 1").fault.kind, Fault::Kind::syntax);
}

TEST(PoolTest, NothingIsLeftForTheNextRun) {
  Bench bench;
  EXPECT_EQ(bench.value("globalThis.kept = 1; Array.prototype.map = () => 'mine'; Object.prototype.x = 1; return kept"), "1");
  EXPECT_EQ(bench.value("return [typeof kept, [1].map(v => v), ({}).x === undefined]"), R"(["undefined",[1],true])");
}

TEST(PoolTest, TimeAndChanceAreTheScripts) {
  Bench bench;
  bench.script.now_ms = 1'700'000'000'123;
  bench.script.seed = 99;
  const std::string once = bench.value("return [Date.now(), new Date().toISOString(), Math.random(), Math.random()]");
  EXPECT_THAT(once, HasSubstr("1700000000123,\"2023-11-14T22:13:20.123Z\""));
  EXPECT_EQ(bench.value("return [Date.now(), new Date().toISOString(), Math.random(), Math.random()]"), once);
  bench.script.seed = 100;
  EXPECT_NE(bench.value("return [Date.now(), new Date().toISOString(), Math.random(), Math.random()]"), once);
}

TEST(PoolTest, WhatIsLoggedComesBackBounded) {
  Bench bench;
  EXPECT_EQ(bench.run("console.log('a', 1, { b: [2] }, null, undefined); console.error(new Error('x')); return 1").logs,
            "a 1 {\"b\":[2]} null undefined\nError: x\n");
  Outcome out = bench.run("for (let i = 0; i < 100000; ++i) console.log('line ' + i + 'x'.repeat(100)); return 'done'");
  EXPECT_EQ(out.value, R"("done")");
  EXPECT_LT(out.logs.size(), 17U * 1024);
  EXPECT_THAT(out.logs, HasSubstr("[more was logged than is kept]"));
}

// What code tries against its own stubs. It may spoil things for itself, and for nobody else.
TEST(HostileTest, PollutionOfPrototypesDoesNotReachTheStubs) {
  Bench bench;
  EXPECT_EQ(bench.value("Promise.prototype.then = null; JSON.stringify = () => 'no'; Array.prototype.push = null;\n"
                        "Object.defineProperty(Object.prototype, 'resolve', { set() { throw 1 }, get() { return null } });\n"
                        "Object.prototype.get = 1;\n"
                        "return await demo.echo({ a: 1 });"),
            R"({"a":1})");
  EXPECT_EQ(bench.value("try { demo.echo = 1 } catch {} try { delete globalThis.demo } catch {} return typeof demo.echo"), R"("function")");
  EXPECT_EQ(bench.value("return await demo.echo({ ['__proto__']: { x: 1 }, constructor: 2 })"), R"({"__proto__":{"x":1},"constructor":2})");
  EXPECT_EQ(bench.value("Object.prototype.toJSON = () => 'x'; try { await demo.echo({}) } catch (e) { return undefined }"), "");
}

TEST(HostileTest, StrangeArgumentsAreRefusedInTheCode) {
  Bench bench;
  EXPECT_EQ(bench.value("try { await demo.echo({ get a() { throw new Error('from a getter') } }) } catch (e) { return e.message }"),
            R"("from a getter")");
  EXPECT_EQ(bench.value("const a = {}; a.a = a; try { await demo.echo(a) } catch (e) { return e.name }"), R"("TypeError")");
  EXPECT_EQ(bench.value("try { await demo.echo({ n: 10n }) } catch (e) { return e.name }"), R"("TypeError")");
  EXPECT_EQ(bench.value("try { await demo.echo({ s: 'x'.repeat(2000000) }) } catch (e) { return e.name }"), R"("RangeError")");
  EXPECT_EQ(bench.value("try { await demo.echo('text') } catch (e) { return e.name }"), R"("TypeError")");
  EXPECT_EQ(bench.value("try { await demo.echo([1]) } catch (e) { return e.name }"), R"("TypeError")");
  EXPECT_EQ(bench.value("return await demo.echo(new Proxy({ a: 1 }, {}))"), R"({"a":1})");
  EXPECT_EQ(bench.value("try { await demo.echo(new Proxy({}, { ownKeys() { throw new Error('trap') } })) } catch (e) { return e.message }"),
            R"("trap")");
  EXPECT_EQ(bench.value("return await demo.echo({ s: '\\ud800' })"), R"({"s":"\ud800"})");
}

TEST(HostileTest, AResultThatIsNoJsonIsSaidSo) {
  Bench bench;
  for (const char* code : {"const a = {}; a.a = a; return a", "return 10n", "return { get a() { throw 1 } }",
                           "return { toJSON() { return () => 1 } }", "return Symbol('x')"}) {
    Outcome out = bench.run(code);
    EXPECT_EQ(out.kind, Outcome::Kind::fault) << code;
    EXPECT_THAT(out.fault.hint, HasSubstr("plain objects")) << code;
  }
  bench.script.limits.result = 1000;
  EXPECT_EQ(bench.run("return 'x'.repeat(5000)").fault.kind, Fault::Kind::limit);
}

TEST(HostileTest, EndlessCodeIsStoppedSoonAfterItsLimit) {
  Bench bench;
  bench.script.limits.cpu = Millis(200);
  for (const char* code :
       {"for (;;) {}", "try { for (;;) {} } catch { for (;;) {} } finally { for (;;) {} }", "for (;;) await null",
        "await new Promise(() => { (function f() { Promise.resolve().then(f) })() })", "return /(a+)+$/.test('a'.repeat(40) + 'b')",
        "return [...'x'.repeat(3000)].map(() => JSON.stringify(Array(300000).fill(1))).length",
        "for (;;) Array(1000000).fill(1).indexOf(2)", "return { toJSON() { for (;;) {} } }",
        "await demo.echo({ get a() { for (;;) {} } })"}) {
    bench.value("return 1");  // what follows is not the start of a worker
    Outcome out = bench.run(code);
    EXPECT_EQ(out.fault.kind, Fault::Kind::limit) << code << ": " << out.fault.message;
    EXPECT_THAT(out.fault.message, HasSubstr("processor time")) << code;
    EXPECT_LT(out.wall, std::chrono::milliseconds(kSanitized ? 3000 : 1500)) << code;
  }
  EXPECT_EQ(bench.value("return 'alive'"), R"("alive")");
}

TEST(HostileTest, MemoryIsBounded) {
  Bench bench;
  bench.script.limits.heap = 32 * 1024 * 1024;
  for (const char* code : {"const a = []; for (;;) a.push({ x: new Array(100).fill(1.5) })",
                           "const b = []; for (;;) b.push(new Uint8Array(1 << 20).fill(1))", "let s = 'x'; for (;;) s += s",
                           "return new Array(1e9).fill(0)", "const m = new Map(); for (let i = 0;; ++i) m.set(i, 'x'.repeat(1000) + i)"}) {
    Outcome out = bench.run(code);
    EXPECT_EQ(out.kind, Outcome::Kind::fault) << code;
    EXPECT_EQ(out.fault.kind, Fault::Kind::limit) << code << ": " << out.fault.message;
  }
  EXPECT_EQ(bench.value("try { const b = []; for (;;) b.push(new Uint8Array(1 << 20).fill(1)) } catch (e) { return 'caught' }"),
            R"("caught")");
}

TEST(HostileTest, DeepRecursionEndsTheRunAlone) {
  Bench bench;
  EXPECT_EQ(bench.run("const f = () => f() + 1; return f()").kind, Outcome::Kind::fault);
  EXPECT_EQ(bench.run("let a = []; for (let i = 0; i < 1e5; ++i) a = [a]; return a").kind, Outcome::Kind::fault);
  EXPECT_EQ(bench.run("return JSON.parse('['.repeat(1e6))").kind, Outcome::Kind::fault);
  EXPECT_EQ(bench.run("return eval('('.repeat(1e5) + ')'.repeat(1e5))").kind, Outcome::Kind::fault);
  EXPECT_EQ(bench.run("return new RegExp('('.repeat(1e5) + ')'.repeat(1e5)).test('x')").kind, Outcome::Kind::fault);
  EXPECT_EQ(bench.value("return 'alive'"), R"("alive")");
}

TEST(HostileTest, ThousandsOfCallsThatNobodyAwaits) {
  Bench bench;
  Outcome out = bench.run("for (let i = 0; i < 5000; ++i) demo.slow({ i }); return 'ended'");
  EXPECT_EQ(out.value, R"("ended")");
  EXPECT_LE(bench.calls, 8);
  EXPECT_THAT(out.record, SizeIs(bench.calls));
  EXPECT_EQ(out.unawaited, 50U - static_cast<std::size_t>(bench.calls));
  out = bench.run("for (let i = 0; i < 51; ++i) await demo.echo({ i });");
  EXPECT_EQ(out.fault.kind, Fault::Kind::limit);
  EXPECT_THAT(out.fault.message, HasSubstr("50 calls"));
  EXPECT_THAT(out.record, SizeIs(50));
}

TEST(HostileTest, PromisesThatNobodyLooksAt) {
  Bench bench;
  Outcome out = bench.run("Promise.reject(new Error('lost')); (async () => { throw 1 })(); return 'ended'");
  EXPECT_EQ(out.value, R"("ended")");
  EXPECT_EQ(out.rejections, 2U);
  out = bench.run("await new Promise(() => {})");
  EXPECT_THAT(out.fault.message, HasSubstr("never comes"));
}

TEST(HostileTest, NamesThatCannotBeAreRefusedBefore) {
  Bench bench;
  for (const Stub& stub :
       {Stub{"tools", "find"}, Stub{"console", "log"}, Stub{"a b", "c"}, Stub{"a", ""}, Stub{"a", "b-c"}, Stub{"demo", "echo"}}) {
    bench.script.stubs = {{"demo", "echo"}, stub};
    EXPECT_FALSE(bench.try_run("return 1").ok()) << stub.server << "." << stub.tool;
  }
  bench.script.stubs = {{"undefined", "x"}};
  EXPECT_EQ(bench.run("return 1").fault.kind, Fault::Kind::engine);
  bench.script.stubs = {{"Math", "max"}};
  EXPECT_EQ(bench.value("return await Math.max({ a: 1 })"), R"({"a":1})");
  bench.script.stubs.clear();
  bench.script.limits.code = 10;
  EXPECT_FALSE(bench.try_run("return 'much too long'").ok());
}

TEST(PoolTest, TheWallClockAndTheCallersStopEndARun) {
  Bench bench;
  bench.script.limits.wall = Millis(150);
  Outcome out = bench.run("await demo.never({})");
  EXPECT_EQ(out.fault.kind, Fault::Kind::limit);
  EXPECT_THAT(out.unfinished, SizeIs(1));
  EXPECT_TRUE(bench.told_to_stop);
  bench.script.limits.wall = Millis(10'000);
  bench.script.limits.per_call = Millis(100);
  EXPECT_EQ(bench.value("try { await demo.never({}) } catch (e) { return e.kind }"), R"("timeout")");
  // The last thing that happens is that a call takes too long which nobody waits for.
  out = bench.run("demo.never({}); return 1");
  EXPECT_EQ(out.value, "1");
  EXPECT_THAT(out.unfinished, SizeIs(1));
  bench.script.limits.per_call = Millis(10'000);
  bench.stop_at_call = true;
  out = bench.run("await demo.never({})");
  EXPECT_EQ(out.fault.kind, Fault::Kind::stopped);
}

TEST(PoolTest, AWorkerServesOneOwnerOnly) {
  Bench bench;
  bench.script.owner = "ann";
  bench.value("return 1");
  const auto one = bench.pool.workers();
  bench.value("return 1");
  EXPECT_EQ(bench.pool.workers(), one);
  bench.script.owner = "bob";
  bench.value("return 1");
  EXPECT_GT(bench.pool.workers(), one);
}

TEST(PoolTest, MoreRunsThanPlacesWaitAndThenAreRefused) {
  PoolOptions options;
  options.running = 2;
  options.waiting = 3;
  Bench bench(options);
  const auto outcomes = bench.run_at_once("await demo.slow({}); return 1", 8);
  const auto done = std::count_if(outcomes.begin(), outcomes.end(), [](const auto& out) { return out.ok() && out->value == "1"; });
  EXPECT_EQ(done, 5);
  for (auto out : outcomes) EXPECT_TRUE(out.ok() || out.error().code == Code::rate_limited);
}

TEST(PoolTest, AProgramThatIsNoneIsSaidSo) {
  PoolOptions options;
  options.program = "/nonexistent/gatehouse";
  Bench none(options);
  auto out = none.try_run("return 1");
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(out.error().code, Code::unavailable);
  options.program = "/bin/true";
  Bench wrong(options);
  out = wrong.try_run("return 1");
  ASSERT_FALSE(out.ok());
  EXPECT_EQ(out.error().code, Code::unavailable);
}

TEST(PoolTest, CodeIsNotRunWhereSeccompDoesNotHold) {
  const std::string program = testing::TempDir() + "worker-without-walls-" + std::to_string(::getpid());
  std::ofstream(program) << "#!/bin/sh\nexec " << std::filesystem::read_symlink("/proc/self/exe").string() << " worker-without-walls\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  PoolOptions options;
  options.program = program;
  {
    Bench bench(options);
    bench.script.walls = Script::Walls::needed;
    auto out = bench.try_run("return 1");
    ASSERT_FALSE(out.ok());
    EXPECT_EQ(out.error().code, Code::denied);
    EXPECT_THAT(out.error().message, HasSubstr("seccomp: not on this machine"));
  }
  std::filesystem::remove(program);
}

// The walls that this machine can build. A build with a sanitizer says which it leaves out.
TEST(PoolTest, TheWallsThatHoldAreReported) {
  Bench bench;
  auto layers = bench.loop.block_on(bench.pool.layers());
  ASSERT_TRUE(layers.ok()) << layers.error().message;
  EXPECT_TRUE(layers->limits);
  for (const auto& missing : layers->missing) std::fprintf(stderr, "missing: %s\n", missing.c_str());
  EXPECT_EQ(layers->missing.size(), 4U - layers->limits - layers->seccomp - layers->landlock - layers->namespaces);
  EXPECT_TRUE(kSanitized || layers->seccomp);
}

}  // namespace
}  // namespace sandbox
