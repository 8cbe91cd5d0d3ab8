// Any bytes are the same events, whatever way they are cut; and an event that is written is read back.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/sse.h"

namespace {

std::string read(std::string_view text, std::size_t step) {
  net::SseParser parser(1 << 20);
  std::string out;
  net::SseParser::Sink sink = [&out](net::SseEvent e) -> mcp::Result<> {
    out += e.event + '\1' + e.data + '\1' + e.id + '\1' + (e.retry ? std::to_string(*e.retry) : "") + (e.has_data ? '\2' : '\3');
    return {};
  };
  for (std::size_t at = 0; at < text.size(); at += step)
    if (!parser.feed(text.substr(at, step), sink)) std::abort();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string whole = read(text, size);
  if (read(text, 1) != whole || read(text, 1 + text[0] % 7u) != whole) std::abort();

  std::string wanted;
  for (std::size_t i = 0; i < size; ++i) {
    if (text[i] == '\r') {
      if (i + 1 < size && text[i + 1] == '\n') ++i;
      wanted += '\n';
    } else {
      wanted += text[i];
    }
  }
  if (read(net::sse_message(text), 3) != '\1' + wanted + "\1\1\2") std::abort();
  return 0;
}
