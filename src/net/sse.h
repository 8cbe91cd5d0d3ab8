// Server-sent events: reading and writing text/event-stream.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace net {

// One event, as the HTML standard dispatches it.
struct SseEvent {
  std::string event;         // the type; empty means "message"
  std::string data;          // the data lines, joined by line feeds
  std::string id;            // the last id seen on the stream, also when an earlier event gave it
  std::optional<int> retry;  // milliseconds, when this event's block set it
  bool has_data = false;     // false for a block that only set an id or a retry; browsers do not dispatch those
};

// Turns the bytes of a stream into events, whatever way they are cut. Lines end by CR, LF or CRLF; a byte order mark at the
// start is skipped. Sans-I/O.
// Owns: the unfinished line and event, never more than `max_event` bytes of them.
class SseParser {
 public:
  using Sink = std::function<mcp::Result<>(SseEvent event)>;

  explicit SseParser(std::size_t max_event = 4 * 1024 * 1024) : max_event_(max_event) {}

  // Reads `bytes`; calls `sink` for each block that an empty line ended and that had a data, id or retry field; comments
  // are skipped and counted. An unfinished event at the end of the stream is never given, as the standard wants.
  // Errors: too_large (the event is over the limit; the parser is of no use any more), or what `sink` returned.
  mcp::Result<> feed(std::string_view bytes, const Sink& sink);

  std::size_t comments() const { return comments_; }
  const std::string& last_id() const { return last_id_; }

 private:
  mcp::Result<> line(std::string_view text, const Sink& sink);

  std::size_t max_event_;
  std::string rest_;  // the unfinished line
  SseEvent event_;
  std::string last_id_;
  std::size_t comments_ = 0;
  std::size_t bom_ = 0;  // bytes of the byte order mark matched at the very start; 3 when the start is over
  bool after_cr_ = false;
  bool any_field_ = false;
};

// `data` as one event: a data line for each of its lines, then an empty line. With an id when `id` is not empty.
std::string sse_message(std::string_view data, std::string_view id = {}, std::string_view event = {});
// A line that readers skip; keeps a connection from looking idle.
std::string sse_comment(std::string_view text = {});

}  // namespace net
