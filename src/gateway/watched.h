// The resources that one client watches, of all servers, under the names that the client uses.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/subscriptions.h"

namespace gateway {

// Threads: one loop only. A pending add() ends before it.
class Watched {
 public:
  // One resource: what the client calls it, whose it is, and what its server calls it.
  struct Place {
    std::string shown, server, real;
  };

  // `whose` says for whom it is asked of a server. `tell` hears the client's names.
  using Whose = std::function<Audience(const std::string& server)>;
  Watched(Subscriptions& subscriptions, Whose whose, std::function<void(std::string_view uri)> tell);
  ~Watched();
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  // As Subscriptions::Wish::add, for several servers at once; all URIs in the answer are the client's.
  base::Task<Subscriptions::Agreed> add(std::vector<Place> places, std::stop_token stop, base::Instant deadline);
  void remove(std::string_view shown);

 private:
  // What is watched of one server: its names to the client's.
  struct Server {
    std::map<std::string, std::string, std::less<>> shown;
    std::unique_ptr<Subscriptions::Wish> wish;
  };
  struct Batch;

  Server& server(const std::string& id);
  void updated(const Server& server, std::string_view real) const;
  base::Task<void> add_to(Batch* batch);

  Subscriptions& subscriptions_;
  Whose whose_;
  std::function<void(std::string_view uri)> tell_;
  std::map<std::string, Server, std::less<>> servers_;
};

}  // namespace gateway
