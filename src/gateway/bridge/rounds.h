// A modern upstream that wants input, and a legacy client that can be asked: round after round, until the call has its result.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "protocol/methods.h"
#include "protocol/versions/revision.h"
#include "sdk/handler.h"

namespace gateway {

// Rounds of one call; one more is the upstream's failure.
inline constexpr int kMostRounds = 10;

// Whose call it is.
struct RoundsFor {
  protocol::Method method = protocol::Method::unknown;
  const protocol::Revision* client = nullptr;
  std::string_view capabilities;  // of the client
  std::string_view params;        // of the request as it was sent first
  base::Millis answer_time{600'000};
  std::stop_token stop;
};

// Sends the request again, with these params.
using SendRound = std::function<base::Task<sdk::Reply>(std::string params)>;

// Gives the final reply. `first` is what came for the first request; all that is given must live until the Task ends.
// A client that refuses to elicit has cancelled; when it refuses anything else, a tool ends with isError and the rest with its error.
// Errors: upstream_failed (rounds without an end, or without sense), timeout (the client did not answer), cancelled, those of `send`.
base::Task<sdk::Reply> answer_rounds(sdk::Reply first, const RoundsFor* call, const SendRound* send, sdk::Outlet* out);

}  // namespace gateway
