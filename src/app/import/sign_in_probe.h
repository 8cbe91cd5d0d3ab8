// Which servers of an import want their callers to sign in.
#pragma once

#include <string>
#include <vector>

#include "app/import/import_plan.h"
#include "net/proxy.h"

namespace app {

// Asks each server of the plan that is taken, has an address and no credential, with a JSON-RPC ping and nothing of the user's. One that
// answers 401 gets `auth: { oauth: per-user }` and a note. Blocks, 3 seconds for each and 10 for all; who does not answer in that time
// counts as one that wants nothing. Returns those notes.
// Call it when the user has agreed: an address may stand in a project's file, which somebody else wrote.
std::vector<std::string> add_sign_ins(ImportPlan& plan, net::ProxyRules proxies);

}  // namespace app
