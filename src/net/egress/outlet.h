// The way out of a confined program's network: what it connects to inside is accepted here, judged, and carried on.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "net/egress/allow_list.h"
#include "net/proxy.h"
#include "net/reaper.h"

namespace net {

struct EgressEvent {
  EgressTarget target;
  std::string refused;  // why; empty: connected
};

struct OutletOptions {
  AllowList allow;
  std::function<Ground(const boost::asio::ip::address&)> ground;  // judges each address that is about to be connected to; never null
  ProxyRules proxies;                                             // the ways out of this machine itself; through one, it looks the name up
  std::size_t connections = 64;                                   // at once; further ones wait to be accepted
  base::Millis head_time{10'000};                                 // for the CONNECT request
  base::Millis connect_time{15'000};                              // for lookup and connection
  base::Millis idle_time{600'000};                                // without a byte in either direction
  std::function<void(const EgressEvent&)> on_event;               // once for each connection, in the loop
};

// Owns: the listeners and the connections through them; destroying it closes all.
// Threads: one loop only.
class Outlet {
 public:
  Outlet(base::Loop& loop, OutletOptions options);
  ~Outlet();
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  // Accepts at `listener`: an HTTP proxy that takes CONNECT, or what leads to one place. Errors: unavailable.
  base::Result<> serve_proxy(Fd listener);
  base::Result<> serve_target(Fd listener, EgressTarget target);

  std::size_t connections() const;

  class Core;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace net
