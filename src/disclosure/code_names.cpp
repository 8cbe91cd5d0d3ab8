#include "disclosure/code_names.h"

#include <algorithm>
#include <array>
#include <set>

namespace disclosure {
namespace {

constexpr std::size_t kLongest = 100;

// Words of the language, strict mode and modules included, and those that the sandbox or any object has a meaning for. Sorted.
constexpr std::array<std::string_view, 69> kTaken{"NaN",
                                                  "__defineGetter__",
                                                  "__defineSetter__",
                                                  "__lookupGetter__",
                                                  "__lookupSetter__",
                                                  "__proto__",
                                                  "arguments",
                                                  "async",
                                                  "await",
                                                  "break",
                                                  "case",
                                                  "catch",
                                                  "class",
                                                  "console",
                                                  "const",
                                                  "constructor",
                                                  "continue",
                                                  "debugger",
                                                  "default",
                                                  "delete",
                                                  "do",
                                                  "else",
                                                  "enum",
                                                  "eval",
                                                  "export",
                                                  "extends",
                                                  "false",
                                                  "finally",
                                                  "for",
                                                  "function",
                                                  "get",
                                                  "globalThis",
                                                  "if",
                                                  "implements",
                                                  "import",
                                                  "in",
                                                  "instanceof",
                                                  "interface",
                                                  "let",
                                                  "namespace",
                                                  "new",
                                                  "null",
                                                  "of",
                                                  "package",
                                                  "private",
                                                  "protected",
                                                  "prototype",
                                                  "public",
                                                  "return",
                                                  "set",
                                                  "static",
                                                  "super",
                                                  "switch",
                                                  "then",
                                                  "this",
                                                  "throw",
                                                  "toJSON",
                                                  "toString",
                                                  "tools",
                                                  "true",
                                                  "try",
                                                  "type",
                                                  "typeof",
                                                  "undefined",
                                                  "valueOf",
                                                  "var",
                                                  "void",
                                                  "while",
                                                  "yield"};
static_assert(std::ranges::is_sorted(kTaken));

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$'; }

// What several real names may have to share, and the real names that want it.
using Wanted = std::map<std::string, std::set<std::string_view>, std::less<>>;

struct Given {
  std::string_view real;
  std::string wanted, given;
};

// A name for each real one, all different. Those that are nobody's wish are never given to a second one: taking turns must not shift names.
std::vector<Given> give(const Wanted& wanted) {
  std::vector<Given> out;
  std::set<std::string, std::less<>> taken;
  for (const auto& [name, _] : wanted) taken.insert(name);
  for (const auto& [name, reals] : wanted) {
    // The one that is spelled so, else the first.
    std::string_view owner = reals.contains(name) ? std::string_view(name) : *reals.begin();
    int next = 2;
    for (std::string_view real : reals) {
      Given one{.real = real, .wanted = name, .given = name};
      while (real != owner && !taken.insert(one.given = name + '_' + std::to_string(next)).second) ++next;
      out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace

std::string code_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size() && out.size() < kLongest; ++i) {
    if (is_word(name[i])) out += name[i];
    // Of the bytes of one character only the first counts.
    else if ((static_cast<unsigned char>(name[i]) & 0xC0) != 0x80)
      out += '_';
  }
  if (out.empty() || is_digit(out.front())) out.insert(out.begin(), '_');
  if (std::ranges::binary_search(kTaken, std::string_view(out))) out += '_';
  return out;
}

CodeNames::CodeNames(std::span<const ToolView> tools) {
  Wanted servers;
  std::map<std::string_view, Wanted> of_server;
  for (const ToolView& tool : tools) {
    auto [place, added] = of_server.try_emplace(tool.server);
    if (added) servers[code_name(tool.server)].insert(tool.server);
    place->second[code_name(tool.name)].insert(tool.name);
  }
  auto note = [&](std::string_view server, std::string_view tool, Given& one) {
    if (one.given != one.wanted)
      collisions_.push_back({.server = std::string(server), .tool = std::string(tool), .wanted = one.wanted, .given = one.given});
  };
  for (Given& one : give(servers)) {
    note(one.real, "", one);
    real_servers_.emplace(one.given, one.real);
    servers_.emplace(one.real, std::move(one.given));
  }
  for (auto& [server, wanted] : of_server) {
    Names& code = tools_[std::string(server)];
    Names& real = real_tools_[std::string(server)];
    for (Given& one : give(wanted)) {
      note(server, one.real, one);
      real.emplace(one.given, one.real);
      code.emplace(one.real, std::move(one.given));
    }
  }
  std::ranges::sort(collisions_,
                    [](const Collision& a, const Collision& b) { return std::tie(a.server, a.tool) < std::tie(b.server, b.tool); });
}

CodeName CodeNames::of(const ToolView& tool) const {
  auto server = servers_.find(tool.server);
  auto names = tools_.find(tool.server);
  if (server == servers_.end() || names == tools_.end()) return {.server = code_name(tool.server), .tool = code_name(tool.name)};
  auto name = names->second.find(tool.name);
  return {.server = server->second, .tool = name == names->second.end() ? code_name(tool.name) : name->second};
}

std::optional<CodeNames::Real> CodeNames::find(std::string_view server, std::string_view tool) const {
  auto real_server = real_servers_.find(server);
  if (real_server == real_servers_.end()) return {};
  const Names& names = real_tools_.find(real_server->second)->second;
  auto name = names.find(tool);
  if (name == names.end()) return {};
  return Real{.server = real_server->second, .tool = name->second};
}

std::optional<CodeNames::Real> CodeNames::find(std::string_view dotted) const {
  std::size_t dot = dotted.find('.');
  if (dot == std::string_view::npos) return {};
  return find(dotted.substr(0, dot), dotted.substr(dot + 1));
}

}  // namespace disclosure
