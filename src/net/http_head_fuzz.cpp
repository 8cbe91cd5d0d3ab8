// Reads any bytes as a request, as an answer and as chunks, and holds what is accepted against Beast's parser: whatever is accepted
// here must be accepted there with the same method, target, headers and body.
#include <algorithm>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/src.hpp>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_codec.h"

namespace {

namespace http = boost::beast::http;

void check(bool fine) {
  if (!fine) std::abort();
}

// The body behind a head, or nothing when it is unfinished or refused. `at` moves to its end.
// `trailers` is set when lines follow the last chunk.
std::optional<std::string> body_of(net::Framing framing, std::uint64_t length, std::string_view text, std::size_t& at, bool& trailers) {
  if (framing == net::Framing::none) return std::string();
  if (framing == net::Framing::length) {
    if (text.size() - at < length) return std::nullopt;
    std::string out(text.substr(at, static_cast<std::size_t>(length)));
    at += static_cast<std::size_t>(length);
    return out;
  }
  net::ChunkDecoder decoder;
  std::string out;
  for (;;) {
    auto step = decoder.next(text.substr(at));
    check(step.consumed <= text.size() - at);
    // The end of the last chunk's data, its size line, and the empty line; more are trailers.
    auto lines = std::ranges::count(text.substr(at, step.consumed), '\n');
    trailers = lines > (out.empty() ? 2 : 3);
    at += step.consumed;
    if (step.status == net::ChunkDecoder::Status::data)
      out += step.data;
    else if (step.status == net::ChunkDecoder::Status::end)
      return out;
    else
      return std::nullopt;
  }
}

void request(std::string_view text) {
  net::HeadScanner scanner, slow;
  std::size_t size = scanner.find(text);
  // Byte by byte it is the same.
  std::size_t slowly = net::HeadScanner::kMore;
  for (std::size_t i = 1; i <= text.size() && slowly == net::HeadScanner::kMore; ++i) slowly = slow.find(text.substr(0, i));
  check(size == slowly);
  if (size == net::HeadScanner::kMore || size == net::HeadScanner::kBad) return;
  net::RequestHead head;
  net::HttpHeaders headers;
  if (net::parse_request_head(text.substr(0, size), 100, head, headers)) return;
  std::size_t at = size;
  bool trailers = false;
  auto body = body_of(head.framing, head.length, text, at, trailers);
  if (!body) return;
  // Beast takes trailers for headers, and refuses some for that; and it looks into chunk extensions. Here both are dropped.
  if (trailers || (head.framing == net::Framing::chunked && text.substr(size, at - size).find(';') != text.npos)) return;

  http::request_parser<http::string_body> beast;
  beast.eager(true);
  beast.body_limit(boost::none);
  beast.header_limit(1 << 20);
  boost::system::error_code error;
  std::size_t used = 0;
  while (!beast.is_done() && used < at && !error) {
    std::size_t step = beast.put(boost::asio::buffer(text.data() + used, at - used), error);
    used += step;
    if (error == http::error::need_more) {
      check(step == 0 || used < at);
      if (step == 0) break;
      error = {};
    }
  }
  check(!error && beast.is_done() && used == at);
  const auto& there = beast.get();
  auto plain = [](auto view) { return std::string_view(view.data(), view.size()); };
  check(plain(there.method_string()) == head.method && plain(there.target()) == head.target);
  check(there.body() == *body);
  check(beast.keep_alive() == head.keep_alive);
  // Beast puts lines of one name together, in their order.
  for (const auto& line : headers) {
    auto theirs = there.equal_range(line.name);
    for (const auto& mine : headers) {
      if (!net::same_header(mine.name, line.name)) continue;
      check(theirs.first != theirs.second && plain(theirs.first->value()) == mine.value);
      ++theirs.first;
    }
    check(theirs.first == theirs.second);
  }
}

void response(std::string_view text) {
  net::HeadScanner scanner;
  std::size_t size = scanner.find(text);
  if (size == net::HeadScanner::kMore || size == net::HeadScanner::kBad) return;
  net::ResponseHead head;
  net::HttpHeaders headers;
  if (net::parse_response_head(text.substr(0, size), 100, net::Bodiless::no, head, headers)) return;
  check(head.status >= 100 && head.status <= 599);
  bool trailers = false;
  if (head.framing != net::Framing::until_close) (void)body_of(head.framing, head.length, text, size, trailers);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  request(text);
  response(text);
  return 0;
}
