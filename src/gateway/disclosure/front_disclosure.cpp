// The part of Front that shows less than all: which mode holds for a request, what is listed then, and the tools that find, describe and
// call the rest.
#include <algorithm>

#include "base/json.h"
#include "disclosure/declaration.h"
#include "disclosure/describe_answer.h"
#include "disclosure/find_answer.h"
#include "gateway/disclosure/front_meta_call.h"
#include "gateway/disclosure/meta_tools.h"
#include "gateway/front.h"
#include "net/http_message.h"
#include "protocol/errors.h"
#include "protocol/results.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

// How long a list may be kept that changes only with the config.
constexpr protocol::CacheHints kFixed{base::Millis(300'000), protocol::CacheScope::shared};

std::string client_name(const sdk::Inbound& in) { return base::json_string(base::find_member(in.client_info, "name")).value_or(""); }

}  // namespace

Result<Disclosure> Front::wanted_disclosure(const sdk::Inbound& in) const {
  AskedDisclosure asked = asked_disclosure(in.http ? in.http->query : std::string_view());
  if (!asked.wrong.empty()) return Error(Code::invalid_argument, "disclosure in the URL must be all, search or code, not " + asked.wrong);
  return asked.mode ? *asked.mode : set_disclosure();
}

Disclosure Front::set_disclosure() const {
  // One server alone is shown as it is.
  if (!scope_.empty()) return Disclosure::all;
  const auto narrow = profile();
  return narrow && narrow->disclosure ? *narrow->disclosure : gateway_.config_->disclosure;
}

Disclosure Front::chosen(Disclosure wanted, std::string_view client, const std::shared_ptr<const Catalog>& whole) {
  auto size = [&] { return whole ? gateway_.discloser_.book(whole)->size() : CatalogSize{}; };
  return choose_disclosure(wanted, client, size).mode;
}

// Whether the config wants tools of this route listed whatever the mode.
bool Front::always_lists() const {
  for (const ServerConfig& server : gateway_.config_->servers) {
    if (!server.enabled || (!scope_.empty() && server.id != scope_)) continue;
    for (const auto& [name, tool] : server.tools)
      if (tool.always) return true;
  }
  return false;
}

bool Front::listed_always(const Entry& entry) const {
  auto upstream = gateway_.upstreams_.find(entry.server->id);
  if (upstream == gateway_.upstreams_.end()) return false;
  const auto& tools = upstream->second->config().tools;
  auto found = tools.find(entry.real());
  return found != tools.end() && found->second.always;
}

bool Front::may_see(const base::Principal& who, const Viewer& viewer, const Entry& entry) const {
  if (!serves(viewer, entry)) return false;
  return !gateway_.policy_.decide(who, sight_of(entry), {}).denied();
}

// The list of a mode that does not show all: the same for everybody, but for the tools that are always there.
std::string Front::surface(Disclosure mode, const base::Principal& who, const Viewer& viewer, const std::shared_ptr<const Catalog>& whole) {
  std::string out = "{\"tools\":[" + meta_definitions(mode);
  if (mode == Disclosure::search && whole && always_lists())
    for (const ToolBook::Tool& tool : gateway_.discloser_.book(whole)->tools())
      if (listed_always(*tool.entry) && may_see(who, viewer, *tool.entry)) out.append(",").append(tool.text);
  return out + "]}";
}

// Nothing where every tool is listed.
Task<std::optional<Reply>> Front::list_surface(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out) {
  const Disclosure wanted = co_await wanted_disclosure(*in);
  if (wanted == Disclosure::all) co_return std::nullopt;
  const Viewer who = viewer(*call, *in);
  const bool fixed = wanted != Disclosure::automatic && (wanted != Disclosure::search || !always_lists());
  std::shared_ptr<const Catalog> now;
  if (!fixed) {
    // So long as the client is one that is shown everything, its list is waited for in the usual way.
    if (wanted == Disclosure::automatic && defers_tools(client_name(*in))) co_return std::nullopt;
    now = co_await settled(who, out->stop_token());
  }
  const Disclosure mode = chosen(wanted, client_name(*in), now);
  if (mode == Disclosure::all) co_return std::nullopt;
  if (!in->rpc.params.cursor.empty()) co_return Reply(protocol::invalid_params("this list has one page"));
  Reply reply(std::make_shared<const std::string>(surface(mode, *call->record.caller, who, now)), fixed);
  reply.hints = fixed ? kFixed : gateway_.source_.hints(scope_, who, DefinitionKind::tool);
  if (!fixed) reply.hints.scope = protocol::CacheScope::priv;
  co_return std::move(reply);
}

Task<std::string> Front::instructions(const sdk::Inbound* in, const base::Principal* caller, const std::vector<Presented>* all) {
  const Viewer who = viewer(*caller, *in);
  const Disclosure wanted = co_await wanted_disclosure(*in);
  std::shared_ptr<const Catalog> now;
  if (wanted == Disclosure::automatic && !defers_tools(client_name(*in))) now = co_await settled(who, std::stop_token());
  const Disclosure mode = chosen(wanted, client_name(*in), now);
  if (mode == Disclosure::all) co_return scope_.empty() ? merged_instructions(*all) : std::string(all->front().instructions);
  std::vector<std::string> servers;
  for (const ServerConfig& server : gateway_.config_->servers)
    if (server.enabled && who.has(server.id) && (scope_.empty() || server.id == scope_)) servers.push_back(server.id);
  // A server that rules may hide is named once it is known that something of it is to be seen.
  std::erase_if(servers, [&](const std::string& id) {
    return may_hide(*caller, id) && std::ranges::none_of(*all, [&](const Presented& one) { return one.id == id; });
  });
  co_return meta_instructions(mode, servers);
}

// What there is, once the servers were asked that never were.
Task<std::shared_ptr<const Catalog>> Front::settled(Viewer who, std::stop_token stop) {
  CatalogSource::Kinds kinds(1, DefinitionKind::tool);
  if (scope_.empty())
    co_await gateway_.source_.settle(who, std::move(kinds), stop);
  else
    co_await gateway_.source_.settle_one(scope_, who, std::move(kinds), stop);
  std::shared_ptr<const Catalog> now = catalog(who);
  if (!now) co_await mcp::fail(Code::unavailable, "server '" + scope_ + "' cannot be reached");
  co_return now;
}

std::function<bool(std::string_view, DefinitionKind)> Front::hears(const sdk::Inbound& in,
                                                                   const std::shared_ptr<const base::Principal>& who) {
  const auto asked = asked_disclosure(in.http ? in.http->query : std::string_view()).mode;
  if (asked.value_or(set_disclosure()) == Disclosure::all && profile_.empty()) return {};
  Viewer seer = viewer(*who, in);
  auto shown = [this, who, asked, client = client_name(in)](const Viewer& by) -> std::string {
    auto whole = catalog(by);
    const Disclosure now = chosen(asked.value_or(set_disclosure()), client, whole);
    return now == Disclosure::all ? std::string() : surface(now, *who, by, whole);
  };
  std::string last = shown(seer);
  return [this, seer, shown, last](std::string_view server, DefinitionKind kind) mutable {
    seer.profile = profile();
    // What left a profile was there until now.
    if (!seer.has(server) && gateway_.upstreams_.contains(server) && kind != DefinitionKind::tool) return false;
    if (kind != DefinitionKind::tool) return true;
    std::string now = shown(seer);
    if (now.empty() && last.empty()) return seer.has(server) || !gateway_.upstreams_.contains(server);
    return std::exchange(last, now) != now;
  };
}

std::optional<MetaTool> Front::meta_tool(const sdk::Inbound& in) const {
  auto found = find_meta_tool(in.rpc.name);
  if (!found) return std::nullopt;
  // No tool behind the aggregate has such a name, so it is the gateway's in every mode. One server alone may have it.
  if (scope_.empty()) return found;
  auto wanted = wanted_disclosure(in);
  return wanted && *wanted != Disclosure::all ? found : std::nullopt;
}

Task<Reply> Front::answer_meta(OpenCall* call, const sdk::Inbound* in, sdk::Outlet* out, MetaTool tool) {
  call->record.caller = co_await identify(*in);
  call->record.server = kMetaServer;
  call->record.name = meta_tool_name(tool);
  MetaCall asked{call, in, out, viewer(*call, *in), nullptr};
  switch (tool) {
    case MetaTool::find_tools: co_return co_await find_tools(&asked);
    case MetaTool::describe_tools: co_return co_await describe_tools(&asked);
    case MetaTool::call_tool:
    case MetaTool::call_tool_write: co_return co_await call_tool(&asked, tool);
    case MetaTool::run_code: break;
  }
  co_return co_await run_code(&asked);
}

const ToolBook::Tool* Front::seen_tool(const MetaCall& asked, std::string_view name) const {
  const ToolBook::Tool* tool = asked.book->find(name);
  return tool && may_see(*asked.call->record.caller, asked.who, *tool->entry) ? tool : nullptr;
}

std::vector<std::string_view> Front::seen_names(const MetaCall& asked) const {
  std::vector<std::string_view> out;
  for (const ToolBook::Tool& tool : asked.book->tools())
    if (may_see(*asked.call->record.caller, asked.who, *tool.entry)) out.push_back(tool.dotted);
  return out;
}

Task<Reply> Front::find_tools(MetaCall* asked) {
  auto arguments = read_find_arguments(asked->in->rpc.params.arguments);
  if (!arguments) co_return Reply(protocol::tool_error_result(arguments.error().message));
  auto whole = co_await settled(asked->who, asked->out->stop_token());
  asked->book = gateway_.discloser_.book(whole);
  disclosure::Query query;
  query.text = std::move(arguments->query);
  query.limit = arguments->limit;
  query.may_see = [this, asked](std::string_view server, std::string_view name) {
    const ToolBook::Tool* tool = asked->book->find(server, name);
    return tool && may_see(*asked->call->record.caller, asked->who, *tool->entry);
  };
  const disclosure::Found found = gateway_.discloser_.find(*asked->book, query);
  auto view = [asked](const disclosure::Hit& hit) -> const disclosure::ToolView* {
    const ToolBook::Tool* tool = asked->book->find(hit.server, hit.name);
    return tool ? &tool->view : nullptr;
  };
  co_return Reply(text_result(disclosure::find_answer(query, found, view)));
}

Task<Reply> Front::describe_tools(MetaCall* asked) {
  auto arguments = read_describe_arguments(asked->in->rpc.params.arguments);
  if (!arguments) co_return Reply(protocol::tool_error_result(arguments.error().message));
  auto whole = co_await settled(asked->who, asked->out->stop_token());
  asked->book = gateway_.discloser_.book(whole);
  std::vector<std::string_view> names;
  disclosure::Describable tools;
  tools.find = [this, asked](std::string_view name) -> std::optional<disclosure::ToolView> {
    const ToolBook::Tool* tool = seen_tool(*asked, name);
    return tool ? std::optional(tool->view) : std::nullopt;
  };
  tools.known = [this, asked, &names]() -> std::span<const std::string_view> {
    if (names.empty()) names = seen_names(*asked);
    return names;
  };
  tools.code_names = &asked->book->code_names();
  co_return Reply(text_result(disclosure::describe_answer(arguments->names, tools)));
}

// Everything that can be said before a server hears of it.
std::optional<std::string> Front::objection(const MetaCall& asked, const ToolBook::Tool& tool, const CallArguments& arguments,
                                            MetaTool by) {
  const bool reads = tool.only_reads();
  if (reads != (by == MetaTool::call_tool)) {
    const std::string_view right = meta_tool_name(reads ? MetaTool::call_tool : MetaTool::call_tool_write);
    return tool.dotted + (reads ? " only reads" : " may change something") + ": call it with " + std::string(right) +
           ", with the same name and arguments. Nothing was called.";
  }
  const auto verdict = disclosure::check_arguments(gateway_.discloser_.schemas(), tool.view.input_schema, arguments.arguments);
  if (verdict.fits()) return std::nullopt;
  const disclosure::CodeName name = asked.book->code_names().of(tool.view);
  return "These arguments do not fit " + tool.dotted + ", and nothing was called:\n" + verdict.text() + "\n\n" +
         disclosure::declaration(tool.view, name);
}

Task<Reply> Front::call_tool(MetaCall* asked, MetaTool by) {
  const protocol::Params& params = asked->in->rpc.params;
  auto arguments = read_call_arguments(params.arguments);
  if (!arguments) co_return Reply(protocol::tool_error_result(arguments.error().message));
  // What is known is called without asking a server for its list first.
  const ToolBook::Tool* tool = nullptr;
  if (auto known = catalog(asked->who)) {
    asked->book = gateway_.discloser_.book(known);
    tool = seen_tool(*asked, arguments->name);
  }
  if (!tool) {
    auto whole = co_await settled(asked->who, asked->out->stop_token());
    asked->book = gateway_.discloser_.book(whole);
    tool = seen_tool(*asked, arguments->name);
  }
  if (!tool) {
    if (auto held = held_back(*asked->call->record.caller, DefinitionKind::tool, arguments->name))
      co_return Reply(protocol::tool_error_result(held->message));
    const std::vector<std::string_view> names = seen_names(*asked);
    co_return Reply(protocol::tool_error_result(disclosure::unknown_tool_text(arguments->name, names)));
  }
  if (auto why = objection(*asked, *tool, *arguments, by)) co_return Reply(protocol::tool_error_result(*why));
  InnerCall inner;
  inner.name = tool->entry->public_name;
  inner.arguments = std::move(arguments->arguments);
  inner.input_responses = params.input_responses;
  inner.request_state = params.request_state;
  inner.toll = InnerCall::Toll::paid;
  co_return co_await call_within(asked->call, asked->in, asked->out, std::move(inner));
}

}  // namespace gateway
