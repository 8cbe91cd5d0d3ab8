#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "oauth/authorization.h"

// Whatever comes back from the browser, a code is only believed with the state and the issuer that were written down.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  oauth::PendingSignIn pending;
  pending.issuer = "https://as.example";
  pending.iss = oauth::PendingSignIn::Iss::must_come;
  pending.redirect_uri = "http://127.0.0.1:1/cb";
  pending.state = "s";
  auto code = oauth::read_redirect(text, pending);
  if (code && (!text.starts_with(pending.redirect_uri + "?") || code->reveal().empty())) std::abort();
  auto tail = oauth::read_redirect(pending.redirect_uri + "?" + std::string(text), pending);
  if (tail && text.find("state") == text.npos && text.find('%') == text.npos) std::abort();
  return 0;
}
