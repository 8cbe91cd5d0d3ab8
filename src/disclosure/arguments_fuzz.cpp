// Any arguments against any schema, and any name among any names: an answer, in bounded time.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "disclosure/arguments.h"
#include "disclosure/code_names.h"
#include "disclosure/nearest.h"
#include "protocol/json_schema/json_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // The first line is the schema, the rest the arguments; every line is a name, too.
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::size_t line = text.find('\n');
  std::string_view schema = text.substr(0, line);
  std::string_view arguments = line == std::string_view::npos ? std::string_view() : text.substr(line + 1);
  disclosure::CompiledSchemas schemas(2, 4'096);
  disclosure::ArgumentVerdict verdict = disclosure::check_arguments(schemas, schema, arguments);
  if (verdict.fits() != verdict.text().empty()) std::abort();
  if (!verdict.fits() && !verdict.unchecked.empty()) std::abort();

  std::vector<std::string_view> names;
  std::vector<disclosure::ToolView> tools;
  for (std::string_view left = text; !left.empty() && names.size() < 50;) {
    std::size_t end = left.find('\n');
    names.push_back(left.substr(0, end));
    disclosure::ToolView tool;
    tool.server = names.size() % 2 == 0 ? "a" : names.front();
    tool.name = names.back();
    tools.push_back(tool);
    left = end == std::string_view::npos ? std::string_view() : left.substr(end + 1);
  }
  if (disclosure::nearest_names(schema, names).size() > 3) std::abort();
  disclosure::CodeNames code(tools);
  for (const disclosure::ToolView& tool : tools) {
    disclosure::CodeName name = code.of(tool);
    auto real = code.find(name.server, name.tool);
    if (!real || real->server != tool.server || real->tool != tool.name) std::abort();
  }
  return 0;
}
