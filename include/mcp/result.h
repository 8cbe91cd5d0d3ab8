// Result and Error: how every fallible operation in this library ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

namespace mcp {

// Why an operation failed. A closed list: each code has one meaning for the caller, one JSON-RPC code and one HTTP status.
enum class Code {
  invalid_argument,  // the request is wrong; sending it again unchanged will fail again
  unauthenticated,   // nobody is signed in, or the credential is not valid
  denied,            // signed in, and not allowed
  not_found,         // no such tool, prompt, resource, server or file
  conflict,          // the state of the thing does not permit this now
  too_large,         // a limit on size was passed
  rate_limited,      // a limit on frequency or concurrency was passed; later it may work
  cancelled,         // the caller gave up
  timeout,           // a deadline passed
  unavailable,       // the other side cannot be reached; later it may work
  upstream_failed,   // the other side answered, and the answer is a failure or makes no sense
  internal,          // a bug on this side
};

// The code's name as written in this header, for logs and tests. Never null-terminated beyond its size.
std::string_view code_name(Code code);

// An error as a value.
// `message` is for the operator's log and may name internal things; `public_message` is what may leave to a peer, and is
// `message` itself when nothing else was given. `data` is a JSON text (or empty) that travels as the JSON-RPC error's data.
struct Error {
  Code code = Code::internal;
  std::string message;
  std::string public_message;
  std::string data;

  Error() = default;
  Error(Code c, std::string m) : code(c), message(std::move(m)) {}
  Error(Code c, std::string m, std::string p) : code(c), message(std::move(m)), public_message(std::move(p)) {}

  // What a peer may read.
  const std::string& leaving() const { return public_message.empty() ? message : public_message; }
  // The same error with `context: ` before its message; says where it happened without losing why.
  Error in(std::string_view context) && {
    message.insert(0, std::string(context) + ": ");
    return std::move(*this);
  }
  Error with_data(std::string json) && {
    data = std::move(json);
    return std::move(*this);
  }
};

// A T or an Error. Built from either; must be looked at. In a Task, `co_await std::move(result)` gives the T or leaves the Task with
// the Error.
template <class T = void>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  template <class U = T>
    requires(std::is_constructible_v<T, U &&> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}      // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Only when ok().
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  // Only when not ok().
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

  template <class U>
  T value_or(U&& other) && {
    return ok() ? std::move(**this) : static_cast<T>(std::forward<U>(other));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  void operator*() const {}
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

// For a Task<void>, which has no co_return of an Error: `co_await mcp::fail(Code::denied, "not yours");` ends the Task.
inline Result<> fail(Code code, std::string message) { return Error(code, std::move(message)); }
inline Result<> fail(Error error) { return error; }

}  // namespace mcp
