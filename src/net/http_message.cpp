#include "net/http_message.h"

#include <cstring>

namespace net {

namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;

// Whether two runs of eight bytes are the same but for the case of letters.
bool same_letters(std::uint64_t x, std::uint64_t y) {
  const std::uint64_t differs = x ^ y;
  if (differs == 0) return true;
  if (differs & ~(0x20 * kOnes)) return false;
  // The top bit of each byte that is a letter: from 'a' on, and not behind 'z'. No sum of seven bits runs over into the next byte.
  const std::uint64_t lower = (x | 0x20 * kOnes) & 0x7f * kOnes;
  const std::uint64_t letters = (lower + (0x80 - 'a') * kOnes) & ~(lower + (0x7f - 'z') * kOnes) & ~x & 0x80 * kOnes;
  return ((differs << 2) & ~letters) == 0;
}

std::uint64_t bytes_at(std::string_view text, std::size_t from, std::size_t size) {
  std::uint64_t out = 0;
  std::memcpy(&out, text.data() + from, size);
  return out;
}

}  // namespace

bool same_header_text(std::string_view a, std::string_view b) {
  const std::size_t size = a.size();
  if (size < 8) return same_letters(bytes_at(a, 0, size), bytes_at(b, 0, size));
  for (std::size_t from = 0; from + 8 < size; from += 8)
    if (!same_letters(bytes_at(a, from, 8), bytes_at(b, from, 8))) return false;
  return same_letters(bytes_at(a, size - 8, 8), bytes_at(b, size - 8, 8));
}

HeaderLines::HeaderLines(HttpHeader a, HttpHeader b, HttpHeader c, HttpHeader d, HttpHeader e, HttpHeader f, HttpHeader g, HttpHeader h)
    : own_{a, b, c, d, e, f, g, h} {
  while (size_ < own_.size() && !own_[size_].name.empty()) ++size_;
}

std::optional<std::string_view> HttpHeaders::find(std::string_view name) const {
  for (const auto& line : lines_)
    if (same_header(line.name, name)) return line.value;
  return std::nullopt;
}

std::size_t HttpHeaders::count(std::string_view name) const {
  std::size_t n = 0;
  for (const auto& line : lines_) n += same_header(line.name, name) ? 1 : 0;
  return n;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

}  // namespace net
