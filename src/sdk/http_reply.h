// How an endpoint's answers are put on HTTP.
#pragma once

#include <string_view>

#include "net/http_server.h"
#include "protocol/inbound.h"
#include "sdk/dispatch.h"

namespace sdk {

// One JSON body. With a page's origin: it may read the answer.
// Errors: none; a client that has gone is nobody's fault.
Task<void> respond_json(net::HttpExchange& exchange, const Answer& answer, std::string_view origin);
// Begins text/event-stream. Errors: as HttpExchange::open_stream.
Task<void> open_event_stream(net::HttpExchange& exchange, std::string_view origin);

// A refusal that is ready, or one that is written here for the request `id` (raw).
Task<void> refuse(net::HttpExchange& exchange, protocol::Refusal refusal);
Task<void> refuse(net::HttpExchange& exchange, int status, protocol::RpcError error, std::string_view id);

}  // namespace sdk
