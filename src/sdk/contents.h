// Content, contents and prompts as JSON, and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/content.h"
#include "mcp/json.h"
#include "mcp/result.h"

namespace sdk {

std::string base64(std::string_view bytes);
// Error: invalid_argument.
mcp::Result<std::string> from_base64(std::string_view text);

void write_content(mcp::JsonWriter& w, const mcp::Content& content);
void write_contents(mcp::JsonWriter& w, const mcp::ResourceContents& contents);
void write_resource_info(mcp::JsonWriter& w, const mcp::ResourceInfo& info);

// What is of an unknown type becomes a Text that holds its JSON. Error: upstream_failed.
mcp::Result<mcp::Content> read_content(mcp::JsonView in);
mcp::Result<mcp::ResourceContents> read_contents(mcp::JsonView in);
mcp::ResourceInfo read_resource_info(mcp::JsonView in);

}  // namespace sdk
