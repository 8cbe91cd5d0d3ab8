#include "oauth/dpop_proof.h"

#include "oauth/base64url.h"
#include "oauth/sha256.h"

namespace oauth {
namespace {

constexpr std::size_t kLongestNonce = 1024;
constexpr std::size_t kMostOrigins = 16;

}  // namespace

mcp::Result<std::string> DpopProver::proof(std::string_view method, const net::Url& url, std::string_view access_token,
                                           std::int64_t now) const {
  boost::json::object header, claims;
  header["typ"] = "dpop+jwt";
  header["jwk"] = key_.public_jwk();
  claims["jti"] = random_token();
  claims["htm"] = boost::json::string_view(method.data(), method.size());
  const std::string path = url.target.substr(0, url.target.find('?'));
  claims["htu"] = (url.tls ? "https://" : "http://") + url.authority + path;
  claims["iat"] = now;
  if (!access_token.empty()) claims["ath"] = base64url(sha256(access_token));
  if (auto found = nonces_.find(url.origin); found != nonces_.end()) claims["nonce"] = found->second;
  return key_.sign(std::move(header), claims);
}

void DpopProver::heard(const std::string& origin, std::string_view nonce) {
  if (nonce.empty() || nonce.size() > kLongestNonce) return;
  if (nonces_.size() >= kMostOrigins && !nonces_.contains(origin)) return;
  nonces_[origin] = nonce;
}

}  // namespace oauth
