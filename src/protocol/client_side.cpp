#include "protocol/client_side.h"

#include <array>

#include "base/json.h"
#include "protocol/header_value.h"
#include "protocol/inbound.h"
#include "protocol/splice.h"
#include "protocol/trace_context.h"

namespace protocol {
namespace {

using mcp::Error;
using mcp::Result;

constexpr std::string_view kParams = ",\"params\":";

std::string quoted_or_empty(std::string_view text) { return text.empty() ? std::string() : base::quoted(text); }

// A few members, without allocating for the list.
template <std::size_t N>
class Edit {
 public:
  void set(std::string_view key, std::string_view value) { set_[sets_++] = {key, value}; }
  // Sets `key` to `value`, or takes it out where there is none.
  void set_or_drop(std::string_view key, std::string_view value) {
    if (value.empty()) {
      drop(key);
    } else {
      set(key, value);
    }
  }
  void drop(std::string_view key) { drop_[drops_++] = key; }
  // `name`, unless it is empty, replaces the member of that key in the params themselves. Trace context that is not of its format goes
  // no further.
  void apply(std::string& out, std::string_view params, std::string_view name) const {
    std::string quoted = quoted_or_empty(name);
    Member renamed{name.empty() ? std::string_view() : std::string_view("name"), quoted};
    append_with_meta(out, params, {renamed, std::span(set_.data(), sets_), std::span(drop_.data(), drops_), may_carry_trace});
  }

 private:
  std::array<Member, N> set_;
  std::array<std::string_view, N> drop_;
  std::size_t sets_ = 0;
  std::size_t drops_ = 0;
};

// Trace context: replaced where the caller gives one, dropped where that is not of its format, else left as it came.
class Trace {
 public:
  explicit Trace(const RequestExtras& extras) {
    set(meta_key::kTraceparent, extras.traceparent);
    set(meta_key::kTracestate, extras.tracestate);
    set(meta_key::kBaggage, extras.baggage);
  }
  template <class E>
  void write(E& edit) const {
    for (std::size_t i = 0; i < count_; ++i) edit.set_or_drop(keys_[i], values_[i]);
  }

 private:
  void set(std::string_view key, std::string_view text) {
    if (text.empty()) return;
    keys_[count_] = key;
    values_[count_] = base::quoted(text);
    if (!may_carry_trace(key, values_[count_])) values_[count_].clear();
    ++count_;
  }
  std::array<std::string_view, 3> keys_;
  std::array<std::string, 3> values_;
  std::size_t count_ = 0;
};

// A method of an extension has its name from the caller.
std::string_view name_of(Method method, std::string_view given) { return method == Method::unknown ? given : method_name(method); }

std::vector<Header> modern_headers(const Revision& revision, std::string_view method) {
  std::vector<Header> out;
  out.reserve(4);
  out.emplace_back("MCP-Protocol-Version", revision.name);
  out.emplace_back("Mcp-Method", method);
  return out;
}

std::vector<Header> legacy_headers(const Revision& revision, Method method, std::string_view session) {
  std::vector<Header> out;
  if (revision.features.version_header && method != Method::initialize) out.emplace_back("MCP-Protocol-Version", revision.name);
  if (!session.empty()) out.emplace_back("Mcp-Session-Id", session);
  return out;
}

// Each of these appends `,"params":` and the object; nothing where there would be nothing in it and the caller gave none.
void append_legacy_params(std::string& out, std::string_view params, const RequestExtras& extras) {
  Trace trace(extras);
  Edit<9> edit;
  edit.drop(meta_key::kProtocolVersion);
  edit.drop(meta_key::kClientCapabilities);
  edit.drop(meta_key::kClientInfo);
  edit.drop(meta_key::kLogLevel);
  edit.drop(meta_key::kSubscriptionId);
  edit.set_or_drop(meta_key::kProgressToken, extras.progress_token);
  trace.write(edit);
  const std::size_t before = out.size();
  out += kParams;
  edit.apply(out, params, extras.name);
  const std::string_view written = std::string_view(out).substr(before + kParams.size());
  if (written.empty() || (params.empty() && written == "{}")) out.resize(before);
}

// Behind what `out` has.
void append_modern(std::string& out, const Revision& revision, const ClientIdentity& client, std::string_view params,
                   const RequestExtras& extras) {
  std::string version = base::quoted(revision.name);
  std::string level = quoted_or_empty(extras.log_level);
  Trace trace(extras);
  Edit<9> edit;
  edit.set(meta_key::kProtocolVersion, version);
  edit.set_or_drop(meta_key::kClientInfo, client.info);
  edit.set(meta_key::kClientCapabilities, client.capabilities.empty() ? std::string_view("{}") : client.capabilities);
  edit.set_or_drop(meta_key::kLogLevel, level);
  edit.set_or_drop(meta_key::kProgressToken, extras.progress_token);
  edit.drop(meta_key::kSubscriptionId);
  trace.write(edit);
  edit.apply(out, params, extras.name);
}

void append_modern_params(std::string& out, const Revision& revision, const ClientIdentity& client, std::string_view params,
                          const RequestExtras& extras) {
  out += kParams;
  append_modern(out, revision, client, params, extras);
}

// The beginning of a message, up to its params, with room for them. An empty id: a notification.
std::string opened(std::string_view id, std::string_view method, std::string_view params) {
  std::string out;
  out.reserve(params.size() + 512);
  out += "{\"jsonrpc\":\"2.0\"";
  if (!id.empty()) out.append(",\"id\":").append(id);
  out += ",\"method\":";
  base::append_json_string(out, method);
  return out;
}

}  // namespace

std::string modern_params(const Revision& revision, const ClientIdentity& client, std::string_view params, const RequestExtras& extras) {
  std::string out;
  append_modern(out, revision, client, params, extras);
  return out;
}

Result<Outgoing> modern_request(const Revision& revision, const ClientIdentity& client, std::string_view id, Method method,
                                std::string_view params, const RequestExtras& extras, const ToolHeaders* tool) {
  Outgoing out;
  const std::string_view called = name_of(method, extras.method);
  out.headers = modern_headers(revision, called);
  NameSource source = facts(method).name_source;
  if (source != NameSource::none) {
    auto name = extras.name.empty() ? base::json_string(base::find_member(params, name_member(source)))
                                    : Result<std::string>(std::string(extras.name));
    if (name) out.headers.emplace_back("Mcp-Name", encode_header_value(*name));
  }
  if (tool && !tool->empty() && method == Method::tools_call) {
    auto mirrored = param_headers(*tool, base::find_member(params, "arguments"));
    if (!mirrored) return std::move(mirrored.error());
    for (Header& header : *mirrored) out.headers.push_back(std::move(header));
  }
  out.body = opened(id, called, params);
  append_modern_params(out.body, revision, client, params, extras);
  out.body += '}';
  return out;
}

Outgoing modern_notification(const Revision& revision, const ClientIdentity& client, Method method, std::string_view params,
                             std::string_view name) {
  const std::string_view called = name_of(method, name);
  Outgoing out{opened({}, called, params), modern_headers(revision, called)};
  append_modern_params(out.body, revision, client, params, {});
  out.body += '}';
  return out;
}

Outgoing legacy_request(const Revision& revision, std::string_view id, Method method, std::string_view params, std::string_view session,
                        const RequestExtras& extras) {
  Outgoing out{opened(id, name_of(method, extras.method), params), legacy_headers(revision, method, session)};
  append_legacy_params(out.body, params, extras);
  out.body += '}';
  return out;
}

Outgoing legacy_notification(const Revision& revision, Method method, std::string_view params, std::string_view session,
                             std::string_view name) {
  return legacy_request(revision, {}, method, params, session, {.method = name});
}

std::string initialize_params(const Revision& revision, const ClientIdentity& client) {
  std::string out = "{\"protocolVersion\":";
  base::append_json_string(out, revision.name);
  out += ",\"capabilities\":";
  out += client_capabilities_for(revision, client.capabilities);
  out += ",\"clientInfo\":";
  out += client.info.empty() ? std::string_view("{\"name\":\"unknown\",\"version\":\"0\"}") : std::string_view(client.info);
  return out += '}';
}

std::string client_capabilities_for(const Revision& revision, std::string_view capabilities) {
  if (!base::is_object(capabilities)) return "{}";
  const Features& has = revision.features;
  std::string out(capabilities);
  if (!has.tasks_core) out = without_members(out, {"tasks"});
  if (revision.era == Era::modern) {
    if (base::is_object(base::find_member(out, "roots"))) out = with_members(out, {{"roots", "{}"}});
    return out;
  }
  std::string_view elicitation = base::find_member(out, "elicitation");
  if (!elicitation.empty()) {
    bool form = declares_capability(out, "elicitation.form");
    if (!has.elicitation_form || (!has.elicitation_url && !form)) {
      out = without_members(out, {"elicitation"});
    } else if (!has.elicitation_url) {
      out = with_members(out, {{"elicitation", "{}"}});
    }
  }
  std::string_view extensions = base::find_member(out, "extensions");
  if (base::is_object(extensions)) {
    std::string rest = without_members(extensions, {kTasksExtension});
    out = rest == "{}" ? without_members(out, {"extensions"}) : with_members(out, {{"extensions", rest}});
  }
  return out;
}

}  // namespace protocol
