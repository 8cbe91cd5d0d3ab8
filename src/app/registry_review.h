// What speaks against a server of the registry before it is put into a config.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "trust/lookalike/known_list.h"
#include "trust/registry/mtf.h"
#include "trust/registry/plan.h"

namespace app {

struct RegistryReview {
  std::vector<std::string> denied;     // nobody can allow it
  std::vector<std::string> to_review;  // a person must look; safe to print
  std::string launch_digest;           // of its command; empty for an address
};

// Its status, its name and its package beside the names that are known, and its command by the launch policy. `config`: the file that it
// would stand in.
RegistryReview review_server(const trust::RegistryServer& server, const trust::RegistryPlan& plan, const trust::KnownList& list,
                             const std::string& config);

// Its level beside the least one. Nothing known of it is for review.
void review_mtf(const std::optional<trust::Mtf>& mtf, int least, const trust::RegistryPlan& plan, RegistryReview& out);

}  // namespace app
