// Any bytes as a token, as the JSON of claims, and as a WWW-Authenticate value.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "oauth/challenge_write.h"
#include "oauth/dpop_verify.h"
#include "oauth/jwt.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const oauth::Jwk kKey = *oauth::Jwk::parse(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  std::string text(reinterpret_cast<const char*>(data), size);
  auto jws = oauth::parse_jws(text);
  if (jws) {
    if (jws->signed_part.size() >= text.size()) std::abort();
    (void)oauth::verify_signature(*jws, kKey);
    (void)oauth::parse_claims(jws->payload);
  }
  auto claims = oauth::parse_claims(text);
  if (claims) (void)oauth::check_claims(*claims, "at+jwt", {}, {});
  if (auto url = oauth::normal_htu(text)) {
    auto again = oauth::normal_htu(*url);
    if (!again || *again != *url) std::abort();
  }
  std::string header = "Bearer ";
  oauth::append_parameter(header, "x", text);
  if (header.find_first_of("\r\n") != std::string::npos || header.back() != '"') std::abort();
  static oauth::DpopVerifier proofs;
  (void)proofs.verify(text, {"POST", "https://rs.example/mcp", "token", "thumbprint"}, {});
  return 0;
}
