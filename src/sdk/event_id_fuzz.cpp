// Last-Event-ID comes from outside: reading one and taking a stream up at it never goes wrong.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sdk/event_store.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto place = sdk::parse_event_id(text);
  if (!place) return 0;
  sdk::EventStore store;
  auto stream = store.standing(sdk::StreamKind::polled);
  (void)stream->say("one", sdk::EventStream::What::notification);
  sdk::EventStream::Reader reader(stream, place->event, sdk::EventStream::Reader::Start::again, {});
  auto piece = reader.take();
  if (place->event == 0 && piece.text.find("one") == std::string::npos) std::abort();
  (void)store.find(place->stream, {});
  return 0;
}
