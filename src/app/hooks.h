// Which built-in servers run and hear webhooks, by the ids of their servers.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "servers/builtin.h"

namespace app {

// Owns: nothing; a built-in is taken out before it goes.
// Threads: the gateway's loop only.
class Hooks {
 public:
  void add(const std::string& id, servers::Builtin& builtin) { by_id_[id] = &builtin; }
  // Where another has come in its place meanwhile, that stays.
  void remove(const std::string& id, const servers::Builtin& builtin) {
    auto found = by_id_.find(id);
    if (found != by_id_.end() && found->second == &builtin) by_id_.erase(found);
  }
  // 404 when there is no such server, or it does not run yet.
  servers::Builtin::HookAnswer deliver(std::string_view id, const servers::Builtin::HookRequest& request) const {
    auto found = by_id_.find(id);
    if (found == by_id_.end())
      return {404, "there is no built-in server of this name that runs; let it start with the gateway (start: eager)"};
    return found->second->hook(request);
  }

 private:
  std::map<std::string, servers::Builtin*, std::less<>> by_id_;
};

}  // namespace app
