// Clients that want to hear of changes.
#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "protocol/definitions.h"
#include "sdk/handler.h"

namespace gateway {

// What one client listens for (Subscriptions, "SubscriptionFilter").
struct ChangeFilter {
  std::string server;  // the one server of the route, or empty for the aggregate
  bool tools = false;
  bool prompts = false;
  bool resources = false;
  bool every_update = false;  // a legacy stream: its session knows the URIs
  std::set<std::string, std::less<>> uris;
  std::string subscription_id;  // raw id of the modern listen request; empty on a legacy stream
  std::shared_ptr<sdk::Session> session;
};

// Reads the `notifications` member of subscriptions/listen. Unknown members are ignored.
// Error: invalid_argument (a member of a wrong type).
base::Result<ChangeFilter> parse_change_filter(std::string_view notifications);

// The same as JSON text, for the acknowledgement.
std::string encode_change_filter(const ChangeFilter& filter);

// Who listens now. A client that reads too slowly loses notifications, never others' (Outlet::notify).
// Threads: one loop only.
class Listeners {
 public:
  // Listens as long as this lives.
  class Seat {
   public:
    Seat(Listeners& listeners, ChangeFilter filter, sdk::Outlet& outlet);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    friend class Listeners;
    Listeners& listeners_;
    ChangeFilter filter_;
    sdk::Outlet& outlet_;
  };

  // What `server` offers of this kind has changed.
  void list_changed(std::string_view server, protocol::DefinitionKind kind);
  // The resource has changed.
  void resource_updated(std::string_view server, std::string_view uri);

  std::size_t size() const { return seats_.size(); }

 private:
  // Calls `visit` for each seat. Telling one client may end others' calls and so take seats away meanwhile.
  template <class Visit>
  void each(Visit visit);
  void tell(Seat& seat, protocol::Method method, std::string_view uri);

  std::unordered_set<Seat*> seats_;
};

}  // namespace gateway
