// Searching what files say.
#pragma once

#include <cstddef>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "servers/filesystem/glob.h"
#include "servers/filesystem/tree.h"

namespace servers {

struct ContentQuery {
  enum class Syntax { literal, regex };
  enum class Case { sensitive, ignored };

  std::string pattern;  // one line of text, or a regular expression in RE2's syntax, compared line by line
  Syntax syntax = Syntax::literal;
  Case letters = Case::sensitive;
  std::optional<Globs> include;  // files to look at, by their path below the start; absent: all
  Globs exclude;                 // files and folders to leave out
  std::size_t limit = 100;
};

struct ContentMatch {
  std::string path;  // below the folder that was searched; "." when that is a file
  std::size_t line = 0;
  std::string text;  // the line, cut, fit to be shown
};

struct ContentMatches {
  std::vector<ContentMatch> matches;
  std::size_t searched = 0;  // files
  std::size_t skipped = 0;   // files that are binary, too large or unreadable
  bool complete = true;      // false when the limit ended it
};

// Searches the files below `path`, or the file at it, in the order of their names. Binary files and those above the tree's limit are
// skipped; links are not followed. The time is linear in what is read, whatever the expression.
// Errors: invalid_argument (an expression that RE2 refuses, with its reason), cancelled, and what Tree::walk says.
Result<ContentMatches> search_content(const Tree& tree, std::string_view path, const ContentQuery& query, std::stop_token stop);

}  // namespace servers
