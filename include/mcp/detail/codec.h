// Structs to JSON and back, by reflection. The reason for a refusal names the argument and what was expected.
#pragma once

#include <charconv>
#include <concepts>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mcp/arg.h"
#include "mcp/detail/reflect.h"
#include "mcp/json.h"

namespace mcp {
namespace detail {

template <class T>
concept Struct = std::is_aggregate_v<T> && std::is_class_v<T> && !IsArg<T>::value && !IsChoice<T>::value;

// Where decoding stopped, built from the inside out, and what should have stood there.
struct Fault {
  std::string path;
  std::string expected;
  bool unknown = false;
};

// Puts `step` before the path and says false.
bool fault_at(Fault& fault, std::string_view step);
bool fault_at_index(Fault& fault, std::size_t index);
bool fault(Fault& fault, std::string expected);
// `unknown argument 'x'; did you mean 'y'?`
bool fault_unknown(Fault& fault, std::string_view name, std::span<const std::string_view> known);
// What a peer reads: `argument 'a.b[2]' must be …`. `what` is `argument` or `field`.
std::string fault_text(const Fault& fault, std::string_view what);
// How many characters (code points) a UTF-8 text has.
std::size_t characters(std::string_view utf8);
std::string limits_text(std::string_view what, std::string_view min, std::string_view max);

template <class N>
std::string limit_text(N limit) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, limit).ptr;
  return {text, end};
}

// `an integer from 1 to 50`, with what is limited.
template <auto Min, auto Max>
std::string expected_text(std::string_view what) {
  std::string low, high;
  if constexpr (kLimited<Min>) low = limit_text(Min);
  if constexpr (kLimited<Max>) high = limit_text(Max);
  return limits_text(what, low, high);
}

template <auto Min, auto Max, class V>
bool within(V v) {
  if constexpr (kLimited<Min>) {
    if constexpr (std::integral<V> && std::integral<decltype(Min)>) {
      if (std::cmp_less(v, Min)) return false;
    } else if (v < static_cast<V>(Min)) {
      return false;
    }
  }
  if constexpr (kLimited<Max>) {
    if constexpr (std::integral<V> && std::integral<decltype(Max)>) {
      if (std::cmp_greater(v, Max)) return false;
    } else if (v > static_cast<V>(Max)) {
      return false;
    }
  }
  return true;
}

template <class T>
bool decode_struct(JsonView in, T& out, Fault& f);

template <auto Min, auto Max, class T>
bool decode_value(JsonView in, T& out, Fault& f) {
  if constexpr (IsArg<T>::value) {
    typename T::value_type value{};
    if (!decode_value<T::min, T::max>(in, value, f)) return false;
    out = T(std::move(value));
    return true;
  } else if constexpr (IsOptional<T>::value) {
    if (in.is(JsonView::Kind::null)) {
      out.reset();
      return true;
    }
    return decode_value<Min, Max>(in, out.emplace(), f);
  } else if constexpr (std::is_same_v<T, Json>) {
    auto copy = Json::parse(in.text());
    if (copy) out = *std::move(copy);
    return copy.ok() || fault(f, "JSON");
  } else if constexpr (std::is_same_v<T, std::string>) {
    auto text = in.string();
    if (!text) return fault(f, "a string");
    if constexpr (kLimited<Min> || kLimited<Max>)
      if (!within<Min, Max>(characters(*text))) return fault(f, expected_text<Min, Max>("a string with a length"));
    out = *text;
    return true;
  } else if constexpr (std::is_same_v<T, bool>) {
    auto b = in.boolean();
    if (!b) return fault(f, "true or false");
    out = *b;
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    if (auto n = in.integer(); n && std::in_range<T>(*n) && within<Min, Max>(*n)) {
      out = static_cast<T>(*n);
    } else if (auto u = in.unsigned_integer(); u && std::in_range<T>(*u) && within<Min, Max>(*u)) {
      out = static_cast<T>(*u);
    } else if constexpr (!kLimited<Min> && !kLimited<Max> && sizeof(T) < 8) {
      return fault(f, expected_text<std::numeric_limits<T>::min(), std::numeric_limits<T>::max()>("an integer"));
    } else {
      return fault(f, expected_text<Min, Max>("an integer"));
    }
    return true;
  } else if constexpr (std::is_floating_point_v<T>) {
    auto n = in.number();
    if (!n || !within<Min, Max>(*n)) return fault(f, expected_text<Min, Max>("a number"));
    out = static_cast<T>(*n);
    return true;
  } else if constexpr (IsChoice<T>::value) {
    auto found = in.string() ? T::find(*in.string()) : std::nullopt;
    if (!found) {
      std::string all;
      for (auto option : T::options) all += (all.empty() ? "'" : ", '") + std::string(option) + "'";
      return fault(f, "one of " + all);
    }
    out = *found;
    return true;
  } else if constexpr (Dictionary<T>) {
    if (!in.is(JsonView::Kind::object)) return fault(f, "an object");
    for (std::size_t i = 0; i < in.size(); ++i)
      if (!decode_value<NoLimit{}, NoLimit{}>(in.at(i), out[std::string(in.key(i))], f)) return fault_at(f, in.key(i));
    return true;
  } else if constexpr (List<T>) {
    if (!in.is(JsonView::Kind::array)) return fault(f, "a list");
    if (!within<Min, Max>(in.size())) return fault(f, expected_text<Min, Max>("a list with a number of items"));
    out.clear();
    out.reserve(in.size());
    for (std::size_t i = 0; i < in.size(); ++i) {
      typename T::value_type item{};
      if (!decode_value<NoLimit{}, NoLimit{}>(in.at(i), item, f)) return fault_at_index(f, i);
      out.push_back(std::move(item));
    }
    return true;
  } else {
    static_assert(Struct<T>, "mcp: a field is a string, bool, number, list, map, optional, Choice, Json, or a plain struct of these");
    return decode_struct(in, out, f);
  }
}

// True when a field that is absent leaves the struct complete.
template <class Field>
bool may_be_absent(const Field& field) {
  if constexpr (IsArg<Field>::value)
    return field.has_value() || IsOptional<typename Field::value_type>::value;
  else
    return IsOptional<Field>::value;
}

template <class T>
bool decode_struct(JsonView in, T& out, Fault& f) {
  if (in && !in.is(JsonView::Kind::object)) return fault(f, "an object");
  static constexpr auto kNames = field_names<T>();
  for (std::size_t i = 0; i < in.size(); ++i) {
    bool known = false;
    for (auto name : kNames) known = known || name == in.key(i);
    if (!known) return fault_unknown(f, in.key(i), kNames);
  }
  bool good = true;
  each_field(out, [&](std::string_view name, auto& field) {
    if (!good) return;
    JsonView value = in[name];
    if (!value || (value.is(JsonView::Kind::null) && may_be_absent(field))) {
      good = may_be_absent(field) || (fault(f, "given"), fault_at(f, name));
      if constexpr (IsArg<std::remove_cvref_t<decltype(field)>>::value)
        if (good && !field.has_value()) field = typename std::remove_cvref_t<decltype(field)>::value_type{};
      return;
    }
    good = decode_value<NoLimit{}, NoLimit{}>(value, field, f) || fault_at(f, name);
  });
  return good;
}

template <class T>
void encode_value(JsonWriter& w, const T& v) {
  if constexpr (IsArg<T>::value) {
    if (v.has_value())
      encode_value(w, *v);
    else
      w.null();
  } else if constexpr (IsOptional<T>::value) {
    if (v)
      encode_value(w, *v);
    else
      w.null();
  } else if constexpr (std::is_same_v<T, Json>) {
    w.raw(v.text());
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    w.value(std::string_view(v));
  } else if constexpr (std::is_same_v<T, bool>) {
    w.value(v);
  } else if constexpr (std::is_floating_point_v<T>) {
    w.value(static_cast<double>(v));
  } else if constexpr (std::is_unsigned_v<T>) {
    w.value(static_cast<std::uint64_t>(v));
  } else if constexpr (std::is_integral_v<T>) {
    w.value(static_cast<std::int64_t>(v));
  } else if constexpr (IsChoice<T>::value) {
    w.value(v.text());
  } else if constexpr (Dictionary<T>) {
    w.object();
    for (const auto& [key, value] : v) encode_value(w.key(key), value);
    w.end();
  } else if constexpr (List<T>) {
    w.array();
    for (const auto& item : v) encode_value<typename T::value_type>(w, item);
    w.end();
  } else {
    static_assert(Struct<T>, "mcp: a field is a string, bool, number, list, map, optional, Choice, Json, or a plain struct of these");
    w.object();
    each_field(v, [&](std::string_view name, const auto& field) {
      using Field = std::remove_cvref_t<decltype(field)>;
      if constexpr (IsOptional<Field>::value) {
        if (!field) return;
      } else if constexpr (IsArg<Field>::value) {
        if (!field.has_value()) return;
        if constexpr (IsOptional<typename Field::value_type>::value)
          if (!*field) return;
      }
      encode_value(w.key(name), field);
    });
    w.end();
  }
}

}  // namespace detail

// `in` as a T. Unknown members are refused, with the nearest known name.
// Errors: invalid_argument, whose message names the place and what was expected there. `what` is the word for a member in it.
template <class T>
Result<T> from_json(JsonView in, std::string_view what = "field") {
  T out{};
  detail::Fault fault;
  if (!detail::decode_value<NoLimit{}, NoLimit{}>(in, out, fault)) return Error(Code::invalid_argument, detail::fault_text(fault, what));
  return out;
}

// `value` as JSON text. Empty optionals of a struct are left out.
template <class T>
std::string to_json(const T& value) {
  JsonWriter w;
  detail::encode_value(w, value);
  return std::move(w).text();
}

}  // namespace mcp
