#include "sandbox/engine.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <time.h>

#include <cstring>
#include <optional>
#include <vector>

#include "base/json.h"
#include "sandbox/prelude.h"
#include "sandbox/source.h"

extern "C" {
#include "qjs.h"
}

// The two modules that the engine imports are the engine itself, as these see it.
struct Z_env_instance_t {
  sandbox::Engine::Impl* impl;
};
struct Z_wasi_snapshot_preview1_instance_t {
  sandbox::Engine::Impl* impl;
};

namespace sandbox {
namespace {

constexpr std::uint64_t kReserved = 0x200000000;  // the address space of one engine
constexpr std::size_t kPage = 65536;
constexpr std::size_t kSpare = 2 * 1024 * 1024;  // of the heap, for the engine to say that it is full
constexpr std::uint32_t kStack = 320 * 1024;     // of the engine's 1 MB; the code gets a RangeError beyond
constexpr std::uint32_t kCompileOnly = 1U << 5;
constexpr const char* kFile = "run_code";

std::uint64_t process_cpu_us() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_nsec) / 1000;
}

// What the memory of an engine holds when it is ready: each later one of the process begins as a copy, and not by making it all again.
// It is the same for all, since an engine that gets ready sees no clock, no randomness and no script.
struct Image {
  struct Piece {
    std::uint32_t at;
    std::vector<std::uint8_t> bytes;
  };
  std::vector<Piece> pieces;  // all that is not zero, and all that the module itself sets
  std::size_t size = 0;       // of the memory
  std::uint32_t stack_pointer = 0;
  std::uint32_t install = 0, start = 0, settle = 0, fail = 0;
};

constexpr std::size_t kPiece = 4096;

bool is_zero(const std::uint8_t* at) { return at[0] == 0 && std::memcmp(at, at + 1, kPiece - 1) == 0; }

std::vector<bool> pieces_in_use(const wasm_rt_memory_t& memory) {
  std::vector<bool> out(memory.size / kPiece);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = !is_zero(memory.data + i * kPiece);
  return out;
}

std::optional<Image> ready_image;

}  // namespace

class Engine::Impl {
 public:
  explicit Impl(Host& host);
  ~Impl();

  void begin(const Job& job);
  void settle(const AnswerFrame& answer);
  bool over_time();
  std::uint32_t called(std::string_view name, std::uint32_t argc, std::uint32_t argv);
  void rejected(bool handled);
  void fault(Fault::Kind kind, std::string message, std::string hint = {});

  std::uint8_t* memory() { return vm_.w2c_memory.data; }
  std::size_t memory_size() const { return vm_.w2c_memory.size; }
  void store(std::uint32_t at, const void* bytes, std::size_t size) {
    if (at <= memory_size() && size <= memory_size() - at) std::memcpy(memory() + at, bytes, size);
  }
  std::uint32_t load(std::uint32_t at) {
    std::uint32_t value = 0;
    if (at <= memory_size() && sizeof value <= memory_size() - at) std::memcpy(&value, memory() + at, sizeof value);
    return value;
  }
  std::string_view view(std::uint32_t at, std::size_t size) {
    if (at > memory_size() || size > memory_size() - at) return {};
    return {reinterpret_cast<const char*>(memory() + at), size};
  }

  std::int64_t now_ms = 0;
  bool done = false;
  DoneFrame result;
  std::uint64_t cpu_from = 0;

 private:
  void make_ready();
  void keep_image(const std::vector<bool>& set_by_module) const;
  void take_image(const Image& image);
  std::uint32_t put(std::string_view text);
  std::string text_of(std::uint32_t value);
  void drop(std::uint32_t value) { Z_qjsZ_qjs_free_value(&vm_, value); }
  std::uint32_t string_value(std::string_view text);
  std::uint32_t eval(std::string_view code, const char* file, std::uint32_t flags);
  std::uint32_t call(std::uint32_t function, std::initializer_list<std::uint32_t> arguments);
  std::uint32_t member(std::uint32_t object, const char* name);
  std::uint32_t host_function(const char* name);
  bool failed(std::uint32_t value) { return value == 0 || Z_qjsZ_qjs_is_exception(&vm_, value) != 0; }
  bool compiles(const std::string& code);
  void thrown();
  void work();
  void ended(std::string_view how, std::string_view words);
  void code_failed(std::string_view json);
  std::string install_text(const Job& job) const;
  void place(Fault& fault, std::string_view stack) const;

  Host& host_;
  Z_qjs_instance_t vm_{};
  Z_env_instance_t env_{this};
  Z_wasi_snapshot_preview1_instance_t wasi_{this};
  std::uint32_t install_ = 0, start_ = 0, settle_ = 0, fail_ = 0;
  Source source_;
  std::uint64_t cpu_limit_us_ = UINT64_MAX;
  std::uint64_t result_limit_ = 0;
  bool late_ = false;
  std::int64_t open_rejections_ = 0;
};

void prepare_engines() {
  wasm_rt_init();
  Z_qjs_init_module();
}

Engine::Impl::Impl(Host& host) : host_(host) {
  Z_qjs_instantiate(&vm_, &env_, &wasi_);
  if (ready_image) {
    take_image(*ready_image);
    return;
  }
  const std::vector<bool> set_by_module = pieces_in_use(vm_.w2c_memory);
  make_ready();
  keep_image(set_by_module);
}

void Engine::Impl::make_ready() {
  Z_qjsZ__initialize(&vm_);
  Z_qjsZ_qjs_init(&vm_);
  Z_qjsZ_qjs_set_max_stack_size(&vm_, kStack);
  Z_qjsZ_qjs_set_interrupt_handler(&vm_, 1);
  Z_qjsZ_qjs_set_promise_rejection_handler(&vm_, 1);
  const std::uint32_t made = eval(kPrelude, "prelude", 0);
  const std::uint32_t parts = call(made, {host_function("call"), host_function("log"), host_function("done")});
  install_ = member(parts, "install");
  start_ = member(parts, "start");
  settle_ = member(parts, "settle");
  fail_ = member(parts, "fail");
}

void Engine::Impl::keep_image(const std::vector<bool>& set_by_module) const {
  if (!install_ || !start_ || !settle_ || !fail_) return;
  Image image{{}, memory_size(), vm_.w2c___stack_pointer, install_, start_, settle_, fail_};
  std::vector<bool> used = pieces_in_use(vm_.w2c_memory);
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i] && (i >= set_by_module.size() || !set_by_module[i])) continue;
    const std::uint8_t* from = vm_.w2c_memory.data + i * kPiece;
    if (i == 0 || image.pieces.empty() || image.pieces.back().at + image.pieces.back().bytes.size() != i * kPiece)
      image.pieces.push_back({static_cast<std::uint32_t>(i * kPiece), {}});
    auto& bytes = image.pieces.back().bytes;
    bytes.insert(bytes.end(), from, from + kPiece);
  }
  ready_image = std::move(image);
}

void Engine::Impl::take_image(const Image& image) {
  if (image.size > memory_size()) wasm_rt_grow_memory(&vm_.w2c_memory, static_cast<std::uint32_t>((image.size - memory_size()) / kPage));
  for (const Image::Piece& piece : image.pieces) store(piece.at, piece.bytes.data(), piece.bytes.size());
  vm_.w2c___stack_pointer = image.stack_pointer;
  install_ = image.install;
  start_ = image.start;
  settle_ = image.settle;
  fail_ = image.fail;
}

Engine::Impl::~Impl() {
  // The engine's memory is one mapping, and nothing in it has an end of its own. The runtime gives back only what was in use.
  std::uint8_t* data = vm_.w2c_memory.data;
  Z_qjs_free(&vm_);
  if (data) ::munmap(data, kReserved);
}

std::uint32_t Engine::Impl::put(std::string_view text) {
  const std::uint32_t at = Z_qjsZ_wasm_malloc(&vm_, static_cast<std::uint32_t>(text.size() + 1));
  if (!at) return 0;
  store(at, text.data(), text.size());
  store(at + static_cast<std::uint32_t>(text.size()), "", 1);
  return at;
}

std::string Engine::Impl::text_of(std::uint32_t value) {
  const std::uint32_t size_at = Z_qjsZ_wasm_malloc(&vm_, 4);
  if (!size_at) return {};
  const std::uint32_t text = Z_qjsZ_qjs_get_string_len(&vm_, value, size_at);
  std::string out;
  if (text) {
    out = view(text, load(size_at));
    Z_qjsZ_qjs_free_cstring(&vm_, text);
  }
  Z_qjsZ_wasm_free(&vm_, size_at);
  return out;
}

std::uint32_t Engine::Impl::string_value(std::string_view text) {
  const std::uint32_t at = put(text);
  if (!at) return 0;
  const std::uint32_t out = Z_qjsZ_qjs_new_string(&vm_, at, static_cast<std::uint32_t>(text.size()));
  Z_qjsZ_wasm_free(&vm_, at);
  return out;
}

std::uint32_t Engine::Impl::eval(std::string_view code, const char* file, std::uint32_t flags) {
  const std::uint32_t text = put(code), name = put(file);
  if (!text || !name) return 0;
  const std::uint32_t out = Z_qjsZ_qjs_eval(&vm_, text, static_cast<std::uint32_t>(code.size()), name, flags);
  Z_qjsZ_wasm_free(&vm_, text);
  Z_qjsZ_wasm_free(&vm_, name);
  return out;
}

// Gives the arguments back to the engine.
std::uint32_t Engine::Impl::call(std::uint32_t function, std::initializer_list<std::uint32_t> arguments) {
  std::uint32_t out = 0;
  bool whole = function != 0;
  for (auto argument : arguments) whole = whole && argument != 0;
  const std::uint32_t list = whole ? Z_qjsZ_wasm_malloc(&vm_, static_cast<std::uint32_t>(4 * arguments.size())) : 0;
  if (list) {
    store(list, arguments.begin(), 4 * arguments.size());
    const std::uint32_t undefined = Z_qjsZ_qjs_get_undefined(&vm_);
    out = Z_qjsZ_qjs_call(&vm_, function, undefined, static_cast<std::uint32_t>(arguments.size()), list);
    drop(undefined);
    Z_qjsZ_wasm_free(&vm_, list);
  }
  for (auto argument : arguments)
    if (argument) drop(argument);
  return out;
}

std::uint32_t Engine::Impl::member(std::uint32_t object, const char* name) {
  const std::uint32_t text = put(name);
  const std::uint32_t out = Z_qjsZ_qjs_get_prop_string(&vm_, object, text);
  Z_qjsZ_wasm_free(&vm_, text);
  return out;
}

std::uint32_t Engine::Impl::host_function(const char* name) {
  const std::uint32_t text = put(name);
  const std::uint32_t out = Z_qjsZ_qjs_new_host_function(&vm_, text, static_cast<std::uint32_t>(std::strlen(name)), 0);
  Z_qjsZ_wasm_free(&vm_, text);
  return out;
}

bool Engine::Impl::over_time() {
  if (process_cpu_us() - cpu_from > cpu_limit_us_) late_ = true;
  return late_;
}

// The values of a call belong to the engine.
std::uint32_t Engine::Impl::called(std::string_view name, std::uint32_t argc, std::uint32_t argv) {
  auto argument = [&](std::uint32_t i) { return i < argc ? load(argv + 4 * i) : 0U; };
  if (name == "call" && argc == 3) {
    const auto seq = static_cast<std::uint32_t>(Z_qjsZ_qjs_get_float64(&vm_, argument(0)));
    const auto stub = static_cast<std::uint32_t>(Z_qjsZ_qjs_get_float64(&vm_, argument(1)));
    host_.called(seq, stub, text_of(argument(2)));
  } else if (name == "log" && argc == 1) {
    host_.logged(text_of(argument(0)));
  } else if (name == "done" && argc == 2) {
    ended(text_of(argument(0)), text_of(argument(1)));
  }
  return Z_qjsZ_qjs_get_undefined(&vm_);
}

void Engine::Impl::rejected(bool handled) { open_rejections_ += handled ? -1 : 1; }

void Engine::Impl::fault(Fault::Kind kind, std::string message, std::string hint) {
  if (done) return;
  done = true;
  result.form = DoneFrame::Form::fault;
  result.fault.kind = kind;
  result.fault.message = std::move(message);
  result.fault.hint = std::move(hint);
}

void Engine::Impl::ended(std::string_view how, std::string_view words) {
  if (done) return;
  if (late_) return thrown();
  result.rejections = open_rejections_ > 0 ? static_cast<std::uint64_t>(open_rejections_) : 0;
  if (how == "fault") return code_failed(words);
  if (how == "unfit") {
    return fault(Fault::Kind::runtime, "what the code returns cannot be written as JSON: " + std::string(words),
                 "return plain objects, arrays, strings and numbers; turn a BigInt or a Map into one, and leave out cycles");
  }
  if (words.size() > result_limit_) {
    return fault(Fault::Kind::limit, fmt::format("what the code returns has {} bytes, over the limit of {}", words.size(), result_limit_),
                 "return less: filter, count or summarise in the code");
  }
  done = true;
  result.form = how == "value" ? DoneFrame::Form::value : DoneFrame::Form::nothing;
  result.value = words;
}

// Where in the given code: the first frame of the stack that is in it, without the lines that were put before.
void Engine::Impl::place(Fault& fault, std::string_view stack) const {
  const std::string mark = std::string(kFile) + ":";
  auto at = stack.find(mark);
  if (at == stack.npos) return;
  auto number = [&](std::size_t from) {
    int out = 0;
    while (from < stack.size() && stack[from] >= '0' && stack[from] <= '9' && out < 100'000'000) out = out * 10 + (stack[from++] - '0');
    return std::pair(out, from);
  };
  auto [line, end] = number(at + mark.size());
  fault.line = std::max(1, line - 1) + source_.lines_before;
  if (end < stack.size() && stack[end] == ':') fault.column = number(end + 1).first;
}

void Engine::Impl::code_failed(std::string_view json) {
  auto parsed = base::parse_json(json);
  auto word = [&](const char* name) {
    const auto* object = parsed ? parsed->if_object() : nullptr;
    const auto* found = object ? object->if_contains(name) : nullptr;
    return found && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  const std::string kind = word("kind"), words = word("words");
  auto of = Fault::Kind::runtime;
  std::string hint;
  if (kind == "denied") {
    of = Fault::Kind::denied;
    hint = "this call is not allowed; do without it, or tell the person";
  } else if (kind == "limit" || words.find("out of memory") != words.npos || words.find("stack overflow") != words.npos ||
             words.find("call stack size") != words.npos || words.find("string too long") != words.npos ||
             words.find("too large to allocate") != words.npos) {
    of = Fault::Kind::limit;
    hint = kind == "limit" ? "make fewer calls in one run, or run again for the rest" : "work on smaller pieces";
  } else if (!kind.empty()) {
    of = Fault::Kind::tool;
    hint = "catch it with try/catch to go on without this call";
  } else if (words.find("is not defined") != words.npos) {
    hint = "there is no file, network, timer, import or host object here: only the tools, `tools` and console.log";
  }
  fault(of, words, hint);
  result.fault.tool = word("tool");
  place(result.fault, word("stack"));
}

// An exception that came out of the engine itself: the code's own ones arrive in ended().
void Engine::Impl::thrown() {
  if (late_)
    return fault(Fault::Kind::limit, fmt::format("the code used its {} ms of processor time", cpu_limit_us_ / 1000),
                 "do less work, or in several runs");
  const std::uint32_t error = Z_qjsZ_qjs_get_exception(&vm_);
  const std::uint32_t out = error ? call(fail_, {error}) : 0;
  if (out) drop(out);
  if (!done) fault(Fault::Kind::limit, "the code used all of its memory", "work on smaller pieces");
}

// All jobs that can be done now.
void Engine::Impl::work() {
  while (!done && Z_qjsZ_qjs_is_job_pending(&vm_)) {
    const auto status = static_cast<std::int32_t>(Z_qjsZ_qjs_execute_pending_job(&vm_));
    if (status < 0 || over_time()) thrown();
  }
}

bool Engine::Impl::compiles(const std::string& code) {
  const std::uint32_t out = eval(code, kFile, kCompileOnly);
  const bool good = !failed(out);
  if (!good) drop(Z_qjsZ_qjs_get_exception(&vm_));
  if (out) drop(out);
  return good;
}

std::string Engine::Impl::install_text(const Job& job) const {
  std::string out = fmt::format(R"({{"seed":"{}","limits":{{"calls":{},"arguments":{}}},"stubs":[)", job.seed, job.calls, job.arguments);
  for (const Stub& stub : job.stubs) {
    if (out.back() != '[') out += ',';
    out += '[';
    base::append_json_string(out, stub.server);
    out += ',';
    base::append_json_string(out, stub.tool);
    out += ']';
  }
  return out + "]}";
}

void Engine::Impl::begin(const Job& job) {
  cpu_from = process_cpu_us();
  cpu_limit_us_ = job.cpu_us;
  result_limit_ = job.result;
  now_ms = job.now_ms;
  const std::size_t heap = std::max<std::size_t>(job.heap, 4 * kSpare);
  vm_.w2c_memory.max_pages = static_cast<std::uint32_t>(heap / kPage);
  Z_qjsZ_qjs_set_memory_limit(&vm_, static_cast<std::uint32_t>(heap - kSpare));
  source_ = read_source(job.code);
  const std::uint32_t installed = call(install_, {string_value(install_text(job))});
  if (failed(installed))
    return fault(Fault::Kind::engine, "the tools could not be given to the code: two have one name, or one is a name of the language");
  drop(installed);

  const bool expression = compiles(as_expression(source_.code));
  const std::uint32_t main = eval(expression ? as_expression(source_.code) : as_body(source_.code), kFile, 0);
  if (failed(main)) {
    thrown();
    if (result.fault.kind != Fault::Kind::runtime) return;
    result.fault.kind = Fault::Kind::syntax;
    const std::string sign = typescript_sign(source_.code);
    if (!sign.empty())
      result.fault.hint = "this is TypeScript (" + sign + "); write plain JavaScript, without types";
    else if (source_.code.find("import ") != std::string::npos)
      result.fault.hint = "there is nothing to import; the tools are there by name";
    else
      result.fault.hint = "give the body of an async function, an expression, or an arrow function";
    return;
  }
  const std::uint32_t how = expression ? Z_qjsZ_qjs_get_true(&vm_) : Z_qjsZ_qjs_get_false(&vm_);
  const std::uint32_t out = call(start_, {main, how});
  if (failed(out) || late_)
    thrown();
  else
    drop(out);
  work();
}

void Engine::Impl::settle(const AnswerFrame& answer) {
  if (done) return;
  std::string_view failure;
  switch (answer.kind) {
    case Answer::Kind::value: break;
    case Answer::Kind::tool_error: failure = "tool"; break;
    case Answer::Kind::denied: failure = "denied"; break;
    default: failure = answer.reason.empty() ? std::string_view("failed") : answer.reason;
  }
  const std::uint32_t seq = Z_qjsZ_qjs_new_number(&vm_, answer.seq);
  const std::uint32_t out = call(settle_, {seq, string_value(failure), string_value(answer.json), string_value(answer.message)});
  if (failed(out) || late_)
    thrown();
  else
    drop(out);
  work();
}

Engine::Engine(Host& host) : impl_(std::make_unique<Impl>(host)) {}
Engine::~Engine() = default;
void Engine::begin(const Job& job) { impl_->begin(job); }
void Engine::settle(const AnswerFrame& answer) { impl_->settle(answer); }
bool Engine::done() const { return impl_->done; }
void Engine::never_ends() {
  impl_->fault(Fault::Kind::runtime, "the code waits for something that never comes",
               "await only tools, and promises that something resolves");
}
const DoneFrame& Engine::result() const { return impl_->result; }
std::uint64_t Engine::cpu_us() const { return process_cpu_us() - impl_->cpu_from; }

}  // namespace sandbox

// What the engine imports. There is no clock but the script's, no randomness but what the script gives, and no file.
extern "C" {
u32 Z_envZ_host_interrupt(Z_env_instance_t* env) { return env->impl->over_time() ? 1 : 0; }
u32 Z_envZ_host_call(Z_env_instance_t* env, u32 name, u32 size, u32, u32 argc, u32 argv) {
  const std::string called(env->impl->view(name, size));
  return env->impl->called(called, argc, argv);
}
u32 Z_envZ_host_get_timezone_offset(Z_env_instance_t*, u32, u32) { return 0; }
u32 Z_envZ_host_module_load(Z_env_instance_t*, u32, u32) { return 0; }
u32 Z_envZ_host_module_normalize(Z_env_instance_t*, u32, u32) { return 0; }
void Z_envZ_host_promise_rejection(Z_env_instance_t* env, u32, u32, u32 handled) { env->impl->rejected(handled != 0); }
u32 Z_wasi_snapshot_preview1Z_clock_time_get(Z_wasi_snapshot_preview1_instance_t* wasi, u32 clock, u64, u32 out) {
  const std::uint64_t nanoseconds = clock == 0 ? static_cast<std::uint64_t>(wasi->impl->now_ms) * 1'000'000 : 0;
  wasi->impl->store(out, &nanoseconds, sizeof nanoseconds);
  return 0;
}
constexpr u32 kBadDescriptor = 8;
u32 Z_wasi_snapshot_preview1Z_fd_close(Z_wasi_snapshot_preview1_instance_t*, u32) { return kBadDescriptor; }
u32 Z_wasi_snapshot_preview1Z_fd_fdstat_get(Z_wasi_snapshot_preview1_instance_t*, u32, u32) { return kBadDescriptor; }
u32 Z_wasi_snapshot_preview1Z_fd_seek(Z_wasi_snapshot_preview1_instance_t*, u32, u64, u32, u32) { return kBadDescriptor; }
u32 Z_wasi_snapshot_preview1Z_fd_write(Z_wasi_snapshot_preview1_instance_t*, u32, u32, u32, u32) { return kBadDescriptor; }
u32 Z_wasi_snapshot_preview1Z_random_get(Z_wasi_snapshot_preview1_instance_t* wasi, u32 at, u32 size) {
  for (u32 i = 0; i < size; ++i) {
    const auto byte = static_cast<std::uint8_t>(i * 37 + 11);
    wasi->impl->store(at + i, &byte, 1);
  }
  return 0;
}
}
