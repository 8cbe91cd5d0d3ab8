#include "protocol/params.h"

#include <array>

#include "base/json.h"
#include "protocol/trace_context.h"

namespace protocol {
namespace {

// Where the value of a known key goes. The tables are short: comparing lengths first makes a linear search fast.
template <class Struct>
struct Place {
  std::string_view key;
  std::string_view Struct::* slice;
  enum class Null { kept, absent } null = Null::kept;  // what becomes of a null
};
constexpr auto kMetaAbsent = Place<Meta>::Null::absent;
constexpr auto kParamAbsent = Place<Params>::Null::absent;

constexpr std::array kMetaPlaces = {
    Place<Meta>{meta_key::kProtocolVersion, &Meta::protocol_version},
    Place<Meta>{meta_key::kClientInfo, &Meta::client_info, kMetaAbsent},
    Place<Meta>{meta_key::kClientCapabilities, &Meta::client_capabilities},
    Place<Meta>{meta_key::kServerInfo, &Meta::server_info},
    Place<Meta>{meta_key::kLogLevel, &Meta::log_level, kMetaAbsent},
    Place<Meta>{meta_key::kProgressToken, &Meta::progress_token, kMetaAbsent},
    Place<Meta>{meta_key::kSubscriptionId, &Meta::subscription_id},
    Place<Meta>{meta_key::kRelatedTask, &Meta::related_task},
    Place<Meta>{meta_key::kTraceparent, &Meta::traceparent},
    Place<Meta>{meta_key::kTracestate, &Meta::tracestate},
    Place<Meta>{meta_key::kBaggage, &Meta::baggage},
};

constexpr std::array kParamPlaces = {
    Place<Params>{"name", &Params::name},
    Place<Params>{"uri", &Params::uri},
    Place<Params>{"taskId", &Params::task_id},
    Place<Params>{"arguments", &Params::arguments, kParamAbsent},
    Place<Params>{"cursor", &Params::cursor, kParamAbsent},
    Place<Params>{"inputResponses", &Params::input_responses, kParamAbsent},
    Place<Params>{"requestState", &Params::request_state, kParamAbsent},
    Place<Params>{"requestId", &Params::request_id},
    Place<Params>{"progressToken", &Params::progress_token},
    Place<Params>{"level", &Params::level},
    Place<Params>{"notifications", &Params::notifications},
    Place<Params>{"task", &Params::task, kParamAbsent},
};

template <class Struct, std::size_t N>
void put(Struct& out, const std::array<Place<Struct>, N>& places, std::string_view key, std::string_view value) {
  for (const auto& place : places) {
    if (place.key == key) {
      if (place.null == Place<Struct>::Null::absent && value == "null")
        out.quirks.add(Quirk::null_member);
      else
        out.*place.slice = value;
      return;
    }
  }
}

constexpr std::array<std::string_view, 8> kLevels = {"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"};

}  // namespace

RpcResult<Meta> read_meta(std::string_view meta) {
  Meta out;
  if (meta.empty()) return out;
  if (!base::is_object(meta)) return invalid_params("Invalid params: _meta is not an object");
  out.raw = meta;
  base::Members members(meta);
  while (members.next()) put(out, kMetaPlaces, members.key(), members.value());
  if (members.error()) return invalid_params(std::string("Invalid params: _meta: ") + members.error());
  auto judge = [&out](std::string_view key, std::string_view& value) {
    if (value.empty() || may_carry_trace(key, value)) return;
    value = {};
    out.quirks.add(Quirk::broken_trace);
  };
  judge(meta_key::kTraceparent, out.traceparent);
  judge(meta_key::kTracestate, out.tracestate);
  judge(meta_key::kBaggage, out.baggage);
  return out;
}

RpcResult<Params> read_params(std::string_view params) {
  Params out;
  if (params.empty()) return out;
  if (!base::is_object(params)) return invalid_params("Invalid params: params is not an object");
  out.raw = params;
  std::string_view meta;
  base::Members members(params);
  while (members.next()) {
    if (members.key() == "_meta") {
      meta = members.value();
    } else {
      put(out, kParamPlaces, members.key(), members.value());
    }
  }
  if (members.error()) return invalid_params(std::string("Invalid params: ") + members.error());
  if (meta == "null") {
    out.quirks.add(Quirk::null_member);
    meta = {};
  }
  auto read = read_meta(meta);
  if (!read) return read.error();
  out.meta = *read;
  out.quirks.add(read->quirks);
  return out;
}

std::optional<LogLevel> find_log_level(std::string_view name) {
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (kLevels[i] == name) return static_cast<LogLevel>(i);
  }
  return std::nullopt;
}

std::string_view log_level_name(LogLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

}  // namespace protocol
