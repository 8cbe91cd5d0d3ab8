// Any bytes: the verdicts agree with each other, and the walkers stay inside of the text, also of text that is not valid.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void walk(std::string_view text, int depth) {
  if (depth > 140) return;
  base::Members members(text);
  while (members.next()) walk(members.value(), depth + 1);
  base::Elements elements(text);
  while (elements.next()) walk(elements.value(), depth + 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  walk(text, 0);
  bool valid = base::validate_json(std::string_view(text)).ok();
  std::string roomy;
  roomy.reserve(base::room_for_json(size));
  roomy = text;
  check(base::validate_json(roomy).ok() == valid);

  std::string small = base::minified(text);
  if (valid) {
    check(base::validate_json(std::string_view(small)).ok());
    check(base::single_line(small));
    check(base::minified(small) == small);
    bool unique = base::unique_keys(text).ok();
    check(base::parse_json(text).ok() == unique);
  }
  if (auto plain = base::json_string(text); plain && valid) {
    auto again = base::json_string(base::quoted(*plain));
    check(again.ok() && *again == *plain);
  }
  std::string any = base::quoted(text);
  check(base::validate_json(std::string_view(any)).ok());
  (void)base::json_integer(text);
  return 0;
}
