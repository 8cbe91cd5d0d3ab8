#include "net/http_message.h"

namespace net {

bool same_header(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (!a.empty() && ((a.front() ^ b.front()) & ~0x20) != 0) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    char x = a[i], y = b[i];
    if (x >= 'A' && x <= 'Z') x = static_cast<char>(x | 0x20);
    if (y >= 'A' && y <= 'Z') y = static_cast<char>(y | 0x20);
    if (x != y) return false;
  }
  return true;
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
