#include "base/record.h"

namespace base {

std::string_view outcome_name(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok: return "ok";
    case Outcome::tool_error: return "tool_error";
    case Outcome::rpc_error: return "rpc_error";
    case Outcome::failed: return "failed";
  }
  return "failed";
}

}  // namespace base
