// One change of an approval in the store, as commands and the console make it.
#pragma once

#include <functional>
#include <string>

#include "access/approvals/approval.h"
#include "mcp/result.h"
#include "store/approval_store.h"

namespace app {

// Looks at it and changes it, again where somebody else changed it meanwhile. Blocks on the store.
// Errors: not_found (no such approval), conflict (others keep changing it), those of `how` and of the store.
mcp::Result<authz::Approval> change_approval(store::ApprovalStore& approvals, const std::string& id,
                                             const std::function<mcp::Result<>(authz::Approval&, authz::ApprovalTime)>& how);

}  // namespace app
