#include "gateway/signin/oauth_options.h"

namespace gateway {
namespace {

mcp::OAuth::Grant grant_of(UpstreamAuth::Grant grant) {
  switch (grant) {
    case UpstreamAuth::Grant::client_credentials: return mcp::OAuth::Grant::client_credentials;
    case UpstreamAuth::Grant::token_exchange: return mcp::OAuth::Grant::exchange;
    case UpstreamAuth::Grant::id_jag: return mcp::OAuth::Grant::enterprise;
    case UpstreamAuth::Grant::none:
    case UpstreamAuth::Grant::per_user:
    case UpstreamAuth::Grant::shared: break;
  }
  return mcp::OAuth::Grant::authorization_code;
}

mcp::OAuth::Reach reach_of(UpstreamAuth::Reach reach) {
  switch (reach) {
    case UpstreamAuth::Reach::this_machine: return mcp::OAuth::Reach::loopback_too;
    case UpstreamAuth::Reach::private_networks: return mcp::OAuth::Reach::private_too;
    case UpstreamAuth::Reach::public_addresses: break;
  }
  return mcp::OAuth::Reach::public_addresses;
}

}  // namespace

mcp::OAuth oauth_options(const ServerConfig& server, std::shared_ptr<mcp::TokenStore> tokens, std::string subject) {
  const UpstreamAuth& auth = server.auth;
  mcp::OAuth out;
  out.grant = grant_of(auth.grant);
  out.client_name = "Gatehouse";
  out.scopes = auth.scopes;
  out.store = std::move(tokens);
  out.subject = std::move(subject);
  out.reach = reach_of(auth.reach);
  out.extra_ca = server.ca;
  if (!auth.client_id.empty()) {
    mcp::OAuthClient client;
    client.issuer = auth.issuer;
    client.id = auth.client_id;
    client.secret = auth.client_secret.reveal();
    out.clients.push_back(std::move(client));
  }
  out.enterprise.issuer = auth.provider;
  out.enterprise.client.issuer = auth.provider;
  out.enterprise.client.id = auth.provider_client_id;
  out.enterprise.client.secret = auth.provider_client_secret.reveal();
  return out;
}

}  // namespace gateway
