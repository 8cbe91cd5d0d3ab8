// The grammar of HTTP/1.1 messages, read strictly and written carefully. Sans-I/O; both directions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "mcp/result.h"
#include "net/http_message.h"

namespace net {

// How the end of a body is known.
enum class Framing { none, length, chunked, until_close };

// Looks for the end of a message's head in bytes that arrive piece by piece, each byte looked at once.
class HeadScanner {
 public:
  static constexpr std::size_t kMore = 0;
  static constexpr std::size_t kBad = static_cast<std::size_t>(-1);

  // `bytes` is all that has come since the message's start. Gives the head's size with its empty line, kMore, or kBad as
  // soon as a line ends in a bare line feed or the head starts with an empty line.
  std::size_t find(std::string_view bytes);
  void reset() { seen_ = line_ = 0; }

 private:
  std::size_t seen_ = 0;
  std::size_t line_ = 0;
};

// What a head says. The views point into the head.
struct RequestHead {
  std::string_view method, target;
  int minor_version = 1;
  Framing framing = Framing::none;  // none, length or chunked
  std::uint64_t length = 0;
  bool keep_alive = true;
  bool expects_continue = false;
};
struct ResponseHead {
  int status = 0;
  int minor_version = 1;
  Framing framing = Framing::none;
  std::uint64_t length = 0;
  bool keep_alive = true;
};

// Why a head was refused: the status to answer with and a text for whoever wrote the client.
struct Refusal {
  int status = 0;  // 0: not refused
  std::string_view reason;
  explicit operator bool() const { return status != 0; }
};

// Reads a whole head, as HeadScanner found it. Fills `headers`.
Refusal parse_request_head(std::string_view head, std::size_t max_headers, RequestHead& out, HttpHeaders& headers);
enum class Bodiless { no, yes };  // yes: the answer to HEAD, which has no body whatever its headers say
Refusal parse_response_head(std::string_view head, std::size_t max_headers, Bodiless bodiless, ResponseHead& out, HttpHeaders& headers);

// Reads a chunked body. Trailer lines are checked and dropped, chunk extensions dropped.
class ChunkDecoder {
 public:
  enum class Status { more, data, end, bad };
  struct Step {
    Status status;
    std::size_t consumed;   // of the input, always to be dropped
    std::string_view data;  // a part of the input; only with Status::data
  };
  // Call again with the rest of the input until it is `more` (all consumed), `end` (the rest belongs to the next message) or `bad`.
  Step next(std::string_view in);
  void reset() { *this = ChunkDecoder(); }

 private:
  enum class State : unsigned char {
    size,
    first_digit,
    extension,
    size_lf,
    bytes,
    bytes_cr,
    bytes_lf,
    trailer,
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf,
    done
  };
  State state_ = State::first_digit;
  std::uint64_t left_ = 0;
  unsigned line_ = 0;     // bytes of the size line so far
  unsigned trailer_ = 0;  // bytes of the trailers so far
};

// Appends "name: value\r\n" for each. Error: internal (a name or value that would break the message's lines).
mcp::Result<> append_headers(std::string& out, std::span<const HttpHeader> headers);
void append_number(std::string& out, std::uint64_t number);
// Appends the size line of a chunk.
void append_chunk_size(std::string& out, std::uint64_t size);
// "Sun, 06 Nov 1994 08:49:37 GMT", of this second.
std::string_view http_date();

// A token of RFC 9110: a method or header name.
bool is_token(std::string_view text);

}  // namespace net
