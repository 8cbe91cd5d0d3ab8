// The level of log messages of one legacy session, which all its requests share.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "base/json.h"
#include "protocol/params.h"

namespace gateway {

// Threads: one loop only.
class MessageLevel {
 public:
  // A request in flight that wants messages of `level` and above.
  class Wish {
   public:
    Wish(MessageLevel& of, protocol::LogLevel level) : of_(of), at_(of.wishes_.insert(level)) {}
    ~Wish() { of_.wishes_.erase(at_); }
    Wish(const Wish&) = delete;
    Wish& operator=(const Wish&) = delete;

   private:
    MessageLevel& of_;
    std::multiset<protocol::LogLevel>::iterator at_;
  };

  // The params of logging/setLevel, if the session has to be told another level now; it counts as told then. Empty: nothing to tell.
  std::string change() {
    if (wishes_.empty() || (told_ && *told_ == *wishes_.begin())) return {};
    told_ = *wishes_.begin();
    return "{\"level\":" + base::quoted(protocol::log_level_name(*told_)) + "}";
  }
  // The session is a new one.
  void forget() { told_.reset(); }

 private:
  std::multiset<protocol::LogLevel> wishes_;
  std::optional<protocol::LogLevel> told_;
};

}  // namespace gateway
