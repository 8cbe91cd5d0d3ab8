// JSON for users of this library: an owned tree to read from, and a writer. Raw text in, raw text out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace mcp {

// A place in a Json tree, or nowhere. Reading from nowhere gives nowhere, so that a path can be followed without a check per step:
//   if (auto title = answer.root()["items"].at(0)["title"].string()) …
// Owns: nothing; the Json must outlive it.
class JsonView {
 public:
  // `integer` is a number without fraction that fits 64 bits, signed or unsigned; `number` is any other number.
  enum class Kind { missing, null, boolean, integer, number, string, array, object };

  JsonView() = default;
  explicit JsonView(const void* value) : value_(value) {}

  Kind kind() const;
  // False when nothing is there; true for null.
  explicit operator bool() const { return value_ != nullptr; }
  bool is(Kind kind) const { return this->kind() == kind; }

  // The member of an object, or nowhere.
  JsonView operator[](std::string_view key) const;
  // The element of an array, or the value of an object's member by place, or nowhere.
  JsonView at(std::size_t index) const;
  // The name of an object's member by place; empty when there is none.
  std::string_view key(std::size_t index) const;
  // Elements of an array, members of an object, else 0.
  std::size_t size() const;

  // The value, where it is of that kind. A double with an integral value counts as an integer when it fits; an integer is a number.
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer() const;
  std::optional<std::uint64_t> unsigned_integer() const;
  std::optional<double> number() const;
  // The text lives as long as the Json.
  std::optional<std::string_view> string() const;
  std::string_view string_or(std::string_view other) const { return string().value_or(other); }
  std::int64_t integer_or(std::int64_t other) const { return integer().value_or(other); }
  bool boolean_or(bool other) const { return boolean().value_or(other); }

  // `f(key, value)` for each member, in the order they came.
  template <class F>
  void each_member(F&& f) const {
    if (is(Kind::object))
      for (std::size_t i = 0; i < size(); ++i) f(key(i), at(i));
  }
  // `f(value)` for each element.
  template <class F>
  void each_element(F&& f) const {
    if (is(Kind::array))
      for (std::size_t i = 0; i < size(); ++i) f(at(i));
  }

  // The value as JSON text without white space; `null` for nowhere. Integers of 64 bits are exact, a fraction is the shortest text that
  // reads back as the same double, and a number that was beyond a double is `1e999` or `-1e999`.
  std::string text() const;

  // The library's own door.
  const void* tree() const { return value_; }

 private:
  const void* value_ = nullptr;
};

// An immutable JSON value that owns its tree. Copies share it.
class Json {
 public:
  Json() = default;
  // Errors: invalid_argument (not JSON, not UTF-8, nested deeper than 128, a key twice).
  static Result<Json> parse(std::string_view text);

  JsonView root() const { return JsonView(value_.get()); }
  JsonView operator[](std::string_view key) const { return root()[key]; }
  // As it was parsed, without white space: each number as it was spelled, whatever its size.
  std::string text() const { return text_ ? *text_ : root().text(); }

 private:
  std::shared_ptr<const void> value_;  // the tree, in one piece with the text
  const std::string* text_ = nullptr;
};

// Writes one JSON value as text, without white space. Commas and escapes are its business; balance is the caller's.
//   JsonWriter w;
//   w.object().field("path", "a.md").key("tags").array().value("x").end().end();
class JsonWriter {
 public:
  JsonWriter& object();
  JsonWriter& array();
  // Ends the innermost object or array.
  JsonWriter& end();
  JsonWriter& key(std::string_view key);

  // Bytes that are no UTF-8 become U+FFFD. A number that is not finite becomes null.
  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool b);
  JsonWriter& value(double d);
  JsonWriter& value(std::int64_t n);
  JsonWriter& value(std::uint64_t n);
  JsonWriter& value(int n) { return value(static_cast<std::int64_t>(n)); }
  JsonWriter& value(unsigned n) { return value(static_cast<std::uint64_t>(n)); }
  JsonWriter& value(long long n) { return value(static_cast<std::int64_t>(n)); }
  JsonWriter& value(unsigned long long n) { return value(static_cast<std::uint64_t>(n)); }
  JsonWriter& null();
  // `json` must be one valid JSON value.
  JsonWriter& raw(std::string_view json);

  template <class T>
  JsonWriter& field(std::string_view name, const T& v) {
    return key(name).value(v);
  }

  const std::string& text() const& { return out_; }
  std::string text() && { return std::move(out_); }

 private:
  void before();

  std::string out_;
  std::vector<char> open_;
  bool comma_ = false;
};

// `text` as a JSON string, quotes included.
std::string json_quoted(std::string_view text);

}  // namespace mcp
