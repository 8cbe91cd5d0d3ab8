// What a tool of the gateway's own is asked for, between the parts of Front that answer it.
#pragma once

#include <memory>

#include "gateway/disclosure/tool_book.h"
#include "gateway/front.h"

namespace gateway {

struct Front::MetaCall {
  OpenCall* call;
  const sdk::Inbound* in;
  sdk::Outlet* out;
  Viewer who;
  std::shared_ptr<const ToolBook> book;
};

}  // namespace gateway
