#include "oauth/introspection.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/json.h"
#include "net/url.h"
#include "oauth/form.h"
#include "oauth/jwks.h"

namespace oauth {
namespace {

Reach reach_of(std::string_view issuer) {
  auto url = net::parse_url(issuer);
  return url && names_this_machine(url->host) ? Reach::loopback_too : Reach::private_too;
}

std::string basic(std::string_view client, std::string_view secret) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string text = percent_encoded(client) + ":" + percent_encoded(secret);
  std::string out = "Basic ";
  for (std::size_t i = 0; i < text.size(); i += 3) {
    auto byte = [&](std::size_t at) { return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U; };
    const unsigned bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    for (unsigned part = 0; part < 4; ++part) out += i + part <= text.size() ? kDigits[bits >> (18 - 6 * part) & 63] : '=';
  }
  return out;
}

}  // namespace

Introspector::Introspector(Loop& loop, IntrospectionOptions options)
    : options_(std::move(options)), fetcher_(loop, reach_of(options_.issuer), options_.trusted_ca, {64 * 1024, options_.time}) {}

Task<std::string> Introspector::find_endpoint() {
  std::vector<std::string> places = co_await metadata_places(options_.issuer);
  for (const std::string& place : places) {
    Fetched page = co_await fetcher_.get(place, {});
    if (page.status != 200) continue;
    if (!base::validate_json(page.body) || !base::is_object(page.body))
      co_await mcp::fail(Code::upstream_failed, place + " is no JSON object");
    auto name = base::json_string(base::find_member(page.body, "issuer"));
    if (!name || *name != options_.issuer) co_await mcp::fail(Code::upstream_failed, place + " is of another issuer");
    auto endpoint = base::json_string(base::find_member(page.body, "introspection_endpoint"));
    if (!endpoint) co_await mcp::fail(Code::upstream_failed, options_.issuer + " names no introspection_endpoint");
    co_return *std::move(endpoint);
  }
  co_await mcp::fail(Code::upstream_failed, options_.issuer + " has no metadata");
  co_return std::string();
}

Task<std::string> Introspector::ask(std::string token, WallTime now) {
  if (asking_ >= options_.most_at_once) co_await mcp::fail(Code::unavailable, options_.issuer + " is asked about too many tokens already");
  struct Turn {
    std::size_t& count;
    explicit Turn(std::size_t& from) : count(from) { ++count; }
    ~Turn() { --count; }
  } turn(asking_);
  if (endpoint_.empty()) {
    Result<std::string> found = co_await find_endpoint().result();
    if (!found) co_await mcp::fail(Code::unavailable, found.error().message);
    endpoint_ = *std::move(found);
  }
  Form form;
  form.emplace_back("token", std::move(token));
  form.emplace_back("token_type_hint", "access_token");
  FetchHeaders headers;
  headers.emplace_back("Authorization", basic(options_.client, options_.secret.reveal()));
  std::string body = form_encoded(form), type = "application/x-www-form-urlencoded";
  Result<Fetched> answer = co_await fetcher_.post(endpoint_, std::move(type), std::move(body), std::move(headers), {}).result();
  if (!answer) {
    endpoint_.clear();
    co_await mcp::fail(Code::unavailable, options_.issuer + " cannot be asked about a token: " + answer.error().message);
  }
  if (answer->status == 401 || answer->status == 403)
    co_await mcp::fail(Code::unavailable, options_.issuer + " does not let the client '" + options_.client +
                                              "' ask about tokens; look at introspection: { client, secret }");
  if (answer->status != 200)
    co_await mcp::fail(Code::unavailable, options_.issuer + " answered " + std::to_string(answer->status) + " about a token");
  Result<std::string> claims = claims_of_introspection(answer->body, options_.issuer, now);
  co_return std::move(claims);
}

Result<std::string> claims_of_introspection(std::string_view body, std::string_view issuer, WallTime now) {
  auto value = base::parse_json(body);
  if (!value || !value->is_object()) return Error(Code::upstream_failed, "what the issuer says of a token is no JSON object");
  boost::json::object& said = value->as_object();
  const auto* active = said.if_contains("active");
  if (!active || !active->is_bool()) return Error(Code::upstream_failed, "the issuer does not say whether a token is active");
  if (!active->as_bool()) return Error(Code::unauthenticated, "the issuer says that the token is not active");
  if (!said.contains("iss")) said["iss"] = issuer;
  const auto* name = said["iss"].if_string();
  if (!name || std::string_view(*name) != issuer) return Error(Code::unauthenticated, "the token is of another issuer");
  if (!said.contains("sub")) {
    const auto* client = said.if_contains("client_id");
    if (client && client->is_string()) said["sub"] = boost::json::value(*client);
  }
  if (!said.contains("exp")) said["exp"] = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count() + 60;
  return boost::json::serialize(said);
}

}  // namespace oauth
