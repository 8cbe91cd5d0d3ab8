// Arg: one documented argument. A struct of them is a tool's schema, decoder and check at once.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace mcp {

// A string literal as a template argument.
template <std::size_t N>
struct Literal {
  char text[N]{};
  constexpr Literal(const char (&literal)[N]) {  // NOLINT(google-explicit-constructor)
    for (std::size_t i = 0; i < N; ++i) text[i] = literal[i];
  }
  constexpr std::string_view view() const { return {text, N - 1}; }
};

// The absence of a limit.
struct NoLimit {};

// One argument of a tool or prompt, or one key of a configuration.
// `Doc` is what a model reads about it. `Min` and `Max` bound the value of a number, the length of a string in characters, and the
// number of items of a list; a breach is answered before the handler runs.
// Required unless the struct gives it a default (`= 10`) or T is a std::optional.
// T: std::string, bool, any integer, double, std::vector<T>, std::optional<T>, std::map<std::string, T>, mcp::Choice, mcp::Json, or a
// struct of these, with or without Arg around its fields.
template <class T, Literal Doc, auto Min = NoLimit{}, auto Max = NoLimit{}>
class Arg {
 public:
  using value_type = T;
  static constexpr std::string_view doc = Doc.view();
  static constexpr auto min = Min;
  static constexpr auto max = Max;

  Arg() = default;
  template <class U>
    requires(std::is_convertible_v<U &&, T> && !std::is_same_v<std::remove_cvref_t<U>, Arg>)
  Arg(U&& value) : value_(std::in_place, std::forward<U>(value)) {}  // NOLINT(google-explicit-constructor)

  // False only for a required argument that nobody set. A handler never sees that.
  bool has_value() const { return value_.has_value(); }

  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
};

// A string that must be one of the given ones: `mcp::Arg<mcp::Choice<"asc", "desc">, "Order"> order = "asc";`
template <Literal... Options>
class Choice {
 public:
  static constexpr std::array<std::string_view, sizeof...(Options)> options = {Options.view()...};

  // The first option.
  Choice() = default;
  // For defaults. An unknown option is a bug: it throws when the struct is first registered, and does not compile in a constant.
  constexpr Choice(const char* text) : index_(require(text)) {}  // NOLINT(google-explicit-constructor)

  static std::optional<Choice> find(std::string_view text) {
    for (std::size_t i = 0; i < options.size(); ++i) {
      if (options[i] != text) continue;
      Choice found;
      found.index_ = i;
      return found;
    }
    return std::nullopt;
  }

  std::string_view text() const { return options[index_]; }
  std::size_t index() const { return index_; }
  friend bool operator==(const Choice& a, std::string_view b) { return a.text() == b; }

 private:
  static constexpr std::size_t require(std::string_view text) {
    for (std::size_t i = 0; i < options.size(); ++i)
      if (options[i] == text) return i;
    throw std::logic_error("a mcp::Choice was given a default that is not one of its options");
  }

  std::size_t index_ = 0;
};

namespace detail {

template <class T>
struct IsArg : std::false_type {};
template <class T, Literal D, auto L, auto H>
struct IsArg<Arg<T, D, L, H>> : std::true_type {};

template <class T>
struct IsChoice : std::false_type {};
template <Literal... O>
struct IsChoice<Choice<O...>> : std::true_type {};

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
concept List = requires(T t) {
  typename T::value_type;
  t.emplace_back();
} && !std::is_same_v<T, std::string>;

template <class T>
concept Dictionary = requires(T t) {
  typename T::mapped_type;
  requires std::is_same_v<typename T::key_type, std::string>;
};

template <auto Limit>
inline constexpr bool kLimited = !std::is_same_v<std::remove_cv_t<decltype(Limit)>, NoLimit>;

}  // namespace detail
}  // namespace mcp
