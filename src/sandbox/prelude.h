// The JavaScript that stands between the code and the host.
#pragma once

#include <string_view>

namespace sandbox {

// An expression: a function of the host's functions that gives { install, start, settle }. It keeps every built-in it uses from before
// the code runs, so that whatever the code does to prototypes and globals, it does to itself.
extern const std::string_view kPrelude;

}  // namespace sandbox
