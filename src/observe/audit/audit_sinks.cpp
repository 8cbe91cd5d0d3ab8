#include "observe/audit/audit_sinks.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/log.h"
#include "base/loop.h"
#include "net/http_client.h"
#include "observe/audit/cursor.h"

namespace observe {

using base::Task;
using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

constexpr std::size_t kBatch = 500;
constexpr base::Millis kTime{10'000};
constexpr std::chrono::milliseconds kFirstPause{500}, kLongestPause{60'000}, kLook{1'000};

Error failed(const std::string& what) { return Error(Code::unavailable, what + ": " + std::strerror(errno)); }

Result<> write_file(const AuditSink& sink, const std::vector<std::string>& lines) {
  const int fd = ::open(sink.where.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return failed(sink.where);
  std::string text;
  for (const std::string& line : lines) text.append(line).append("\n");
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t wrote = ::write(fd, text.data() + at, text.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) break;
    at += static_cast<std::size_t>(wrote);
  }
  const bool done = at == text.size() && ::fsync(fd) == 0;
  Result<> out = done ? Result<>() : Result<>(failed(sink.where));
  ::close(fd);
  return out;
}

std::string base64(const unsigned char* bytes, std::size_t size) {
  std::vector<unsigned char> out(4 * ((size + 2) / 3) + 1);
  const int length = EVP_EncodeBlock(out.data(), bytes, static_cast<int>(size));
  return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(length)};
}

// As Standard Webhooks 1.0 has it; the secret is the key.
std::string signature_of(const std::string& secret, std::string_view id, const std::string& time, std::string_view body) {
  std::string text(id);
  text.append(".").append(time).append(".").append(body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       bytes.data(), &size);
  return "v1," + base64(bytes.data(), size);
}

Task<int> post(base::Loop* loop, const AuditSink* sink, const std::string* id, const std::string* body) {
  net::Url url = co_await net::parse_url(sink->where);
  const std::string time =
      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count());
  const std::string signature = signature_of(sink->secret.reveal(), *id, time, *body);
  net::HttpClientOptions options;
  options.connect_time = kTime;
  options.extra_ca = sink->ca;
  net::HttpClient client(*loop, std::move(options));
  const std::array<net::HttpHeader, 4> headers{net::HttpHeader{"Content-Type", "application/x-ndjson"}, net::HttpHeader{"webhook-id", *id},
                                               net::HttpHeader{"webhook-timestamp", time}, net::HttpHeader{"webhook-signature", signature}};
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = &url;
  request.headers = headers;
  request.body = *body;
  net::HttpResponse response = co_await client.send(request, {}, base::Timers::now() + kTime);
  const int status = response.status();
  co_return status;
}

Result<> post_lines(const AuditSink& sink, const std::vector<std::string>& lines, const std::string& id) {
  std::string body;
  for (const std::string& line : lines) body.append(line).append("\n");
  base::Loop loop;
  Result<int> status = loop.block_on(post(&loop, &sink, &id, &body));
  if (!status) return std::move(status).error();
  if (*status < 200 || *status > 299) return Error(Code::unavailable, fmt::format("it answered with status {}", *status));
  return {};
}

// One datagram a line, by RFC 5424: facility 13 (log audit), severity 6.
Result<> log_lines(const AuditSink& sink, const std::vector<std::string>& lines) {
  sockaddr_storage address{};
  socklen_t size = 0;
  const std::string_view where = sink.where;
  if (where.starts_with("unix:")) {
    auto* local = reinterpret_cast<sockaddr_un*>(&address);
    local->sun_family = AF_UNIX;
    const std::string_view path = where.substr(5);
    if (path.size() >= sizeof local->sun_path) return Error(Code::invalid_argument, "the path of the socket is too long");
    std::memcpy(local->sun_path, path.data(), path.size());
    size = sizeof *local;
  } else {
    const std::string_view rest = where.substr(4);
    const std::size_t colon = rest.rfind(':');
    std::uint16_t port = 0;
    std::from_chars(rest.data() + colon + 1, rest.data() + rest.size(), port);
    std::string host(rest.substr(0, colon));
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    auto* four = reinterpret_cast<sockaddr_in*>(&address);
    auto* six = reinterpret_cast<sockaddr_in6*>(&address);
    if (::inet_pton(AF_INET, host.c_str(), &four->sin_addr) == 1) {
      four->sin_family = AF_INET;
      four->sin_port = htons(port);
      size = sizeof *four;
    } else if (::inet_pton(AF_INET6, host.c_str(), &six->sin6_addr) == 1) {
      six->sin6_family = AF_INET6;
      six->sin6_port = htons(port);
      size = sizeof *six;
    } else {
      return Error(Code::invalid_argument, "the host of a syslog sink must be an address");
    }
  }
  const int fd = ::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed("a socket");
  std::array<char, 256> host{};
  (void)::gethostname(host.data(), host.size() - 1);
  Result<> out;
  for (const std::string& line : lines) {
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    const std::string message =
        fmt::format("<110>1 {} {} gatehouse {} audit - {}", time_text(now), host[0] ? host.data() : "-", ::getpid(), line);
    if (::sendto(fd, message.data(), message.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size) < 0) {
      out = failed(sink.where);
      break;
    }
  }
  ::close(fd);
  return out;
}

std::int64_t number_of(const std::string& text) { return text.empty() ? 0 : std::strtoll(text.c_str(), nullptr, 10); }

}  // namespace

std::string record_line(const store::StoredAudit& record, const std::string& log) {
  std::string out = record.body;
  if (out.ends_with('}')) out.pop_back();
  return out.append(",\"hash\":\"")
      .append(hex_of(record.hash))
      .append("\",\"cursor\":\"")
      .append(cursor_text({log, record.seq}))
      .append("\"}");
}

AuditSinks::AuditSinks(store::AuditStore& store, std::string log, std::vector<AuditSink> sinks) : store_(store), log_(std::move(log)) {
  for (AuditSink& sink : sinks) {
    State state;
    state.sink = std::move(sink);
    states_.push_back(std::move(state));
  }
  if (!states_.empty()) thread_ = std::thread([this] { run(); });
}

AuditSinks::~AuditSinks() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void AuditSinks::run() {
  for (bool last = false; !last;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kLook, [this] { return stopping_; });
      last = stopping_;
    }
    const auto now = std::chrono::steady_clock::now();
    for (State& state : states_)
      if (last || now >= state.again) serve(state);
  }
}

void AuditSinks::serve(State& state) {
  for (;;) {
    auto more = send_some(state.sink);
    if (!more) {
      ++failures_;
      state.pause = std::clamp(state.pause * 2, kFirstPause, kLongestPause);
      state.again = std::chrono::steady_clock::now() + state.pause;
      if (!std::exchange(state.told, true))
        base::log::warn("a sink of the audit trail does not take it", {{"sink", state.sink.name}, {"reason", more.error().message}});
      return;
    }
    if (std::exchange(state.told, false)) base::log::info("a sink of the audit trail takes it again", {{"sink", state.sink.name}});
    state.pause = std::chrono::milliseconds(0);
    if (!*more) return;
  }
}

// Records first, then the checkpoints over them. Whether there was anything.
Result<bool> AuditSinks::send_some(const AuditSink& sink) {
  const std::string records_at = "sink." + sink.name + ".record", checkpoints_at = "sink." + sink.name + ".checkpoint";
  std::vector<std::string> lines;
  std::string note, place;
  if (sink.sends == AuditSink::Sends::all) {
    auto at = store_.note(records_at);
    if (!at) return std::move(at).error();
    auto records = store_.after(number_of(*at), kBatch);
    if (!records) return std::move(records).error();
    for (const store::StoredAudit& one : *records) lines.push_back(record_line(one, log_));
    if (!records->empty()) {
      note = records_at;
      place = std::to_string(records->back().seq);
    }
  }
  if (lines.empty()) {
    auto at = store_.note(checkpoints_at);
    if (!at) return std::move(at).error();
    auto checkpoints = store_.checkpoints();
    if (!checkpoints) return std::move(checkpoints).error();
    const auto from = static_cast<std::size_t>(number_of(*at));
    for (std::size_t i = from; i < checkpoints->size() && lines.size() < kBatch; ++i) lines.push_back((*checkpoints)[i].line);
    note = checkpoints_at;
    place = std::to_string(from + lines.size());
  }
  if (lines.empty()) return false;
  Result<> sent;
  switch (sink.kind) {
    case AuditSink::Kind::file: sent = write_file(sink, lines); break;
    case AuditSink::Kind::webhook:
      sent = post_lines(sink, lines, "audit-" + log_ + "-" + note.substr(note.rfind('.') + 1) + "-" + place);
      break;
    case AuditSink::Kind::syslog: sent = log_lines(sink, lines); break;
  }
  if (!sent) return std::move(sent).error();
  if (auto kept = store_.set_note(note, place); !kept) return std::move(kept).error();
  return true;
}

}  // namespace observe
