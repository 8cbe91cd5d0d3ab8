#include "net/http_codec.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <ctime>

namespace net {
namespace {

// What a byte may be part of.
enum : unsigned char { kToken = 1, kValue = 2, kTarget = 4, kHost = 8 };

constexpr std::array<unsigned char, 256> make_classes() {
  std::array<unsigned char, 256> table{};
  for (int c = 0; c < 256; ++c) {
    auto at = static_cast<std::size_t>(c);
    bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (alnum) table[at] |= kToken | kHost;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) table[at] |= kValue;
    if (c > 0x20 && c < 0x7f && c != '#') table[at] |= kTarget;
  }
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] |= kToken;
  for (char c : std::string_view("-._~%!$&'()*+;=:[]")) table[static_cast<unsigned char>(c)] |= kHost;
  return table;
}
constexpr auto kClasses = make_classes();

bool is(char c, unsigned char kind) { return kClasses[static_cast<unsigned char>(c)] & kind; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
bool all(std::string_view text, unsigned char kind) {
  unsigned char common = kind;
  for (char c : text) common &= kClasses[static_cast<unsigned char>(c)];
  return common == kind;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// What the header lines of either kind of message say about its body and its connection.
struct Fields {
  unsigned hosts = 0;
  unsigned lengths = 0;
  std::uint64_t length = 0;
  unsigned encodings = 0;
  bool close = false;
  bool keep_alive = false;
  std::string_view expect;
};

bool parse_length(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 18) return false;
  out = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

Refusal bad(std::string_view reason) { return {400, reason}; }

// Notes the lines that this codec itself acts on.
Refusal note(Fields& fields, std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      if (!same_header(name, "host")) break;
      if (++fields.hosts > 1) return bad("more than one Host");
      if (!all(value, kHost)) return bad("the Host is not a host");
      break;
    case 6:
      if (same_header(name, "expect")) fields.expect = value;
      break;
    case 10:
      if (!same_header(name, "connection")) break;
      for (std::string_view rest = value;;) {
        auto comma = rest.find(',');
        std::string_view option = trimmed(rest.substr(0, comma));
        if (!option.empty() && !all(option, kToken)) return bad("the Connection header is not a list of words");
        if (same_header(option, "close")) fields.close = true;
        if (same_header(option, "keep-alive")) fields.keep_alive = true;
        if (comma == rest.npos) break;
        rest.remove_prefix(comma + 1);
      }
      break;
    case 14:
      if (!same_header(name, "content-length")) break;
      if (++fields.lengths > 1) return bad("more than one Content-Length");
      if (!parse_length(value, fields.length)) return bad("the Content-Length is not a number");
      break;
    case 17:
      if (!same_header(name, "transfer-encoding")) break;
      if (++fields.encodings > 1) return bad("more than one Transfer-Encoding");
      if (!same_header(value, "chunked")) return bad("the Transfer-Encoding is not chunked");
      break;
    default: break;
  }
  return {};
}

// The first byte at `at` or behind it that no value may have, or `end`.
const char* behind_value(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i control = _mm_set1_epi8(0x1f), del = _mm_set1_epi8(0x7f);
  for (; end - at >= 16; at += 16) {
    __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes), _mm_cmpeq_epi8(bytes, del));
    if (int hits = _mm_movemask_epi8(odd)) {
      at += std::countr_zero(static_cast<unsigned>(hits));
      break;  // it may be a tab
    }
  }
#endif
  while (at != end && is(*at, kValue)) ++at;
  return at;
}

// Reads the lines from `at`, which is behind the start line, to the empty line.
Refusal parse_fields(const char* at, const char* end, std::size_t max_headers, Fields& fields, HttpHeaders& headers) {
  while (at != end) {
    if (*at == '\r') {
      if (end - at == 2 && at[1] == '\n') return {};
      return bad("a carriage return in the wrong place");
    }
    const char* name = at;
    while (at != end && is(*at, kToken)) ++at;
    if (at == name) return bad(*at == ' ' || *at == '\t' ? "a folded header line" : "a header without a proper name");
    if (at == end || *at != ':') return bad("a header name that is not followed by a colon");
    std::string_view field(name, static_cast<std::size_t>(at - name));
    const char* value = ++at;
    at = behind_value(at, end);
    if (end - at < 2 || at[0] != '\r' || at[1] != '\n') return bad("a control character in a header");
    std::string_view text = trimmed({value, static_cast<std::size_t>(at - value)});
    at += 2;
    if (headers.size() == max_headers) return {431, "too many header lines"};
    headers.add(field, text);
    if (auto refusal = note(fields, field, text)) return refusal;
  }
  return bad("the head has no end");
}

// Both kinds of length in one message, or chunks in a version that has none: two readers could see two messages.
Refusal check_lengths(const Fields& fields, int minor_version) {
  if (fields.encodings && fields.lengths) return bad("both Content-Length and Transfer-Encoding");
  if (fields.encodings && minor_version == 0) return bad("Transfer-Encoding in HTTP/1.0");
  return {};
}

// Reads "HTTP/1.x"; 1 or 0, -1 for another version, -2 for something else.
int parse_version(std::string_view text) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || text[6] != '.') return -2;
  if (text[5] < '0' || text[5] > '9' || text[7] < '0' || text[7] > '9') return -2;
  if (text[5] != '1' || text[7] > '1') return -1;
  return text[7] - '0';
}

}  // namespace

std::size_t HeadScanner::find(std::string_view bytes) {
  while (seen_ < bytes.size()) {
    const void* found = std::memchr(bytes.data() + seen_, '\n', bytes.size() - seen_);
    if (!found) {
      seen_ = bytes.size();
      return kMore;
    }
    auto at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
    if (at == line_ || bytes[at - 1] != '\r') return kBad;
    seen_ = at + 1;
    if (at == line_ + 1) return line_ == 0 ? kBad : seen_;
    line_ = seen_;
  }
  return kMore;
}

Refusal parse_request_head(std::string_view head, std::size_t max_headers, RequestHead& out, HttpHeaders& headers) {
  out = {};
  headers.clear();
  auto line_end = head.find('\n');
  if (line_end == head.npos || line_end == 0 || head[line_end - 1] != '\r') return bad("no request line");
  std::string_view line = head.substr(0, line_end - 1);
  auto first = line.find(' ');
  auto last = line.rfind(' ');
  if (first == line.npos || first == last) return bad("a request line that is not method, target and version");
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, last - first - 1);
  if (!is_token(out.method)) return bad("the method is not a word");
  if (out.target.empty() || !all(out.target, kTarget)) return bad("the target is not a target");
  int version = parse_version(line.substr(last + 1));
  if (version == -2) return bad("a request line that is not method, target and version");
  if (version == -1) return {505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  out.minor_version = version;
  if (out.target.front() != '/' && !(out.target == "*" && out.method == "OPTIONS")) return bad("the target is not a path");

  Fields fields;
  const char* base = head.data();
  if (auto refusal = parse_fields(base + line_end + 1, base + head.size(), max_headers, fields, headers)) return refusal;
  if (auto refusal = check_lengths(fields, version)) return refusal;
  if (version == 1 && fields.hosts == 0) return bad("no Host");
  out.keep_alive = version == 1 ? !fields.close : fields.keep_alive && !fields.close;
  if (!fields.expect.empty()) {
    if (!same_header(fields.expect, "100-continue")) return {417, "the only expectation known is 100-continue"};
    out.expects_continue = version == 1;
  }
  if (fields.encodings) out.framing = Framing::chunked;
  if (fields.lengths && fields.length) {
    out.framing = Framing::length;
    out.length = fields.length;
  }
  return {};
}

Refusal parse_response_head(std::string_view head, std::size_t max_headers, Bodiless bodiless, ResponseHead& out, HttpHeaders& headers) {
  out = {};
  headers.clear();
  auto line_end = head.find('\n');
  if (line_end == head.npos || line_end == 0 || head[line_end - 1] != '\r') return bad("no status line");
  std::string_view line = head.substr(0, line_end - 1);
  if (line.size() < 12 || line[8] != ' ') return bad("no status line");
  int version = parse_version(line.substr(0, 8));
  if (version < 0) return bad("not HTTP/1.1 or HTTP/1.0");
  out.minor_version = version;
  std::string_view digits = line.substr(9, 3);
  for (char c : digits) {
    if (c < '0' || c > '9') return bad("the status is not a number");
    out.status = out.status * 10 + (c - '0');
  }
  if (out.status < 100 || out.status > 599) return bad("the status is out of range");
  if (line.size() > 12 && (line[12] != ' ' || !all(line.substr(13), kValue))) return bad("no status line");

  Fields fields;
  const char* base = head.data();
  if (auto refusal = parse_fields(base + line_end + 1, base + head.size(), max_headers, fields, headers)) return refusal;
  if (auto refusal = check_lengths(fields, version)) return refusal;
  out.keep_alive = version == 1 ? !fields.close : fields.keep_alive && !fields.close;
  if (bodiless == Bodiless::yes || out.status < 200 || out.status == 204 || out.status == 304) return {};
  if (fields.encodings) {
    out.framing = Framing::chunked;
  } else if (fields.lengths) {
    out.framing = fields.length ? Framing::length : Framing::none;
    out.length = fields.length;
  } else {
    out.framing = Framing::until_close;
    out.keep_alive = false;
  }
  return {};
}

ChunkDecoder::Step ChunkDecoder::next(std::string_view in) {
  constexpr unsigned kMaxLine = 256;
  constexpr unsigned kMaxTrailers = 8 * 1024;
  std::size_t at = 0;
  while (at < in.size()) {
    if (state_ == State::bytes) {
      auto take = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - at));
      left_ -= take;
      if (left_ == 0) state_ = State::bytes_cr;
      return {Status::data, at + take, in.substr(at, take)};
    }
    char c = in[at++];
    bool fine = true;
    switch (state_) {
      case State::first_digit:
      case State::size: {
        int digit = c >= '0' && c <= '9' ? c - '0' : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
        if (digit >= 0) {
          left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
          fine = ++line_ <= 15;
          state_ = State::size;
        } else if (state_ == State::first_digit) {
          fine = false;
        } else if (c == '\r') {
          state_ = State::size_lf;
        } else {
          fine = c == ';';
          state_ = State::extension;
        }
        break;
      }
      case State::extension:
        if (c == '\r')
          state_ = State::size_lf;
        else
          fine = is(c, kValue) && ++line_ <= kMaxLine;
        break;
      case State::size_lf:
        fine = c == '\n';
        state_ = left_ ? State::bytes : State::trailer;
        line_ = 0;
        break;
      case State::bytes_cr:
        fine = c == '\r';
        state_ = State::bytes_lf;
        break;
      case State::bytes_lf:
        fine = c == '\n';
        state_ = State::first_digit;
        break;
      case State::trailer:
        if (c == '\r')
          state_ = State::end_lf;
        else
          fine = is(c, kToken), state_ = State::trailer_name;
        break;
      case State::trailer_name:
        if (c == ':')
          state_ = State::trailer_value;
        else
          fine = is(c, kToken) && ++trailer_ <= kMaxTrailers;
        break;
      case State::trailer_value:
        if (c == '\r')
          state_ = State::trailer_lf;
        else
          fine = is(c, kValue) && ++trailer_ <= kMaxTrailers;
        break;
      case State::trailer_lf:
        fine = c == '\n' && ++trailer_ <= kMaxTrailers;
        state_ = State::trailer;
        break;
      case State::end_lf:
        if (c != '\n') return {Status::bad, at, {}};
        state_ = State::done;
        return {Status::end, at, {}};
      case State::bytes:
      case State::done: fine = false; break;
    }
    if (!fine) return {Status::bad, at, {}};
  }
  return {Status::more, at, {}};
}

mcp::Result<> append_headers(std::string& out, std::span<const HttpHeader> headers) {
  for (const auto& [name, value] : headers) {
    if (!is_token(name) || behind_value(value.data(), value.data() + value.size()) != value.data() + value.size()) {
      return mcp::Error(mcp::Code::internal, "the header '" + std::string(name) + "' cannot be written as one line");
    }
    out.append(name).append(": ").append(value).append("\r\n");
  }
  return {};
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void append_chunk_size(std::string& out, std::uint64_t size) {
  char digits[16];
  auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
  out.append(digits, end);
  out.append("\r\n");
}

std::string_view http_date() {
  thread_local std::time_t second = -1;
  thread_local std::array<char, 40> text;
  thread_local std::size_t size = 0;
  std::time_t now = std::time(nullptr);
  if (now != second) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::array<char, 40> format{};
    size = std::strftime(format.data(), format.size(), "---, %d --- %Y %H:%M:%S GMT", &parts);
    text = format;
    std::memcpy(text.data(), kDays[parts.tm_wday], 3);
    std::memcpy(text.data() + 8, kMonths[parts.tm_mon], 3);
    second = now;
  }
  return {text.data(), size};
}

bool is_token(std::string_view text) { return !text.empty() && all(text, kToken); }

}  // namespace net
