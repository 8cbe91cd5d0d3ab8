// The part of Front that says what is held back, to whom would see it else.
#include "gateway/front.h"
#include "gateway/names.h"
#include "gateway/uris.h"

namespace gateway {

using authz::Subject;
using base::Code;
using base::Error;

namespace {

std::string_view word(DefinitionKind kind) {
  return kind == DefinitionKind::tool ? "tool" : kind == DefinitionKind::prompt ? "prompt" : "resource";
}

}  // namespace

// The held one whose public name is another spelling of its own; empty: none.
std::string Front::aliased(const ServerConfig& server, DefinitionKind kind, std::string_view name) const {
  for (std::string& held : gateway_.pinning_.held_names(server.id, kind)) {
    const auto changed = server.tools.find(held);
    const bool renamed = kind == DefinitionKind::tool && changed != server.tools.end() && changed->second.rename;
    const RealName real{server.id, renamed ? std::string_view(*changed->second.rename) : std::string_view(held)};
    if (public_names(std::span(&real, 1), gateway_.config_->name_limit).front() == name) return std::move(held);
  }
  return {};
}

std::optional<Error> Front::held_back(const base::Principal& who, DefinitionKind kind, std::string_view name) const {
  const bool resource = kind == DefinitionKind::resource || kind == DefinitionKind::resource_template;
  std::string_view server(scope_), real = name;
  std::optional<PrefixedUri> plain;
  if (scope_.empty() && resource) {
    plain = unprefixed_uri(name);
    if (plain) {
      server = plain->server;
      real = plain->uri;
    }
  } else if (scope_.empty()) {
    server = server_of(name);
    std::size_t behind = server.size() + 2;
    if (const std::size_t dot = name.find('.'); server.empty() && dot != std::string_view::npos) {
      server = name.substr(0, dot);
      behind = dot + 1;
    }
    real = name.substr(std::min(name.size(), behind));
  }
  for (const auto& [id, upstream] : gateway_.upstreams_) {
    if (!server.empty() && id != server) continue;
    auto why = gateway_.pinning_.objection(upstream->config(), kind, real);
    if (!why && scope_.empty() && !resource)
      if (const std::string alias = aliased(upstream->config(), kind, name); !alias.empty())
        why = gateway_.pinning_.objection(upstream->config(), kind, alias);
    if (!why) continue;
    Subject subject{Subject::Verb::see, id, real};
    subject.seen = kind_of(kind);
    if (gateway_.policy_.decide(who, subject, {}).denied()) return std::nullopt;
    return Error(Code::denied, std::string(word(kind)) + " '" + std::string(name) + "' is held back: " + *why +
                                   ". Who runs the gateway can look at it with: gatehouse pins diff " + id);
  }
  return std::nullopt;
}

}  // namespace gateway
