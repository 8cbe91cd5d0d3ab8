// What the launch policy says of one launch.
#pragma once
#include <string>
#include <string_view>

namespace trust {

// review: a form that a person can read and pin; deny: one that nobody could pin.
enum class Ruling { allow, review, deny };

struct Verdict {
  Ruling ruling = Ruling::deny;
  std::string rule;    // R01 to R12; empty when allowed
  std::string where;   // the place within the launch, e.g. `args[2]` or `env.LD_PRELOAD`
  std::string reason;  // one sentence; holds no value of the environment
  std::string remedy;  // what to write or to run instead
};

// `allow`, `review` or `deny`: as commands print it.
std::string_view ruling_name(Ruling ruling);

}  // namespace trust
