#include "gateway/catalog_fetch.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/log.h"
#include "gateway/bridge/session_handles.h"
#include "gateway/bridge/task_offer.h"
#include "protocol/splice.h"

namespace gateway {
namespace {

using base::Code;
using base::Error;
using base::Instant;
using base::Millis;
using base::Result;
using base::Task;
using protocol::CacheScope;
using protocol::Method;

// An upstream that never stops paging is cut here.
constexpr std::size_t kMostPages = 1'000;
constexpr std::size_t kMostDefinitions = 50'000;
constexpr std::size_t kMostBytes = 64 * 1024 * 1024;
// What all pages after the first may take together.
constexpr Millis kAllPages{60'000};
constexpr std::int64_t kLongestTtl = 24 * 3600 * 1000;

struct KindFacts {
  Method method;
  std::string_view capability;
  std::string_view list;
};

KindFacts facts_of(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::tool: return {Method::tools_list, "tools", "tools"};
    case DefinitionKind::prompt: return {Method::prompts_list, "prompts", "prompts"};
    case DefinitionKind::resource: return {Method::resources_list, "resources", "resources"};
    case DefinitionKind::resource_template: break;
  }
  return {Method::resources_templates_list, "resources", "resourceTemplates"};
}

// How long and for whom this page is good (Caching: absent, negative or nonsense is zero and private).
protocol::CacheHints hints_of(std::string_view result) {
  protocol::CacheHints hints;
  auto ttl = base::json_integer(base::find_member(result, "ttlMs"));
  if (ttl && *ttl > 0) hints.ttl = Millis(std::min(*ttl, kLongestTtl));
  if (base::find_member(result, "cacheScope") == "\"public\"") hints.scope = CacheScope::shared;
  return hints;
}

// What the result says besides its list and what belongs to one hop.
std::string extra_of(std::string_view result, std::string_view list) {
  std::string out;
  base::Members members(result);
  while (members.next()) {
    std::string_view key = members.key();
    if (key == list || key == "nextCursor" || key == "resultType" || key == "ttlMs" || key == "cacheScope") continue;
    out.append(",").append(members.raw());
  }
  return out;
}

// The answer for one page; nothing where the server does not know the method.
Task<std::optional<sdk::Reply>> ask(Upstream* upstream, Audience audience, RequestHeaders headers, Method method, std::string params,
                                    Instant deadline) {
  const std::string capabilities = audience.capabilities;
  LinkRequest request;
  request.method = method;
  request.audience = std::move(audience);
  request.headers = std::move(headers);
  request.client_capabilities = capabilities;
  request.params = params;
  request.deadline = deadline;
  Result<sdk::Reply> reply = co_await upstream->request(std::move(request)).result();
  if (!reply) co_return std::move(reply).error().in(protocol::method_name(method));
  protocol::RpcError* error = reply->error();
  if (!error) co_return std::optional<sdk::Reply>(*std::move(reply));
  // Many servers announce resources and know no templates.
  if (error->code == protocol::kMethodNotFound) co_return std::nullopt;
  Error failed(Code::upstream_failed, std::string(protocol::method_name(method)) + ": " + error->message);
  co_return std::move(failed).in("server '" + upstream->config().id + "'");
}

}  // namespace

Task<FetchedList> fetch_list(std::shared_ptr<Upstream> upstream, Audience audience, RequestHeaders headers, DefinitionKind kind) {
  const std::string id = upstream->config().id;
  const KindFacts facts = facts_of(kind);
  const Millis connect_time = upstream->config().connect_timeout;
  const Instant began = base::Timers::now();
  co_await upstream->ready(audience.caller, {});
  co_await upstream->open({}, began + connect_time);
  FetchedList out;
  const Hello* hello = upstream->hello();
  if (!hello) co_await mcp::fail(Code::unavailable, "server '" + id + "' went away");
  out.modern = hello->revision->features.cache_hints;
  const bool legacy = hello->revision->era == protocol::Era::legacy;
  const TaskWords words = task_words(*hello);
  const std::string capability(base::find_member(hello->capabilities, facts.capability));
  if (capability.empty()) co_return std::move(out);
  out.announces = base::is_object(capability) && base::find_member(capability, "listChanged") == "true";
  out.hints = {Millis(kLongestTtl), CacheScope::shared};

  std::string params = "{}";
  std::set<std::string> seen;
  std::size_t bytes = 0;
  for (std::size_t page = 0;; ++page) {
    Instant deadline = std::min(base::Timers::now() + connect_time, began + connect_time + kAllPages);
    std::optional<sdk::Reply> reply = co_await ask(upstream.get(), audience, headers, facts.method, params, deadline);
    if (!reply) break;
    bytes += reply->result().size();
    auto read = protocol::read_definitions(kind, reply->result());
    if (!read) co_return std::move(read).error().in(protocol::method_name(facts.method)).in("server '" + id + "'");
    for (const std::string& refused : read->refused) base::log::warn("a definition is left out", {{"server", id}, {"reason", refused}});
    for (Definition& definition : read->items) {
      if (kind == DefinitionKind::tool) settle_execution(definition, words);
      out.list.items.push_back(std::move(definition));
    }
    protocol::CacheHints hints = hints_of(reply->result());
    out.hints.ttl = std::min(out.hints.ttl, hints.ttl);
    if (hints.scope == CacheScope::priv) out.hints.scope = CacheScope::priv;
    if (page == 0 && !read->next_cursor) out.list.extra = extra_of(reply->result(), facts.list);
    if (!read->next_cursor) break;
    if (page >= kMostPages || out.list.items.size() > kMostDefinitions || bytes > kMostBytes || !seen.insert(*read->next_cursor).second) {
      base::log::warn("a list never ends and is cut", {{"server", id}, {"method", protocol::method_name(facts.method)}});
      break;
    }
    const std::string cursor = base::quoted(*read->next_cursor);
    params = protocol::with_members("{}", {{"cursor", cursor}});
  }
  if (!out.modern) out.hints = {};
  if (kind == DefinitionKind::tool && upstream->config().state == ServerConfig::State::session && legacy)
    for (const std::string& left_out : add_session_tools(out.list.items))
      base::log::warn("a definition is left out", {{"server", id}, {"reason", left_out}});
  co_return std::move(out);
}

}  // namespace gateway
