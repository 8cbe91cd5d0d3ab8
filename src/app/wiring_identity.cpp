// The parts of the wiring that know who may come in, and who may agree.
#include <fmt/format.h>

#include <algorithm>

#include "access/identity.h"
#include "app/config_identity.h"
#include "app/wiring.h"
#include "base/log.h"
#include "net/server_tls.h"

namespace app {

mcp::Result<> Wiring::open_keys() {
  if (config_.gateway.door != authz::Door::keys) return {};
  auto pepper = key_pepper(config_);
  if (!pepper) return std::move(pepper).error();
  if (config_.api_keys) {
    desk_ = std::make_unique<authz::KeyDesk>(authz::KeyDesk::Parts{loop_, pool_, store_->keys(), *pepper, {}});
    if (auto loaded = desk_->load(); !loaded) return loaded;
    gate_ = std::make_shared<gateway::KeyGate>(*desk_, *pepper);
  }
  if (!config_.sign_in.issuers.empty()) {
    sign_in_ = std::make_unique<gateway::SignIn>(gateway::SignIn::Parts{loop_, *pepper, gate_}, config_.sign_in);
    gateway_->need_scopes([door = sign_in_.get()](const oauth::Principal& who, std::string_view server, std::string_view tool) {
      return door->lacking(who, server, tool);
    });
  }
  if (config_.tokens.audiences.empty()) return {};
  authz::MintOptions options = config_.tokens;
  options.issuer = config_.public_url;
  mint_ = std::make_unique<authz::TokenMint>(*std::move(pepper), std::move(options));
  return {};
}

std::shared_ptr<sdk::Admission> Wiring::door(const std::string& path) {
  if (sign_in_) return sign_in_->door(path);
  return gate_;
}

base::Task<void> Wiring::store_changed() {
  if (desk_) co_await desk_->look();
  gateway_->approvals().look();
  gateway_->sign_ins().look();
}

std::string Wiring::identity_metrics() {
  std::string out = fmt::format(
      "# HELP gatehouse_approvals_waiting Calls that are held here until somebody has approved them.\n"
      "# TYPE gatehouse_approvals_waiting gauge\ngatehouse_approvals_waiting {}\n",
      gateway_->approvals().waiting());
  if (sign_in_) out += sign_in_->metrics();
  if (!desk_) return out;
  out += fmt::format(
      "# HELP gatehouse_api_key_alerts_total API keys of which was told that they end soon.\n"
      "# TYPE gatehouse_api_key_alerts_total counter\ngatehouse_api_key_alerts_total {}\n"
      "# HELP gatehouse_api_key_seconds_left Until an API key ends; below zero when it has.\n"
      "# TYPE gatehouse_api_key_seconds_left gauge\n",
      desk_->alerts());
  // Names are letters and digits; a scrape shows those that end first.
  constexpr std::size_t kMost = 200;
  auto left = desk_->seconds_left();
  std::sort(left.begin(), left.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  for (std::size_t i = 0; i < left.size() && i < kMost; ++i)
    out += fmt::format("gatehouse_api_key_seconds_left{{key=\"{}\"}} {}\n", left[i].first, left[i].second);
  return out;
}

// Names under which the gateway is reached besides those of the config: the one that it says itself.
sdk::OriginRules HttpSide::origin_rules() const {
  const AppConfig& config = wiring_.config();
  sdk::OriginRules out{config.allowed_hosts, config.allowed_origins, sdk::OriginRules::Loopback::allowed};
  if (config.public_url.empty()) return out;
  out.hosts.push_back(config.public_url.substr(config.public_url.find("://") + 3));
  out.origins.push_back(config.public_url);
  return out;
}

void HttpSide::secure() {
  secured_ = true;
  server_.use(wiring_.config().tls);
}

void HttpSide::add_identity(edge::RouteParts& parts) {
  gateway::Approvals* approvals = &wiring_.gateway().approvals();
  parts.approvals.find = [approvals](std::string link) { return approvals->find_by_link(std::move(link)); };
  parts.approvals.decide = [approvals](std::string link, authz::Word word) {
    return approvals->decide_by_link(std::move(link), std::move(word));
  };
  parts.store_changed = [wiring = &wiring_] { return wiring->store_changed(); };
  add_sign_ins(parts);
  if (gateway::SignIn* sign_in = wiring_.sign_in())
    parts.documents.metadata = [sign_in](std::string_view path) { return sign_in->metadata_at(path); };
  // On loopback these pages show what any process here may know; beyond it they are for who is signed in.
  const bool open = authz::is_loopback(wiring_.config().listen.host);
  if (auto door = open ? nullptr : wiring_.door("/mcp"))
    parts.trusted = [door](const net::HttpRequest* request) { return door->admit(request); };
  if (!wiring_.mint()) return;
  parts.tokens.mint = wiring_.mint();
  parts.tokens.whose = [desk = wiring_.desk()](std::string_view key) -> mcp::Result<std::shared_ptr<const base::Principal>> {
    auto who = desk->identify(key);
    if (!who) return std::move(who).error();
    return (*who)->who;
  };
}

}  // namespace app
