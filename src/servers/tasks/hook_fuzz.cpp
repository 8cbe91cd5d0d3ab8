// Any bytes are a webhook or none: what is read of them is an id, and an unsigned one is never taken.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "servers/tasks/hook.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace servers::tasks;
  static const base::Secret<std::string> kSecret("fuzz");
  std::string_view text(reinterpret_cast<const char*>(data), size);
  Profile profile;
  profile.hook_id = "/issue/id";
  if (auto id = issue_of_hook(text, profile); id && (id->empty() || id->size() > 200)) std::abort();
  if (is_signed(text, text, "sha256=", kSecret)) std::abort();
  if (!is_signed(text, "sha256=" + signature_of(text, kSecret), "sha256=", kSecret)) std::abort();
  // The text as a profile: read, or refused.
  if (auto json = mcp::Json::parse(text))
    if (auto read = read_profile("own", {}, json->root()))
      for (const auto& [name, action] : read->actions) {
        const Values values{{"id", "a/b"}, {"text", "c"}};
        if (auto target = target_of(action, values); target && !target->starts_with('/')) std::abort();
        if (auto body = body_of(action, values); body && !body->empty() && !mcp::Json::parse(*body)) std::abort();
      }
  return 0;
}
