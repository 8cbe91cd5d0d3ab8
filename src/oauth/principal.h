// Who a verified token speaks for.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/record.h"

namespace oauth {

using WallTime = std::chrono::system_clock::time_point;

// Immutable and shared by the requests of one token.
struct Principal {
  std::string key;  // issuer "#" subject: the same for the same person or service, whatever the token. No issuer has a '#'.
  std::string issuer;
  std::string subject;
  std::string client_id;                       // empty where the token names none
  std::vector<std::string> scopes;             // granted, and what they include
  WallTime expires;                            // when the token ends; what runs longer has to end with it
  std::shared_ptr<const base::Principal> who;  // the same as rules and records see it; null: nobody has said
};

}  // namespace oauth
