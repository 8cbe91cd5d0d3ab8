// The part of Front that keeps calls within their budget: what is refused, what is cut, and how the rest is read.
#include <charconv>
#include <functional>

#include "base/json.h"
#include "disclosure/cut.h"
#include "gateway/budget/budget.h"
#include "gateway/budget/read_more.h"
#include "gateway/front.h"
#include "protocol/results.h"
#include "protocol/splice.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

// Bytes of a client's own name that tell its sessions apart.
constexpr std::size_t kMostOfName = 64;

// Larger results are counted and cut where the loop does not wait for it.
constexpr std::size_t kLargestHere = 16 * 1024;

bool takes_tokens(Method method) {
  return method == Method::tools_call || method == Method::prompts_get || method == Method::resources_read;
}

std::string hex(std::size_t value) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value, 16).ptr;
  return std::string(digits, end);
}

// What the gateway's own tools answer is no result of a tool.
Spent kind_of(std::string_view tool) { return tool == "find_tools" || tool == "describe_tools" ? Spent::search : Spent::results; }

struct Counted {
  std::size_t tokens = 0;
  std::optional<disclosure::CutResult> cut;
};

Counted count_and_cut(const std::string& result, std::size_t room, const std::string& schema, const std::string& handle,
                      const std::string& way) {
  Counted out;
  const auto note = [&](const disclosure::CutResult& cut) {
    std::string left;
    for (const std::string& part : cut.left) left += (left.empty() ? "" : "; ") + part;
    return "[gatehouse: " + std::to_string(cut.after) + " of " + std::to_string(cut.before) + " tokens of this result; left out: " + left +
           ". To read on, " + way + handle + (way.ends_with('/') ? "" : "\"}") + "]";
  };
  out.cut = disclosure::cut_result(result, room, schema, note);
  out.tokens = out.cut ? out.cut->after : disclosure::result_tokens(result);
  return out;
}

Reply text_reply(std::string_view text) { return Reply("{\"content\":[{\"type\":\"text\",\"text\":" + base::quoted(text) + "}]}"); }

std::string expired(std::string_view handle) {
  return "there is nothing to read under '" + std::string(handle.substr(0, 40)) +
         "': what a cut leaves out is kept for 30 minutes, for the caller of the call alone; call the tool again, and ask for less";
}

}  // namespace

Payer Front::payer(const base::Principal& who, const sdk::Inbound& in) {
  Payer out;
  out.caller = who.id;
  if (in.session) {
    out.session = "session " + hex(std::hash<std::string>()(in.session->id()));
    return out;
  }
  out.session = out.caller + " " + std::string(std::string_view(in.rpc.client_name).substr(0, kMostOfName));
  std::string_view trace = in.rpc.params.meta.traceparent;
  if (trace.size() > 36) out.session.append(" ").append(trace.substr(4, 32));
  return out;
}

Result<> Front::within_hard_budget(const sdk::Inbound& in) {
  if (!gateway_.budget_.limits() || !takes_tokens(in.method())) return {};
  auto who = identify(in);
  if (!who) return std::move(who).error();
  return gateway_.budget_.admit(payer(**who, in), base::Timers::now());
}

std::string Front::promised_output(const OpenCall& call, const sdk::Inbound& in) {
  std::shared_ptr<const Catalog> now = catalog(viewer(call, in));
  const Entry* entry = now ? now->find(DefinitionKind::tool, in.rpc.name) : nullptr;
  return entry ? std::string(base::find_member(entry->definition->raw, "outputSchema")) : std::string();
}

Task<Reply> Front::within_budget(const OpenCall* call, const sdk::Inbound* in, Reply reply) {
  Budget& budget = gateway_.budget_;
  const Method method = in->method();
  if (reply.error() || !call->record.caller) co_return std::move(reply);
  if (method == Method::tools_list) {
    budget.spend(payer(*call->record.caller, *in), Spent::definitions, reply.result(), base::Timers::now());
    if (budget.limits() && scope_.empty() && in->rpc.params.cursor.empty()) co_return with_read_more(std::move(reply));
    co_return std::move(reply);
  }
  if (!takes_tokens(method)) co_return std::move(reply);
  const Payer who = payer(*call->record.caller, *in);
  const base::Instant now = base::Timers::now();
  if (!in->rpc.params.arguments.empty()) budget.spend(who, Spent::arguments, in->rpc.params.arguments, now);
  const bool cuttable = budget.limits() && method == Method::tools_call && in->rpc.name != kReadMore &&
                        protocol::result_type(reply.result()) == protocol::ResultType::complete;
  if (!cuttable) {
    budget.spend(who, method == Method::tools_call ? kind_of(in->rpc.name) : Spent::results, reply.result(), now);
    co_return std::move(reply);
  }
  const std::size_t room = budget.room(who, now);
  std::string handle = KeptResults::new_handle();
  const std::string way =
      scope_.empty() ? std::string("call read_more with {\"handle\":\"") : "read the resource " + std::string(kResultUri);
  std::string schema;
  if (reply.result().size() > room) schema = promised_output(*call, *in);
  Counted counted;
  if (reply.result().size() <= kLargestHere) {
    counted = count_and_cut(std::string(reply.result()), room, schema, handle, way);
  } else {
    auto work = [text = std::string(reply.result()), room, schema, handle, way] { return count_and_cut(text, room, schema, handle, way); };
    Result<Counted> done = co_await gateway_.parts_.pool.run(gateway_.parts_.loop, std::move(work));
    if (!done) co_await mcp::fail(std::move(done).error());
    counted = *std::move(done);
  }
  budget.spend(who, kind_of(in->rpc.name), reply.result(), base::Timers::now(), counted.tokens);
  if (!counted.cut) co_return std::move(reply);
  budget.cut(call->record.server, call->record.name);
  budget.kept().keep(std::move(handle), who.caller, std::move(counted.cut->rest), base::Timers::now());
  Reply out(std::move(counted.cut->result));
  out.hints = reply.hints;
  out.from = reply.from;
  co_return std::move(out);
}

// The list with read_more in it, as the first: the list depends on the config, and on nothing that is called.
Reply Front::with_read_more(Reply reply) {
  std::string_view tools = base::find_member(reply.result(), "tools");
  if (!base::is_array(tools)) return reply;
  const bool empty = tools.find_first_not_of(" \t\r\n", 1) == tools.size() - 1;
  std::string all = "[" + std::string(kReadMoreDefinition) + (empty ? "" : ",") + std::string(tools.substr(1));
  Reply out(protocol::with_members(reply.result(), {{"tools", all}}));
  out.hints = reply.hints;
  out.from = reply.from;
  return out;
}

bool Front::reads_rest(const sdk::Inbound& in) const {
  if (!gateway_.budget_.limits()) return false;
  if (in.method() == Method::tools_call) return scope_.empty() && in.rpc.name == kReadMore;
  return in.method() == Method::resources_read && in.rpc.name.starts_with(kResultUri);
}

Task<Reply> Front::read_rest(OpenCall* call, const sdk::Inbound* in) {
  call->record.caller = co_await identify(*in);
  Result<RestPlace> place = in->method() == Method::tools_call ? rest_in_arguments(in->rpc.params.arguments) : rest_in_uri(in->rpc.name);
  if (!place) co_await mcp::fail(std::move(place).error());
  Budget& budget = gateway_.budget_;
  const base::Instant now = base::Timers::now();
  const std::string& caller = call->record.caller->id;
  std::shared_ptr<const std::string> rest = budget.kept().find(place->handle, caller, now);
  if (!rest) {
    // A model that asks has to be able to read why not.
    if (in->method() == Method::tools_call) co_return Reply(protocol::tool_error_result(expired(place->handle)));
    co_await mcp::fail(Code::not_found, expired(place->handle));
  }
  const std::size_t room = std::min<std::size_t>(budget.room(payer(*call->record.caller, *in), now), kLargestPage);
  const disclosure::Page page = disclosure::next_page(*rest, place->from, room);
  std::string text = rest->substr(page.from, page.end - page.from);
  if (!text.ends_with('\n')) text += '\n';
  if (page.end >= rest->size())
    text += "[gatehouse: that is all]";
  else
    text += "[gatehouse: " + std::to_string(page.end) + " of " + std::to_string(rest->size()) +
            " bytes of what was left out; go on with \"from\": " + std::to_string(page.end) + "]";
  if (in->method() == Method::tools_call) co_return text_reply(text);
  co_return Reply("{\"contents\":[{\"uri\":" + base::quoted(in->rpc.name) + ",\"mimeType\":\"text/plain\",\"text\":" + base::quoted(text) +
                  "}]}");
}

}  // namespace gateway
