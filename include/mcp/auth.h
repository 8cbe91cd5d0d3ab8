// Signing in to servers that want an OAuth token: what a Client must know to obtain one, keep it fresh and prove its possession.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/auth/token_store.h"
#include "mcp/result.h"
#include "mcp/task.h"

namespace mcp {

// How a person signs in: the way to their browser and back.
struct SignIn {
  // Where the authorization server sends the browser afterwards: an https URL, or one of this machine.
  std::string redirect_uri = {};
  // In place of a fixed redirect_uri: gets ready to hear the redirect, and says its URI. Called before each sign-in.
  std::function<Task<std::string>()> listen = {};
  // Leads the user to `authorize_url` (http or https; never hand it to a shell) and returns the whole URL that the browser was sent
  // to in the end, with its query. Return an Error when the user gave up, and soon after `stop` was requested: it took too long.
  std::function<Task<std::string>(std::string authorize_url, std::stop_token stop)> visit = {};
};

// Prints the address to sign in at on stderr, and hears the redirect on a free port of 127.0.0.1.
SignIn terminal_sign_in();

// A client identifier that an authorization server gave out beforehand, with what proves it. With neither secret nor key the client
// is a public one.
struct OAuthClient {
  // The authorization server that knows the client; it is never named to another one. Empty: the first one that the server names.
  std::string issuer = {};
  std::string id = {};
  std::string secret = {};
  // A private key (PKCS #8 in PEM; EC P-256 or P-384, RSA, Ed25519): the client authenticates with signed assertions.
  std::string private_key_pem = {};
  std::string key_id = {};
  // As it was registered: "none", "client_secret_basic", "client_secret_post" or "private_key_jwt". Empty: chosen by what the
  // authorization server offers.
  std::string auth_method = {};
};

// Sign-in through the company's identity provider, which decides who may use which server (Enterprise-Managed Authorization).
struct EnterpriseIdentity {
  // The identity provider's issuer, whose metadata is read; or its token endpoint, when that is known.
  std::string issuer = {};
  std::string token_endpoint = {};
  // This client, as the identity provider knows it.
  OAuthClient client = {};
  // The ID token of the user who signed in there. Asked for each time an access token is needed.
  std::function<Task<std::string>()> id_token = {};
};

// How a Client obtains tokens when a server answers 401 or 403. The fields that do not belong to `grant` are ignored.
struct OAuth {
  enum class Grant {
    authorization_code,  // a person signs in, by `sign_in`
    client_credentials,  // the client itself, as one of `clients`
    enterprise,          // a person, by way of the company's identity provider; `enterprise` and one of `clients`
    workload,            // a workload, by a JWT from its platform; `workload_token` and one of `clients`
    exchange,            // on behalf of who brought a token: exchanges it (RFC 8693); `subject_token` and one of `clients`, with its issuer
  };
  // Tokens bound to a key of this client (RFC 9449).
  enum class Dpop { when_asked, always, never };
  // Which addresses a server may send this client to, for metadata and tokens. Links to elsewhere are refused.
  enum class Reach {
    public_addresses,  // https, in the public Internet
    loopback_too,      // also this machine, where http will do: for tests and development
    private_too,       // also private networks, by https, and this machine
  };
  // What the client says it is when it registers itself: a program on the user's machine, or a web site.
  enum class Kind { native, web };

  Grant grant = Grant::authorization_code;
  // Registration, in the order in which it is tried: an entry of `clients` for the authorization server, the URL of this client's
  // metadata document (an https URL), or registering by the name below, which is deprecated.
  std::vector<OAuthClient> clients = {};
  std::string client_metadata_url = {};
  std::string client_name = "mcp-client";
  Kind kind = Kind::native;
  SignIn sign_in = {};
  EnterpriseIdentity enterprise = {};
  // Gives the workload's JWT for the authorization server with this issuer. One that was refused is not sent again.
  std::function<Task<std::string>(std::string issuer)> workload_token = {};
  // Gives the access token to exchange at the authorization server with this issuer. Only the issuer of one of `clients` ever sees it.
  std::function<Task<std::string>(std::string issuer)> subject_token = {};

  // Asked for beside the scopes that the server names.
  std::vector<std::string> scopes = {};
  Dpop dpop = Dpop::when_asked;
  // Null: kept as long as the Client.
  std::shared_ptr<TokenStore> store = {};
  // On whose behalf, for the store's keys, where one store serves several users.
  std::string subject = {};
  Reach reach = Reach::public_addresses;
  // A file of PEM certificates to trust beside the system's.
  std::string extra_ca = {};
  // How long a person may take. Not counted against the deadline of the request that made them sign in.
  std::chrono::milliseconds sign_in_time{300'000};
  // Told once of each deprecated thing that had to be used, such as Dynamic Client Registration.
  std::function<void(std::string_view what)> on_deprecated = {};
};

}  // namespace mcp
