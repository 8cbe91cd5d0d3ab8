// What answers at an endpoint of the gateway's own, such as /mcp/s/admin: its own verbs, on the same path as every call.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "base/record.h"
#include "base/task_group.h"
#include "sdk/handler.h"

namespace gateway {

class Gateway;

// Identifies who calls, admits them by their limits, asks the rules, chooses a handler by who they are, and leaves a record. What a rule
// wants asked is let through: here only people in a role come in, and nobody could approve an approval else.
// Threads: the gateway's loop. Lifetime: the gateway and the handlers outlive it.
class OwnFront final : public sdk::Handler {
 public:
  // Null: this caller may do nothing here.
  using Choose = std::function<sdk::Handler*(const base::Principal& who)>;
  OwnFront(Gateway& gateway, std::string id, Choose choose);

  base::Task<protocol::ServerIdentity> identity(sdk::Inbound in) override;
  std::string_view server_info() const override { return info_; }
  base::Task<sdk::Reply> handle(sdk::Inbound in, sdk::Outlet& out) override;
  base::Task<void> stream(sdk::Inbound in, sdk::Outlet& out) override;
  void notified(const sdk::Inbound& in) override;

  // Who acts, by the key that a handler sees (`issuer#subject`), while a call of theirs runs; an empty key is whoever is on this machine.
  // Null: nobody of that key does.
  std::shared_ptr<const base::Principal> find_caller(const std::string& key) const;

 private:
  class Present;
  base::Result<std::shared_ptr<const base::Principal>> identify(const sdk::Inbound& in) const;
  base::Result<sdk::Handler*> choose(const base::Principal& who) const;
  base::Task<sdk::Reply> answer(base::CallRecord* record, std::string* denied, sdk::Inbound in, sdk::Outlet* out);

  Gateway& gateway_;
  std::string id_, info_;
  Choose choose_;
  // Those whose calls run, each with how many.
  std::map<std::string, std::pair<std::shared_ptr<const base::Principal>, std::size_t>, std::less<>> present_;
};

}  // namespace gateway
