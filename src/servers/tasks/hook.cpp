#include "servers/tasks/hook.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "servers/rest/text.h"
#include "servers/rest/trim.h"

namespace servers::tasks {

std::string signature_of(std::string_view body, const base::Secret<std::string>& secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  const std::string& key = secret.reveal();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(body.data()), body.size(),
       bytes.data(), &size);
  std::string out;
  for (unsigned i = 0; i < size; ++i) fmt::format_to(std::back_inserter(out), "{:02x}", bytes[i]);
  return out;
}

bool is_signed(std::string_view body, std::string_view given, std::string_view prefix, const base::Secret<std::string>& secret) {
  if (secret.reveal().empty() || !given.starts_with(prefix)) return false;
  given.remove_prefix(prefix.size());
  const std::string right = signature_of(body, secret);
  return given.size() == right.size() && CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0;
}

Result<std::string> issue_of_hook(std::string_view body, const Profile& profile) {
  auto json = mcp::Json::parse(body);
  if (!json) return Error(Code::invalid_argument, "the body is no JSON");
  JsonView id = rest::at_pointer(json->root(), profile.hook_id);
  const std::string text = id.string() ? std::string(*id.string()) : id.is(JsonView::Kind::integer) ? id.text() : std::string();
  if (profile.hook_id.empty() || text.empty() || text.size() > 200 || !rest::fits_a_header(text))
    return Error(Code::invalid_argument, "the body names no issue");
  return text;
}

}  // namespace servers::tasks
