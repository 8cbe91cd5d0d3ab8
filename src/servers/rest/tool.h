// From a member coroutine that works on the shared thread to a handler of a tool.
#pragma once

#include <stop_token>
#include <utility>

#include "mcp/call.h"
#include "mcp/content.h"
#include "servers/rest/service.h"

namespace servers::rest {

// An error of a tool as what the model reads. Only a call that nobody waits for any more ends with one.
base::Task<mcp::ToolResult> for_model(base::Task<mcp::ToolResult> task);

template <class Tools, class In>
using ToolMember = base::Task<mcp::ToolResult> (Tools::*)(In in, std::stop_token stop);

// A handler that runs `(tools.*member)(in, stop)` on the shared thread. `service` and `tools` must outlive the server.
template <class Tools, class In>
auto on_thread(Service& service, Tools& tools, ToolMember<Tools, In> member) {
  return [&service, &tools, member](In in, mcp::Call call) {
    Service::Work<mcp::ToolResult> work = [&tools, member, in = std::move(in)](std::stop_token stop) {
      return (tools.*member)(in, std::move(stop));
    };
    return for_model(service.run(std::move(work), call.stop_token()));
  };
}

}  // namespace servers::rest
