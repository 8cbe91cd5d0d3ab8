// What somebody types to find notes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace servers {

// Words, "phrases in quotes", and -words or -"phrases" that must not be there. Everything else is a word too: there is no syntax to
// get wrong.
struct Query {
  std::vector<std::string> wanted;
  std::vector<std::string> unwanted;

  // Errors: invalid_argument (nothing to look for, longer than 1,000 bytes).
  static mcp::Result<Query> parse(std::string_view text);

  // As FTS5 reads it: all of the wanted, or any of them, and of the words that begin like one of four letters or more.
  std::string all() const;
  // All of the wanted in what names a note: title, aliases, headings and tags.
  std::string named() const;
  std::string any() const;
};

// The three neighbouring lines of `text` that say most about `query`, long ones cut around the first word, and the number of the
// first line, from 1.
struct Excerpt {
  std::string text;
  std::size_t line = 1;
};
Excerpt find_excerpt(std::string_view text, const Query& query);

}  // namespace servers
