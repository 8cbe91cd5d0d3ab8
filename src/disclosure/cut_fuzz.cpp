// Any result, cut to any limit: what comes out is a result, and every byte of the rest can be read.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.h"
#include "disclosure/cut.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t limit = data[0] * std::size_t{4};
  std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) text = R"({"content":[{"type":"text","text":)" + base::quoted(text) + R"(},{"type":"text","text":"more"}]})";
  if (!base::validate_json(text) || !base::is_object(text)) return 0;
  auto cut = disclosure::cut_result(text, limit, {}, [](const disclosure::CutResult&) { return std::string("cut"); });
  if (!cut) return 0;
  if (!base::validate_json(cut->result) || !base::is_array(base::find_member(cut->result, "content")) || cut->left.empty()) std::abort();
  for (std::size_t at = 0; at < cut->rest.size();) {
    const disclosure::Page page = disclosure::next_page(cut->rest, at, limit);
    if (page.from != at || page.end <= at || page.end > cut->rest.size()) std::abort();
    at = page.end;
  }
  return 0;
}
