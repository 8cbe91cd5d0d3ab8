// Which changes a subscription to a resource is about.
#pragma once

#include <string_view>

namespace protocol {

// True when `updated` is the subscribed resource, or stands inside of it (Resources, "Subscriptions": the URI of an update may be that
// of a sub-resource).
bool subscription_covers(std::string_view subscribed, std::string_view updated);

}  // namespace protocol
