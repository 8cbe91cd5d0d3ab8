// Who a request belongs to, as far as a server without a policy can tell: what tasks and sealed states are bound to.
#pragma once

#include <string>
#include <string_view>

#include "sdk/handler.h"

namespace sdk {

// Opaque and without secrets: a digest of the verified principal; else of the credentials that the request came with; else of its legacy
// session; else one name for all of HTTP, and one for stdio.
std::string owner_of(const Inbound& in);

// Whether what belongs to `owner` is open to `caller`. What belongs to a principal or to credentials is theirs alone; for anything else
// the knowledge of its unguessable id has to do (Tasks, "Task Isolation and Access Control").
bool is_open_to(std::string_view owner, std::string_view caller);

}  // namespace sdk
