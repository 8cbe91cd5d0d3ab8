#include "servers/filesystem/glob.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "servers/filesystem/refusal.h"

namespace servers {

namespace {

constexpr std::size_t kMostWays = 256;
constexpr std::size_t kLongest = 1000;
constexpr std::size_t kMostGlobs = 100;

// One brace group: its options, and where it ends. Nothing when `pattern[open]` begins no group with a comma.
struct Group {
  std::vector<std::string_view> options;
  std::size_t end = 0;
};
std::optional<Group> find_group(std::string_view pattern, std::size_t open) {
  Group group;
  int depth = 0;
  std::size_t from = open + 1;
  for (std::size_t i = open; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (c == '{') {
      ++depth;
    } else if (depth == 1 && (c == ',' || c == '}')) {
      group.options.push_back(pattern.substr(from, i - from));
      from = i + 1;
      if (c == '}') {
        group.end = i + 1;
        if (group.options.size() < 2) return std::nullopt;
        return group;
      }
    } else if (c == '}') {
      --depth;
    }
  }
  return std::nullopt;
}

// Replaces the first group by each of its options, until none is left. False when there are too many ways.
bool expand(std::string pattern, std::vector<std::string>& out) {
  std::vector<std::string> todo{std::move(pattern)};
  while (!todo.empty()) {
    std::string one = std::move(todo.back());
    todo.pop_back();
    std::optional<Group> group;
    std::size_t open = 0;
    for (std::size_t i = 0; i < one.size() && !group; ++i) {
      if (one[i] == '\\') {
        ++i;
      } else if (one[i] == '{') {
        group = find_group(one, i);
        open = i;
      }
    }
    if (!group) {
      out.push_back(std::move(one));
    } else {
      for (std::string_view option : group->options) todo.push_back(one.substr(0, open) + std::string(option) + one.substr(group->end));
    }
    if (out.size() + todo.size() > kMostWays) return false;
  }
  return true;
}

// The bytes of the character at the start of `s`; one for what is no UTF-8.
std::size_t step(std::string_view s) {
  std::size_t n = 1;
  if ((static_cast<unsigned char>(s[0]) & 0xC0) == 0xC0)
    while (n < s.size() && n < 4 && (static_cast<unsigned char>(s[n]) & 0xC0) == 0x80) ++n;
  return n;
}

// Compares one character with the class at the start of `pattern`. `used` becomes the length of the class, or 0 when it has no end.
bool in_class(std::string_view pattern, std::string_view character, std::size_t& used) {
  used = 0;
  std::size_t i = 1;
  bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (bool first = true; i < pattern.size(); first = false) {
    if (pattern[i] == ']' && !first) {
      used = i + 1;
      return found != negated;
    }
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    std::string_view low = pattern.substr(i, step(pattern.substr(i)));
    i += low.size();
    std::string_view high = low;
    if (i + 1 < pattern.size() && pattern[i] == '-' && pattern[i + 1] != ']') {
      ++i;
      if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
      high = pattern.substr(i, step(pattern.substr(i)));
      i += high.size();
    }
    // Longer sequences are higher code points, and within one length bytes order as code points do.
    auto at_most = [](std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() < b.size() : a <= b; };
    if (at_most(low, character) && at_most(character, high)) found = true;
  }
  return false;
}

// Matches the next thing of `pattern` with the first character of `name`; 0 when it does not, else how much of `pattern` it was.
std::size_t match_one(std::string_view pattern, std::string_view character) {
  if (pattern[0] == '?') return 1;
  if (pattern[0] == '[') {
    std::size_t used = 0;
    bool good = in_class(pattern, character, used);
    if (used) return good ? used : 0;
  }
  std::size_t skip = pattern[0] == '\\' && pattern.size() > 1 ? 1 : 0;
  return pattern.substr(skip).starts_with(character) ? skip + character.size() : 0;
}

bool name_matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    std::string_view character = name.substr(n, step(name.substr(n)));
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      resume = n;
      continue;
    }
    std::size_t used = p < pattern.size() ? match_one(pattern.substr(p), character) : 0;
    if (used) {
      p += used;
      n += character.size();
    } else if (star != std::string_view::npos) {
      p = star;
      resume += step(name.substr(resume));
      n = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool names_match(const std::vector<std::string>& pattern, const std::vector<std::string_view>& path) {
  std::size_t p = 0, n = 0;
  std::size_t star = std::string::npos, resume = 0;
  while (n < path.size()) {
    if (p < pattern.size() && pattern[p] == "**") {
      star = ++p;
      resume = n;
    } else if (p < pattern.size() && name_matches(pattern[p], path[n])) {
      ++p;
      ++n;
    } else if (star != std::string::npos) {
      p = star;
      n = ++resume;
    } else {
      return false;
    }
  }
  // "folder/**" means what is in the folder, and not the folder.
  if (p + 1 == pattern.size() && pattern[p] == "**") return p == 0;
  return p == pattern.size();
}

}  // namespace

mcp::Result<Glob> Glob::parse(std::string_view pattern) {
  if (pattern.empty()) return mcp::Error(mcp::Code::invalid_argument, "the pattern is empty; \"**\" matches everything");
  if (pattern.size() > kLongest) return mcp::Error(mcp::Code::invalid_argument, "the pattern is longer than 1000 bytes");
  std::vector<std::string> ways;
  if (!expand(std::string(pattern), ways))
    return mcp::Error(mcp::Code::invalid_argument, "the braces in " + in_quotes(pattern) + " stand for more than 256 patterns");
  Glob glob;
  for (const std::string& way : ways) {
    Names names;
    for (std::string_view part : path_parts(way))
      if (part != "**" || names.empty() || names.back() != "**") names.emplace_back(part);
    glob.ways_.push_back(std::move(names));
  }
  return glob;
}

bool Glob::matches(std::string_view path) const {
  auto parts = path_parts(path);
  for (const Names& way : ways_)
    if (names_match(way, parts)) return true;
  return false;
}

mcp::Result<Globs> Globs::parse(const std::vector<std::string>& patterns) {
  if (patterns.size() > kMostGlobs) return mcp::Error(mcp::Code::invalid_argument, "more than 100 patterns");
  Globs globs;
  for (const std::string& pattern : patterns) {
    auto glob = Glob::parse(pattern);
    if (!glob) return std::move(glob).error();
    globs.globs_.push_back(*std::move(glob));
  }
  return globs;
}

mcp::Result<Globs> Globs::parse_excludes(const std::vector<std::string>& patterns) {
  auto globs = parse(patterns);
  if (!globs) return globs;
  for (const std::string& pattern : patterns) {
    if (pattern.find('*') != std::string::npos || pattern.size() > kLongest - 6) continue;
    for (const std::string& wider : {"**/" + pattern, "**/" + pattern + "/**"})
      if (auto glob = Glob::parse(wider)) globs->globs_.push_back(*std::move(glob));
  }
  return globs;
}

bool Globs::matches(std::string_view path) const {
  for (const Glob& glob : globs_)
    if (glob.matches(path)) return true;
  return false;
}

}  // namespace servers
