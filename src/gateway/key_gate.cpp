#include "gateway/key_gate.h"

#include "access/identity.h"
#include "access/keys/key_text.h"
#include "base/log.h"

namespace gateway {

using base::Task;
using oauth::Refusal;
using oauth::Verdict;

namespace {

constexpr int kLinesPerSecond = 10;
constexpr std::string_view kScheme = "bearer ";

bool is_bearer(std::string_view line) {
  if (line.size() < kScheme.size()) return false;
  for (std::size_t i = 0; i < kScheme.size(); ++i) {
    const char c = line[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != kScheme[i]) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string_view> find_bearer(const net::HttpRequest& http) {
  if (http.count("authorization") != 1) return {};
  std::string_view line = *http.find("authorization");
  if (!is_bearer(line)) return {};
  line.remove_prefix(kScheme.size());
  return line;
}

Task<Verdict> KeyGate::admit(const net::HttpRequest* http) {
  Verdict verdict = judge(*http);
  co_return verdict;
}

Verdict KeyGate::judge(const net::HttpRequest& http) {
  if (http.peer_address.empty()) return std::shared_ptr<const oauth::Principal>();
  if (http.count("authorization") == 0) return refuse(401, {}, "no API key came", http.peer_address);
  const std::optional<std::string_view> text = find_bearer(http);
  if (!text) return refuse(401, "invalid_token", "no or several credentials of the scheme Bearer", http.peer_address);
  if (authz::is_loopback(http.peer_address) && authz::is_operator_text(pepper_, *text, std::chrono::system_clock::now()))
    return std::shared_ptr<const oauth::Principal>();
  auto who = desk_.identify(*text);
  if (who) return *std::move(who);
  if (who.error().code == base::Code::unavailable) return refuse(503, "temporarily_unavailable", who.error().message, http.peer_address);
  return refuse(401, "invalid_token", who.error().message, http.peer_address);
}

Refusal KeyGate::refuse(int status, std::string_view error, std::string why, std::string_view peer) {
  Refusal out;
  out.status = status;
  out.error = error;
  out.why = std::move(why);
  std::string challenge = "Bearer realm=\"gatehouse\"";
  if (!error.empty()) challenge.append(", error=\"").append(error).append("\"");
  if (status == 401) out.headers.emplace_back("WWW-Authenticate", std::move(challenge));
  if (status == 503) out.headers.emplace_back("Retry-After", "1");
  out.body = status == 503   ? R"({"error":"temporarily_unavailable"})"
             : error.empty() ? R"({"error":"unauthorized","error_description":"bring an API key: Authorization: Bearer gth_…"})"
                             : R"({"error":"invalid_token","error_description":"the API key is not good"})";
  if (error.empty()) return out;  // the ordinary beginning
  const base::Instant now = base::Timers::now();
  if (now - second_ >= std::chrono::seconds(1)) {
    if (dropped_ > 0) base::log::warn("more requests were refused", {{"count", std::int64_t{dropped_}}});
    second_ = now;
    lines_ = dropped_ = 0;
  }
  if (++lines_ > kLinesPerSecond) {
    ++dropped_;
    return out;
  }
  base::log::warn("a request was refused", {{"status", std::int64_t{status}}, {"why", out.why}, {"peer", peer}});
  return out;
}

}  // namespace gateway
