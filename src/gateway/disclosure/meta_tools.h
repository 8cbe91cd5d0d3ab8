// The tools that the gateway itself adds, where not every tool is shown: what they are, and how their arguments are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/disclosure/mode.h"
#include "mcp/result.h"

namespace gateway {

enum class MetaTool : std::uint8_t { find_tools, describe_tools, call_tool, call_tool_write, run_code };

// Under what the records of their own calls stand.
inline constexpr std::string_view kMetaServer = "gatehouse";

std::string_view meta_tool_name(MetaTool tool);
std::optional<MetaTool> find_meta_tool(std::string_view name);
// Those that a mode shows, in the order of the list. None where every tool is shown.
std::span<const MetaTool> meta_tools(Disclosure mode);
// Their definitions (Tools, "Tool"), JSON objects with commas between them. They depend on nothing, so that a list never changes.
std::string meta_definitions(Disclosure mode);

// What a server says that shows this: how the tools are used, and the names of its first servers.
std::string meta_instructions(Disclosure mode, std::span<const std::string> servers);

// Arguments are the text of a JSON object, or empty. Errors: invalid_argument, in words for the model.
struct FindArguments {
  static constexpr std::size_t kMost = 20;
  std::string query;
  std::size_t limit = 5;
};
mcp::Result<FindArguments> read_find_arguments(std::string_view arguments);

struct DescribeArguments {
  std::vector<std::string> names;
};
mcp::Result<DescribeArguments> read_describe_arguments(std::string_view arguments);

struct CallArguments {
  std::string name;
  std::string arguments;  // a JSON object, also where it came as the text of one
};
mcp::Result<CallArguments> read_call_arguments(std::string_view arguments);

// A CallToolResult with one block of text.
std::string text_result(std::string_view text);

}  // namespace gateway
