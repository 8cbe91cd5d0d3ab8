#include "sandbox/prelude.h"

namespace sandbox {

// Only lexical names and objects without a prototype are used once the code runs: a lookup on anything else could be the code's own.
const std::string_view kPrelude = R"js((function (hostCall, hostLog, hostDone) {
'use strict';
const { create, freeze, defineProperty } = Object;
const { apply, ownKeys } = Reflect;
const { stringify, parse } = JSON;
const OwnPromise = Promise, OwnError = Error, OwnTypeError = TypeError, OwnRangeError = RangeError, OwnReferenceError = ReferenceError;
const OwnProxy = Proxy, OwnString = String;
const isArray = Array.isArray;
const then = Promise.prototype.then;
const join = Array.prototype.join;
const now = globalThis;

class ToolError extends OwnError {
  #kind; #tool;
  constructor(tool, kind, message, structured, stack) {
    super(message);
    this.#kind = kind;
    this.#tool = tool;
    const set = (name, value) => defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
    set('tool', tool);
    set('kind', kind);
    if (structured !== undefined) set('structured', structured);
    if (stack) defineProperty(this, 'stack', { value: stack, writable: true, configurable: true });
  }
  static kindOf(error) { return #kind in error ? error.#kind : ''; }
  static toolOf(error) { return #kind in error ? error.#tool : ''; }
}
const kindOf = ToolError.kindOf, toolOf = ToolError.toolOf;
delete ToolError.kindOf;
delete ToolError.toolOf;
defineProperty(ToolError.prototype, 'name', { value: 'ToolError', writable: true, configurable: true });

// What waits for its answer, and the numbers of the stubs.
const waiting = create(null);
let limits = create(null), issued = 0;

const call = (index, name, args) => new OwnPromise((resolve, reject) => {
  let text;
  if (args === undefined || args === null) text = '{}';
  else if (typeof args !== 'object' || isArray(args)) throw new OwnTypeError(`${name} takes one object of named arguments`);
  else text = stringify(args);
  if (typeof text !== 'string' || text[0] !== '{') throw new OwnTypeError(`${name} takes one object of named arguments`);
  if (text.length > limits.arguments) throw new OwnRangeError(`the arguments of ${name} are over ${limits.arguments} bytes`);
  if (issued >= limits.calls) throw new ToolError(name, 'limit', `a run may make ${limits.calls} calls, and this is one more`);
  const seq = ++issued;
  const entry = create(null);
  entry.resolve = resolve;
  entry.reject = reject;
  entry.name = name;
  // Where the code called: the answer comes when nothing of the code is on the stack.
  try { entry.stack = new OwnError().stack; } catch { entry.stack = ''; }
  waiting[seq] = entry;
  hostCall(seq, index, text);
});

const show = (value) => {
  try {
    if (typeof value === 'string') return value;
    if (typeof value === 'object' && value !== null) {
      if (isError(value)) return describe(value);
      const text = stringify(value);
      if (typeof text === 'string') return text;
    }
    return OwnString(value);
  } catch { return '[cannot be shown]'; }
};
const isError = (value) => { try { return value instanceof OwnError; } catch { return false; } };
const read = (value, name) => { try { const got = value[name]; return typeof got === 'string' ? got : ''; } catch { return ''; } };
const describe = (error) => {
  const name = read(error, 'name'), message = read(error, 'message');
  const words = name && message ? `${name}: ${message}` : name || message || 'Error';
  return words;
};

const log = (...args) => {
  let line = '';
  for (let i = 0; i < args.length; ++i) line += (i ? ' ' : '') + show(args[i]);
  hostLog(line + '\n');
};

const own = (value) => ({ value, writable: false, configurable: false, enumerable: true });
const globalName = (name, value) => defineProperty(now, name, own(value));

// A server's tools. A name that is none says which there are, instead of `not a function`.
const serverOf = (server, names, functions) => {
  const target = freeze(functions);
  return new OwnProxy(target, freeze({
    __proto__: null,
    get(_, key) {
      if (typeof key === 'symbol' || key === 'then' || key === 'toJSON') return undefined;
      const found = target[key];
      if (found !== undefined) return found;
      throw new OwnReferenceError(`${server} has no tool ${key}; it has ${names}`);
    },
  }));
};

const install = (text) => {
  const job = parse(text);
  limits = job.limits;
  let state = BigInt.asUintN(64, BigInt(job.seed)) || 1n;
  const next = () => {  // xorshift64*, with its high 53 bits
    state ^= state >> 12n;
    state = (state ^ (state << 25n)) & 0xffffffffffffffffn;
    state ^= state >> 27n;
    return Number(((state * 0x2545f4914f6cdd1dn) & 0xffffffffffffffffn) >> 11n) / 9007199254740992;
  };
  const seeded = { random() { return next(); } }.random;
  defineProperty(Math, 'random', { value: seeded, writable: true, configurable: true });
  const servers = create(null), lists = create(null);
  for (let i = 0; i < job.stubs.length; ++i) {
    const server = job.stubs[i][0], tool = job.stubs[i][1], name = `${server}.${tool}`;
    servers[server] ??= create(null);
    lists[server] ??= [];
    servers[server][tool] = freeze({ [tool]: (args) => call(i, name, args) }[tool]);
    if (lists[server].length < 20) lists[server].push(tool);
    else if (lists[server].length === 20) lists[server].push('…');
  }
  for (const server of ownKeys(servers)) globalName(server, serverOf(server, apply(join, lists[server], [', ']), servers[server]));
  const at = job.stubs.length;
  const named = (value, key) => (typeof value === 'object' && value !== null && !isArray(value) ? value : { __proto__: null, [key]: value });
  const more = (first, rest) => ({ __proto__: null, ...first, ...rest });
  globalName('tools', freeze({
    __proto__: null,
    find: freeze((query, options) => call(at, 'tools.find', more(named(query, 'query'), options))),
    describe: freeze((names) => call(at + 1, 'tools.describe', named(typeof names === 'string' ? [names] : names, 'names'))),
    read: freeze((handle, options) => call(at + 2, 'tools.read', more(named(handle, 'handle'), options))),
  }));
  globalName('console', freeze({ __proto__: null, log: freeze(log), info: freeze(log), warn: freeze(log), error: freeze(log), debug: freeze(log) }));
  globalName('ToolError', freeze(ToolError));
};

// An answer. `failed` is empty, or the reason.
const settle = (seq, failed, json, message) => {
  const entry = waiting[seq];
  if (entry === undefined) return;
  delete waiting[seq];
  let value;
  if (json !== '') value = parse(json);
  if (failed === '') entry.resolve(value);
  else entry.reject(new ToolError(entry.name, failed, message, value, entry.stack));
};

const fail = (error) => {
  let stack = '';
  const object = (typeof error === 'object' && error !== null) || typeof error === 'function';
  if (object) stack = read(error, 'stack');
  let kind = '', tool = '';
  try { if (object) { kind = kindOf(error); tool = toolOf(error); } } catch { kind = ''; }
  const words = isError(error) ? describe(error) : show(error);
  hostDone('fault', stringify({ __proto__: null, words, stack, kind, tool }));
};

const finish = (value) => {
  if (value === undefined) return hostDone('nothing', '');
  let text;
  try {
    text = stringify(value);
  } catch (error) {
    return hostDone('unfit', describe(error));
  }
  if (typeof text !== 'string') return hostDone('unfit', `a ${typeof value} is no JSON`);
  hostDone('value', text);
};

// Runs the code's function. An expression may give a function, which is then what is meant.
const start = (main, expression) => {
  const run = async () => {
    let value = await main();
    if (expression && typeof value === 'function') value = await value();
    return value;
  };
  apply(then, run(), [finish, fail]);
};

for (const name of ['Atomics', 'SharedArrayBuffer', 'performance']) delete now[name];
return freeze({ __proto__: null, install, start, settle, fail });
}))js";

}  // namespace sandbox
