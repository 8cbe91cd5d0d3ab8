// Signing in to a server in a browser of this machine, and forgetting that.
#include <fmt/format.h>

#include <algorithm>

#include "app/commands.h"
#include "app/config_auth.h"
#include "app/store_door.h"
#include "app/terminal.h"
#include "base/blocking.h"
#include "gateway/signin/oauth_options.h"
#include "gateway/signin/token_vault.h"
#include "mcp/auth.h"
#include "sdk/current_loop.h"
#include "sdk/oauth_authorizer.h"
#include "sdk/session.h"

namespace app {
namespace {

using gateway::ServerConfig;
using gateway::UpstreamAuth;
using sdk::Authorizer;

// The server of the config that people sign in to. Null: there is none, and that has been said.
const ServerConfig* find_server(const StoreDoor& door, const std::string& name) {
  const auto& servers = door.config.gateway.servers;
  auto found = std::find_if(servers.begin(), servers.end(), [&](const ServerConfig& one) { return one.id == name; });
  if (found == servers.end()) {
    complain("the config has no server " + shown(name));
    return nullptr;
  }
  if (found->auth.by_person()) return &*found;
  complain(fmt::format("nobody signs in to {}: its config does not say auth: {{ oauth: per-user }} or shared", name));
  return nullptr;
}

std::string subject_of(const ServerConfig& server, const std::string& caller) { return server.auth.per_caller() ? caller : std::string(); }

mcp::Task<void> sign_in(sdk::OAuthAuthorizer* flow, net::Url url) {
  std::stop_token none;
  Authorizer::Lines lines = co_await flow->lines("POST", url, none);
  Authorizer::Refusal refusal;
  refusal.status = 401;
  refusal.generation = lines.generation;
  mcp::Result<Authorizer::Verdict> verdict = co_await flow->refused(std::move(refusal), none).result();
  co_await flow->close();
  const Authorizer::Verdict out = co_await std::move(verdict);
  if (out != Authorizer::Verdict::send_again) co_await mcp::fail(mcp::Code::unauthenticated, "the sign-in came to nothing");
}

}  // namespace

int login(const LoginOptions& options, net::Reaper& reaper) {
  int status = kGood;
  auto door = open_store_door(options.config, &status);
  if (!door) return status;
  const ServerConfig* server = find_server(*door, options.server);
  if (!server) return kUsage;
  auto keys = token_keys(door->config);
  auto url = net::parse_url(server->url);
  if (!keys || !url) {
    complain(keys ? url.error().message : keys.error().message);
    return kFailed;
  }
  base::Loop loop;
  base::BlockingPool pool(1);
  sdk::RuntimeScope scope(sdk::Runtime{&loop, &reaper});
  gateway::TokenVault vault({loop, pool, door->store->sign_ins()}, *keys, sdk::random_id());
  mcp::OAuth oauth = gateway::oauth_options(*server, vault.of_server(server->id), subject_of(*server, options.caller));
  oauth.sign_in = mcp::terminal_sign_in();
  mcp::Result<> done;
  {
    sdk::OAuthAuthorizer flow(loop, std::move(oauth), *url);
    done = loop.block_on(sign_in(&flow, *url));
  }
  if (!done) {
    complain(fmt::format("not signed in to {}: {}", server->id, done.error().message));
    return kFailed;
  }
  door->tell();
  print(fmt::format("signed in to {}\n", server->id));
  return kGood;
}

int logout(const LoginOptions& options) {
  int status = kGood;
  auto door = open_store_door(options.config, &status);
  if (!door) return status;
  const ServerConfig* server = find_server(*door, options.server);
  if (!server) return kUsage;
  auto count = door->store->sign_ins().forget(server->id, subject_of(*server, options.caller));
  if (!count) {
    complain(count.error().message);
    return kFailed;
  }
  if (*count == 0) {
    complain("nobody was signed in to " + server->id);
    return kFailed;
  }
  door->tell();
  print(fmt::format("signed out of {}\n", server->id));
  return kGood;
}

}  // namespace app
