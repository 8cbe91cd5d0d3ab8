// How the gateway signs in to one server: `servers.x.auth`.
#pragma once

#include <string>
#include <vector>

#include "base/secret.h"

namespace gateway {

struct UpstreamAuth {
  // per_user: each caller signs in for themselves. shared: one sign-in for all callers. client_credentials: the gateway itself.
  // token_exchange: the caller's own token, exchanged at `issuer` (RFC 8693). id_jag: by way of the company's identity provider.
  enum class Grant { none, per_user, shared, client_credentials, token_exchange, id_jag };
  // Which addresses the server may send the gateway to, for metadata and tokens.
  enum class Reach { public_addresses, this_machine, private_networks };

  Grant grant = Grant::none;
  std::string issuer;  // the authorization server that knows client_id; empty: the first that the server names
  std::string client_id;
  base::Secret<std::string> client_secret;
  std::vector<std::string> scopes;
  Reach reach = Reach::public_addresses;
  // id_jag: the identity provider, and this gateway as it knows it.
  std::string provider;
  std::string provider_client_id;
  base::Secret<std::string> provider_client_secret;

  bool wanted() const { return grant != Grant::none; }
  // A person has to come.
  bool by_person() const { return grant == Grant::per_user || grant == Grant::shared; }
  // Each caller has credentials of their own.
  bool per_caller() const { return grant == Grant::per_user || grant == Grant::token_exchange || grant == Grant::id_jag; }
  bool operator==(const UpstreamAuth&) const = default;
};

}  // namespace gateway
