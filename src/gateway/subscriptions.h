// What clients want to hear of single resources, as one listen per upstream and audience.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/task_group.h"
#include "gateway/audience.h"
#include "gateway/upstream/link.h"
#include "protocol/errors.h"

namespace gateway {

// Reference counts per server, audience and URI. What an audience wants of one server is asked for in one listen; when that changes, a new
// one is opened and acknowledged before the old one ends, so that nothing is lost between them, and what both of them say is told once. A
// listen that breaks is opened again for as long as anybody wants it; as nobody knows what was missed, all its resources count as changed
// then. Threads: one loop only. stop() before destroying it; wishes end before it.
class Subscriptions {
 public:
  using Uris = std::set<std::string, std::less<>>;
  // Sends a request to a server, over a connection that is opened first if need be.
  using Ask = std::function<base::Task<sdk::Reply>(std::string server, LinkRequest request)>;
  // A resource has changed; `uri` as the server calls it.
  using Tell = std::function<void(std::string_view uri)>;
  struct Times {
    base::Millis first_pause{200};  // before a broken listen is opened again; longer each time that it does not help
    base::Millis longest_pause{30'000};
    base::Millis patience{10'000};  // for the acknowledgement
    base::Millis overlap{200};      // of two listens
  };

  Subscriptions(base::Loop& loop, Ask ask) : Subscriptions(loop, std::move(ask), Times{}) {}
  Subscriptions(base::Loop& loop, Ask ask, Times times);
  ~Subscriptions();

  // What the server made of a wish.
  struct Agreed {
    Uris granted;
    std::map<std::string, protocol::RpcError, std::less<>> refused;  // why, in the server's words where it has any
    Uris open;                                                       // nobody has answered yet; it is asked on
    std::string why;                                                 // of what is open
  };

 private:
  struct Feed;
  struct Stream;

 public:
  // What one client wants to hear of one server, for as long as this lives.
  class Wish {
   public:
    Wish(Subscriptions& owner, std::string server, Audience audience, Tell tell);
    ~Wish();
    Wish(const Wish&) = delete;
    Wish& operator=(const Wish&) = delete;

    // Wants these too, and waits for what the server says, until `deadline`. What is refused is not wanted any more.
    // Errors: cancelled; rate_limited (too many).
    base::Task<Agreed> add(Uris uris, std::stop_token stop, base::Instant deadline);
    void remove(std::string_view uri);
    bool empty() const { return uris_.empty(); }

   private:
    friend class Subscriptions;
    Agreed look(const Uris& uris) const;

    Subscriptions& owner_;
    std::shared_ptr<Feed> feed_;
    Tell tell_;
    Uris uris_;
  };

  // Listens toward upstreams, for status and tests.
  std::size_t feeds() const { return feeds_.size(); }

  // Ends all listening.
  base::Task<void> stop();

  static constexpr std::size_t kMostOfWish = 1'000;
  static constexpr std::size_t kMostOfFeed = 10'000;

 private:
  using Key = std::pair<std::string, Audience>;

  std::shared_ptr<Feed> feed_for(std::string server, Audience audience);
  void leave(const std::shared_ptr<Feed>& feed, std::string_view uri);
  void wake(const std::shared_ptr<Feed>& feed);
  void forget(const std::shared_ptr<Feed>& feed);
  base::Task<void> run(std::shared_ptr<Feed> feed);
  base::Task<void> rest(std::shared_ptr<Feed> feed, base::Millis pause);
  base::Task<bool> open(std::shared_ptr<Feed> feed, std::shared_ptr<Stream> next);
  void take_over(const std::shared_ptr<Feed>& feed, std::shared_ptr<Stream> next);
  void refuse_all(const std::shared_ptr<Feed>& feed, const Stream& by);
  base::Task<void> listen(std::shared_ptr<Feed> feed, std::shared_ptr<Stream> stream);
  base::Task<void> end_later(std::shared_ptr<Feed> feed, std::shared_ptr<Stream> old);
  void heard(const std::shared_ptr<Feed>& feed, const std::shared_ptr<Stream>& stream, protocol::Method method, std::string_view params);
  void hold(const std::shared_ptr<Feed>& feed, std::string uri);
  void tell(const std::shared_ptr<Feed>& feed, std::string_view uri);

  base::Loop& loop_;
  Ask ask_;
  Times times_;
  std::map<Key, std::shared_ptr<Feed>> feeds_;
  base::TaskGroup work_;
};

}  // namespace gateway
