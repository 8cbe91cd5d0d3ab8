// Clients that want to hear of changes.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "protocol/definitions.h"
#include "sdk/handler.h"

namespace gateway {

// What one client listens for (Subscriptions, "SubscriptionFilter").
struct ChangeFilter {
  std::string server;  // the one server of the route, or empty for the aggregate
  bool tools = false;
  bool prompts = false;
  bool resources = false;
  std::set<std::string, std::less<>> uris;
  std::set<std::string, std::less<>> task_ids;
  std::string caller;                     // Principal::id
  std::string subscription_id;            // raw id of the modern listen request; empty on a legacy stream
  std::shared_ptr<sdk::Session> session;  // of a legacy stream
  // Whether a list that changed is one that this client sees; empty: it is.
  std::function<bool(std::string_view server, protocol::DefinitionKind kind)> hears;
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

    // Modern: says what is granted, and then what has happened meanwhile; nothing is told before. Errors: as Outlet::notify.
    base::Result<> acknowledge(const ChangeFilter& granted);
    // A resource that this client asked for has changed.
    void updated(std::string_view uri);
    // A task that this client asked for is as `params` say (DetailedTask). Only after the acknowledgement.
    void task_changed(std::string_view params) { tell(protocol::Method::tasks, params); }

   private:
    friend class Listeners;
    void tell(protocol::Method method, std::string_view params);

    Listeners& listeners_;
    ChangeFilter filter_;
    sdk::Outlet& outlet_;
    bool acknowledged_;
    std::set<std::pair<protocol::Method, std::string>> waiting_;  // what came before the acknowledgement
  };

  // What `server` offers of this kind has changed.
  void list_changed(std::string_view server, protocol::DefinitionKind kind);
  // A resource that this session subscribed to has changed.
  void updated(const sdk::Session& session, std::string_view uri);
  // Any notification that belongs to a legacy session and to no request of it.
  void tell(const sdk::Session& session, protocol::Method method, std::string_view params);

  std::size_t size() const { return seats_.size(); }

 private:
  // Calls `visit` for each seat. Telling one client may end others' calls and so take seats away meanwhile.
  template <class Visit>
  void each(Visit visit);

  std::unordered_set<Seat*> seats_;
  std::unordered_multimap<const sdk::Session*, Seat*> by_session_;
};

}  // namespace gateway
