// The part of Front that finds what a call means: the public name to the real thing, and the way back for what the answer names.
#include "base/json.h"
#include "gateway/front.h"
#include "gateway/names.h"
#include "gateway/public_uris.h"
#include "gateway/uris.h"
#include "protocol/client_side.h"
#include "protocol/tasks.h"

namespace gateway {

using authz::Subject;
using base::Code;
using base::Error;
using base::Result;
using base::Task;

namespace {

std::string_view kind_word(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::tool: return "tool";
    case DefinitionKind::prompt: return "prompt";
    case DefinitionKind::resource:
    case DefinitionKind::resource_template: break;
  }
  return "resource";
}

}  // namespace

// A name that does not exist is the client's mistake in every revision: -32602.
Error Front::unknown(DefinitionKind kind, std::string_view name) {
  std::string data;
  if (kind == DefinitionKind::resource) data = "{\"uri\":" + base::quoted(name) + "}";
  return Error(Code::not_found, "unknown " + std::string(kind_word(kind)) + ": " + std::string(name)).with_data(std::move(data));
}

// What is in no list, and may be known to its server all the same.
struct Front::Unlisted {
  ServerCatalog server;
  Definition definition;
  Entry entry;
};

// What has to be known to find one of them.
CatalogSource::Kinds Front::kinds_for(DefinitionKind kind) {
  CatalogSource::Kinds kinds(1, kind);
  if (kind == DefinitionKind::resource) kinds.push_back(DefinitionKind::resource_template);
  return kinds;
}

// As a call of theirs tells an upstream (dispatch): so their lists and calls share a session.
std::string Front::seen_capabilities(const sdk::Inbound& in) {
  std::string capabilities = protocol::capabilities_without_tasks(in.client_capabilities);
  // A legacy client without a session has nowhere to be asked.
  if (!in.modern()) capabilities = in.session ? protocol::client_capabilities_for(in.revision(), capabilities) : std::string("{}");
  return carried_capabilities(capabilities);
}

Viewer Front::viewer(const OpenCall& call, const sdk::Inbound& in) const { return viewer(*call.record.caller, in); }

Viewer Front::viewer(const base::Principal& who, const sdk::Inbound& in) const {
  return {{who.id, seen_capabilities(in), {}}, in.http, profile()};
}

std::shared_ptr<const Catalog> Front::catalog(const Viewer& viewer) {
  return scope_.empty() ? gateway_.source_.all(viewer) : gateway_.source_.of(scope_, viewer);
}

bool Front::find(Target& target, DefinitionKind kind, std::string_view name) const {
  if (!target.catalog) return false;
  if (kind != DefinitionKind::resource) {
    target.entry = target.catalog->find(kind, name);
  } else if (auto place = target.catalog->place(name)) {
    target.entry = place->entry;
    if (place->uri != name) target.uri = std::move(place->uri);
  }
  return target.entry != nullptr;
}

// Some servers know more than they list, or list less to some: they answer for it themselves. Never what the config hides.
bool Front::find_unlisted(Target& target, DefinitionKind kind, const std::string& name) {
  std::string server = scope_, real = name;
  if (scope_.empty() && kind != DefinitionKind::resource) {
    server = server_of(name);
    real = name.substr(std::min(name.size(), server.size() + 2));
  } else if (scope_.empty()) {
    if (auto prefixed = unprefixed_uri(name)) {
      server = prefixed->server;
      real = std::move(prefixed->uri);
    } else if (target.catalog) {
      server = target.catalog->only_server_with_resources();
    }
  }
  auto upstream = gateway_.upstreams_.find(server);
  if (upstream == gateway_.upstreams_.end() || real.empty()) return false;
  const ServerConfig& config = upstream->second->config();
  if (config.kind == ServerConfig::Kind::builtin || (kind == DefinitionKind::tool && !passes_unlisted(config, real))) return false;
  auto unlisted = std::make_shared<Unlisted>();
  unlisted->server.id = server;
  unlisted->definition.kind = kind;
  unlisted->definition.key = real;
  unlisted->entry = {&unlisted->server, &unlisted->definition, real, name, {}};
  target.entry = &unlisted->entry;
  target.unlisted = std::move(unlisted);
  if (kind == DefinitionKind::resource && real != name) target.uri = real;
  return true;
}

// Who the entry leads to. False: its server is gone, or it is not for this viewer.
bool Front::settle(Target& target, Subject::Verb verb, const Viewer& viewer) {
  const std::string& server = target.entry->server->id;
  auto upstream = gateway_.upstreams_.find(server);
  if (upstream == gateway_.upstreams_.end() || !serves(viewer, *target.entry)) return false;
  target.upstream = upstream->second;
  target.subject.verb = verb;
  target.subject.server = server;
  // What a template produces is named by the URI that was asked for, not by the template.
  target.subject.name = target.entry->definition->kind == DefinitionKind::resource_template ? std::string_view() : target.entry->real();
  gateway_.source_.used(server, viewer);
  return true;
}

bool Front::resolve_known(Target& target, DefinitionKind kind, Subject::Verb verb, std::string_view name, const Viewer& viewer) {
  target.catalog = catalog(viewer);
  return find(target, kind, name) && settle(target, verb, viewer);
}

// First in what the caller sees; then in what anybody sees of the one server, which finds the way and shows nothing; then a server
// that was never asked is asked: its tools may be called before they were listed.
Task<Front::Target> Front::resolve(OpenCall* call, DefinitionKind kind, Subject::Verb verb, std::string name, Viewer viewer,
                                   std::stop_token stop) {
  Target target;
  target.catalog = catalog(viewer);
  bool found = find(target, kind, name);
  if (!found) {
    if (auto held = held_back(*call->record.caller, kind, name)) {
      call->denied = held->message;
      co_await mcp::fail(*std::move(held));
    }
    std::string server(scope_.empty() ? server_of(name) : scope_);
    const bool resource = kind == DefinitionKind::resource;
    if (scope_.empty() && !resource && !(gateway_.upstreams_.contains(server) && viewer.has(server)))
      co_await mcp::fail(unknown(kind, name));
    std::shared_ptr<const Catalog> of_caller = target.catalog;
    if (!scope_.empty() || !resource) {
      target.catalog = gateway_.source_.any(server);
      found = find(target, kind, scope_.empty() ? std::string_view(name).substr(server.size() + 2) : std::string_view(name));
      if (!found) target.catalog = of_caller;
    }
    const bool of_one = !scope_.empty() || !resource;
    if (!found && of_one && sees_nothing(*call->record.caller, server, kind)) {
      // Nor is it started for them, or its trouble told.
      call->denied = "rules hide all of this server";
      co_await mcp::fail(unknown(kind, name));
    }
    if (!found) {
      CatalogSource::Kinds kinds = kinds_for(kind);
      Result<> asked;
      if (scope_.empty() && resource)
        asked = co_await gateway_.source_.settle(viewer, std::move(kinds), stop, CatalogSource::Wait::fully).result();
      else
        asked = co_await gateway_.source_.settle_one(server, viewer, std::move(kinds), stop).result();
      // A server that does not give its lists may still answer calls.
      if (!asked && asked.error().code != Code::upstream_failed) co_await std::move(asked);
      target.catalog = catalog(viewer);
      if (!find(target, kind, name)) {
        auto held = held_back(*call->record.caller, kind, name);
        if (held) call->denied = held->message;
        if (held) co_await mcp::fail(*std::move(held));
        if (!find_unlisted(target, kind, name)) co_await mcp::fail(unknown(kind, name));
      }
    }
  }
  if (!settle(target, verb, viewer)) co_await mcp::fail(unknown(kind, name));
  co_return std::move(target);
}

// URIs in an answer, as the client of the aggregate knows them.
sdk::Reply Front::as_public(const Target& target, std::string_view asked, sdk::Reply reply) const {
  if (!scope_.empty() || reply.error() || !target.catalog) return reply;
  const std::string& server = target.entry->server->id;
  if (target.uri.empty() && !target.catalog->renames_uris_of(server)) return reply;
  auto rename = [&](std::string_view uri) {
    return !target.uri.empty() && uri == target.uri ? std::string(asked) : target.catalog->public_uri(server, uri);
  };
  std::string changed = with_public_uris(reply.result(), rename);
  if (changed.empty()) return reply;
  sdk::Reply out(std::move(changed));
  out.hints = reply.hints;
  out.from = reply.from;
  return out;
}

}  // namespace gateway
