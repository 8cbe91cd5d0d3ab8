// One call on its way through Front, between the client and the upstream.
#pragma once

#include <optional>
#include <string>

#include "base/digest.h"
#include "base/json.h"
#include "gateway/forwarded_headers.h"
#include "gateway/front.h"
#include "protocol/params.h"
#include "protocol/splice.h"

namespace gateway {

// Passes on what the client asked for, under the client's own token.
inline void relay_notice(sdk::Outlet* out, const sdk::Inbound* in, protocol::Method method, std::string_view params) {
  using protocol::Method;
  if (method == Method::progress) {
    std::string_view token = in->rpc.params.meta.progress_token;
    if (!token.empty()) (void)out->notify(method, protocol::with_members(params, {{"progressToken", token}}));
  } else if (method == Method::message) {
    auto level = base::json_string(base::find_member(params, "level"));
    auto found = level ? protocol::find_log_level(*level) : std::nullopt;
    // A legacy client that set no level hears what the server thinks fit; a modern one nothing.
    const bool wanted = in->log_level ? !found || *found >= *in->log_level : !in->modern();
    if (wanted) (void)out->notify(method, params);
  } else if (method == Method::elicitation_complete && in->revision().features.elicitation_id) {
    (void)out->notify(method, params);
  }
}

// One call on its way between client and upstream.
struct Front::Passage {
  OpenCall* call;
  const Target* target;
  const sdk::Inbound* in;
  sdk::Outlet* out;
  Audience audience;
  std::string capabilities;  // as the upstream may know them
  std::string_view params;   // of the client, or of `changed`
  std::string changed;
  std::string_view log_level;
  std::stop_token stop;
  bool upstream_modern = true;
  bool upstream_logs = false;
  int visits = 0;  // made so far

  void set_params(std::string text) {
    changed = std::move(text);
    params = changed;
  }
  const std::string& caller() const { return audience.caller; }
  std::string_view token() const { return in->rpc.params.meta.progress_token; }

  // What the upstream calls it, where that differs from what the client did.
  std::string_view renamed() const {
    const bool named = in->method() == protocol::Method::tools_call || in->method() == protocol::Method::prompts_get;
    return named && in->rpc.name != target->entry->real() ? std::string_view(target->entry->real()) : std::string_view();
  }
  // What a retry of this call has to match.
  std::string digest() const {
    std::string text(protocol::method_name(in->method()));
    text.append("\n").append(target->subject.server).append("\n").append(in->rpc.name).append("\n");
    if (!in->rpc.params.arguments.empty()) text += base::minified(in->rpc.params.arguments);
    return base::sha256_hex(text);
  }
  bool wants_notifications() const { return !token().empty() || in->log_level || (!in->modern() && upstream_logs); }

  LinkRequest request() const {
    LinkRequest out_of;
    out_of.method = in->method();
    out_of.audience = audience;
    out_of.name = renamed();
    out_of.params = params;
    out_of.client_capabilities = capabilities;
    out_of.log_level = log_level;
    out_of.stop = stop;
    out_of.deadline = base::Timers::now() + target->upstream->config().deadline;
    if (!target->entry->headers.empty()) out_of.tool = &target->entry->headers;
    out_of.headers = forwarded_headers(target->upstream->config().forward_headers, in->http);
    if (!in->modern()) out_of.on_stream_closed = [to = out](base::Millis retry) { to->close_stream(retry); };
    if (wants_notifications())
      out_of.on_notification = [to = out, of = in](protocol::Method method, std::string_view said) { relay_notice(to, of, method, said); };
    return out_of;
  }
};

}  // namespace gateway
