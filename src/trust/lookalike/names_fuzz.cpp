#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "trust/lookalike/likeness.h"

// Whatever the bytes are: a list of names is read or refused, a name is judged, and what is called known is on the list.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (auto list = trust::KnownList::parse(text); list && list->size() > text.size()) std::abort();
  auto name = trust::parse_package_name(static_cast<trust::Ecosystem>(data[0] % 5), text);
  if (!name) return name.error().message.empty() ? std::abort(), 0 : 0;
  const auto& list = trust::KnownList::shipped();
  const trust::Likeness likeness = trust::judge_name(*name, list);
  if ((likeness.kind == trust::Likeness::Kind::known) != (list.count(*name) > 0) || likeness.reason.empty()) std::abort();
  (void)trust::align(name->written, likeness.nearest);
  return 0;
}
