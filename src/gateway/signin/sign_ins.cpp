#include "gateway/signin/sign_ins.h"

#include "base/json.h"
#include "net/http_message.h"
#include "oauth/form.h"
#include "oauth/principal.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;

namespace {

constexpr std::string_view kTicket = "ticket\n";

// The token of an Authorization line of these schemes.
std::string_view token_of(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !net::same_header(line.substr(0, space), "bearer")) return {};
  return line.substr(line.find_first_not_of(' ', space));
}

}  // namespace

SignIns::SignIns(Parts parts, std::span<const base::Secret<std::string>> keys) : parts_(std::move(parts)) {
  if (parts_.store)
    vault_ = std::make_unique<TokenVault>(TokenVault::Parts{parts_.loop, parts_.pool, *parts_.store}, keys, parts_.carrier.instance());
}

std::shared_ptr<ServerSignIn> SignIns::open(const ServerConfig& config) {
  retire(config.id);
  if (!config.auth.wanted()) return nullptr;
  ServerSignIn::Parts parts{parts_.loop, vault_ ? vault_->of_server(config.id) : mcp::memory_token_store(), {}, {}, {}, parts_.signed_in};
  parts.origin = [this] { return origin(); };
  parts.link = [this](const std::string& server, const std::string& caller) { return link(server, caller); };
  parts.bearer = [this](const std::string& caller) { return bearer(caller); };
  exchanges_ = exchanges_ || (config.auth.per_caller() && !config.auth.by_person());
  auto out = std::make_shared<ServerSignIn>(std::move(parts), config);
  servers_.emplace(config.id, out);
  return out;
}

std::shared_ptr<ServerSignIn> SignIns::find(std::string_view server) const {
  auto found = servers_.find(server);
  return found == servers_.end() ? nullptr : found->second;
}

void SignIns::retire(std::string_view server) {
  auto found = servers_.find(server);
  if (found == servers_.end()) return;
  auto close = [](std::shared_ptr<ServerSignIn> one) -> Task<void> { co_await one->close(); };
  work_.spawn(close(std::move(found->second)));
  servers_.erase(found);
}

// Only of who was verified by their token: what others write there is nobody's.
void SignIns::met(const sdk::Inbound& in, const std::string& caller) {
  if (!exchanges_ || !in.http || !in.caller || in.caller->issuer.empty()) return;
  const std::string_view token = token_of(in.http->find("Authorization").value_or(""));
  if (!token.empty()) bearers_.put(caller, {base::Secret<std::string>(std::string(token)), in.caller->expires});
}

base::Secret<std::string> SignIns::bearer(const std::string& caller) {
  Bearer* found = bearers_.find(caller);
  if (!found || found->expires <= std::chrono::system_clock::now()) return {};
  return found->token;
}

std::string SignIns::link(const std::string& server, const std::string& caller) const {
  const std::string at = origin();
  if (at.empty()) return {};
  std::string body(kTicket);
  body.append(server).append("\n").append(caller);
  const std::string sealed = parts_.carrier.seal(CarriedKind::sign_in, body, {}, std::chrono::system_clock::now() + kLinkLife);
  return at + "/oauth/connect/" + server + "?ticket=" + oauth::percent_encoded(sealed);
}

Result<SignIns::Ticket> SignIns::read_link(std::string_view server, std::string_view sealed) const {
  const Error refused(Code::denied, "this link is not good, or not any more: ask for a new one with the call that needs the sign-in");
  auto opened = parts_.carrier.open(CarriedKind::sign_in, sealed, {}, std::chrono::system_clock::now());
  if (!opened || !opened->body.starts_with(kTicket)) return refused;
  const std::string_view body = std::string_view(opened->body).substr(kTicket.size());
  const std::size_t end = body.find('\n');
  if (end == std::string_view::npos || body.substr(0, end) != server) return refused;
  return Ticket{std::string(server), std::string(body.substr(end + 1))};
}

Task<std::string> SignIns::returned(std::string target, std::string browser, std::stop_token stop) {
  const std::size_t query = target.find('?');
  auto form = oauth::read_form(query == std::string::npos ? std::string_view() : std::string_view(target).substr(query + 1));
  const std::string* state = form ? oauth::find(*form, "state") : nullptr;
  std::shared_ptr<ServerSignIn> whose;
  if (state)
    for (const auto& [id, one] : servers_)
      if (one->has_visit(*state)) whose = one;
  if (!whose) co_await mcp::fail(Code::not_found, "this sign-in is not known here: it has ended, or took too long; begin it again");
  std::string url = origin() + target;
  co_await whose->returned(*state, std::move(url), std::move(browser), std::move(stop));
  co_return whose->server();
}

std::string SignIns::client_document() const {
  const std::string at = origin();
  if (!at.starts_with("https://")) return {};
  const std::string id = base::quoted(at + "/.well-known/gatehouse-client"), callback = base::quoted(at + "/oauth/callback");
  return "{\"client_id\":" + id + ",\"client_name\":\"Gatehouse\",\"client_uri\":" + base::quoted(at) + ",\"redirect_uris\":[" + callback +
         "],\"grant_types\":[\"authorization_code\",\"refresh_token\"],\"response_types\":[\"code\"],"
         "\"token_endpoint_auth_method\":\"none\",\"application_type\":\"web\"}";
}

void SignIns::look() {
  for (const auto& [id, one] : servers_) one->look();
}

Task<void> SignIns::stop() {
  std::vector<std::string> ids;
  for (const auto& [id, one] : servers_) ids.push_back(id);
  for (const std::string& id : ids) retire(id);
  co_await work_.join();
}

}  // namespace gateway
