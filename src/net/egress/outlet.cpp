#include "net/egress/outlet.h"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <map>
#include <optional>

#include "net/egress/tunnel.h"

namespace net {

namespace asio = boost::asio;
using base::Code;
using base::Error;
using base::ErrorCode;
using base::Result;

class Outlet::Core : public std::enable_shared_from_this<Core> {
 public:
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, base::Executor>;
  Core(base::Loop& l, OutletOptions o) : loop(l), options(std::make_shared<const OutletOptions>(std::move(o))) {}

  struct Listener {
    Acceptor acceptor;
    std::optional<EgressTarget> target;
    bool waiting = false;
  };

  Result<> add(Fd fd, std::optional<EgressTarget> target) {
    listeners.push_back({Acceptor(loop.executor()), std::move(target)});
    Listener& one = listeners.back();
    ErrorCode error;
    one.acceptor.assign(asio::ip::tcp::v4(), fd.get(), error);
    if (error) {
      listeners.pop_back();
      return Error(Code::unavailable, "cannot listen in a sandbox: " + error.message());
    }
    fd.release();
    accept(one);
    return {};
  }

  void accept(Listener& one) {
    if (closed || one.waiting || tunnels.size() >= options->connections) return;
    one.waiting = true;
    auto came = [self = shared_from_this(), &one](ErrorCode error, Tunnel::Socket socket) {
      one.waiting = false;
      if (self->closed || error == asio::error::operation_aborted) return;
      if (!error) self->begin(std::move(socket), one.target);
      if (error) return self->pause(one);
      self->accept(one);
    };
    one.acceptor.async_accept(came);
  }

  // Without descriptors only waiting helps.
  void pause(Listener& one) {
    auto again = [weak = weak_from_this(), &one] {
      if (auto self = weak.lock()) self->accept(one);
    };
    loop.timers().add(base::Timers::now() + base::Millis(100), again);
  }

  void begin(Tunnel::Socket socket, std::optional<EgressTarget> target) {
    auto gone = [weak = weak_from_this()](Tunnel* ended) {
      auto self = weak.lock();
      if (!self) return;
      self->tunnels.erase(ended);
      for (Listener& one : self->listeners) self->accept(one);
    };
    auto tunnel = std::make_shared<Tunnel>(loop, options, std::move(socket), gone);
    tunnels.emplace(tunnel.get(), tunnel);
    tunnel->begin(std::move(target));
  }

  void close() {
    closed = true;
    ErrorCode ignored;
    for (Listener& one : listeners) one.acceptor.close(ignored);
    for (auto& [raw, tunnel] : std::exchange(tunnels, {})) tunnel->close();
  }

  base::Loop& loop;
  std::shared_ptr<const OutletOptions> options;
  std::list<Listener> listeners;
  std::map<Tunnel*, std::shared_ptr<Tunnel>> tunnels;
  bool closed = false;
};

Outlet::Outlet(base::Loop& loop, OutletOptions options) : core_(std::make_shared<Core>(loop, std::move(options))) {}
Outlet::~Outlet() { core_->close(); }

Result<> Outlet::serve_proxy(Fd listener) { return core_->add(std::move(listener), std::nullopt); }
Result<> Outlet::serve_target(Fd listener, EgressTarget target) { return core_->add(std::move(listener), std::move(target)); }
std::size_t Outlet::connections() const { return core_->tunnels.size(); }

}  // namespace net
