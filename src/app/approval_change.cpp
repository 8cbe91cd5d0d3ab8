#include "app/approval_change.h"

#include <fmt/format.h>

#include <chrono>

#include "app/finding.h"

namespace app {
namespace {

constexpr int kTries = 5;

}  // namespace

mcp::Result<authz::Approval> change_approval(store::ApprovalStore& approvals, const std::string& id,
                                             const std::function<mcp::Result<>(authz::Approval&, authz::ApprovalTime)>& how) {
  for (int i = 0; i < kTries; ++i) {
    const authz::ApprovalTime now = std::chrono::system_clock::now();
    auto found = approvals.find(id);
    if (!found) return std::move(found).error();
    if (!*found)
      return mcp::Error(mcp::Code::not_found,
                        fmt::format("there is no approval {}; gatehouse approvals list shows those that wait", shown(id)));
    auto approval = authz::from_stored(**found);
    if (!approval) return approval;
    if (auto done = how(*approval, now); !done) return std::move(done).error();
    auto replaced = approvals.replace(authz::to_stored(*approval, now));
    if (!replaced) return std::move(replaced).error();
    if (*replaced) return approval;
  }
  return mcp::Error(mcp::Code::conflict, "others keep changing " + id + "; try again");
}

}  // namespace app
