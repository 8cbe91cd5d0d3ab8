// Tokens for upstreams in the store: sealed, each for one row and no other.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/blocking.h"
#include "base/loop.h"
#include "base/secret.h"
#include "mcp/auth/token_store.h"
#include "sdk/seal.h"
#include "store/sign_in_store.h"

namespace gateway {

// Seals with AES-256-GCM; which row a text is for is authenticated with it, so that one that was moved to another row does not open.
// Threads: any.
class SignInSeal {
 public:
  // The first key seals, all of them open. Without keys: one that ends with the process.
  explicit SignInSeal(std::span<const base::Secret<std::string>> keys);

  store::StoredSignIn seal(const store::SignInRow& row, std::string_view text, store::StoredSignIn::Time now) const;
  // Errors: denied (sealed with a key that is not there any more, changed, or of another row).
  base::Result<std::string> open(const store::StoredSignIn& one) const;
  // Whether it was sealed with a key that others have replaced.
  bool outdated(const store::StoredSignIn& one) const { return one.key_id != key_id_; }
  const std::string& key_id() const { return key_id_; }

 private:
  sdk::Sealer sealer_;
  std::string key_id_;
};

// Threads: one loop only; what blocks runs on the pool. The stores that it makes live no longer than it.
class TokenVault {
 public:
  struct Parts {
    base::Loop& loop;
    base::BlockingPool& pool;
    store::SignInStore& store;
  };
  // `holder` names this process among those that share the store.
  TokenVault(Parts parts, std::span<const base::Secret<std::string>> keys, std::string holder);

  // The token store of the OAuth client for this server. What belongs to a subject is that caller's; registrations are everybody's.
  // A record that does not open is as good as none: its owner has to sign in again. Errors of its functions: those of SignInStore.
  std::shared_ptr<mcp::TokenStore> of_server(std::string server);
  // Everything of the caller at this server; says whether there was anything. Errors: those of SignInStore.
  base::Task<bool> forget(std::string server, std::string caller);

 private:
  friend class ServerTokens;

  Parts parts_;
  SignInSeal seal_;
  std::string holder_;
};

}  // namespace gateway
