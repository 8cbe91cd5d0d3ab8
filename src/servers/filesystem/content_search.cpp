#include "servers/filesystem/content_search.h"

#include <re2/re2.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "servers/filesystem/refusal.h"
#include "servers/filesystem/text.h"

namespace servers {

namespace {

constexpr std::size_t kLongestPattern = 1000;
constexpr std::size_t kLongestLine = 300;

Result<std::unique_ptr<re2::RE2>> compile(const ContentQuery& query) {
  if (query.pattern.empty()) return Error(Code::invalid_argument, "the pattern is empty; give the text to look for");
  if (query.pattern.size() > kLongestPattern) return Error(Code::invalid_argument, "the pattern is longer than 1000 bytes");
  bool literal = query.syntax == ContentQuery::Syntax::literal;
  re2::RE2::Options options;
  options.set_literal(literal);
  options.set_case_sensitive(query.letters == ContentQuery::Case::sensitive);
  options.set_log_errors(false);
  options.set_never_nl(true);
  options.set_one_line(false);
  options.set_max_mem(8 << 20);
  // With (?m) `^` and `$` mean the same in one line and in a whole file.
  auto expression = std::make_unique<re2::RE2>(literal ? query.pattern : "(?m)" + query.pattern, options);
  if (!expression->ok())
    return Error(Code::invalid_argument, "the expression is not valid: " + expression->error() +
                                             "; escape special characters with a "
                                             "backslash, or search for the text as it is, without regex");
  return expression;
}

// The line around the match, cut so that the match is in it.
std::string shown(std::string_view line, std::size_t match) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() <= kLongestLine) return repaired(line);
  std::size_t from = match > kLongestLine / 2 ? match - kLongestLine / 2 : 0;
  while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xC0) == 0x80) --from;
  std::string_view part = cut(line.substr(from), kLongestLine);
  return (from ? "…" : "") + repaired(part) + (from + part.size() < line.size() ? "…" : "");
}

// Adds the matches of one file. False when the limit is reached.
bool search_text(const re2::RE2& expression, std::string_view text, const std::string& path, std::size_t limit, ContentMatches& out) {
  std::size_t line = 1, at = 0;
  while (at < text.size()) {
    // Line by line, so that no match spans two.
    std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view one = text.substr(at, end - at);
    re2::StringPiece found;
    if (expression.Match(re2::StringPiece(one.data(), one.size()), 0, one.size(), re2::RE2::UNANCHORED, &found, 1)) {
      if (out.matches.size() >= limit) {
        out.complete = false;
        return false;
      }
      auto offset = static_cast<std::size_t>(found.data() - one.data());
      out.matches.push_back({path, line, shown(one, offset)});
    }
    at = end + 1;
    ++line;
  }
  return true;
}

}  // namespace

Result<ContentMatches> search_content(const Tree& tree, std::string_view path, const ContentQuery& query, std::stop_token stop) {
  auto compiled = compile(query);
  if (!compiled) return std::move(compiled).error();
  const re2::RE2& expression = **compiled;
  // `\A` and `\z` mean the file's start and end only when it is looked at as a whole.
  bool by_line_only = query.pattern.find("\\A") != std::string::npos || query.pattern.find("\\z") != std::string::npos;
  ContentMatches out;
  auto look = [&](const std::string& file, const std::string& name) {
    auto text = tree.read(file);
    if (!text || looks_binary(*text)) {
      ++out.skipped;
      return true;
    }
    ++out.searched;
    // One look at the whole first: most files have no match at all.
    if (!by_line_only && !re2::RE2::PartialMatch(*text, expression)) return true;
    return search_text(expression, *text, name, query.limit, out);
  };
  auto info = tree.info(path);
  if (!info) return std::move(info).error();
  if (info->kind != Kind::folder) {
    auto readable = tree.open_file(path);
    if (!readable) return std::move(readable).error();
    look(std::string(path), ".");
    return out;
  }
  auto place = tree.place(path);
  if (!place) return std::move(place).error();
  std::string base = place->full();
  if (!base.ends_with('/')) base += '/';
  auto walked = tree.walk(path, Tree::With::names, stop, [&](const Visit& visit) {
    if (query.exclude.matches(visit.path)) return Onward::pass;
    if (visit.entry.kind == Kind::folder) return Onward::enter;
    if (visit.entry.kind != Kind::file || (query.include && !query.include->matches(visit.path))) return Onward::pass;
    return look(base + visit.path, visit.path) ? Onward::pass : Onward::stop;
  });
  if (!walked) return std::move(walked).error();
  return out;
}

}  // namespace servers
