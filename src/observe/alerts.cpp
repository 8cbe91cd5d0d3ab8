#include "observe/alerts.h"

#include <array>
#include <utility>
#include <vector>

#include "base/json.h"

namespace observe {
namespace {

// Which events are alerts. An event of the kind whose outcome is among `good` ends it, any other begins it.
struct Sort {
  std::string_view kind;
  std::string_view name;
  std::string_view good;  // words with blanks round them
  std::string_view text;
};

constexpr std::array kSorts{
    Sort{"upstream.state", "upstream-down", " up ok idle degraded half-open stopped starting ", "an upstream is down"},
    Sort{"signin.drift", "sign-in-drift", " ok ", "sign-in does not fit the identity provider any more"},
    Sort{"pins.quarantined", "quarantine", " ok approved released ", "definitions changed and are held back until somebody approves them"},
    Sort{"budget.spent", "budget", " ok ", "a budget of tokens is used up"},
    Sort{"audit.chain", "chain-broken", " ok ", "the audit trail does not verify"},
    Sort{"key.expiry", "key-expiry", " ok rotated ", "a key or token ends soon or has ended"},
    Sort{"telemetry.state", "telemetry-down", " ok ", "the collector does not take telemetry"},
};

bool among(std::string_view word, std::string_view words) {
  if (word.empty() || word.find(' ') != std::string_view::npos) return false;
  std::string padded = " ";
  padded += word;
  padded += ' ';
  return words.find(padded) != std::string_view::npos;
}

void add(std::string& out, std::string_view key, std::string_view text) {
  out += ',';
  base::append_json_string(out, key);
  out += ':';
  base::append_json_string(out, text);
}

}  // namespace

std::optional<Alert> alert_of(const base::Event& event) {
  for (const Sort& sort : kSorts) {
    if (event.kind != sort.kind) continue;
    Alert out;
    out.name = sort.name;
    out.state = among(event.outcome, sort.good) ? AlertState::cleared : AlertState::raised;
    out.subject = event.server.empty() ? event.subject : event.server;
    out.text = sort.text;
    out.detail = event.detail;
    return out;
  }
  return std::nullopt;
}

std::string alert_json(const Alert& alert, std::int64_t time) {
  std::string out = R"({"type":"gatehouse.alert")";
  add(out, "alert", alert.name);
  add(out, "state", alert.state == AlertState::raised ? "raised" : "cleared");
  add(out, "subject", alert.subject);
  add(out, "text", alert.text);
  if (!alert.detail.empty()) add(out, "detail", alert.detail);
  out += ",\"time\":" + std::to_string(time) + "}";
  return out;
}

std::optional<Alert> Alerts::settle(Known& known, Clock::time_point now) const {
  if (known.now == known.told) return std::nullopt;
  if (known.last && now - *known.last < pause_) return std::nullopt;
  known.told = known.now;
  known.last = now;
  return known.latest;
}

void Alerts::happened(const base::Event& event) {
  std::optional<Alert> alert = alert_of(event);
  if (alert) {
    std::lock_guard lock(mutex_);
    std::pair<std::string, std::string> key(alert->name, alert->subject);
    auto found = known_.find(key);
    if (found == known_.end()) {
      // What was never raised need not be cleared.
      if (alert->state == AlertState::cleared) {
        alert.reset();
      } else if (known_.size() >= kMostSubjects) {
        ++untold_;
        alert.reset();
      } else {
        found = known_.try_emplace(std::move(key)).first;
      }
    }
    if (alert) {
      found->second.now = alert->state;
      found->second.latest = *std::move(alert);
    }
  }
  look();
}

void Alerts::look() {
  std::vector<Alert> leaving;
  {
    std::lock_guard lock(mutex_);
    const Clock::time_point now = now_();
    for (auto& [key, known] : known_)
      if (auto alert = settle(known, now)) leaving.push_back(*std::move(alert));
    // What is over and was not told lately is forgotten, and makes room.
    std::erase_if(known_, [&](const auto& one) {
      const Known& known = one.second;
      return known.told == AlertState::cleared && known.now == AlertState::cleared && (!known.last || now - *known.last >= pause_);
    });
  }
  for (const Alert& alert : leaving) tell_(alert);
}

std::size_t Alerts::raised() const {
  std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const auto& [key, known] : known_) count += known.now == AlertState::raised ? 1 : 0;
  return count;
}

std::uint64_t Alerts::untold() const {
  std::lock_guard lock(mutex_);
  return untold_;
}

}  // namespace observe
