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
  // `name`, unless it is empty, replaces the member of that key in the params themselves.
  std::string apply(std::string_view params, std::string_view name) const {
    std::string quoted = quoted_or_empty(name);
    Member renamed{name.empty() ? std::string_view() : std::string_view("name"), quoted};
    return with_meta_and(params, renamed, std::span(set_.data(), sets_), std::span(drop_.data(), drops_));
  }

 private:
  std::array<Member, N> set_;
  std::array<std::string_view, N> drop_;
  std::size_t sets_ = 0;
  std::size_t drops_ = 0;
};

// Trace context: replaced where the caller gives one, else left as it came. What is not of its format goes no further.
struct Trace {
  Trace(std::string_view params, const RequestExtras& extras) {
    set(meta_key::kTraceparent, extras.traceparent);
    set(meta_key::kTracestate, extras.tracestate);
    set(meta_key::kBaggage, extras.baggage);
    // Nearly always there is none.
    if (params.find("\"trace") == params.npos && params.find("\"baggage") == params.npos) return;
    std::string_view meta = base::find_member(params, "_meta");
    if (!base::is_object(meta)) return;
    for (auto& [key, value, drop] : members) {
      std::string_view came = value.empty() ? base::find_member(meta, key) : std::string_view();
      drop = drop || (!came.empty() && !may_carry_trace(key, came));
    }
  }
  template <class E>
  void write(E& edit) const {
    for (const auto& [key, value, drop] : members) {
      if (!value.empty())
        edit.set(key, value);
      else if (drop)
        edit.drop(key);
    }
  }

 private:
  struct Part {
    std::string_view key;
    std::string value;
    bool drop;
  };
  void set(std::string_view key, std::string_view text) {
    std::string value = quoted_or_empty(text);
    const bool good = value.empty() || may_carry_trace(key, value);
    members[count++] = {key, good ? std::move(value) : std::string(), !good};
  }
  std::array<Part, 3> members;
  std::size_t count = 0;
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

std::string legacy_params(std::string_view params, const RequestExtras& extras) {
  Trace trace(params, extras);
  Edit<9> edit;
  edit.drop(meta_key::kProtocolVersion);
  edit.drop(meta_key::kClientCapabilities);
  edit.drop(meta_key::kClientInfo);
  edit.drop(meta_key::kLogLevel);
  edit.drop(meta_key::kSubscriptionId);
  edit.set_or_drop(meta_key::kProgressToken, extras.progress_token);
  trace.write(edit);
  std::string out = edit.apply(params, extras.name);
  return params.empty() && out == "{}" ? std::string() : out;
}

}  // namespace

std::string modern_params(const Revision& revision, const ClientIdentity& client, std::string_view params, const RequestExtras& extras) {
  std::string version = base::quoted(revision.name);
  std::string level = quoted_or_empty(extras.log_level);
  Trace trace(params, extras);
  Edit<9> edit;
  edit.set(meta_key::kProtocolVersion, version);
  edit.set_or_drop(meta_key::kClientInfo, client.info);
  edit.set(meta_key::kClientCapabilities, client.capabilities.empty() ? std::string_view("{}") : client.capabilities);
  edit.set_or_drop(meta_key::kLogLevel, level);
  edit.set_or_drop(meta_key::kProgressToken, extras.progress_token);
  edit.drop(meta_key::kSubscriptionId);
  trace.write(edit);
  return edit.apply(params, extras.name);
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
  out.body = encode_request(id, called, modern_params(revision, client, params, extras));
  return out;
}

Outgoing modern_notification(const Revision& revision, const ClientIdentity& client, Method method, std::string_view params,
                             std::string_view name) {
  const std::string_view called = name_of(method, name);
  return {encode_notification(called, modern_params(revision, client, params, {})), modern_headers(revision, called)};
}

Outgoing legacy_request(const Revision& revision, std::string_view id, Method method, std::string_view params, std::string_view session,
                        const RequestExtras& extras) {
  return {encode_request(id, name_of(method, extras.method), legacy_params(params, extras)), legacy_headers(revision, method, session)};
}

Outgoing legacy_notification(const Revision& revision, Method method, std::string_view params, std::string_view session,
                             std::string_view name) {
  return {encode_notification(name_of(method, name), legacy_params(params, {})), legacy_headers(revision, method, session)};
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
