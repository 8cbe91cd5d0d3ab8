// The lines of a file that keeps handles.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mcp/handles.h"

namespace sdk {

// What one line says: a value kept, or, without one, a key erased.
struct HandleLine {
  mcp::KeptHandle kept;
  bool erased = false;
};

std::string handle_line(const mcp::KeptHandle& kept);
std::string erased_line(const std::string& key);
// Nothing where the line is none of these, as after a crash in the middle of writing it.
std::optional<HandleLine> read_handle_line(std::string_view line);

}  // namespace sdk
