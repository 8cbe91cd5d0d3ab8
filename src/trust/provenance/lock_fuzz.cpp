#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "trust/provenance/osv.h"
#include "trust/provenance/version_order.h"

// Whatever the bytes are, as a lock and as a vulnerability record: they are read or refused, packages have names, and of two versions one
// is not both newer and older.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  trust::VulnerabilityList list;
  (void)list.add(text);
  if (auto packages = trust::parse_lock(text))
    for (const trust::LockedDependency& package : *packages) {
      if (package.name.empty()) std::abort();
      (void)list.find(package);
    }
  const std::size_t half = text.find('\n');
  if (half == text.npos || size > 4096) return 0;
  for (trust::Ecosystem ecosystem : {trust::Ecosystem::npm, trust::Ecosystem::pypi}) {
    const auto there = trust::compare_versions(ecosystem, text.substr(0, half), text.substr(half + 1));
    const auto back = trust::compare_versions(ecosystem, text.substr(half + 1), text.substr(0, half));
    if ((there < 0) != (back > 0) || (there == 0) != (back == 0)) std::abort();
  }
  return 0;
}
