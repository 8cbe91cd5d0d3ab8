#include "servers/admin/admin.h"

#include <memory>
#include <utility>

#include "servers/admin/arguments.h"

namespace servers::admin {
namespace {

using mcp::Call;
using mcp::Task;
using mcp::ToolResult;

mcp::ToolOptions reads(std::string title) {
  mcp::ToolOptions out;
  out.title = std::move(title);
  out.annotations.read_only = true;
  out.annotations.open_world = false;
  return out;
}

enum class Harm { none, may_destroy };

mcp::ToolOptions changes(std::string title, Harm harm) {
  mcp::ToolOptions out;
  out.title = std::move(title);
  out.annotations.read_only = false;
  out.annotations.destructive = harm == Harm::may_destroy;
  out.annotations.open_world = false;
  return out;
}

Actor actor_of(const Call& call) {
  const mcp::Principal& who = call.principal();
  return {who.signed_in() ? who.issuer + "#" + who.subject : std::string()};
}

Task<ToolResult> told(AdminPort::Answer answer) {
  mcp::Result<std::string> json = co_await std::move(answer).result();
  if (!json) co_return ToolResult::error(json.error().leaving());
  ToolResult out;
  out.structured = *std::move(json);
  co_return out;
}

// The tools, as functions on the port. Registered on a server, which keeps them.
class Verbs {
 public:
  explicit Verbs(AdminPort& port) : port_(port) {}

  void add_to(mcp::Server& server, Role role) const {
    add_views(server);
    if (role != Role::viewer) add_approvals(server);
    if (role == Role::admin) add_changes(server);
    add_calls(server);
  }

 private:
  void add_views(mcp::Server& server) const {
    AdminPort* port = &port_;
    server.tool(
        "calls_list", "Calls that have ended, the oldest first, from a cursor on.",
        [port](CallsArguments in) { return told(port->calls(wanted(in))); }, reads("List Calls"));
    server.tool(
        "call_show", "All that is known of one call: who, through what, decided by what, how long where.",
        [port](CallArguments in) { return told(port->call(*in.call)); }, reads("Show a Call"));
    server.tool(
        "upstreams_list", "Each server: its state, latency, errors and tools.", [port] { return told(port->upstreams()); },
        reads("List Servers"));
    server.tool(
        "budget", "Tokens spent by callers, sessions and tools, and the limits on them.", [port] { return told(port->budget()); },
        reads("Token Budget"));
    server.tool(
        "approvals_list", "Calls that wait for a person, with their exact arguments, and what was decided lately.",
        [port] { return told(port->approvals()); }, reads("List Approvals"));
    server.tool(
        "grants_list", "Tools that are let through for a session without asking again.", [port] { return told(port->grants()); },
        reads("List Grants"));
    server.tool(
        "pins_list", "What is trusted of what servers offer, and what is held back.",
        [port](SomeServerArguments in) { return told(port->pins(*in.server)); }, reads("List Pins"));
    server.tool(
        "pins_diff", "What is held back, against what was approved, place by place.",
        [port](SomeServerArguments in) { return told(port->pin_differences(*in.server)); }, reads("Compare Pins"));
    server.tool(
        "credentials_list", "API keys and certificates: their age, when they end, when they were used. Never the credentials.",
        [port] { return told(port->credentials()); }, reads("List Credentials"));
    server.tool(
        "audit_search", "Records of the audit trail in which words stand, the newest first.",
        [port](AuditArguments in) { return told(port->audit(*in.query, *in.cursor, static_cast<std::size_t>(*in.limit))); },
        reads("Search the Audit Trail"));
    server.tool(
        "audit_verify", "Whether anything in the audit trail was changed, reordered or cut, as far as it can be proved.",
        [port] { return told(port->verify_audit()); }, reads("Verify the Audit Trail"));
    server.tool(
        "doctor", "The few things that matter now, in words, each with what to do.", [port] { return told(port->doctor()); },
        reads("Doctor"));
  }

  void add_approvals(mcp::Server& server) const {
    AdminPort* port = &port_;
    server.tool(
        "approve", "Lets a waiting call through, once, or its tool for a session.",
        [port](ApproveArguments in, Call call) { return told(port->decide(actor_of(call), approving(in))); },
        changes("Approve a Call", Harm::none));
    server.tool(
        "deny", "Refuses a waiting call.",
        [port](DenyArguments in, Call call) {
          return told(port->decide(actor_of(call), {*in.id, DecisionWanted::Verdict::deny, *in.reason, {}}));
        },
        changes("Deny a Call", Harm::none));
    server.tool(
        "grants_revoke", "Ends a grant, or an approval that was not used.",
        [port](GrantArguments in, Call call) { return told(port->revoke(actor_of(call), *in.id)); }, changes("Revoke a Grant", Harm::none));
  }

  void add_changes(mcp::Server& server) const {
    AdminPort* port = &port_;
    server.tool(
        "upstream_restart", "Ends a server's connection or process and begins it anew. Calls that run on it go on to their end.",
        [port](ServerArguments in, Call call) { return told(port->restart(actor_of(call), *in.server)); },
        changes("Restart a Server", Harm::may_destroy));
    server.tool(
        "pins_approve", "Takes what is held back of a server as trusted.",
        [port](PinArguments in, Call call) { return told(port->approve_pins(actor_of(call), *in.server, *in.names)); },
        changes("Approve Pins", Harm::may_destroy));
  }

  void add_calls(mcp::Server& server) const {
    AdminPort* port = &port_;
    const mcp::ResourceOptions about{"calls", "Calls", "Calls as they end; listen to it, and read on from the cursor", "application/json"};
    server.resource(std::string(kCallsUri), about, [port] { return port->calls({}); });
    const mcp::ResourceOptions since{"calls-after", "Calls since", "Calls that ended after a cursor", "application/json"};
    server.resource_template(std::string(kCallsUri) + "?after={cursor}", since, [port](mcp::TemplateMatch match) {
      CallsWanted more;
      more.after = match.values["cursor"];
      more.limit = 1'000;
      return port->calls(std::move(more));
    });
    server.announces_resource_updates();
  }

  static CallsWanted wanted(const CallsArguments& in) {
    CallsWanted out;
    out.after = *in.after;
    out.limit = static_cast<std::size_t>(*in.limit);
    out.text = *in.text;
    out.server = *in.server;
    if (*in.show == "failed") out.show = CallsWanted::Show::failed;
    return out;
  }

  static DecisionWanted approving(const ApproveArguments& in) {
    DecisionWanted out{*in.id, DecisionWanted::Verdict::approve, *in.reason, {}};
    if (in.minutes.has_value() && *in.minutes) out.for_session = std::chrono::minutes(**in.minutes);
    return out;
  }

  AdminPort& port_;
};

}  // namespace

mcp::Server make_server(Role role, AdminPort& port, std::string version) {
  mcp::Server server("gatehouse-admin", std::move(version));
  server.title("Gatehouse");
  server.instructions(
      "What this gateway does now, what waits for a person, and what it keeps. Read before you change anything: call_show, "
      "pins_diff and approvals_list show exactly what approve and pins_approve let through.");
  Verbs(port).add_to(server, role);
  return server;
}

}  // namespace servers::admin
