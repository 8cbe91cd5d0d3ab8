// URI templates of resources, matched backwards: which values make this template this URI?
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace sdk {

// `{name}` matches one or more characters but `/`; `{+name}` matches any. RFC 6570 has more forms; they cannot be matched, and are
// refused.
class UriTemplate {
 public:
  // Errors: invalid_argument, saying what is wrong.
  static mcp::Result<UriTemplate> parse(std::string_view text);

  // The variables' values, percent-decoded; nothing when `uri` is none of the template's.
  std::optional<std::map<std::string, std::string>> match(std::string_view uri) const;
  bool has(std::string_view variable) const;

 private:
  struct Part {
    std::string text;  // literal text, or the variable's name
    enum class Kind { literal, segment, rest } kind = Kind::literal;
  };
  bool match_from(std::size_t part, std::string_view uri, std::size_t& budget, std::map<std::string, std::string>& values) const;

  std::vector<Part> parts_;
};

}  // namespace sdk
