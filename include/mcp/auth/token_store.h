// TokenStore: where sign-ins are kept between runs.
#pragma once

#include <chrono>
#include <compare>
#include <memory>
#include <optional>
#include <string>

#include "mcp/result.h"
#include "mcp/task.h"

namespace mcp {

// What a record is about. A client's registration has no resource and no subject, since it belongs to the authorization server; the
// choice of an authorization server has no issuer.
struct TokenKey {
  std::string resource;  // the server's URL
  std::string issuer;    // the authorization server's identifier, compared as it is
  std::string subject;   // on whose behalf; empty where there is one user only

  auto operator<=>(const TokenKey&) const = default;
};

// Keeps one record per key. A record is a text that only its writer understands, and it is a secret: it holds tokens and keys.
// Threads: called on the loop of the client that uses it; several clients of one loop may share a store.
// Errors: whatever kept it from working. A sign-in whose record could not be put fails, so that no rotated token is lost unseen.
class TokenStore {
 public:
  virtual ~TokenStore() = default;

  virtual Task<std::optional<std::string>> get(TokenKey key) = 0;
  // Replaces what was there.
  virtual Task<void> put(TokenKey key, std::string record) = 0;
  // No error when nothing is there.
  virtual Task<void> erase(TokenKey key) = 0;

  // For stores that several processes share: of all who want to renew a record, one may at a time, until release() or until `most` is
  // over. False: another one does; its record will be there in a moment.
  virtual Task<bool> claim(TokenKey key, std::chrono::milliseconds most);
  virtual Task<void> release(TokenKey key);
};

// A store that lives as long as the process, for at most 10,000 records.
std::shared_ptr<TokenStore> memory_token_store();

}  // namespace mcp
