// How an endpoint's answers are put on HTTP.
#pragma once

#include <string_view>

#include "net/http_server.h"
#include "protocol/inbound.h"
#include "sdk/dispatch.h"

namespace sdk {

// One JSON body. With a page's origin: it may read the answer. `answer` must live until the Task ends.
// Errors: as HttpExchange::respond. A client that has gone is nobody's fault.
Task<void> respond_json(net::HttpExchange& exchange, const Answer& answer, std::string_view origin);
// Begins text/event-stream. Errors: as HttpExchange::open_stream.
Task<void> open_event_stream(net::HttpExchange& exchange, std::string_view origin);

// An answer without a body. Errors: as HttpExchange::respond.
Task<void> respond_empty(net::HttpExchange& exchange, int status, std::string_view origin);
// What a browser asks before it sends a page's request: anything that this endpoint takes may come from `origin`.
Task<void> respond_preflight(net::HttpExchange& exchange, std::string_view origin);

// A refusal that is ready, or one that is written here, before this returns, for the request `id` (raw). An empty `origin`: no page may
// read why.
Task<void> refuse(net::HttpExchange& exchange, protocol::Refusal refusal, std::string_view origin);
Task<void> refuse(net::HttpExchange& exchange, int status, protocol::RpcError error, std::string_view id, std::string_view origin);

}  // namespace sdk
