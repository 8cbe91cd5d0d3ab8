// subscriptions/listen over a legacy session, which knows only resources/subscribe.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/upstream/link.h"

namespace gateway {

// In the `_meta` of an acknowledgement: why resources were left out, as an array of {"uri", "error"}. Only inside of this process.
inline constexpr std::string_view kRefusedKey = "gatehouse/refused";

// Counts who wants each resource of one session: it is subscribed when the count leaves zero, and unsubscribed when it comes back to
// it. Each listener is told of what it asked for, and of nothing else.
// Threads: one loop only. close() before destroying it.
class SessionWatch {
 public:
  // Sends one request on the session.
  using Send = std::function<base::Task<sdk::Reply>(protocol::Method method, std::string params, LinkRequest how)>;
  SessionWatch(base::Loop& loop, Send send) : loop_(loop), send_(std::move(send)) {}

  // As a modern server answers subscriptions/listen: the acknowledgement and the updates go to request.on_notification, until
  // request.stop. List changes are not its business.
  // Errors: cancelled; unavailable (the session is lost); invalid_argument (no filter).
  base::Task<sdk::Reply> listen(LinkRequest request);

  // The server says that a resource has changed.
  void updated(std::string_view uri);
  // The session is gone, or was made anew: who listens has to begin again.
  void lost(const std::string& why);

  std::size_t listeners() const { return listeners_.size(); }
  // Ends all listening, without a word to the server.
  base::Task<void> close();

 private:
  struct Topic {
    std::size_t count = 0;
    bool on = false;  // the server was asked, and has agreed
    bool settling = false;
    bool leaving = false;  // it is being unsubscribed now
    bool dead = false;     // its session is gone
    base::Waiters waiting;
  };
  struct Listener {
    std::set<std::string, std::less<>> uris;
    std::function<void(protocol::Method method, std::string_view params)> tell;
    bool acknowledged = false;
    base::OneShot<void> over;
  };

  base::Task<void> take(std::string uri, std::stop_token stop);
  void release(const std::string& uri, const Topic* only = nullptr);
  base::Task<void> settle(std::string uri, std::shared_ptr<Topic> topic);
  base::Task<std::string> take_all(const std::set<std::string, std::less<>>* wanted, Listener* into, std::stop_token stop);

  base::Loop& loop_;
  Send send_;
  std::map<std::string, std::shared_ptr<Topic>, std::less<>> topics_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  base::TaskGroup work_;
};

}  // namespace gateway
