// Profiles as what callers can be confined to.
#pragma once

#include <memory>

#include "access/confinement.h"
#include "gateway/config.h"

namespace gateway {

// Of the profiles of the config, which it does not need to outlive.
std::shared_ptr<const authz::Confinement> confinement_of(const Config& config);

}  // namespace gateway
