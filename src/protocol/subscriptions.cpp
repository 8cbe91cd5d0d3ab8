#include "protocol/subscriptions.h"

namespace protocol {

bool subscription_covers(std::string_view subscribed, std::string_view updated) {
  return updated == subscribed || (updated.starts_with(subscribed) && (subscribed.ends_with('/') || updated[subscribed.size()] == '/'));
}

}  // namespace protocol
