// Which variables a launch may set: R03.
#pragma once
#include <string>
#include <string_view>

#include "trust/launch/judgement.h"

namespace trust {

// All variables that the launch itself sets.
void judge_environment(Judgement& judgement);

// One that it sets, or hands into a container by an option; `where` is its place.
void judge_variable(Judgement& judgement, const std::string& where, std::string_view name, std::string_view value);

}  // namespace trust
