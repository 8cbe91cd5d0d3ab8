// JSON Schema 2020-12 from C++ types: what a tool takes, and what it gives.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "mcp/detail/codec.h"

namespace mcp {
namespace detail {

// Which side of a value is described: inputs are closed and carry defaults; outputs may grow. A form is an input as users fill it in.
enum class Side { input, output, form };

template <class T>
void write_object_schema(JsonWriter& w, const T& proto, Side side);

// Writes the members of T's schema into the object that is open in `w`.
template <class T, auto Min = NoLimit{}, auto Max = NoLimit{}>
void write_schema(JsonWriter& w, Side side) {
  auto limits = [&w](std::string_view min_key, std::string_view max_key) {
    if constexpr (kLimited<Min>) w.key(min_key).value(Min);
    if constexpr (kLimited<Max>) w.key(max_key).value(Max);
    (void)min_key, (void)max_key, (void)w;
  };
  if constexpr (IsArg<T>::value) {
    write_schema<typename T::value_type, T::min, T::max>(w, side);
  } else if constexpr (IsOptional<T>::value) {
    write_schema<typename T::value_type, Min, Max>(w, side);
  } else if constexpr (std::is_same_v<T, Json>) {
    // Any value: the empty schema.
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    w.field("type", "string");
    limits("minLength", "maxLength");
  } else if constexpr (std::is_same_v<T, bool>) {
    w.field("type", "boolean");
  } else if constexpr (std::is_integral_v<T>) {
    w.field("type", "integer");
    if constexpr (std::is_unsigned_v<T> && !kLimited<Min>) w.field("minimum", 0);
    limits("minimum", "maximum");
  } else if constexpr (std::is_floating_point_v<T>) {
    w.field("type", "number");
    limits("minimum", "maximum");
  } else if constexpr (IsChoice<T>::value) {
    w.field("type", "string").key("enum").array();
    for (auto option : T::options) w.value(option);
    w.end();
  } else if constexpr (Dictionary<T>) {
    w.field("type", "object").key("additionalProperties").object();
    write_schema<typename T::mapped_type>(w, side);
    w.end();
  } else if constexpr (List<T>) {
    w.field("type", "array").key("items").object();
    write_schema<typename T::value_type>(w, side);
    w.end();
    limits("minItems", "maxItems");
  } else {
    write_object_schema(w, T{}, side);
  }
}

// `proto` is a T as its defaults make it; they become the schema's defaults.
template <class T>
void write_object_schema(JsonWriter& w, const T& proto, Side side) {
  static_assert(Struct<T>, "mcp: this type has no schema");
  w.field("type", "object").key("properties").object();
  std::vector<std::string_view> required;
  each_field(proto, [&](std::string_view name, const auto& field) {
    using Field = std::remove_cvref_t<decltype(field)>;
    w.key(name).object();
    write_schema<Field>(w, side);
    if constexpr (IsArg<Field>::value) {
      if (!Field::doc.empty()) w.field("description", Field::doc);
      if (field.has_value() && side != Side::output) encode_value(w.key("default"), *field);
    }
    if (!may_be_absent(field) || (side == Side::output && !IsOptional<Field>::value)) required.push_back(name);
    w.end();
  });
  w.end();
  if (!required.empty()) {
    w.key("required").array();
    for (auto name : required) w.value(name);
    w.end();
  }
  if (side == Side::input) w.field("additionalProperties", false);
}

}  // namespace detail

// The schema of a struct of arguments. Its root is always an object; unknown members are not allowed.
template <class T>
std::string input_schema() {
  JsonWriter w;
  w.object();
  detail::write_object_schema(w, T{}, detail::Side::input);
  w.end();
  return std::move(w).text();
}

// The schema of a form for a user to fill in (see questions.h): a flat struct of texts, numbers, bools, Choices, and lists of Choices.
template <class T>
std::string form_schema() {
  JsonWriter w;
  w.object();
  detail::write_object_schema(w, T{}, detail::Side::form);
  w.end();
  return std::move(w).text();
}

// The schema of a result. What is not an object is wrapped as {"result": …}, so that every revision can carry it.
template <class T>
std::string output_schema() {
  JsonWriter w;
  w.object();
  if constexpr (detail::Struct<T> || detail::Dictionary<T>) {
    detail::write_schema<T>(w, detail::Side::output);
  } else {
    w.field("type", "object").key("properties").object().key("result").object();
    detail::write_schema<T>(w, detail::Side::output);
    w.end().end().key("required").array().value("result").end();
  }
  w.end();
  return std::move(w).text();
}

}  // namespace mcp
