// Regular expressions of ECMA-262, run by RE2: in time that is linear in the text, whatever the pattern.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace re2 {
class RE2;
}

namespace protocol::schema {

// Why a pattern is refused.
enum class PatternFault { none, broken, unsupported };

// `pattern` (ECMA-262 with the flag u, and what real schemas write without it) in the syntax of RE2.
struct TranslatedPattern {
  std::string text;
  PatternFault fault = PatternFault::none;
  std::string why;       // which part, for people
  bool foreign = false;  // has what RE2 and others know, and ECMA-262 does not: (?P<name>…), (?i)
};
TranslatedPattern translate_pattern(std::string_view pattern);

// A compiled pattern. Immutable; threads: any.
class Pattern {
 public:
  // Errors: invalid_argument (not a pattern, or one that needs look-around or back references), too_large.
  static mcp::Result<Pattern> compile(std::string_view pattern);

  // Whether the pattern matches somewhere in `text`.
  bool matches(std::string_view text) const;
  // The steps that this costs for a text of so many bytes, at worst.
  std::size_t steps(std::size_t bytes) const;
  // The size of the compiled program.
  std::size_t instructions() const { return instructions_; }
  // As it was written.
  const std::string& source() const { return *source_; }

 private:
  std::shared_ptr<const re2::RE2> program_;
  std::shared_ptr<const std::string> source_;
  std::size_t instructions_ = 0;
};

}  // namespace protocol::schema
