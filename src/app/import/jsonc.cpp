#include "app/import/jsonc.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <optional>
#include <vector>

#include "base/json.h"

namespace app::jsonc {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::string_view kBlanks = " \t\r\n";

// Behind the string that begins at `at`.
std::size_t behind_string(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return text.size();
}

// Comments as blanks; of those that end with their line, the line break stays.
std::string without_comments(std::string_view text) {
  std::string out;
  out.reserve(base::room_for_json(text.size()));
  out = text;
  if (out.starts_with("\xEF\xBB\xBF")) out.replace(0, 3, "   ");
  for (std::size_t i = 0; i < out.size();) {
    if (out[i] == '"') {
      i = behind_string(out, i);
    } else if (out.compare(i, 2, "//") == 0) {
      for (; i < out.size() && out[i] != '\n'; ++i) out[i] = ' ';
    } else if (out.compare(i, 2, "/*") == 0) {
      const std::size_t end = out.find("*/", i + 2);
      // One that does not end stays, and is no JSON.
      if (end == std::string::npos) return out;
      for (; i < end + 2; ++i) out[i] = ' ';
    } else {
      ++i;
    }
  }
  return out;
}

// Blanks the comma behind the last member of each object and array.
void drop_last_commas(std::string& text) {
  std::size_t comma = std::string::npos;  // the last thing that was seen, where that is a comma behind a value
  char last = '{';
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      comma = std::string::npos;
      last = c;
      i = behind_string(text, i);
      continue;
    }
    if ((c == '}' || c == ']') && comma != std::string::npos) text[comma] = ' ';
    ++i;
    if (kBlanks.find(c) != kBlanks.npos) continue;
    comma = c == ',' && std::string_view("{[,:").find(last) == std::string_view::npos ? i - 1 : std::string::npos;
    last = c;
  }
}

// Where something stands.
struct Range {
  std::size_t begin = 0, end = 0;
};

struct Place {
  Range member;  // from the key's quote
  Range value;
};

Range range_of(std::string_view whole, std::string_view part) {
  const auto begin = static_cast<std::size_t>(part.data() - whole.data());
  return {begin, begin + part.size()};
}

struct Object {
  Range range;  // with its braces
  std::vector<Place> members;
  std::optional<std::size_t> wanted;  // the member of the key
};

Object read_object(std::string_view plain, std::string_view slice, std::string_view key) {
  Object out{range_of(plain, slice), {}, {}};
  for (base::Members members(slice); members.next();) {
    if (members.key() == key) out.wanted = out.members.size();
    out.members.push_back({range_of(plain, members.raw()), range_of(plain, members.value())});
  }
  return out;
}

std::string_view whole_value(std::string_view plain) {
  const std::size_t first = plain.find_first_not_of(kBlanks);
  const std::size_t last = plain.find_last_not_of(kBlanks);
  return plain.substr(first, last - first + 1);
}

// The text as it is looked at for changing it: without comments, and plain.
struct Views {
  std::string commas;  // with the commas behind last members
  std::string plain;
};

Result<Views> view(std::string_view text) {
  auto plain = parse_plain(text);
  if (!plain) return std::move(plain).error();
  return Views{without_comments(text), *std::move(plain)};
}

// The column where the line of `at` begins to say something, if that is at `at`.
std::optional<std::string> indent_at(std::string_view text, std::size_t at) {
  const std::size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  const std::string_view before = text.substr(line, at - line);
  if (before.find_first_not_of(" \t") != before.npos) return std::nullopt;
  return std::string(before);
}

std::string indent_of_line(std::string_view text, std::size_t at) {
  const std::size_t line = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
  const std::size_t first = std::min(text.find_first_not_of(" \t", line), text.size());
  return std::string(text.substr(line, first - line));
}

std::string_view line_break(std::string_view text) { return text.find("\r\n") == text.npos ? "\n" : "\r\n"; }

// The end of the line of `at`, where nothing but comments follows on it; else `at`.
std::size_t behind_comments(std::string_view plain, std::size_t at) {
  const std::size_t end = plain.find_first_not_of(" \t\r", at);
  if (end == plain.npos || plain[end] != '\n') return at;
  return end > at && plain[end - 1] == '\r' ? end - 1 : end;
}

std::string in_place(std::string_view text, Range range, std::string_view with) {
  std::string out(text.substr(0, range.begin));
  return out.append(with).append(text.substr(range.end));
}

// Into an object that has no member.
std::string into_empty(std::string_view text, const Views& views, const Object& object, std::string_view key, std::string_view value) {
  const std::string outer = indent_of_line(text, object.range.begin);
  const std::string inner = outer + (outer.starts_with('\t') ? "\t" : "  ");
  const std::string_view end = line_break(text);
  std::string member = fmt::format("{}{}{}: {}", end, inner, base::quoted(key), spread(value, inner, inner.substr(outer.size())));
  // A comment in it stays behind the new member.
  const std::string_view rest = std::string_view(views.plain).substr(object.range.begin + 1, object.range.end - object.range.begin - 2);
  if (rest.find('\n') == rest.npos) member.append(end).append(outer);
  return in_place(text, {object.range.begin + 1, object.range.begin + 1}, member);
}

// Behind the last member.
std::string behind_last(std::string_view text, const Views& views, const Object& object, std::string_view key, std::string_view value) {
  const Place& last = object.members.back();
  const std::size_t next = views.commas.find_first_not_of(kBlanks, last.value.end);
  const bool comma = next != std::string::npos && views.commas[next] == ',';
  const std::size_t at = comma ? next + 1 : last.value.end;
  auto inner = indent_at(text, last.member.begin);
  if (!inner) {
    const std::string member = fmt::format("{} {}: {}", comma ? "" : ",", base::quoted(key), value);
    return in_place(text, {at, at}, comma ? member + "," : member);
  }
  const std::string outer = indent_of_line(text, object.range.begin);
  const std::string unit = inner->size() > outer.size() && inner->starts_with(outer) ? inner->substr(outer.size()) : "  ";
  const std::string member =
      fmt::format("{}{}{}: {}{}", line_break(text), *inner, base::quoted(key), spread(value, *inner, unit), comma ? "," : "");
  const std::size_t line = behind_comments(views.plain, at);
  std::string out = in_place(text, {line, line}, member);
  return comma ? out : in_place(out, {last.value.end, last.value.end}, ",");
}

Result<boost::json::value> tree_of(std::string_view text) {
  auto plain = parse_plain(text);
  if (!plain) return std::move(plain).error();
  return base::parse_json(*plain);
}

Error cannot() { return {Code::internal, "it is written in a way that cannot be changed in one place; change it by hand"}; }

// `tree` as it has to be in the end; null: the member is gone.
bool apply(boost::json::value& tree, std::span<const std::string> path, std::string_view key, const boost::json::value* value) {
  boost::json::value* at = &tree;
  for (const std::string& step : path) {
    if (!at->is_object()) return false;
    at = &at->get_object().emplace(step, boost::json::object()).first->value();
  }
  if (!at->is_object()) return false;
  if (value)
    at->get_object().insert_or_assign(key, *value);
  else
    at->get_object().erase(key);
  return true;
}

// `after`, when it says what `before` said with that change, and nothing else.
Result<std::string> proven(std::string_view before, std::string after, std::span<const std::string> path, std::string_view key,
                           const boost::json::value* value) {
  auto was = tree_of(before);
  if (!was) return std::move(was).error();
  auto is = tree_of(after);
  if (!is || !apply(*was, path, key, value) || *was != *is) return cannot();
  return after;
}

}  // namespace

Result<std::string> parse_plain(std::string_view text) {
  if (text.size() > kLargest) return Error(Code::too_large, fmt::format("it has more than {} bytes", kLargest));
  std::string out = without_comments(text);
  drop_last_commas(out);
  if (out.find_first_not_of(kBlanks) == std::string::npos) return std::string("{}");
  if (auto good = base::validate_json(out); !good) return std::move(good).error();
  if (auto unique = base::unique_keys(whole_value(out)); !unique) return std::move(unique).error();
  return out;
}

std::string spread(std::string_view json, std::string_view indent, std::string_view unit) {
  const bool object = base::is_object(json);
  // Lists of plain values stay on one line, as people write commands.
  if (!object) return std::string(json);
  const std::string inner = fmt::format("{}{}", indent, unit);
  std::string out;
  for (base::Members members(json); members.next();)
    out += fmt::format("{}\n{}{}: {}", out.empty() ? "{" : ",", inner, base::quoted(members.key()), spread(members.value(), inner, unit));
  return out.empty() ? "{}" : fmt::format("{}\n{}}}", out, indent);
}

Result<std::string> with_member(std::string_view text, std::span<const std::string> path, std::string_view key, std::string_view value) {
  auto wanted = base::parse_json(value);
  if (!wanted) return std::move(wanted).error();
  auto views = view(text);
  if (!views) return std::move(views).error();
  // An empty file is an empty object.
  const std::string source = text.find_first_not_of(kBlanks) == text.npos ? "{}\n" : std::string(text);
  if (source.size() != text.size()) views = Views{source, source};
  std::string_view slice = whole_value(views->plain);
  std::string member(key);
  std::string content(value);
  for (std::size_t depth = 0;; ++depth) {
    if (!base::is_object(slice)) return Error(Code::conflict, fmt::format("{} is no object", fmt::join(path.first(depth), ".")));
    const std::string& step = depth < path.size() ? path[depth] : member;
    const Object object = read_object(views->plain, slice, step);
    if (depth < path.size() && object.wanted) {
      const Range inner = object.members[*object.wanted].value;
      slice = std::string_view(views->plain).substr(inner.begin, inner.end - inner.begin);
      continue;
    }
    // What is missing below here is made at once.
    for (std::size_t left = path.size(); left > depth; --left)
      content = fmt::format("{{{}:{}}}", base::quoted(left == path.size() ? member : path[left]), content);
    std::string out;
    if (object.wanted)
      out = in_place(source, object.members[*object.wanted].value,
                     spread(content, indent_of_line(source, object.members[*object.wanted].member.begin), "  "));
    else if (object.members.empty())
      out = into_empty(source, *views, object, step, content);
    else
      out = behind_last(source, *views, object, step, content);
    return proven(source, std::move(out), path, key, &*wanted);
  }
}

Result<std::string> without_member(std::string_view text, std::span<const std::string> path, std::string_view key) {
  auto views = view(text);
  if (!views) return std::move(views).error();
  std::string_view slice = whole_value(views->plain);
  for (std::size_t depth = 0; depth < path.size(); ++depth) {
    if (!base::is_object(slice)) return Error(Code::conflict, fmt::format("{} is no object", fmt::join(path.first(depth), ".")));
    const Object object = read_object(views->plain, slice, path[depth]);
    if (!object.wanted) return Error(Code::not_found, fmt::format("there is no {}", path[depth]));
    const Range inner = object.members[*object.wanted].value;
    slice = std::string_view(views->plain).substr(inner.begin, inner.end - inner.begin);
  }
  if (!base::is_object(slice)) return Error(Code::conflict, "it is no object");
  const Object object = read_object(views->plain, slice, key);
  if (!object.wanted) return Error(Code::not_found, fmt::format("there is no {}", key));
  const Place& gone = object.members[*object.wanted];
  Range range{gone.member.begin, gone.value.end};
  const std::size_t next = views->commas.find_first_not_of(kBlanks, range.end);
  std::string out(text);
  std::size_t before = std::string::npos;  // the comma that goes with it
  if (next != std::string::npos && views->commas[next] == ',') {
    // What stands between the member and its comma is a comment, and stays.
    if (next == range.end)
      ++range.end;
    else
      out[next] = ' ';
  } else if (*object.wanted > 0) {
    before = views->commas.find(',', object.members[*object.wanted - 1].value.end);
  }
  // A line that nothing else stands on goes as a whole.
  const std::size_t behind = out.find_first_not_of(" \t\r", range.end);
  if (indent_at(out, range.begin) && behind != std::string::npos && out[behind] == '\n') {
    range.begin = range.begin == 0 ? 0 : out.rfind('\n', range.begin - 1) + 1;
    range.end = behind + 1;
  }
  out.erase(range.begin, range.end - range.begin);
  if (before != std::string::npos) out.erase(before, 1);
  return proven(text, std::move(out), path, key, nullptr);
}

}  // namespace app::jsonc
