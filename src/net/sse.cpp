#include "net/sse.h"

#include <charconv>

namespace net {

mcp::Result<> SseParser::feed(std::string_view bytes, const Sink& sink) {
  static constexpr std::string_view kBom = "\xEF\xBB\xBF";
  while (bom_ < 3 && !bytes.empty()) {
    if (bytes.front() == kBom[bom_]) {
      bytes.remove_prefix(1);
      ++bom_;
      continue;
    }
    rest_.append(kBom.substr(0, bom_));  // it only looked like one
    bom_ = 3;
  }
  while (!bytes.empty()) {
    if (after_cr_) {
      after_cr_ = false;
      if (bytes.front() == '\n') {
        bytes.remove_prefix(1);
        continue;
      }
    }
    auto end = bytes.find_first_of("\r\n");
    std::string_view text = bytes.substr(0, end);
    if (rest_.size() + text.size() + event_.data.size() + event_.event.size() > max_event_) {
      return mcp::Error(mcp::Code::too_large, "an event of the stream is too large");
    }
    if (end == bytes.npos) {
      rest_.append(text);
      return {};
    }
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (rest_.empty()) {
      if (auto fine = line(text, sink); !fine) return fine;
    } else {
      std::string whole = std::move(rest_);
      rest_.clear();
      whole.append(text);
      if (auto fine = line(whole, sink); !fine) return fine;
    }
  }
  return {};
}

mcp::Result<> SseParser::line(std::string_view text, const Sink& sink) {
  if (text.empty()) {
    SseEvent event = std::exchange(event_, {});
    if (!std::exchange(any_field_, false)) return {};
    if (event.has_data) event.data.pop_back();  // the last line's feed
    event.id = last_id_;
    return sink(std::move(event));
  }
  if (text.front() == ':') {
    ++comments_;
    return {};
  }
  auto colon = text.find(':');
  std::string_view name = text.substr(0, colon);
  std::string_view value = colon == text.npos ? std::string_view() : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    event_.data.append(value).push_back('\n');
    event_.has_data = any_field_ = true;
  } else if (name == "event") {
    event_.event.assign(value);
  } else if (name == "id") {
    if (value.find('\0') != value.npos) return {};
    last_id_.assign(value);
    any_field_ = true;
  } else if (name == "retry") {
    int number = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (value.empty() || value.front() == '-' || error != std::errc() || end != value.data() + value.size()) return {};
    event_.retry = number;
    any_field_ = true;
  }
  return {};
}

std::string sse_message(std::string_view data, std::string_view id, std::string_view event) {
  std::string out;
  out.reserve(data.size() + id.size() + event.size() + 32);
  auto field = [&out](std::string_view name, std::string_view value) {
    // A line break would end the field; what cannot be told is left out.
    if (value.empty() || value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos) return;
    out.append(name).append(": ").append(value).append("\n");
  };
  field("event", event);
  field("id", id);
  for (;;) {
    auto end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == data.npos) break;
    std::size_t width = data.substr(end, 2) == "\r\n" ? 2 : 1;
    data.remove_prefix(end + width);
  }
  out.append("\n");
  return out;
}

std::string sse_comment(std::string_view text) {
  std::string out = ": ";
  for (char c : text) out.push_back(c == '\r' || c == '\n' ? ' ' : c);
  out.append("\n\n");
  return out;
}

}  // namespace net
