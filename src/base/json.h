// JSON as this house handles it: validated once, forwarded as slices, and read as a tree only where somebody needs one.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "mcp/result.h"

namespace base {

using mcp::Code;
using mcp::Error;
using mcp::Result;

// Deeper nesting than this is refused, everywhere.
inline constexpr std::size_t kJsonDepth = 128;

// Checks that `text` is one JSON value: syntax, UTF-8 and depth, and nothing behind it. Numbers may be of any size. About 0.2 us
// per KB. A string with 64 bytes of spare capacity is checked where it is; else the text is copied once, into a buffer that the
// thread keeps.
// Error: invalid_argument with the byte's place.
Result<> validate_json(std::string_view text);
Result<> validate_json(const std::string& text);
inline Result<> validate_json(const char* text) { return validate_json(std::string_view(text)); }

// The capacity that a string of `size` bytes should have for validate_json not to copy it.
inline constexpr std::size_t room_for_json(std::size_t size) { return size + 64; }

// Walks the members of one object, in order, without allocating for a usual one.
//   Members members(text);
//   while (members.next()) use(members.key(), members.value());
//   if (members.error()) ...
class Members {
 public:
  // `text` must have passed validate_json, and outlive this.
  explicit Members(std::string_view text);
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  // Goes to the next member. False at the end, and at an error.
  bool next();
  // The key, unescaped. Valid until next().
  std::string_view key() const { return key_; }
  // The value's slice, without white space around it.
  std::string_view value() const { return value_; }
  // The whole member as it came, from the key's quote to the value's end.
  std::string_view raw() const { return raw_; }
  // Why it ended early, or null: `text` is no object, or a key came twice.
  const char* error() const { return error_; }

 private:
  static constexpr std::size_t kInline = 16;
  bool remember(std::string_view key);

  const char* at_;
  const char* end_;
  std::string_view key_, value_, raw_;
  const char* error_ = nullptr;
  std::size_t seen_ = 0;
  std::uint64_t marks_ = 0;  // of the keys seen
  struct Key {
    const char* data;
    std::size_t size;
  };
  Key few_[kInline];  // the first seen_ of them are set; a string_view would have all of them cleared for each object
  std::unique_ptr<std::unordered_set<std::string_view>> many_;
  std::forward_list<std::string> unescaped_;  // keys that had escapes, for key_ and the seen ones to point at
};

// Walks the elements of one array, in order.
class Elements {
 public:
  explicit Elements(std::string_view text);
  bool next();
  std::string_view value() const { return value_; }
  const char* error() const { return error_; }

 private:
  const char* at_;
  const char* end_;
  std::string_view value_;
  const char* error_ = nullptr;
};

// Calls `member(key, value)` for each member of the object `text`, which must have passed validate_json. The key is unescaped, the
// value is its slice of `text` as it came in, without surrounding white space. A key that comes twice is refused: two readers of
// one message must not see two messages. `member` returns a Result<> with an error to stop.
// Errors: invalid_argument (not an object, or a key twice), or what `member` returned.
template <class F>
Result<> each_member(std::string_view text, F&& member) {
  Members members(text);
  while (members.next()) {
    if (Result<> r = member(members.key(), members.value()); !r) return r;
  }
  if (members.error()) return Error(Code::invalid_argument, members.error());
  return {};
}

// Calls `element(value)` for each element of the array `text`, which must have passed validate_json.
template <class F>
Result<> each_element(std::string_view text, F&& element) {
  Elements elements(text);
  while (elements.next()) {
    if (Result<> r = element(elements.value()); !r) return r;
  }
  if (elements.error()) return Error(Code::invalid_argument, elements.error());
  return {};
}

// The object `text`, and every object in it, has no key twice. Error: invalid_argument.
Result<> unique_keys(std::string_view text);

// The slice of the member `key` of the object `text`, or empty when it is not there. Both as in each_member; the first wins.
std::string_view find_member(std::string_view text, std::string_view key);

// The string that the slice `value` spells, unescaped. Error: invalid_argument when it is not a string.
Result<std::string> json_string(std::string_view value);
// The integer that the slice spells (also as 3.0 or 1e3), or an Error when it is none or does not fit.
Result<std::int64_t> json_integer(std::string_view value);

// Appends `text` as a JSON string, in quotes. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

// `value` without the white space between its tokens. For transports where one line is one message. `value` must be valid.
std::string minified(std::string_view value);
// True when `value` has no line break outside its tokens, so that it can be one line as it stands.
bool single_line(std::string_view value);

// What kind of value the slice is, by its first byte.
inline bool is_object(std::string_view value) { return !value.empty() && value.front() == '{'; }
inline bool is_array(std::string_view value) { return !value.empty() && value.front() == '['; }
inline bool is_string(std::string_view value) { return !value.empty() && value.front() == '"'; }

// The tree. Refuses what validate_json refuses, and a key twice at any depth. Numbers keep 64-bit integers; payloads are never
// round-tripped through it.
Result<boost::json::value> parse_json(std::string_view text);

}  // namespace base
