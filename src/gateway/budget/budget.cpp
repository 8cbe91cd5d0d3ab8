#include "gateway/budget/budget.h"

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "disclosure/cut.h"
#include "gateway/limits.h"
#include "tokens/count.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Instant;
using base::Millis;
using base::Result;

namespace {

// Without limits the first few texts of each kind are counted, then one of so many. What is large is counted by who has time for it.
constexpr std::uint64_t kCountedFirst = 4;
constexpr std::uint64_t kCountedOneOf = 1024;
constexpr std::size_t kLargestSample = 4 * 1024;
// With limits every text is, up to this size.
constexpr std::size_t kLargestCounted = 16 * 1024;
constexpr std::size_t kShown = 50;  // sessions and callers in text()

const std::string kOthers = "(others)";

void add(std::string& out, std::string_view key, std::uint64_t value) {
  if (!out.ends_with('{') && !out.ends_with('[')) out += ',';
  out.append("\"").append(key).append("\":").append(std::to_string(value));
}

}  // namespace

void Budget::Hour::add(std::uint64_t tokens, Instant now) {
  const std::int64_t at = slot_of(now);
  Slot& slot = slots_[static_cast<std::size_t>(at) % slots_.size()];
  if (slot.at != at) slot = {at, 0};
  slot.tokens += tokens;
}

std::uint64_t Budget::Hour::sum(Instant now) const {
  const std::int64_t at = slot_of(now);
  std::uint64_t total = 0;
  for (const Slot& slot : slots_)
    if (slot.at > at - static_cast<std::int64_t>(slots_.size())) total += slot.tokens;
  return total;
}

Millis Budget::Hour::wait(Instant now) const {
  const std::int64_t at = slot_of(now);
  std::int64_t oldest = at;
  for (const Slot& slot : slots_)
    if (slot.tokens > 0 && slot.at > at - static_cast<std::int64_t>(slots_.size())) oldest = std::min(oldest, slot.at);
  const Instant free{kSlot * (oldest + static_cast<std::int64_t>(slots_.size()))};
  return std::max(Millis(1), std::chrono::duration_cast<Millis>(free - now));
}

Budget::Account& Budget::account(Accounts& of, const std::string& key, Instant now) {
  auto found = of.find(key);
  if (found != of.end() && (&of == &callers_ || now - found->second.last <= kSessionIdle)) {
    found->second.last = now;
    return found->second;
  }
  if (found != of.end()) of.erase(found);
  if (of.size() >= kMostPayers) {
    std::erase_if(of, [&](const auto& one) { return now - one.second.last > kSessionIdle && one.second.hour.sum(now) == 0; });
    if (of.size() >= kMostPayers) return of[kOthers];
  }
  Account& made = of[key];
  made.last = now;
  return made;
}

Budget::Tool& Budget::tool(std::string_view server, std::string_view name) {
  std::pair<std::string, std::string> key(server, name);
  if (tools_.size() >= kMostTools && !tools_.contains(key)) key = {kOthers, kOthers};
  return tools_[std::move(key)];
}

bool Budget::wants_count(const Tally& tally, std::size_t size) const {
  if (limits()) return size <= kLargestCounted;
  return size <= kLargestSample && (tally.texts <= kCountedFirst || tally.texts % kCountedOneOf == 0);
}

Result<> Budget::admit(const Payer& payer, Instant now) {
  const std::size_t session_most = config_.hard_session != 0 ? config_.hard_session : config_.hard ? config_.session : 0;
  if (session_most != 0) {
    const std::uint64_t used = account(sessions_, payer.session, now).charged;
    if (used >= session_most)
      return Error(Code::rate_limited, "the token budget of this session is used up: " + std::to_string(used) + " of " +
                                           std::to_string(session_most) +
                                           " tokens; begin a new session, or have the operator raise budget in gatehouse.yaml");
  }
  if (config_.hard && config_.hour != 0) {
    const Account& caller = account(callers_, payer.caller, now);
    const std::uint64_t used = caller.hour.sum(now);
    if (used >= config_.hour) {
      const Millis wait = caller.hour.wait(now);
      const auto minutes = static_cast<std::int64_t>(std::ceil(static_cast<double>(wait.count()) / 60'000));
      return Error(Code::rate_limited, "the token budget of this hour is used up: " + std::to_string(used) + " of " +
                                           std::to_string(config_.hour) + " tokens; wait " + std::to_string(minutes) +
                                           " min, or have the operator raise budget.hour in gatehouse.yaml")
          .with_data(retry_after(wait));
    }
  }
  return {};
}

std::size_t Budget::room(const Payer& payer, Instant now) {
  std::size_t most = config_.call != 0 ? config_.call : kNoLimit;
  const auto left = [](std::uint64_t of, std::uint64_t used) { return std::max<std::size_t>(of > used ? of - used : 0, kFloor); };
  const std::size_t session =
      std::min(config_.session != 0 ? config_.session : kNoLimit, config_.hard_session != 0 ? config_.hard_session : kNoLimit);
  if (session != kNoLimit) most = std::min(most, left(session, account(sessions_, payer.session, now).charged));
  if (config_.hour != 0) most = std::min(most, left(config_.hour, account(callers_, payer.caller, now).hour.sum(now)));
  return most;
}

void Budget::spend(const Payer& payer, Spent what, std::string_view text, Instant now, std::size_t tokens) {
  Account& session = account(sessions_, payer.session, now);
  Account& caller = account(callers_, payer.caller, now);
  const auto at = static_cast<std::size_t>(what);
  session.spent[at].add(text.size());
  caller.spent[at].add(text.size());
  if (tokens == kNoLimit && wants_count(session.spent[at], text.size()))
    tokens = what == Spent::results ? disclosure::result_tokens(text) : tokens::count(text);
  if (tokens != kNoLimit) {
    session.spent[at].counted(text.size(), tokens);
    caller.spent[at].counted(text.size(), tokens);
  }
  // Lists are asked for by programs; what is charged is what calls take and give.
  if (what == Spent::definitions) return;
  const std::uint64_t charged = tokens != kNoLimit ? tokens : session.spent[at].tokens_of(text.size());
  session.charged += charged;
  caller.hour.add(charged, now);
}

void Budget::called(std::string_view server, std::string_view name, std::string_view arguments, std::string_view result) {
  Tool& of = tool(server, name);
  of.arguments.add(arguments.size());
  if (wants_count(of.arguments, arguments.size())) of.arguments.counted(arguments.size(), tokens::count(arguments));
  of.results.add(result.size());
  if (wants_count(of.results, result.size())) of.results.counted(result.size(), disclosure::result_tokens(result));
}

void Budget::cut(std::string_view server, std::string_view name) { ++tool(server, name).cut; }

std::string Budget::text(Instant now) const {
  std::string out = "{";
  add(out, "window", config_.window);
  out += ",\"limits\":{";
  for (auto [key, value] : {std::pair<std::string_view, std::size_t>("call", config_.call),
                            {"session", config_.session},
                            {"hour", config_.hour},
                            {"hard", config_.hard_session}})
    if (value != 0) add(out, key, value);
  if (config_.hard) out += std::string(out.ends_with('{') ? "" : ",") + "\"refuses\":true";
  out += "}";
  const auto accounts = [&](std::string_view key, const Accounts& all, std::string_view name) {
    out.append(",\"").append(key).append("\":[");
    std::size_t shown = 0;
    for (const auto& [id, account] : all) {
      if (&all == &sessions_ && now - account.last > kSessionIdle) continue;
      if (shown++ == kShown) break;
      out += shown == 1 ? "{" : ",{";
      out.append("\"").append(name).append("\":").append(base::quoted(id));
      for (std::size_t i = 0; i < kSpentKinds; ++i) add(out, kSpentNames[i], account.spent[i].tokens());
      if (&all == &callers_) add(out, "hour", account.hour.sum(now));
      out += "}";
    }
    out += "]";
  };
  accounts("callers", callers_, "caller");
  accounts("sessions", sessions_, "session");
  out += ",\"tools\":[";
  for (const auto& [key, of] : tools_) {
    out += out.ends_with('[') ? "{" : ",{";
    out.append("\"server\":").append(base::quoted(key.first)).append(",\"tool\":").append(base::quoted(key.second));
    add(out, "calls", of.results.texts);
    add(out, "arguments", of.arguments.tokens());
    add(out, "results", of.results.tokens());
    add(out, "largest", of.results.tokens_of(of.results.largest));
    add(out, "cut", of.cut);
    out += of.results.exact() && of.arguments.exact() ? ",\"exact\":true}" : ",\"exact\":false}";
  }
  return out + "]}";
}

}  // namespace gateway
