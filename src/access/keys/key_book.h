// What is done to API keys: made, given another secret, revoked. By commands, on the store.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/record.h"
#include "base/secret.h"
#include "mcp/result.h"
#include "store/key_store.h"

namespace authz {

using KeyTime = store::StoredKey::Time;

struct NewKey {
  std::string name;  // [A-Za-z0-9][A-Za-z0-9._-]{0,63}
  std::string owner;
  std::vector<std::string> groups;
  std::vector<std::string> profiles;  // confined to these; empty: not
  std::chrono::seconds life{90 * 86'400};
};

// A key as it is kept, and the key itself, which nobody sees again.
struct MadeKey {
  store::StoredKey kept;
  base::Secret<std::string> text;
};

// Makes, changes and ends keys. Owns nothing; all of it lives as long as this.
// Threads: any; calls may wait for a disk or a network.
class KeyBook {
 public:
  KeyBook(store::KeyStore& store, base::Secret<std::string> pepper) : store_(store), pepper_(std::move(pepper)) {}

  // Errors: invalid_argument (a name or a life that cannot be), conflict (the name is or was given), those of the store.
  mcp::Result<MadeKey> create(const NewKey& wanted, KeyTime now);
  // Gives the key another secret and a new life. The old one is good for `grace`. Errors: not_found, conflict (it was revoked),
  // invalid_argument, internal.
  mcp::Result<MadeKey> rotate(std::string_view name, std::chrono::seconds grace, std::chrono::seconds life, KeyTime now);
  // Ends it at once. Errors: not_found, internal. Not an error when it was revoked before.
  mcp::Result<> revoke(std::string_view name, KeyTime now);

 private:
  store::KeyStore& store_;
  base::Secret<std::string> pepper_;
};

enum class KeyState { good, expired, revoked };
KeyState key_state(const store::StoredKey& key, KeyTime now);
std::string_view key_state_name(KeyState state);

// The caller that a key speaks for: `key:<name>`.
base::Principal principal_of(const store::StoredKey& key);

// A JSON array of texts, and back; what is no text in it is left out.
std::string json_list(const std::vector<std::string>& texts);
std::vector<std::string> from_json_list(std::string_view json);

}  // namespace authz
