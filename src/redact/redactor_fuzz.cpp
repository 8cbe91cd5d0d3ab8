// JSON without its secrets is JSON, and has none of them twice.
#include <cstdlib>
#include <string>

#include "base/json.h"
#include "redact/redactor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const redact::Redactor kRedactor;
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)kRedactor.text(text);
  if (!base::validate_json(text)) return 0;
  const std::string out = kRedactor.json(text);
  if (!base::validate_json(out)) std::abort();
  return 0;
}
