#include "trust/pins/ledger.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "trust/pins/difference.h"
#include "trust/pins/name_shape.h"

namespace trust {
namespace {

constexpr std::array<std::string_view, 3> kModes{"enforce", "warn", "trust-on-first-use"};
constexpr std::array<std::string_view, 5> kStates{"first-use", "approved", "held", "objected", "seen"};
// Words by which a definition is known again under another name are at least so long.
constexpr std::size_t kTellingWords = 12;

template <class Names>
auto place_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name);
}

std::string description_of(const std::string& text) {
  if (!base::is_object(text)) return {};
  std::string out = base::json_string(base::find_member(text, "description")).value_or("");
  return out.size() < kTellingWords ? std::string() : out;
}

bool named(PinKind kind) {
  return kind == PinKind::tool || kind == PinKind::prompt || kind == PinKind::resource || kind == PinKind::resource_template;
}

}  // namespace

std::string_view pin_mode_name(PinMode mode) { return kModes[static_cast<std::size_t>(mode)]; }

std::optional<PinMode> find_pin_mode(std::string_view name) {
  const auto found = place_of(kModes, name);
  return found == kModes.end() ? std::nullopt : std::optional(static_cast<PinMode>(found - kModes.begin()));
}

std::string_view pin_state_name(PinState state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<PinState> find_pin_state(std::string_view name) {
  const auto found = place_of(kStates, name);
  return found == kStates.end() ? std::nullopt : std::optional(static_cast<PinState>(found - kStates.begin()));
}

void Ledger::put(LedgerPin line) {
  Key key(line.pin.kind, line.pin.name);
  switch (line.state) {
    case PinState::seen:
      if (callers_[key.first].size() < kMostCallers) callers_[key.first].insert(line.caller);
      return;
    case PinState::held:
    case PinState::objected:
      if (held_.size() >= kMostNames && !held_.contains(key)) return;
      if (line.state == PinState::objected)
        objected_.insert(key);
      else
        objected_.erase(key);
      held_.insert_or_assign(std::move(key), std::move(line));
      return;
    case PinState::first_use:
    case PinState::approved: break;
  }
  if (approved_.size() >= kMostNames && !approved_.contains(key)) return;
  shapes_.emplace(Key(key.first, name_shape(key.second)), key.second);
  std::vector<LedgerPin>& all = approved_[key];
  std::erase_if(all, [&](const LedgerPin& one) { return one.pin.digest == line.pin.digest; });
  if (line.caller.empty())
    all.insert(all.begin(), std::move(line));
  else
    all.push_back(std::move(line));
}

void Ledger::write(LedgerPin line, LedgerChanges& changes) {
  changes.written.push_back(line);
  put(std::move(line));
}

LedgerChanges Ledger::approve(Pin pin, const std::string& caller) { return accept(std::move(pin), caller, PinState::approved); }

LedgerChanges Ledger::follow(Pin pin) { return accept(std::move(pin), {}, PinState::first_use); }

LedgerChanges Ledger::accept(Pin pin, const std::string& caller, PinState state) {
  LedgerChanges changes;
  const Key key(pin.kind, pin.name);
  if (const auto found = held_.find(key); found != held_.end()) {
    changes.forgotten.push_back(std::move(found->second));
    held_.erase(found);
  }
  objected_.erase(key);
  std::vector<LedgerPin>& all = approved_[key];
  for (const LedgerPin& one : all)
    if (one.caller == caller && one.pin.digest != pin.digest) changes.forgotten.push_back(one);
  std::erase_if(all, [&](const LedgerPin& one) { return one.caller == caller; });
  write({std::move(pin), caller, state, {}}, changes);
  return changes;
}

bool Ledger::trusted(const Key& key, std::string_view digest) const {
  const auto found = approved_.find(key);
  return found != approved_.end() &&
         std::any_of(found->second.begin(), found->second.end(), [&](const LedgerPin& one) { return one.pin.digest == digest; });
}

std::string Ledger::looks_like(const Key& key) const {
  const auto found = shapes_.find(Key(key.first, name_shape(key.second)));
  return found == shapes_.end() || found->second == key.second ? std::string() : found->second;
}

Ledger::Suspects Ledger::suspects(PinKind kind, std::span<const Pin> offered) const {
  Suspects out;
  std::set<std::string_view> now;
  for (const Pin& pin : offered) now.insert(pin.name);
  for (auto it = approved_.lower_bound(Key(kind, "")); it != approved_.end() && it->first.first == kind; ++it) {
    if (now.contains(it->first.second)) continue;
    for (const LedgerPin& one : it->second)
      if (std::string words = description_of(one.pin.text); !words.empty()) out.gone.emplace(std::move(words), it->first.second);
  }
  for (auto it = held_.lower_bound(Key(kind, "")); it != held_.end() && it->first.first == kind; ++it)
    if (!objected_.contains(it->first)) out.held.push_back(it->first.second);
  return out;
}

// Why these words are not trusted; empty: they are.
std::string Ledger::objection(PinMode mode, const std::string& caller, const Pin& pin, const Suspects& around) const {
  const Key key(pin.kind, pin.name);
  if (trusted(key, pin.digest)) return {};
  if (const auto found = approved_.find(key); found != approved_.end() && !found->second.empty()) {
    const auto callers = callers_.find(pin.kind);
    const bool new_caller = callers != callers_.end() && !callers->second.contains(caller) && callers->second.size() < kMostCallers;
    if (mode == PinMode::first_use && new_caller) return {};
    Difference difference;
    difference.fields = field_changes(pin.kind, found->second.front().pin.text, pin.text);
    return "it was changed since it was approved: " + changed_places(difference);
  }
  if (mode != PinMode::first_use) return "it was never approved";
  if (!named(pin.kind)) return {};
  if (std::string like = looks_like(key); !like.empty()) return "it is new and can be taken for '" + like + "'";
  if (const auto gone = around.gone.find(description_of(pin.text)); gone != around.gone.end())
    return "it came in the place of '" + gone->second + "', with the same words";
  if (held_.contains(key)) return "it is new, and was held back before";
  if (!around.held.empty()) return "it is new, while '" + around.held.front() + "' is held back";
  return {};
}

LedgerChanges Ledger::judge(PinMode mode, const std::string& caller, PinKind kind, std::span<const Pin> offered) {
  LedgerChanges changes;
  const bool first = mode == PinMode::first_use && !knows(kind) && !callers_.contains(kind);
  const Suspects around = mode == PinMode::first_use && !first ? suspects(kind, offered) : Suspects();
  std::vector<LedgerPin> taken;
  std::set<std::string_view> refused;
  for (const Pin& pin : offered) {
    const std::string why = first ? std::string() : objection(mode, caller, pin, around);
    const Key key(pin.kind, pin.name);
    const auto known = held_.find(key);
    if (!why.empty()) {
      refused.insert(pin.name);
      LedgerPin line{pin, caller, PinState::held, why};
      const bool same = known != held_.end() && known->second.pin.digest == pin.digest;
      if (known != held_.end() && (known->second == line || (same && objected_.contains(key)))) continue;
      if (known != held_.end() && known->second.pin.digest != pin.digest) changes.forgotten.push_back(known->second);
      write(std::move(line), changes);
      continue;
    }
    if (trusted(key, pin.digest)) {
      // The server went back to what was approved.
      if (known != held_.end() && known->second.caller == caller && !refused.contains(pin.name) && known->second.pin.digest != pin.digest) {
        objected_.erase(key);
        changes.forgotten.push_back(std::move(known->second));
        held_.erase(known);
      }
      continue;
    }
    taken.push_back({pin, approved_.contains(key) ? caller : std::string(), PinState::first_use, {}});
  }
  // Only now: what came together is not compared with each other.
  for (LedgerPin& line : taken) write(std::move(line), changes);
  if (mode == PinMode::first_use && callers_[kind].size() < kMostCallers && !callers_[kind].contains(caller)) {
    LedgerPin mark;
    mark.pin.kind = kind;
    mark.caller = caller;
    mark.state = PinState::seen;
    write(std::move(mark), changes);
  }
  return changes;
}

LedgerChanges Ledger::hold(Pin pin, const std::string& caller, std::string reason) {
  LedgerChanges changes;
  const Key key(pin.kind, pin.name);
  if (const auto found = approved_.find(key); found != approved_.end())
    for (const LedgerPin& one : found->second)
      if (one.state == PinState::approved && one.pin.digest == pin.digest) return changes;
  LedgerPin line{std::move(pin), caller, PinState::objected, std::move(reason)};
  const auto known = held_.find(key);
  if (known != held_.end() && known->second == line) return changes;
  if (known != held_.end() && known->second.pin.digest != line.pin.digest) changes.forgotten.push_back(known->second);
  write(std::move(line), changes);
  return changes;
}

bool Ledger::shows(PinMode mode, PinKind kind, std::string_view name, std::string_view digest) const {
  const Key key(kind, name);
  if (const auto found = held_.find(key); found != held_.end() && objected_.contains(key) && found->second.pin.digest == digest)
    return false;
  return mode == PinMode::warn || trusted(key, digest);
}

const LedgerPin* Ledger::held(PinKind kind, std::string_view name) const {
  if (const auto found = held_.find(Key(kind, name)); found != held_.end()) return &found->second;
  if (held_.empty() || approved(kind, name)) return nullptr;
  const std::string shape = name_shape(name);
  for (const auto& [key, line] : held_)
    if (key.first == kind && name_shape(key.second) == shape) return &line;
  return nullptr;
}

const LedgerPin* Ledger::approved(PinKind kind, std::string_view name) const {
  const auto found = approved_.find(Key(kind, name));
  return found == approved_.end() || found->second.empty() ? nullptr : &found->second.front();
}

bool Ledger::knows(PinKind kind) const {
  const auto found = approved_.lower_bound(Key(kind, ""));
  return found != approved_.end() && found->first.first == kind;
}

std::size_t Ledger::callers(PinKind kind) const {
  const auto found = callers_.find(kind);
  return found == callers_.end() ? 0 : found->second.size();
}

std::vector<LedgerPin> Ledger::lines() const {
  std::vector<LedgerPin> out;
  std::set<Key> keys;
  for (const auto& [key, all] : approved_) keys.insert(key);
  for (const auto& [key, line] : held_) keys.insert(key);
  for (const Key& key : keys) {
    if (const auto found = approved_.find(key); found != approved_.end()) out.insert(out.end(), found->second.begin(), found->second.end());
    if (const auto found = held_.find(key); found != held_.end()) out.push_back(found->second);
  }
  return out;
}

}  // namespace trust
