#include "sandbox/source.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace sandbox {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto from = text.find_first_not_of(kBlank);
  if (from == text.npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

int lines_in(std::string_view text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

bool word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$'; }

bool starts_word(std::string_view text, std::string_view word) {
  return text.starts_with(word) && (text.size() == word.size() || !word_char(text[word.size()]));
}

// Where a line that begins with a fence stands, from `from` on.
std::size_t find_fence(std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size();) {
    auto line = text.substr(at);
    auto blank = line.find_first_not_of(" \t");
    if (blank != line.npos && line.substr(blank).starts_with("```")) return at;
    auto end = text.find('\n', at);
    if (end == text.npos) break;
    at = end + 1;
  }
  return text.npos;
}

}  // namespace

Source read_source(std::string_view given) {
  Source out;
  std::string_view code = given;
  if (auto open = find_fence(given, 0); open != given.npos) {
    auto line_end = given.find('\n', open);
    if (line_end != given.npos) {
      auto label = trimmed(given.substr(open, line_end - open));
      label.remove_prefix(std::min(label.find_first_not_of('`'), label.size()));
      out.typescript = label == "ts" || label == "typescript" || label == "tsx";
      out.lines_before = lines_in(given.substr(0, line_end + 1));
      code = given.substr(line_end + 1);
      if (auto close = find_fence(code, 0); close != code.npos) code = code.substr(0, close);
    }
  }
  // `export default async () => …` is what a module would say; the rest of it is an expression.
  auto body = trimmed(code);
  constexpr std::string_view kExport = "export default ";
  if (body.starts_with(kExport)) {
    auto skipped = static_cast<std::size_t>(body.data() - code.data());
    out.code = std::string(code.substr(0, skipped)) + std::string(kExport.size(), ' ') + std::string(code.substr(skipped + kExport.size()));
  } else {
    out.code = code;
  }
  return out;
}

std::string as_expression(std::string_view code) {
  auto end = code.find_last_not_of("; \t\r\n");
  code = end == code.npos ? std::string_view() : code.substr(0, end + 1);
  return "(async () => (\n" + std::string(code) + "\n))";
}

std::string as_body(std::string_view code) { return "(async () => {\n" + std::string(code) + "\n})"; }

std::string typescript_sign(std::string_view code) {
  static constexpr std::array<std::string_view, 9> kTypes{"string", "number", "boolean", "any",     "unknown",
                                                          "void",   "never",  "Record<", "Promise<"};
  std::size_t at = 0;
  for (bool more = true; more;) {
    auto end = code.find('\n', at);
    more = end != code.npos;
    auto line = trimmed(code.substr(at, more ? end - at : code.npos));
    at = more ? end + 1 : code.size();
    if (starts_word(line, "export")) line = trimmed(line.substr(6));
    if (starts_word(line, "interface") && line.find('{') != line.npos) return "`interface`";
    if (starts_word(line, "enum") && line.find('{') != line.npos) return "`enum`";
    if (starts_word(line, "type") && line.find('=') != line.npos) return "`type`";
    if (starts_word(line, "import") && line.find("type") != line.npos) return "`import type`";
  }
  for (std::size_t colon = code.find(':'); colon != code.npos; colon = code.find(':', colon + 1)) {
    auto rest = trimmed(code.substr(colon + 1, 40));
    for (auto type : kTypes)
      if (type.ends_with('<') ? rest.starts_with(type) : starts_word(rest, type))
        return "the type annotation `: " + std::string(type.ends_with('<') ? type.substr(0, type.size() - 1) : type) + "`";
    // `name: Name[]` and `name: Name =`
    std::size_t name = 0;
    while (name < rest.size() && word_char(rest[name])) ++name;
    if (name && std::isupper(static_cast<unsigned char>(rest[0])) &&
        (rest.substr(name).starts_with("[]") || rest.substr(name).starts_with(" =")))
      return "the type annotation `: " + std::string(rest.substr(0, name)) + "`";
  }
  for (std::size_t as = code.find(" as "); as != code.npos; as = code.find(" as ", as + 1)) {
    auto rest = trimmed(code.substr(as + 4, 20));
    if (starts_word(rest, "const") || starts_word(rest, "any") || starts_word(rest, "string") || starts_word(rest, "unknown") ||
        starts_word(rest, "number") || (!rest.empty() && std::isupper(static_cast<unsigned char>(rest[0]))))
      return "`as`";
  }
  return {};
}

}  // namespace sandbox
