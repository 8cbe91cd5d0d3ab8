// How functions of many shapes become handlers of one shape. Users need nothing from here.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "mcp/call.h"
#include "mcp/content.h"
#include "mcp/detail/codec.h"
#include "mcp/schema.h"

namespace mcp::detail {

// The parameters and result of a function, member function or (non-generic) function object.
template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... A>
struct Signature<R (*)(A...)> {
  using Return = R;
  using Parameters = std::tuple<A...>;
};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...)> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) noexcept> : Signature<R (*)(A...)> {};
template <class C, class R, class... A>
struct Signature<R (C::*)(A...) const noexcept> : Signature<R (*)(A...)> {};

// Splits (In), (In, Call), (Call) and (). `None` stands for a handler that takes no input.
struct None {};
template <class P>
struct Takes;
template <>
struct Takes<std::tuple<>> {
  using In = None;
  static constexpr bool input = false, call = false;
};
template <>
struct Takes<std::tuple<Call>> {
  using In = None;
  static constexpr bool input = false, call = true;
};
template <class A>
struct Takes<std::tuple<A>> {
  static_assert(!std::is_reference_v<A>, "mcp: a handler takes its input by value");
  using In = A;
  static constexpr bool input = true, call = false;
};
template <class A>
struct Takes<std::tuple<A, Call>> {
  static_assert(!std::is_reference_v<A>, "mcp: a handler takes its input by value");
  using In = A;
  static constexpr bool input = true, call = true;
};

// What a handler gives once errors and waiting are taken off: R, Result<R> and Task<R> all give R.
template <class R>
struct Gives {
  using Value = R;
  static constexpr bool waits = false;
};
template <class R>
struct Gives<Result<R>> : Gives<R> {};
template <class R>
struct Gives<Task<R>> {
  using Value = R;
  static constexpr bool waits = true;
};

template <class F>
struct Shape {
  using Sig = Signature<F>;
  using Return = typename Sig::Return;
  using Parts = Takes<typename Sig::Parameters>;
  using In = typename Parts::In;
  using Value = typename Gives<Return>::Value;
  static constexpr bool waits = Gives<Return>::waits;
};

// Calls `f` with what it takes of (in, call).
template <class Parts, class F, class In>
decltype(auto) invoke(F& f, In in, Call call) {
  (void)in, (void)call;
  if constexpr (Parts::input && Parts::call)
    return f(std::move(in), std::move(call));
  else if constexpr (Parts::input)
    return f(std::move(in));
  else if constexpr (Parts::call)
    return f(std::move(call));
  else
    return f();
}

// A handler of one shape: either `plain` or `waits` is set. The input is the library's, kept alive until the handler ended.
template <class In, class Out>
struct Erased {
  std::function<Result<Out>(In, Call)> plain;
  std::function<Task<Out>(In, Call)> waits;
};

// Shared by every call, so that a call may outlive the place where the handler was registered.
template <class F, class Parts, class In, class R, class Out, class Finish>
Task<Out> run_waiting(std::shared_ptr<F> f, In in, Call call, Finish finish) {
  if constexpr (std::is_void_v<R>) {
    co_await invoke<Parts>(*f, std::move(in), std::move(call));
    co_return finish();
  } else {
    R value = co_await invoke<Parts>(*f, std::move(in), std::move(call));
    co_return finish(std::move(value));
  }
}

template <class F, class Parts, class In, class Out, class Finish>
Result<Out> run_plain(F& f, In in, Call call, Finish finish) {
  using Return = std::invoke_result_t<decltype(invoke<Parts, F, In>), F&, In, Call>;
  if constexpr (std::is_void_v<Return>) {
    invoke<Parts>(f, std::move(in), std::move(call));
    return finish();
  } else if constexpr (std::is_same_v<Return, Result<>>) {
    Result<> done = invoke<Parts>(f, std::move(in), std::move(call));
    if (!done) return std::move(done).error();
    return finish();
  } else {
    Result<typename Gives<Return>::Value> value = invoke<Parts>(f, std::move(in), std::move(call));
    if (!value) return std::move(value).error();
    return finish(*std::move(value));
  }
}

// `f` as an Erased<Raw, Out>: `open(Raw)` gives Result<In>, `finish(value)` gives Out.
template <class Raw, class Out, class F, class Open, class Finish>
Erased<Raw, Out> erase(F f, Open open, Finish finish) {
  using S = Shape<F>;
  using In = typename S::In;
  Erased<Raw, Out> out;
  auto shared = std::make_shared<F>(std::move(f));
  if constexpr (S::waits) {
    out.waits = [shared, open, finish](Raw raw, Call call) -> Task<Out> {
      Result<In> in = open(std::move(raw));
      if (!in) {
        auto refuse = [](Error error) -> Task<Out> { co_return error; };
        return refuse(std::move(in).error());
      }
      return run_waiting<F, typename S::Parts, In, typename S::Value, Out, Finish>(shared, *std::move(in), std::move(call), finish);
    };
  } else {
    out.plain = [shared, open, finish](Raw raw, Call call) -> Result<Out> {
      Result<In> in = open(std::move(raw));
      if (!in) return std::move(in).error();
      return run_plain<F, typename S::Parts, In, Out, Finish>(*shared, *std::move(in), std::move(call), finish);
    };
  }
  return out;
}

// The `result` object of tools/call, as text.
std::string tool_text(std::string_view text);
std::string tool_structured(std::string_view json);
std::string tool_result(const ToolResult& result);

template <class T>
inline constexpr bool kIsContent = std::is_same_v<T, Text> || std::is_same_v<T, Image> || std::is_same_v<T, Audio> ||
                                   std::is_same_v<T, ResourceLink> || std::is_same_v<T, EmbeddedResource>;

// The same from whatever a tool returned.
struct FinishTool {
  std::string operator()() const { return tool_result(ToolResult{}); }
  template <class T>
  std::string operator()(const T& value) const {
    if constexpr (std::is_same_v<T, ToolResult>) {
      return tool_result(value);
    } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
      return tool_text(value);
    } else if constexpr (std::is_same_v<T, Content> || kIsContent<T>) {
      return tool_result(ToolResult{.content = {Content(value)}});
    } else if constexpr (std::is_same_v<T, std::vector<Content>>) {
      return tool_result(ToolResult{.content = value});
    } else {
      JsonWriter w;
      if constexpr (Struct<T> || Dictionary<T>) {
        encode_value(w, value);
      } else {
        w.object().key("result");
        encode_value(w, value);
        w.end();
      }
      return tool_structured(w.text());
    }
  }
};

// True when a tool's value is data with a schema, not prose or content.
template <class T>
consteval bool is_structured() {
  if constexpr (std::is_void_v<T>)
    return false;
  else
    return !std::is_same_v<T, ToolResult> && !std::is_same_v<T, Content> && !std::is_same_v<T, std::vector<Content>> &&
           !std::is_convertible_v<const T&, std::string_view> && !kIsContent<T>;
}

template <class In>
struct OpenStruct {
  Result<In> operator()(Json raw) const {
    if constexpr (std::is_same_v<In, Json>)
      return raw;
    else
      return from_json<In>(raw.root(), "argument");
  }
};

// The input of a handler that takes the raw input, or nothing.
template <class In, class Raw>
struct OpenSame {
  Result<In> operator()(Raw raw) const {
    if constexpr (std::is_same_v<In, None>)
      return None{};
    else
      return In(std::move(raw));
  }
};

}  // namespace mcp::detail
