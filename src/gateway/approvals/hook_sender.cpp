#include "gateway/approvals/hook_sender.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>
#include <vector>

#include "base/log.h"
#include "net/http_client.h"

namespace gateway {

using base::Task;

namespace {

constexpr base::Millis kTime{10'000};
constexpr base::Millis kPauses[] = {base::Millis(1'000), base::Millis(5'000)};
constexpr std::string_view kPrefix = "whsec_";

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::vector<unsigned char> out(4 * ((size + 2) / 3) + 1);
  const int length = EVP_EncodeBlock(out.data(), bytes, static_cast<int>(size));
  return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(length)};
}

std::string key_of(const std::string& secret) {
  if (!secret.starts_with(kPrefix)) return secret;
  const std::string text = secret.substr(kPrefix.size());
  std::vector<unsigned char> out(3 * (text.size() / 4) + 3);
  const int size = EVP_DecodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return secret;
  std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(size) - padding};
}

struct Sent {
  int status = 0;
};

Task<Sent> post(base::Loop* loop, const ApprovalHook* hook, const std::string* id, const std::string* body, std::stop_token stop) {
  net::Url url = co_await net::parse_url(hook->url);
  const std::int64_t time = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  const std::string stamp = std::to_string(time);
  const std::string signature = hook_signature(hook->secret, *id, time, *body);
  net::HttpClientOptions options;
  options.connect_time = kTime;
  options.extra_ca = hook->ca;
  net::HttpClient client(*loop, std::move(options));
  const std::array<net::HttpHeader, 4> headers{net::HttpHeader{"Content-Type", "application/json"}, net::HttpHeader{"webhook-id", *id},
                                               net::HttpHeader{"webhook-timestamp", stamp},
                                               net::HttpHeader{"webhook-signature", signature}};
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = &url;
  request.headers = headers;
  request.body = *body;
  net::HttpResponse response = co_await client.send(request, stop, base::Timers::now() + kTime);
  Sent out{response.status()};
  co_return out;
}

}  // namespace

std::string hook_signature(const base::Secret<std::string>& secret, std::string_view id, std::int64_t time, std::string_view body) {
  std::string text(id);
  text.append(".").append(std::to_string(time)).append(".").append(body);
  const std::string key = key_of(secret.reveal());
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       bytes.data(), &size);
  return "v1," + base64(bytes.data(), size);
}

void HookSender::send(ApprovalHook hook, std::string id, std::string body) {
  if (work_.size() >= kMost) {
    base::log::warn("too many webhooks wait to be sent; one was dropped", {{"hook", hook.name}});
    return;
  }
  work_.spawn(deliver(std::move(hook), std::move(id), std::move(body)));
}

Task<void> HookSender::deliver(ApprovalHook hook, std::string id, std::string body) {
  std::stop_token stop = work_.stop_token();
  std::string why;
  for (int attempt = 0; attempt < kTries && !stop.stop_requested(); ++attempt) {
    if (attempt > 0) co_await loop_.timers().sleep(kPauses[attempt - 1], stop);
    base::Result<Sent> sent = co_await post(&loop_, &hook, &id, &body, stop).result();
    if (sent && sent->status >= 200 && sent->status < 300) co_return;
    why = sent ? "it answered with status " + std::to_string(sent->status) : sent.error().message;
  }
  if (!stop.stop_requested()) base::log::warn("a webhook was not taken", {{"hook", hook.name}, {"id", id}, {"reason", why}});
}

Task<void> HookSender::stop() {
  work_.stop();
  co_await work_.join();
}

}  // namespace gateway
