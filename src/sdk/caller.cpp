#include "sdk/caller.h"

#include "base/digest.h"
#include "net/http_message.h"
#include "sdk/session.h"

namespace sdk {
namespace {

constexpr std::string_view kPrincipal = "principal:", kCredentials = "credentials:", kSession = "session:";

}  // namespace

std::string owner_of(const Inbound& in) {
  if (!in.principal.empty()) return std::string(kPrincipal) + base::sha256_hex(in.principal);
  if (!in.http) return "local";
  if (auto credentials = in.http->find("authorization")) return std::string(kCredentials) + base::sha256_hex(*credentials);
  if (in.session) return std::string(kSession) + base::sha256_hex(in.session->id());
  return "anyone";
}

bool is_open_to(std::string_view owner, std::string_view caller) {
  return owner == caller || !(owner.starts_with(kPrincipal) || owner.starts_with(kCredentials));
}

}  // namespace sdk
