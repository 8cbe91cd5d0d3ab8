// Names and visits the fields of plain structs, so that one struct is schema, decoder and encoder at once.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace mcp {

// The fallback for compilers that cannot read field names: inside the struct,
//   static constexpr auto fields = mcp::names("query", "limit");
// Names stand in the order of the fields. Also the way to give a field a name that C++ does not allow.
template <class... Strings>
consteval std::array<std::string_view, sizeof...(Strings)> names(const Strings&... name) {
  return {std::string_view(name)...};
}

namespace detail {

// How many fields a struct may have.
inline constexpr std::size_t kMostFields = 16;

// Stands for `{}` in a list of N initialisers: an aggregate has at least N fields if it can be made from N empty braces.
template <class T, std::size_t N>
consteval bool has_fields() {
  // clang-format off
  if constexpr (N == 0) return requires { T{}; };
  else if constexpr (N == 1) return requires { T{{}}; };
  else if constexpr (N == 2) return requires { T{{}, {}}; };
  else if constexpr (N == 3) return requires { T{{}, {}, {}}; };
  else if constexpr (N == 4) return requires { T{{}, {}, {}, {}}; };
  else if constexpr (N == 5) return requires { T{{}, {}, {}, {}, {}}; };
  else if constexpr (N == 6) return requires { T{{}, {}, {}, {}, {}, {}}; };
  else if constexpr (N == 7) return requires { T{{}, {}, {}, {}, {}, {}, {}}; };
  else if constexpr (N == 8) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}}; };
  else if constexpr (N == 9) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}}; };
  else if constexpr (N == 10) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
  else if constexpr (N == 11) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
  else if constexpr (N == 12) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
  else if constexpr (N == 13) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
  else if constexpr (N == 14) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
  else if constexpr (N == 15) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
  else if constexpr (N == 16) return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
  else return requires { T{{}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}}; };
  // clang-format on
}

template <class T, std::size_t N = kMostFields + 1>
consteval std::size_t count_fields() {
  if constexpr (has_fields<T, N>())
    return N;
  else
    return count_fields<T, N - 1>();
}

// Calls `f(field...)` with all fields of `t`, which may be const.
template <class T, class F>
constexpr decltype(auto) with_fields(T& t, F&& f) {
  constexpr std::size_t n = count_fields<std::remove_cv_t<T>>();
  static_assert(n <= kMostFields, "a struct for mcp has at most 16 fields; put some into a nested struct");
  // clang-format off
  if constexpr (n == 0) return f();
  else if constexpr (n == 1) { auto& [a] = t; return f(a); }
  else if constexpr (n == 2) { auto& [a, b] = t; return f(a, b); }
  else if constexpr (n == 3) { auto& [a, b, c] = t; return f(a, b, c); }
  else if constexpr (n == 4) { auto& [a, b, c, d] = t; return f(a, b, c, d); }
  else if constexpr (n == 5) { auto& [a, b, c, d, e] = t; return f(a, b, c, d, e); }
  else if constexpr (n == 6) { auto& [a, b, c, d, e, g] = t; return f(a, b, c, d, e, g); }
  else if constexpr (n == 7) { auto& [a, b, c, d, e, g, h] = t; return f(a, b, c, d, e, g, h); }
  else if constexpr (n == 8) { auto& [a, b, c, d, e, g, h, i] = t; return f(a, b, c, d, e, g, h, i); }
  else if constexpr (n == 9) { auto& [a, b, c, d, e, g, h, i, j] = t; return f(a, b, c, d, e, g, h, i, j); }
  else if constexpr (n == 10) { auto& [a, b, c, d, e, g, h, i, j, k] = t; return f(a, b, c, d, e, g, h, i, j, k); }
  else if constexpr (n == 11) { auto& [a, b, c, d, e, g, h, i, j, k, l] = t; return f(a, b, c, d, e, g, h, i, j, k, l); }
  else if constexpr (n == 12) { auto& [a, b, c, d, e, g, h, i, j, k, l, m] = t; return f(a, b, c, d, e, g, h, i, j, k, l, m); }
  else if constexpr (n == 13) { auto& [a, b, c, d, e, g, h, i, j, k, l, m, o] = t; return f(a, b, c, d, e, g, h, i, j, k, l, m, o); }
  else if constexpr (n == 14) { auto& [a, b, c, d, e, g, h, i, j, k, l, m, o, p] = t; return f(a, b, c, d, e, g, h, i, j, k, l, m, o, p); }
  else if constexpr (n == 15) { auto& [a, b, c, d, e, g, h, i, j, k, l, m, o, p, q] = t; return f(a, b, c, d, e, g, h, i, j, k, l, m, o, p, q); }
  else { auto& [a, b, c, d, e, g, h, i, j, k, l, m, o, p, q, r] = t; return f(a, b, c, d, e, g, h, i, j, k, l, m, o, p, q, r); }
  // clang-format on
}

// An object that exists only as an address: its fields' addresses are constants whose spelling holds their names.
template <class T>
struct Wrapped {
  T value;
};
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#pragma clang diagnostic ignored "-Wundefined-internal"
#endif
template <class T>
extern const Wrapped<T> phantom;
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

template <class T>
struct Pointer {
  const T* at;
};
template <class T>
Pointer(const T*) -> Pointer<T>;

template <class T, auto P>
consteval std::string_view spelling() {
  return __PRETTY_FUNCTION__;
}

#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wundefined-var-template"
#endif
template <class T, std::size_t I>
consteval std::string_view field_name() {
  if constexpr (requires { T::fields; }) {
    static_assert(T::fields.size() == count_fields<T>(), "mcp::names must name every field, in order");
    return T::fields[I];
  } else {
    constexpr auto pointer = with_fields(phantom<T>.value, [](auto&... field) { return Pointer{std::get<I>(std::tuple{&field...})}; });
    std::string_view text = spelling<T, pointer>();
    // g++: "… [with T = X; auto P = mcp::detail::Pointer<int>{(& phantom<X>.Wrapped<X>::value.X::name)}; …]"
    // clang: "… [T = X, P = Pointer<int>{&phantom<X>.value.name}]"
    text = text.substr(0, text.rfind('}'));
    while (!text.empty() && (text.back() == ')' || text.back() == ']' || text.back() == '}')) text.remove_suffix(1);
    return text.substr(text.find_last_of(":.") + 1);
  }
}
#if defined(__clang__)
#pragma clang diagnostic pop
#endif

// All names of a struct's fields, in order.
template <class T>
consteval auto field_names() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<std::string_view, sizeof...(I)>{field_name<T, I>()...};
  }(std::make_index_sequence<count_fields<T>()>{});
}

// Calls `f(name, field)` for each field of `t`, in order.
template <class T, class F>
constexpr void each_field(T& t, [[maybe_unused]] F&& f) {
  using Plain = std::remove_cv_t<T>;
  [[maybe_unused]] static constexpr auto kNames = field_names<Plain>();
  with_fields(t, [&](auto&... field) {
    std::size_t i = 0;
    ((f(kNames[i], field), ++i), ...);
  });
}

}  // namespace detail
}  // namespace mcp
