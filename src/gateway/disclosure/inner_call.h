// A call of a real tool that another call makes for its caller: what call_tool and run_code send on the five lines.
#pragma once

#include <cstdint>
#include <string>

#include "access/subject.h"
#include "sdk/handler.h"

namespace gateway {

// What is to be called. JSON text is of whole values, and passed validate_json.
struct InnerCall {
  // Whether it counts against the caller's rate, or is what the outer request was counted for.
  enum class Toll { due, paid };

  std::string name;             // the tool's public name on the route of the outer call
  std::string arguments;        // an object; empty: none
  std::string input_responses;  // of a retry: what the client answered to what this call asked; empty: none
  std::string request_state;    // ... and the state that it was given for it; empty: none
  Toll toll = Toll::due;
  authz::Disclosure origin = authz::Disclosure::search;  // what rules are told of it: through call_tool, or from inside of code
  bool* refused = nullptr;                               // set where the gateway itself did not let it happen; lives as long as the call
};

// The tools/call that a client would have sent for `inner`, with the envelope of `outer`: its era, its client's capabilities, its progress
// token and trace. It points into itself, and into what `outer` points to.
class InnerRequest {
 public:
  InnerRequest(const InnerCall& inner, const sdk::Inbound& outer);
  InnerRequest(const InnerRequest&) = delete;
  InnerRequest& operator=(const InnerRequest&) = delete;

  const sdk::Inbound& inbound() const { return in_; }

 private:
  std::string params_;
  sdk::Inbound in_;
};

}  // namespace gateway
