#include "access/identity.h"

#include <boost/asio/ip/address.hpp>
#include <string>

namespace authz {

using mcp::Code;
using mcp::Error;
using mcp::Result;

bool is_loopback(std::string_view address) {
  if (address == "127.0.0.1" || address == "::1") return true;
  boost::system::error_code ec;
  auto parsed = boost::asio::ip::make_address(std::string(address), ec);
  if (ec) return false;
  if (parsed.is_v6() && parsed.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, parsed.to_v6()).is_loopback();
  return parsed.is_loopback();
}

Identity::Identity() : local_(std::make_shared<const Principal>()) {
  Principal anonymous;
  anonymous.id = "anonymous";
  anonymous_ = std::make_shared<const Principal>(std::move(anonymous));
}

Result<std::shared_ptr<const Principal>> Identity::identify(const Peer& peer) const {
  if (peer.kind != Peer::Kind::tcp || is_loopback(peer.address)) return local_;
  if (door_ == Door::open) return anonymous_;
  return Error(Code::unauthenticated, "a caller from " + std::string(peer.address) + ", and sign-in is not configured",
               "sign-in is required");
}

Result<> may_listen(std::string_view host, Door door) {
  if (door != Door::local || host == "localhost" || is_loopback(host)) return {};
  return Error(Code::denied, "listening on " + std::string(host) +
                                 " would let anybody who reaches it call every tool; use 127.0.0.1 or [::1], or let callers sign in with "
                                 "auth: { api_keys: true }, or say i_know_this_is_open: true");
}

}  // namespace authz
