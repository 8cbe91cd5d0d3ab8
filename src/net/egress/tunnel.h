// One connection out of a confined program's network. Part of outlet.
#pragma once

#include <array>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/egress/outlet.h"

namespace net {

// Its operations keep it alive; close() ends them all, soon.
// Threads: one loop only.
class Tunnel : public std::enable_shared_from_this<Tunnel> {
 public:
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, base::Executor>;
  // `options` is good as long as this. `gone` is called once, when it has ended.
  Tunnel(base::Loop& loop, std::shared_ptr<const OutletOptions> options, Socket inside, std::function<void(Tunnel*)> gone);

  // Without a target one is read first, as a CONNECT request.
  void begin(std::optional<EgressTarget> target);
  void close();

 private:
  using Resolver = boost::asio::ip::basic_resolver<boost::asio::ip::tcp, base::Executor>;
  using Endpoint = boost::asio::ip::tcp::endpoint;
  enum class Way { out, in };

  void read_head();
  void judge();
  void look_up(const std::string& host, std::uint16_t port);
  void connect_next();
  void connected();
  void ask_proxy();
  void read_proxy();
  void open();
  void pump(Way way);
  void refuse(const char* status, std::string why);
  void tell(std::string refused);
  void touch(base::Millis time);

  base::Loop& loop_;
  std::shared_ptr<const OutletOptions> options_;
  Socket inside_, outside_;
  Resolver resolver_;
  std::function<void(Tunnel*)> gone_;
  EgressTarget target_;
  const Proxy* proxy_ = nullptr;
  bool asked_ = false;  // by a CONNECT request, which is answered
  bool told_ = false, closed_ = false;
  int ended_ways_ = 0;
  std::vector<Endpoint> endpoints_;
  std::size_t next_ = 0;
  std::string head_;   // read and not passed on; later of the proxy
  std::string early_;  // what came behind the head
  std::array<std::vector<char>, 2> buffers_;
  base::Instant until_{};
  base::Deadline deadline_;
};

}  // namespace net
