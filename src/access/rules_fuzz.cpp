// Arguments and URIs of strangers under the eyes of rules.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "access/argument_check.h"
#include "access/plain_path.h"
#include "access/rules.h"
#include "base/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string plain = authz::plain_uri(text);
  if (authz::has_detours(authz::without_detours(plain))) std::abort();
  (void)authz::read_pattern(text);
  if (!base::validate_json(text)) return 0;
  for (const char* pointer : {"", "/a", "/*/b", "/a/0/~1"}) {
    const authz::ArgumentCheck check{pointer, {"a*", "1"}, {}, 10.0, {}};
    // What lets pass is never less strict than what stops.
    if (authz::holds(check, text, authz::Strict::lets_pass) && !authz::holds(check, text, authz::Strict::stops)) std::abort();
  }
  return 0;
}
