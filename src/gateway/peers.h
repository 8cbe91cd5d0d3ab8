// The other instances of this gateway, and the requests that one of them has to serve.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/task_group.h"
#include "gateway/carried.h"
#include "gateway/peer_pass.h"
#include "net/http_client.h"
#include "net/http_server.h"

namespace gateway {

// A request belongs to the instance that has what it names: the session of its header, or what its body carries back (the state of a
// parked call, a task, a handle). It is passed on to that instance whole, and the answer comes back as it is, streams included. Where that
// instance has gone, a session is taken over, and everything else is served here, which then says what is lost.
// Threads: one loop.
// Lifetime: outlives the exchanges it serves. Destroy it after stop() has ended, or after its loop has.
class Peers {
 public:
  struct Parts {
    base::Loop& loop;
    const Carrier& carrier;
    std::span<const sdk::Sealer::KeyMaterial> state_keys;
    std::vector<std::string> origins;  // of the other instances, such as http://10.0.0.2:8811; this one's own does no harm
    // Which instance serves the session of that id: as KeptSessions::place.
    std::function<base::Task<std::string>(std::string id)> place;
  };
  explicit Peers(Parts parts);

  // Asks the peers who they are, from now on again and again.
  void start();
  base::Task<void> stop();

  // Whether the instance is a peer that answered lately.
  bool alive(std::string_view instance) const;

  // Serves a client's exchange, elsewhere or by `here`, which outlives it.
  base::Task<void> serve(net::HttpExchange& exchange, const net::HttpHandler* here);

  // Finds what serves a path here; null: nothing does.
  using Find = std::function<const net::HttpHandler*(std::string_view path)>;
  // Serves an exchange below /peer/. False, and nothing is answered, when it shows no good pass.
  base::Task<bool> receive(net::HttpExchange& exchange, const Find* find);

 private:
  struct Peer {
    net::Url url;
    std::string instance;  // empty: gone, or never heard of
    int missed = 0;
    std::stop_source silent;  // requested when it has not answered for so long that nobody shall wait for it
  };
  enum class Passed { yes, no };

  base::Task<void> watch(Peer* peer);
  base::Task<void> ask(Peer* peer);
  base::Task<void> ask_all();
  base::Task<std::string> owner_of(net::HttpRequest* request);
  base::Task<std::string> owner_of_session(std::string id);
  base::Task<Passed> pass_on(net::HttpExchange* exchange, Peer* peer);
  base::Task<void> relay(net::HttpExchange* exchange, net::HttpResponse* response);
  base::Task<void> say_lost(net::HttpExchange* exchange);
  Peer* find(std::string_view instance);

  Parts parts_;
  PeerKeys keys_;
  ShownPasses shown_;
  std::uint64_t passes_ = 0;
  net::HttpClient client_;
  std::vector<std::unique_ptr<Peer>> peers_;
  // Where sessions went whose first instance has gone.
  std::unordered_map<std::string, std::string> moved_;
  base::Waiters asked_;
  base::Instant asked_last_{};
  bool asking_ = false;
  std::stop_source stop_;
  base::TaskGroup watching_;
};

}  // namespace gateway
