#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "oauth/registration.h"
#include "oauth/token_request.h"
#include "oauth/tokens.h"

// Whatever a token endpoint, a registration endpoint or a store gives, reading it ends; what is accepted can be used.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (int status : {200, 400, 503}) {
    auto outcome = oauth::read_token_outcome(status, text);
    if (!outcome) continue;
    if (const auto* answer = std::get_if<oauth::TokenAnswer>(&*outcome)) {
      if (answer->access.reveal().empty() || answer->access.reveal().find('\n') != std::string::npos) std::abort();
      if (answer->expires_in && *answer->expires_in < 0) std::abort();
    } else if (std::get<oauth::TokenRefusal>(*outcome).error.empty()) {
      std::abort();
    }
  }
  if (auto client = oauth::read_registration(201, text); client && client->id.empty()) std::abort();
  if (auto tokens = oauth::tokens_of(text); tokens && tokens->access.reveal().empty()) std::abort();
  return 0;
}
