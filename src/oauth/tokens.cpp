#include "oauth/tokens.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/json.h"

namespace oauth {
namespace {

namespace bj = boost::json;

std::string text_of(const bj::object& object, bj::string_view name) {
  const bj::value* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

}  // namespace

std::string record_of(const Tokens& tokens) {
  bj::object out;
  out["issuer"] = tokens.issuer;
  out["resource"] = tokens.resource;
  out["client_id"] = tokens.client_id;
  out["access_token"] = tokens.access.reveal();
  out["refresh_token"] = tokens.refresh.reveal();
  out["token_type"] = tokens.kind == Tokens::Kind::dpop ? "DPoP" : "Bearer";
  if (tokens.renew_at) out["renew_at"] = *tokens.renew_at;
  out["granted"] = scope_text(tokens.granted);
  out["asked"] = scope_text(tokens.asked);
  out["dpop_key"] = tokens.dpop_key.reveal();
  return bj::serialize(out);
}

mcp::Result<Tokens> tokens_of(std::string_view record) {
  auto json = base::parse_json(record);
  const auto* object = json ? json->if_object() : nullptr;
  Tokens out;
  if (object) {
    out.issuer = text_of(*object, "issuer");
    out.resource = text_of(*object, "resource");
    out.client_id = text_of(*object, "client_id");
    out.access = base::Secret<std::string>(text_of(*object, "access_token"));
    out.refresh = base::Secret<std::string>(text_of(*object, "refresh_token"));
    out.kind = text_of(*object, "token_type") == "DPoP" ? Tokens::Kind::dpop : Tokens::Kind::bearer;
    if (const bj::value* at = object->if_contains("renew_at"); at && at->is_int64()) out.renew_at = at->get_int64();
    out.granted = read_scopes(text_of(*object, "granted"));
    out.asked = read_scopes(text_of(*object, "asked"));
    out.dpop_key = base::Secret<std::string>(text_of(*object, "dpop_key"));
  }
  const bool keyless = out.kind == Tokens::Kind::dpop && out.dpop_key.reveal().empty();
  if (out.issuer.empty() || out.access.reveal().empty() || keyless)
    return mcp::Error(mcp::Code::invalid_argument, "a record in the token store holds no tokens");
  return out;
}

}  // namespace oauth
