// An import as people and programs read it before it happens.
#pragma once

#include <string>

#include "app/import/import_plan.h"
#include "mcp/json.h"

namespace app {

// Each server with its verdict, its package's name, what is pinned and what moves; no value of a secret.
std::string plan_text(const ImportPlan& plan);

// The same as members of the object that `out` is in.
void write_plan(mcp::JsonWriter& out, const ImportPlan& plan);

}  // namespace app
