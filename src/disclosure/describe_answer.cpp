#include "disclosure/describe_answer.h"

#include <algorithm>
#include <vector>

#include "disclosure/nearest.h"
#include "disclosure/script_text.h"

namespace disclosure {
namespace {

constexpr std::size_t kLongestName = 128;

// The namespace of one server, as it grows.
struct Namespace {
  std::string server;
  std::string types, functions;
};

// A name that somebody made up, fit to stand in a comment of one line.
std::string shown(std::string_view name) { return "'" + comment_line(name, kLongestName) + "'"; }

}  // namespace

std::string unknown_tool_text(std::string_view name, std::span<const std::string_view> known) {
  std::string out = "There is no tool " + shown(name) + ".";
  std::vector<std::string_view> near = nearest_names(name, known);
  if (near.empty()) return out + " find_tools finds tools by what they do.";
  out += " Nearest: ";
  for (std::size_t i = 0; i < near.size(); ++i) out += (i == 0 ? "" : ", ") + shown(near[i]);
  return out + ".";
}

std::string describe_answer(std::span<const std::string> names, const Describable& tools, const DeclarationLimits& limits) {
  std::vector<Namespace> spaces;
  std::vector<std::string_view> described;
  std::string unknown;
  for (const std::string& name : names.first(std::min(names.size(), kMostDescribed))) {
    std::optional<ToolView> tool = tools.find(name);
    if (!tool) {
      unknown += "// " + unknown_tool_text(name, tools.known()) + '\n';
      continue;
    }
    if (std::ranges::find(described, tool->public_name) != described.end()) continue;
    described.push_back(tool->public_name);
    CodeName code =
        tools.code_names ? tools.code_names->of(*tool) : CodeName{.server = code_name(tool->server), .tool = code_name(tool->name)};
    auto space = std::ranges::find(spaces, code.server, &Namespace::server);
    if (space == spaces.end()) space = spaces.insert(spaces.end(), {.server = code.server, .types = "", .functions = ""});
    DeclarationParts parts = declaration_parts(*tool, code, limits);
    space->types += parts.types;
    space->functions += parts.function;
  }
  std::string out;
  for (const Namespace& space : spaces) out += "declare namespace " + space.server + " {\n" + space.types + space.functions + "}\n";
  out += unknown;
  if (names.size() > kMostDescribed)
    out += "// Only the first " + std::to_string(kMostDescribed) + " names were looked at: ask for the others in another call.\n";
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace disclosure
