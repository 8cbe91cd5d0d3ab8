// Asking one upstream for one of its lists.
#pragma once

#include <chrono>

#include "gateway/audience.h"
#include "gateway/catalog.h"
#include "gateway/upstream/upstream.h"
#include "protocol/results.h"

namespace gateway {

// A whole list, all its pages in one.
struct FetchedList {
  OfferedList list;
  bool modern = false;         // the upstream says itself how long the list is good
  protocol::CacheHints hints;  // ... so long: the least of its pages, and shared only if all are. What gives none gets 0 and private
  bool announces = false;      // it announces changes of this list
};

using RequestHeaders = std::vector<std::pair<std::string, std::string>>;

// Asks on behalf of `audience`, over HTTP with these headers; the upstream is started when it is not up. A server that does not have the
// capability, or does not know the method, has an empty list. A list that never ends is cut. Errors: as Upstream::request; upstream_failed
// (the upstream's own error, or an answer that makes no sense).
base::Task<FetchedList> fetch_list(std::shared_ptr<Upstream> upstream, Audience audience, RequestHeaders headers, DefinitionKind kind);

}  // namespace gateway
