#include "observe/live_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/json.h"

namespace observe {
namespace {

using base::CallRecord;
using base::quoted;

std::int64_t micros(std::chrono::nanoseconds time) { return std::chrono::duration_cast<std::chrono::microseconds>(time).count(); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// `wanted` is in lower case.
bool contains(std::string_view text, std::string_view wanted) {
  auto same = [](char a, char b) { return lower(a) == b; };
  return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), same) != text.end();
}

// Cuts between characters.
void shorten(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  text.resize(most);
  text += "…";
}

void bound(CallRecord& record) {
  for (std::string* text : {&record.client, &record.server, &record.name, &record.message, &record.address, &record.session, &record.rule,
                            &record.approval, &record.pin})
    shorten(*text, LiveCalls::kLongestText);
  record.trace.state.clear();
  record.trace.baggage.clear();
}

void add(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) fmt::format_to(std::back_inserter(out), ",\"{}\":{}", name, quoted(text));
}

template <class Bytes>
std::string hex(const Bytes& bytes) {
  if (std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; })) return {};
  std::string out;
  for (std::uint8_t byte : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", byte);
  return out;
}

// Without the closing brace.
std::string brief(const CallRecord& record) {
  const auto began = std::chrono::duration_cast<std::chrono::milliseconds>(record.began.time_since_epoch()).count();
  std::string out = fmt::format(R"({{"call":"c{}","began":{},"method":{})", record.number, began, quoted(record.method));
  if (record.parent != 0) out += fmt::format(",\"parent\":\"c{}\"", record.parent);
  if (record.caller) add(out, "caller", record.caller->id);
  add(out, "client", record.client);
  add(out, "server", record.server);
  add(out, "name", record.name);
  return out;
}

std::string ended(const CallRecord& record) {
  std::string out = brief(record);
  out += fmt::format(R"(,"duration_us":{},"upstream_us":{},"bytes_in":{},"bytes_out":{},"outcome":"{}")", micros(record.duration),
                     micros(record.upstream), record.bytes_in, record.bytes_out, base::outcome_name(record.outcome));
  if (record.error) add(out, "code", mcp::code_name(*record.error));
  add(out, "message", record.message);
  add(out, "decision", record.decision);
  if (record.tokens_in != 0) out += fmt::format(",\"tokens_in\":{}", record.tokens_in);
  if (record.tokens_out != 0) out += fmt::format(",\"tokens_out\":{}", record.tokens_out);
  return out;
}

}  // namespace

LiveCalls::LiveCalls(std::string instance, std::string hidden, std::size_t most)
    : instance_(std::move(instance)), hidden_(std::move(hidden)), most_(std::max<std::size_t>(most, 1)) {}

void LiveCalls::redact_by(Redact redact) {
  std::lock_guard lock(mutex_);
  redact_ = std::move(redact);
}

mcp::Result<> LiveCalls::began(const CallRecord& record) {
  if (record.server == hidden_) return {};
  CallRecord copy = record;
  bound(copy);
  copy.arguments.reset();
  copy.result.reset();
  std::lock_guard lock(mutex_);
  if (running_.size() < kMostRunning) running_.emplace(record.number, std::move(copy));
  return {};
}

void LiveCalls::finished(const CallRecord& record) {
  if (record.server == hidden_) {
    std::lock_guard lock(mutex_);
    running_.erase(record.number);
    return;
  }
  Kept kept;
  kept.record = record;
  bound(kept.record);
  {
    std::lock_guard lock(mutex_);
    running_.erase(record.number);
    if (!redact_) kept.forget();
    kept.place = ++total_;
    content_ += kept.content();
    calls_.push_back(std::move(kept));
    if (calls_.size() > most_) {
      content_ -= calls_.front().content();
      calls_.pop_front();
      if (bare_ > 0) --bare_;
    }
    forget_contents();
  }
  if (ended_) ended_();
}

void LiveCalls::forget_contents() {
  for (; content_ > kMostContent && bare_ < calls_.size(); ++bare_) {
    content_ -= calls_[bare_].content();
    calls_[bare_].forget();
  }
}

std::string LiveCalls::shown(const std::shared_ptr<const std::string>& content) const {
  std::string out = redact_ && content ? redact_(*content) : std::string();
  shorten(out, kLongestContent);
  return out;
}

std::string LiveCalls::cursor(std::uint64_t place) const { return fmt::format("{}.{}", instance_, place); }

// A cursor of another process, or none at all, stands before everything.
std::uint64_t LiveCalls::place_of(std::string_view cursor) const {
  const std::size_t dot = cursor.rfind('.');
  if (dot == std::string_view::npos || cursor.substr(0, dot) != instance_) return 0;
  std::uint64_t place = 0;
  const std::string_view digits = cursor.substr(dot + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place);
  if (error != std::errc() || end != digits.data() + digits.size()) return 0;
  return std::min(place, total_);
}

bool LiveCalls::fits(const Kept& kept, const LiveQuery& query) {
  const CallRecord& record = kept.record;
  if (query.show == LiveQuery::Show::failed && record.outcome == base::Outcome::ok) return false;
  if (!query.server.empty() && record.server != query.server) return false;
  if (query.text.empty()) return true;
  return contains(record.server, query.text) || contains(record.name, query.text) || contains(record.client, query.text) ||
         contains(record.message, query.text) || contains(record.method, query.text) ||
         (record.caller && contains(record.caller->id, query.text));
}

std::string LiveCalls::page(const LiveQuery& asked) const {
  LiveQuery query = asked;
  std::transform(query.text.begin(), query.text.end(), query.text.begin(), lower);
  const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, kMostAtOnce);
  std::lock_guard lock(mutex_);
  const std::uint64_t first = calls_.empty() ? total_ + 1 : calls_.front().place;
  const std::uint64_t after = query.after.empty() ? 0 : place_of(query.after);
  std::size_t at = after < first ? 0 : static_cast<std::size_t>(after + 1 - first);
  std::vector<const Kept*> found;
  std::uint64_t next = total_;
  if (query.after.empty()) {
    for (std::size_t i = calls_.size(); i > 0 && found.size() < limit; --i)
      if (fits(calls_[i - 1], query)) found.push_back(&calls_[i - 1]);
    std::reverse(found.begin(), found.end());
  } else {
    for (; at < calls_.size(); ++at) {
      if (!fits(calls_[at], query)) continue;
      if (found.size() == limit) {
        next = calls_[at].place - 1;
        break;
      }
      found.push_back(&calls_[at]);
    }
  }
  std::string out = "{\"calls\":[";
  for (const Kept* kept : found) {
    if (!out.ends_with('[')) out += ',';
    out += ended(kept->record);
    out += '}';
  }
  const bool lost = !query.after.empty() && after + 1 < first;
  out += fmt::format(R"(],"next":{},"lost":{},"running":{},"total":{}}})", quoted(cursor(next)), lost, running_.size(), total_);
  return out;
}

std::optional<std::string> LiveCalls::find(std::string_view call) const {
  if (!call.starts_with('c')) return {};
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(call.data() + 1, call.data() + call.size(), number);
  if (error != std::errc() || end != call.data() + call.size()) return {};
  std::lock_guard lock(mutex_);
  auto found = std::find_if(calls_.rbegin(), calls_.rend(), [number](const Kept& one) { return one.record.number == number; });
  if (found == calls_.rend()) return {};
  const CallRecord& record = found->record;
  std::string out = ended(record);
  add(out, "revision", record.revision);
  add(out, "server_revision", record.server_revision);
  add(out, "transport", record.transport);
  add(out, "address", record.address);
  add(out, "session", record.session);
  add(out, "rule", record.rule);
  add(out, "approval", record.approval);
  add(out, "pin", record.pin);
  add(out, "trace", hex(record.trace.trace));
  add(out, "span", hex(record.trace.span));
  if (record.caller) {
    add(out, "user", record.caller->user);
    add(out, "key", record.caller->key);
    add(out, "owner", record.caller->owner);
  }
  add(out, "arguments", shown(record.arguments));
  add(out, "result", shown(record.result));
  std::string inner;
  for (const Kept& one : calls_)
    if (one.record.parent == number) inner += (inner.empty() ? "" : ",") + ended(one.record) + "}";
  if (!inner.empty()) out += ",\"inner\":[" + inner + "]";
  return out + "}";
}

std::string LiveCalls::running() const {
  std::lock_guard lock(mutex_);
  std::string out = "[";
  for (const auto& [number, record] : running_) {
    if (out.size() > 1) out += ',';
    out += brief(record);
    out += '}';
  }
  return out + "]";
}

}  // namespace observe
