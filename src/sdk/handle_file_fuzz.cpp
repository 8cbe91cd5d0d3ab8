// Any bytes as a line of a file of handles: what is read is written again, and means the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sdk/handle_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto one = sdk::read_handle_line(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!one) return 0;
  std::string line = one->erased ? sdk::erased_line(one->kept.key) : sdk::handle_line(one->kept);
  if (line.find('\n') != line.size() - 1) std::abort();
  line.pop_back();
  auto again = sdk::read_handle_line(line);
  if (!again || again->erased != one->erased || again->kept.key != one->kept.key || again->kept.expires != one->kept.expires) std::abort();
  return 0;
}
