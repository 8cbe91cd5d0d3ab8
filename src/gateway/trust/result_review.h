// Results as the scanner leaves them: marked, cut, redacted or refused, as the config says.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/blocking.h"
#include "base/loop.h"
#include "gateway/catalog.h"
#include "sdk/handler.h"
#include "trust/scan/results.h"

namespace gateway {

// Threads: one loop only; what is long is looked at on the pool.
class ResultReview {
 public:
  // Both outlive this.
  ResultReview(base::Loop& loop, base::BlockingPool& pool) : loop_(loop), pool_(pool) {}

  // `reply` holds a result of `server` for `name`. `catalog` has the tools that the caller sees beside it.
  // Errors: denied (refused), for what is no tool's; a tool's refusal is a result that says so.
  base::Task<sdk::Reply> review(trust::ResultRules rules, protocol::Method method, std::string server, std::string name,
                                std::shared_ptr<const Catalog> catalog, sdk::Reply reply);

 private:
  std::shared_ptr<const trust::Neighbours> neighbours(const std::shared_ptr<const Catalog>& catalog);

  base::Loop& loop_;
  base::BlockingPool& pool_;
  std::shared_ptr<const Catalog> of_;  // what the neighbours were taken from
  std::shared_ptr<const trust::Neighbours> neighbours_;
};

}  // namespace gateway
