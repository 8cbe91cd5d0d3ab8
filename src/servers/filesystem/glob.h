// Glob: a pattern for paths.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace servers {

// A pattern that paths are compared with: `*` and `?` within a name, `**` across folders, `[a-z]`, `[!a-z]`, `{one,two}`, and `\` before
// a character that means itself. Names that begin with a dot are matched like others; upper and lower case differ.
// Time to match: at most the product of both lengths, whatever the pattern.
class Glob {
 public:
  // Errors: invalid_argument (empty, longer than 1,000 bytes, or braces that stand for more than 256 patterns).
  static mcp::Result<Glob> parse(std::string_view pattern);

  // `path` is relative, with single slashes.
  bool matches(std::string_view path) const;

 private:
  using Names = std::vector<std::string>;
  std::vector<Names> ways_;  // the pattern without braces, each way split at slashes
};

// Several globs at once; empty matches nothing.
class Globs {
 public:
  // Errors: as Glob::parse, or more than 100 patterns.
  static mcp::Result<Globs> parse(const std::vector<std::string>& patterns);
  // As parse(), and a pattern without `*` also means what it names anywhere, and all below it.
  static mcp::Result<Globs> parse_excludes(const std::vector<std::string>& patterns);
  bool matches(std::string_view path) const;

 private:
  std::vector<Glob> globs_;
};

}  // namespace servers
