// What one instance shows another, so that a request is taken from it.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mcp/result.h"
#include "net/http_message.h"
#include "sdk/seal.h"

namespace gateway {

// The header in which a pass travels.
inline constexpr std::string_view kPassHeader = "Gatehouse-Peer";

// A pass is for one request, by one instance, to one other.
struct PeerPass {
  std::string from;
  std::string to;            // empty: whoever listens there, to be asked for its name
  std::string nonce;         // random; what answers it is bound to it
  std::uint64_t number = 0;  // counts the passes of `from`, and makes each good once
  std::string digest;        // of the request, see digest_request()
  std::string host;          // as the client wrote it
  std::string address;       // of the client; empty on a Unix socket
};

// Whether a header belongs to a connection, and not to the request that is passed on. Host and the pass itself are among them.
bool of_connection(std::string_view name);

// What of a request must arrive as it was sent: the method, the target, the headers that are passed on, the body.
std::string digest_request(std::string_view method, std::string_view target, std::span<const net::HttpHeader> headers,
                           std::string_view body);

// Threads: any.
class PeerKeys {
 public:
  using WallTime = std::chrono::system_clock::time_point;
  // How far the clocks of two instances may be apart, and how long a request may be on its way.
  static constexpr std::chrono::seconds kGood{30};

  explicit PeerKeys(std::span<const sdk::Sealer::KeyMaterial> state_keys) : sealer_(state_keys, "peer") {}

  // Sealed: only who has a key makes or reads one.
  std::string write(const PeerPass& pass, WallTime now) const;
  // Errors: invalid_argument (not made with our keys, changed, too old or from the future); it does not say which.
  mcp::Result<PeerPass> read(std::string_view text, WallTime now) const;

  // What answers a pass with that nonce: who we are.
  std::string write_name(std::string_view instance, std::string_view nonce, WallTime now) const;
  mcp::Result<std::string> read_name(std::string_view text, std::string_view nonce, WallTime now) const;

 private:
  sdk::Sealer sealer_;
};

// The fields of a pass as text, and back. Errors: invalid_argument.
std::string encode_pass(const PeerPass& pass, long long written);
mcp::Result<std::pair<PeerPass, long long>> decode_pass(std::string_view text);

// Which passes were shown, for as long as one may be good.
// Threads: one only.
class ShownPasses {
 public:
  using WallTime = PeerKeys::WallTime;
  // True for one that was not shown before. False also for one that is many behind the newest of its instance.
  bool first(const std::string& from, std::uint64_t number, WallTime now);

 private:
  static constexpr std::size_t kSpan = 65'536, kMostInstances = 1'024;
  struct Window {
    std::uint64_t newest = 0;
    WallTime seen;
    std::vector<bool> shown = std::vector<bool>(kSpan);  // of the last kSpan numbers, each at its remainder
  };
  std::unordered_map<std::string, Window> instances_;
};

// The instances that texts sealed by a Carrier name, in any text: 32 characters of an id, a dot, and much base64.
std::vector<std::string_view> find_carried(std::string_view text, std::size_t most);

}  // namespace gateway
