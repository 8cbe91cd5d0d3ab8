#include "servers/rest/tool.h"

namespace servers::rest {

base::Task<mcp::ToolResult> for_model(base::Task<mcp::ToolResult> task) {
  Result<mcp::ToolResult> result = co_await std::move(task).result();
  if (result || result.error().code == Code::cancelled) co_return std::move(result);
  co_return mcp::ToolResult::error(result.error().leaving());
}

}  // namespace servers::rest
