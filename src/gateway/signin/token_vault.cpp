#include "gateway/signin/token_vault.h"

#include <chrono>

#include "base/log.h"
#include "sdk/contents.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using base::Task;
using store::SignInRow;
using store::StoredSignIn;

namespace {

using WallClock = std::chrono::system_clock;

// Sealed texts have no end of their own; the tokens in them do.
constexpr sdk::Sealer::WallTime kNever{std::chrono::seconds(7'258'118'400)};
// A sealed text begins with the four bytes that name its key: so much of it in base64.
constexpr std::size_t kKeyPart = 8, kKeyBytes = 4;

// Each part is led by its length, so that no two rows spell the same.
std::string context_of(const SignInRow& row) {
  std::string out;
  for (const std::string* part : {&row.server, &row.caller, &row.kind}) {
    out += std::to_string(part->size());
    out.append(":").append(*part);
  }
  return out;
}

std::string key_of(std::string_view sealed) {
  auto bytes = sdk::from_base64(sealed.substr(0, kKeyPart));
  std::string out;
  if (!bytes) return out;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (unsigned char c : bytes->substr(0, kKeyBytes)) {
    out += kDigits[c >> 4];
    out += kDigits[c & 15];
  }
  return out;
}

SignInRow row_of(const std::string& server, const mcp::TokenKey& key) {
  SignInRow row;
  row.server = server;
  row.caller = key.subject;
  if (key.resource.empty())
    row.kind = "client " + key.issuer;
  else if (key.issuer.empty())
    row.kind = "choice " + key.resource;
  else
    row.kind = "tokens " + key.issuer + " " + key.resource;
  return row;
}

}  // namespace

SignInSeal::SignInSeal(std::span<const base::Secret<std::string>> keys)
    : sealer_(keys, "sign-ins"), key_id_(key_of(sealer_.seal("", "", kNever))) {}

StoredSignIn SignInSeal::seal(const SignInRow& row, std::string_view text, StoredSignIn::Time now) const {
  return {row, key_id_, sealer_.seal(text, context_of(row), kNever), now};
}

Result<std::string> SignInSeal::open(const StoredSignIn& one) const {
  auto text = sealer_.open(one.body, context_of(one.row), WallClock::now());
  if (text) return text;
  return Error(Code::denied,
               "what the store keeps of the sign-in to server '" + one.row.server + "' does not open with the keys there are");
}

class ServerTokens final : public mcp::TokenStore {
 public:
  ServerTokens(TokenVault& vault, std::string server) : vault_(vault), server_(std::move(server)) {}

  Task<std::optional<std::string>> get(mcp::TokenKey key) override {
    const SignInRow row = row_of(server_, key);
    auto find = [store = &store(), row] { return store->find(row); };
    std::optional<StoredSignIn> found = co_await co_await vault_.parts_.pool.run(loop(), find);
    std::optional<std::string> out;
    if (!found) co_return std::move(out);
    Result<std::string> text = vault_.seal_.open(*found);
    if (!text) {
      base::log::warn("a sign-in is lost", {{"server", server_}, {"key", found->key_id}, {"reason", text.error().message}});
      co_return std::move(out);
    }
    // Another key seals by now: the row follows when it is used.
    if (vault_.seal_.outdated(*found)) {
      auto again = [store = &store(), fresh = vault_.seal_.seal(row, *text, WallClock::now())] { return store->put(fresh); };
      Result<> kept = co_await vault_.parts_.pool.run(loop(), again);
      if (!kept) base::log::warn("a sign-in could not be sealed anew", {{"server", server_}, {"reason", kept.error().message}});
    }
    out = *std::move(text);
    co_return std::move(out);
  }

  Task<void> put(mcp::TokenKey key, std::string record) override {
    auto keep = [store = &store(), sealed = vault_.seal_.seal(row_of(server_, key), record, WallClock::now())] {
      return store->put(sealed);
    };
    Result<> kept = co_await vault_.parts_.pool.run(loop(), keep);
    co_await std::move(kept);
  }

  Task<void> erase(mcp::TokenKey key) override {
    auto drop = [store = &store(), row = row_of(server_, key)] { return store->erase(row); };
    Result<> done = co_await vault_.parts_.pool.run(loop(), drop);
    co_await std::move(done);
  }

  Task<bool> claim(mcp::TokenKey key, std::chrono::milliseconds most) override {
    const auto now = WallClock::now();
    auto ask = [store = &store(), row = row_of(server_, key), holder = vault_.holder_, now, most] {
      return store->claim(row, holder, now, now + most);
    };
    Result<bool> got = co_await vault_.parts_.pool.run(loop(), ask);
    co_return co_await std::move(got);
  }

  Task<void> release(mcp::TokenKey key) override {
    auto drop = [store = &store(), row = row_of(server_, key), holder = vault_.holder_] { return store->release(row, holder); };
    Result<> done = co_await vault_.parts_.pool.run(loop(), drop);
    co_await std::move(done);
  }

 private:
  base::Loop& loop() { return vault_.parts_.loop; }
  store::SignInStore& store() { return vault_.parts_.store; }

  TokenVault& vault_;
  std::string server_;
};

TokenVault::TokenVault(Parts parts, std::span<const base::Secret<std::string>> keys, std::string holder)
    : parts_(std::move(parts)), seal_(keys), holder_(std::move(holder)) {}

std::shared_ptr<mcp::TokenStore> TokenVault::of_server(std::string server) {
  return std::make_shared<ServerTokens>(*this, std::move(server));
}

Task<bool> TokenVault::forget(std::string server, std::string caller) {
  auto drop = [store = &parts_.store, server, caller] { return store->forget(server, caller); };
  Result<std::size_t> count = co_await parts_.pool.run(parts_.loop, drop);
  const std::size_t rows = co_await std::move(count);
  co_return rows > 0;
}

}  // namespace gateway
