#include "app/import/toml_text.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

#include "base/json.h"

namespace app::toml_text {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

// The library's behaviour is not defined for some letters beyond ASCII in places where TOML has none, so it never sees one: each byte of
// them, and the sign that marks them, goes as `~hh~`, in digits that no TOML has a meaning for. Lines stay where they are.
std::string plain(std::string_view text) {
  constexpr std::string_view kByteOrder = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrder)) text.remove_prefix(kByteOrder.size());
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '~' || static_cast<unsigned char>(c) >= 0x80)
      out += fmt::format("~{:02x}~", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out;
}

// What plain() was made of. A sign that TOML itself wrote as an escape (backslash u007e) is taken for one of plain()'s where two digits
// follow.
std::string as_written(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned byte = 0;
    const std::size_t end = at + 3;
    if (text[at] == '~' && end < text.size() && text[end] == '~' &&
        std::from_chars(text.data() + at + 1, text.data() + end, byte, 16).ptr == text.data() + end) {
      out += static_cast<char>(byte);
      at = end;
    } else {
      out += text[at];
    }
  }
  return out;
}

// Settings of a client are a few tables deep. The library limits values within values and not the parts of a key, and what walks a table,
// its destructor among them, calls itself once for each.
constexpr int kDeepest = 32;
constexpr int kMostKeyParts = 100;

// Behind the string that begins at `at`, as TOML has four kinds of them; the end of `text` where it is not closed.
std::size_t string_end(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool escapes = quote == '"';
  const bool lines = text.substr(at, 3) == std::string(3, quote);
  for (at += lines ? 3 : 1; at < text.size(); ++at) {
    if (escapes && text[at] == '\\') {
      ++at;
    } else if (!lines && (text[at] == quote || text[at] == '\n')) {
      return at + 1;
    } else if (lines && text.substr(at, 3) == std::string(3, quote)) {
      at += 3;
      // Two more may belong to the string.
      for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more) ++at;
      return at;
    }
  }
  return text.size();
}

// The line where a key has more parts than that; 0: none.
std::size_t line_of_long_key(std::string_view text) {
  int dots = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const bool in_key = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == ' ' ||
                        c == '\t' || c == '.';
    if (c == '.' && ++dots >= kMostKeyParts)
      return 1 + static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    if (c == '"' || c == '\'') {
      at = string_end(text, at);
    } else if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else {
      if (!in_key) dots = 0;
      ++at;
    }
  }
  return 0;
}

bool deeper_than(const toml::node& node, int levels) {
  if (levels == 0) return true;
  bool deeper = false;
  if (const auto* table = node.as_table()) {
    for (const auto& [key, value] : *table) deeper = deeper || deeper_than(value, levels - 1);
  } else if (const auto* array = node.as_array()) {
    for (const toml::node& one : *array) deeper = deeper || deeper_than(one, levels - 1);
  }
  return deeper;
}

boost::json::value as_json(const toml::node& node);

boost::json::object as_json(const toml::table& table) {
  boost::json::object out;
  for (const auto& [key, value] : table) out.insert_or_assign(as_written(key.str()), as_json(value));
  return out;
}

template <class Date>
std::string date_text(const Date& date) {
  std::ostringstream out;
  out << date;
  return out.str();
}

boost::json::value as_json(const toml::node& node) {
  if (const auto* table = node.as_table()) return as_json(*table);
  if (const auto* array = node.as_array()) {
    boost::json::array out;
    for (const toml::node& one : *array) out.push_back(as_json(one));
    return out;
  }
  if (const auto* text = node.as_string()) return boost::json::string(as_written(text->get()));
  if (const auto* number = node.as_integer()) return number->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  // JSON has no infinity.
  if (const auto* number = node.as_floating_point()) return std::isfinite(number->get()) ? boost::json::value(number->get()) : nullptr;
  if (const auto* date = node.as_date()) return boost::json::string(date_text(date->get()));
  if (const auto* time = node.as_time()) return boost::json::string(date_text(time->get()));
  if (const auto* both = node.as_date_time()) return boost::json::string(date_text(both->get()));
  return nullptr;
}

Result<toml::table> parse(std::string_view text) {
  if (text.size() > kLargest) return Error(Code::too_large, fmt::format("it has more than {} bytes", kLargest));
  if (!simdjson::validate_utf8(text)) return Error(Code::invalid_argument, "it is no UTF-8 text");
  if (const std::size_t line = line_of_long_key(text))
    return Error(Code::invalid_argument, fmt::format("line {}: a key has more than {} parts", line, kMostKeyParts));
  toml::parse_result parsed = toml::parse(plain(text));
  if (parsed && deeper_than(parsed.table(), kDeepest))
    return Error(Code::invalid_argument, fmt::format("it is nested deeper than {}", kDeepest));
  if (parsed) return std::move(parsed).table();
  return Error(Code::invalid_argument, fmt::format("line {}: {}", parsed.error().source().begin.line, parsed.error().description()));
}

std::size_t line_begin(std::string_view text, std::size_t number) {
  std::size_t at = 0;
  for (std::size_t line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n', at);
    if (end == text.npos) return text.size();
    at = end + 1;
  }
  return at;
}

const toml::table* find_table(const toml::table& top, std::string_view table, std::string_view key) {
  const toml::node* outer = top.get(plain(table));
  if (!outer || !outer->as_table()) return nullptr;
  const toml::node* inner = outer->as_table()->get(plain(key));
  return inner ? inner->as_table() : nullptr;
}

Error cannot() { return {Code::internal, "it is written in a way that cannot be changed in a few lines; change it by hand"}; }

// `after`, when it says what `wanted` says.
Result<std::string> proven(std::string after, const boost::json::object& wanted) {
  auto is = parse(after);
  if (!is || as_json(*is) != wanted) return cannot();
  return after;
}

// Behind the lines of the table that begins at `at`: where the next one begins, or the end.
std::size_t table_end(std::string_view text, std::size_t at, std::string_view header) {
  for (std::size_t line = std::min(text.find('\n', at), text.size() - 1) + 1; line < text.size();) {
    const std::size_t first = std::min(text.find_first_not_of(" \t", line), text.size());
    // Tables below it are parts of it.
    if (first < text.size() && text[first] == '[' && !text.substr(first).starts_with(header)) return line;
    line = std::min(text.find('\n', line), text.size() - 1) + 1;
  }
  return text.size();
}

}  // namespace

std::string quoted(std::string_view text) {
  // What JSON escapes, TOML does in the same way.
  return base::quoted(text);
}

Result<std::string> parse_to_json(std::string_view text) {
  auto table = parse(text);
  if (!table) return std::move(table).error();
  return boost::json::serialize(as_json(*table));
}

Result<std::string> with_table(std::string_view text, std::string_view table, std::string_view key, std::span<const std::string> lines) {
  auto before = parse(text);
  if (!before) return std::move(before).error();
  const std::string entry = fmt::format("[{}.{}]\n{}\n", table, key, fmt::join(lines, "\n"));
  auto added = parse(entry);
  if (!added) return std::move(added).error();
  boost::json::object wanted = as_json(*before);
  auto* outer = wanted.emplace(table, boost::json::object()).first->value().if_object();
  if (!outer) return Error(Code::conflict, fmt::format("{} is no table", table));
  outer->insert_or_assign(key, as_json(*find_table(*added, table, key)));
  std::string out(text);
  if (const toml::table* old = find_table(*before, table, key)) {
    const std::size_t begin = line_begin(out, old->source().begin.line);
    out.erase(begin, table_end(out, begin, fmt::format("[{}.{}.", table, key)) - begin);
    out.insert(begin, entry);
    return proven(std::move(out), wanted);
  }
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  if (!out.empty()) out += '\n';
  return proven(out + entry, wanted);
}

Result<std::string> switched_off(std::string_view text, std::string_view table, std::string_view key) {
  auto before = parse(text);
  if (!before) return std::move(before).error();
  const toml::table* server = find_table(*before, table, key);
  if (!server) return Error(Code::not_found, fmt::format("there is no {}.{}", table, key));
  boost::json::object wanted = as_json(*before);
  wanted[table].get_object()[key].get_object().insert_or_assign("enabled", false);
  std::string out(text);
  if (const toml::node* flag = server->get("enabled")) {
    const std::size_t line = line_begin(out, flag->source().begin.line);
    const std::size_t at = out.find("true", line);
    if (flag->as_boolean() && !flag->as_boolean()->get()) return out;
    if (!flag->as_boolean() || at == std::string::npos) return cannot();
    out.replace(at, 4, "false");
  } else {
    const std::size_t header = line_begin(out, server->source().begin.line);
    const std::size_t first = out.find_first_not_of(" \t", header);
    if (server->is_inline() || first == std::string::npos || out[first] != '[') return cannot();
    const std::size_t end = out.find('\n', header);
    out.insert(end == std::string::npos ? out.size() : end, "\nenabled = false");
  }
  return proven(std::move(out), wanted);
}

}  // namespace app::toml_text
