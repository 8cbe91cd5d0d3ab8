// What an HTTP request is once it has been read, and the header lists of both directions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace net {

// One header line. The views belong to whoever made them; see there how long they live.
struct HttpHeader {
  std::string_view name;
  std::string_view value;
};

// As same_header, for two of one length.
bool same_header_text(std::string_view a, std::string_view b);
// True when both are the same header name: ASCII letters compare without case.
inline bool same_header(std::string_view a, std::string_view b) { return a.size() == b.size() && same_header_text(a, b); }

// The header lines of an answer, written in place, `{{"Content-Type", "text/plain"}, {"X", "y"}}` up to eight, or taken from an array or
// a vector. Not an initializer_list, which g++ 12 cannot build inside a co_await expression.
class HeaderLines {
 public:
  HeaderLines() = default;
  HeaderLines(HttpHeader a, HttpHeader b = {}, HttpHeader c = {}, HttpHeader d = {}, HttpHeader e = {}, HttpHeader f = {},
              HttpHeader g = {}, HttpHeader h = {});  // NOLINT
  template <class Lines>
    requires(std::is_convertible_v<const Lines&, std::span<const HttpHeader>> && !std::is_same_v<Lines, HeaderLines>)
  HeaderLines(const Lines& lines) : elsewhere_(lines) {}  // NOLINT(google-explicit-constructor)

  std::span<const HttpHeader> lines() const { return size_ ? std::span(own_.data(), size_) : elsewhere_; }

 private:
  std::array<HttpHeader, 8> own_;
  std::size_t size_ = 0;
  std::span<const HttpHeader> elsewhere_;
};

// Header lines in the order in which they came. Names keep their spelling; a name may come several times.
class HttpHeaders {
 public:
  using Lines = std::vector<HttpHeader>;

  // The value of the first line with this name, or nothing. An empty value is a value.
  std::optional<std::string_view> find(std::string_view name) const;
  // How many lines have this name. A header that must be unique is to be refused when this is over 1.
  std::size_t count(std::string_view name) const;

  void add(std::string_view name, std::string_view value) { lines_.push_back({name, value}); }
  void clear() { lines_.clear(); }
  std::size_t size() const { return lines_.size(); }
  Lines::const_iterator begin() const { return lines_.begin(); }
  Lines::const_iterator end() const { return lines_.end(); }

 private:
  Lines lines_;
};

// The reader of JSON may look this far behind the end of a body: a body's capacity is always larger than its size by this.
inline constexpr std::size_t kBodyPadding = 64;

// A whole request. It belongs to its connection, which reuses it: all views, and the body, are good until the handler has ended.
struct HttpRequest {
  std::string_view method;        // as sent; case matters
  std::string_view target;        // as sent, origin form ("/a?b") or "*"
  std::string_view path;          // the target before '?', not decoded
  std::string_view query;         // the target behind '?', or empty
  HttpHeaders headers;            // values without the white space around them
  std::string body;               // whole; capacity >= size + kBodyPadding. May be moved away.
  std::string_view peer_address;  // "127.0.0.1", "::1", or empty on a Unix socket
  std::uint16_t peer_port = 0;
  bool keep_alive = true;  // the client wants the connection kept

  std::optional<std::string_view> find(std::string_view name) const { return headers.find(name); }
  std::size_t count(std::string_view name) const { return headers.count(name); }
};

// "Not Found" for 404; "Status" for an unknown number.
std::string_view reason_phrase(int status);

}  // namespace net
