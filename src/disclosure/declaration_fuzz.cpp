// Any schema as TypeScript: it ends, it is bounded, and no text of the schema leaves its comment or string.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "disclosure/declaration.h"

namespace {

// Steps over what opens at `at`, and false where that does not end.
bool step_over(std::string_view text, std::size_t& at) {
  if (text.substr(at).starts_with("/*")) {
    at = text.find("*/", at + 2);
    if (at == std::string_view::npos) return false;
    at += 2;
    return true;
  }
  if (text[at] != '"') {
    ++at;
    return true;
  }
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\n') return false;
    if (text[at] == '\\') ++at;
  }
  return at++ < text.size();
}

// Outside of comments and strings only a few characters may stand, and brackets come in pairs.
void look_at(std::string_view text) {
  std::string open;
  for (std::size_t at = 0; at < text.size();) {
    char c = text[at];
    if (!step_over(text, at)) std::abort();
    if (c == '{' || c == '(' || c == '[') open += c;
    if (c == '}' || c == ')' || c == ']') {
      if (open.empty()) std::abort();
      open.pop_back();
    }
    if (static_cast<unsigned char>(c) >= 0x80 || (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '`' || c == '\'') std::abort();
  }
  if (!open.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first line is the input schema, the second one the output schema, the rest the description.
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t first = text.find('\n');
  std::size_t second = first == std::string_view::npos ? first : text.find('\n', first + 1);
  disclosure::ToolView tool;
  tool.server = "server";
  tool.name = "tool";
  tool.input_schema = text.substr(0, first);
  if (first != std::string_view::npos)
    tool.output_schema = text.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
  if (second != std::string_view::npos) tool.description = text.substr(second + 1);
  disclosure::DeclarationLimits limits;
  std::string out = disclosure::declaration(tool, {.server = "server", .tool = "tool"}, limits);
  if (out.size() > 12 * limits.type_bytes) std::abort();
  look_at(out);
  return 0;
}
