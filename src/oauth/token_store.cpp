#include "mcp/auth/token_store.h"

#include <map>

namespace mcp {
namespace {

constexpr std::size_t kMostRecords = 10'000;

class MemoryTokenStore final : public TokenStore {
 public:
  Task<std::optional<std::string>> get(TokenKey key) override {
    std::optional<std::string> out;
    if (auto found = records_.find(key); found != records_.end()) out = found->second;
    co_return std::move(out);
  }
  Task<void> put(TokenKey key, std::string record) override {
    if (records_.size() >= kMostRecords && !records_.contains(key))
      co_await fail(Code::too_large, "the token store is full, at " + std::to_string(kMostRecords) + " records");
    records_[std::move(key)] = std::move(record);
  }
  Task<void> erase(TokenKey key) override {
    records_.erase(key);
    co_return;
  }

 private:
  std::map<TokenKey, std::string> records_;
};

}  // namespace

Task<bool> TokenStore::claim(TokenKey, std::chrono::milliseconds) { co_return true; }
Task<void> TokenStore::release(TokenKey) { co_return; }

std::shared_ptr<TokenStore> memory_token_store() { return std::make_shared<MemoryTokenStore>(); }

}  // namespace mcp
