#include "gateway/peer_pass.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "base/digest.h"

namespace gateway {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

// Sizes before contents, so that no two requests have one text.
void add(std::string& out, std::string_view field) { (out += std::to_string(field.size())).append(":").append(field); }

bool take(std::string_view& text, std::string& field) {
  std::size_t size = 0;
  auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (bad != std::errc() || end == text.data() + text.size() || *end != ':') return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  if (size > text.size()) return false;
  field = text.substr(0, size);
  text.remove_prefix(size);
  return true;
}

template <class Number>
bool read_number(const std::string& text, Number& out) {
  auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), out);
  return bad == std::errc() && end == text.data() + text.size();
}

long long seconds(PeerKeys::WallTime time) { return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count(); }

bool in_id(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; }
// Also as JSON may write a slash.
bool in_base64(char c) { return (in_id(c) && c != '-' && c != '_') || c == '+' || c == '/' || c == '\\'; }

}  // namespace

bool of_connection(std::string_view name) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "host",    "connection", "content-length", "transfer-encoding", "keep-alive", "te",
      "trailer", "upgrade",    "expect",         "proxy-connection",  kPassHeader};
  return std::any_of(kNames.begin(), kNames.end(), [name](std::string_view one) { return net::same_header(name, one); });
}

std::string digest_request(std::string_view method, std::string_view target, std::span<const net::HttpHeader> headers,
                           std::string_view body) {
  std::string text;
  add(text, method);
  add(text, target);
  for (const net::HttpHeader& header : headers) {
    add(text, header.name);
    add(text, header.value);
  }
  text.append("body:").append(base::sha256_hex(body));
  return base::sha256_hex(text);
}

std::string encode_pass(const PeerPass& pass, long long written) {
  std::string text;
  for (const std::string* field : {&pass.from, &pass.to, &pass.nonce, &pass.digest, &pass.host, &pass.address}) add(text, *field);
  add(text, std::to_string(pass.number));
  add(text, std::to_string(written));
  return text;
}

Result<std::pair<PeerPass, long long>> decode_pass(std::string_view text) {
  PeerPass pass;
  std::string number, time;
  bool good = true;
  for (std::string* field : {&pass.from, &pass.to, &pass.nonce, &pass.digest, &pass.host, &pass.address, &number, &time})
    good = good && take(text, *field);
  long long written = 0;
  if (!good || !text.empty() || !read_number(number, pass.number) || !read_number(time, written))
    return Error(Code::invalid_argument, "this is no pass");
  return std::pair(std::move(pass), written);
}

std::string PeerKeys::write(const PeerPass& pass, WallTime now) const {
  return sealer_.seal(encode_pass(pass, seconds(now)), "request", now + kGood);
}

Result<PeerPass> PeerKeys::read(std::string_view text, WallTime now) const {
  auto opened = sealer_.open(text, "request", now);
  if (!opened) return std::move(opened).error();
  auto decoded = decode_pass(*opened);
  if (!decoded) return std::move(decoded).error();
  if (decoded->second > seconds(now + kGood)) return Error(Code::invalid_argument, "this is no pass");
  return std::move(decoded->first);
}

std::string PeerKeys::write_name(std::string_view instance, std::string_view nonce, WallTime now) const {
  return sealer_.seal(instance, "name " + std::string(nonce), now + kGood);
}

Result<std::string> PeerKeys::read_name(std::string_view text, std::string_view nonce, WallTime now) const {
  return sealer_.open(text, "name " + std::string(nonce), now);
}

bool ShownPasses::first(const std::string& from, std::uint64_t number, WallTime now) {
  // A pass that was written by a clock that is ahead is good for longer.
  if (!instances_.contains(from)) std::erase_if(instances_, [now](const auto& one) { return now - one.second.seen > 3 * PeerKeys::kGood; });
  if (instances_.size() >= kMostInstances && !instances_.contains(from)) return false;
  Window& window = instances_[from];
  window.seen = now;
  if (number == 0 || number + kSpan <= window.newest) return false;
  if (number > window.newest) {
    if (number - window.newest >= kSpan)
      window.shown.assign(kSpan, false);
    else
      for (std::uint64_t skipped = window.newest + 1; skipped <= number; ++skipped) window.shown[skipped % kSpan] = false;
    window.newest = number;
  }
  if (window.shown[number % kSpan]) return false;
  window.shown[number % kSpan] = true;
  return true;
}

std::vector<std::string_view> find_carried(std::string_view text, std::size_t most) {
  constexpr std::size_t kId = 32, kLeast = 24;
  std::vector<std::string_view> found;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos && found.size() < most; dot = text.find('.', dot + 1)) {
    if (dot < kId || text.size() - dot <= kLeast) continue;
    std::string_view id = text.substr(dot - kId, kId), rest = text.substr(dot + 1, kLeast);
    if (!std::all_of(rest.begin(), rest.end(), in_base64) || !std::all_of(id.begin(), id.end(), in_id)) continue;
    if (dot > kId && in_id(text[dot - kId - 1])) continue;
    if (std::find(found.begin(), found.end(), id) == found.end()) found.push_back(id);
  }
  return found;
}

}  // namespace gateway
