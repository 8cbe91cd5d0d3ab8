#include "gateway/trust/pinning.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/event.h"
#include "base/json.h"
#include "base/log.h"
#include "gateway/uris.h"
#include "protocol/splice.h"
#include "trust/pins/canonical.h"
#include "trust/pins/lockfile.h"
#include "trust/pins/name_shape.h"

namespace gateway {

using base::Millis;
using base::Result;
using base::Task;
using store::StoredPin;
using trust::LedgerPin;
using trust::Pin;
using trust::PinKind;
using trust::PinMode;
using trust::PinState;

namespace {

// How often the store is looked at: what a person approves is to be seen within a second.
constexpr Millis kLook{500};
// What was pinned last may take so long to be written at the end.
constexpr Millis kLastWrites{5'000};

PinKind kind_of_pin(DefinitionKind kind) {
  switch (kind) {
    case DefinitionKind::tool: return PinKind::tool;
    case DefinitionKind::prompt: return PinKind::prompt;
    case DefinitionKind::resource: return PinKind::resource;
    case DefinitionKind::resource_template: break;
  }
  return PinKind::resource_template;
}

StoredPin stored(const std::string& server, const LedgerPin& line) {
  return {server,      std::string(pin_kind_name(line.pin.kind)), line.pin.name, line.pin.digest,
          line.caller, std::string(pin_state_name(line.state)),   line.reason,   line.pin.text};
}

std::array<std::string, 5> key_of(const StoredPin& row) { return {row.server, row.kind, row.name, row.digest, row.caller}; }

std::optional<LedgerPin> read(StoredPin row) {
  const auto kind = trust::find_pin_kind(row.kind);
  const auto state = trust::find_pin_state(row.state);
  if (!kind || !state) return std::nullopt;
  LedgerPin out;
  out.pin = {*kind, std::move(row.name), std::move(row.digest), std::move(row.text)};
  out.caller = std::move(row.caller);
  out.state = *state;
  out.reason = std::move(row.reason);
  return out;
}

Pin pin_of(const Definition& definition) { return trust::pin_of(kind_of_pin(definition.kind), definition.key, definition.raw); }

// Of a new version of what it says of itself, and nothing else.
bool only_another_version(const std::string& before, const std::string& after) {
  return protocol::without_members(before, {"version"}) == protocol::without_members(after, {"version"});
}

protocol::ToolHints hints_in(std::string_view annotations, protocol::ToolHints out) {
  auto read_flag = [&](std::string_view key, std::optional<bool>& to) {
    const std::string_view value = base::find_member(annotations, key);
    if (value == "true") to = true;
    if (value == "false") to = false;
  };
  read_flag("readOnlyHint", out.read_only);
  read_flag("destructiveHint", out.destructive);
  read_flag("idempotentHint", out.idempotent);
  read_flag("openWorldHint", out.open_world);
  return out;
}

// The definition with what the config says of its annotations, for clients and for rules.
void reclassify(Definition& definition, const std::map<std::string, bool>& annotations) {
  std::string_view own = base::find_member(definition.raw, "annotations");
  std::string changed(base::is_object(own) ? own : "{}");
  for (const auto& [key, value] : annotations) changed = protocol::with_members(changed, {{key, value ? "true" : "false"}});
  definition.raw = protocol::with_members(definition.raw, {{"annotations", changed}});
  definition.hints = hints_in(changed, {});
}

}  // namespace

std::string launch_text(const ServerConfig& server) {
  std::string out = "{\"url\":" + base::quoted(server.url) + ",\"command\":[";
  const std::vector<std::string>& command = server.written_command.empty() ? server.command : server.written_command;
  for (std::size_t i = 0; i < command.size(); ++i) out.append(i > 0 ? "," : "").append(base::quoted(command[i]));
  out.append("],\"env\":[");
  bool first = true;
  for (const auto& [name, value] : server.env) {
    out.append(first ? "" : ",").append(base::quoted(name));
    first = false;
  }
  return trust::canonical_json(out.append("]}"));
}

Pinning::Pinning(Parts parts, PinConfig config) : parts_(std::move(parts)), config_(std::move(config)) {}

Result<> Pinning::load() {
  std::vector<StoredPin> rows;
  if (parts_.store) {
    auto version = parts_.store->version();
    if (!version) return std::move(version).error();
    auto all = parts_.store->load();
    if (!all) return std::move(all).error();
    version_ = *version;
    rows = *std::move(all);
  }
  keep(std::move(rows));
  fill();
  return {};
}

void Pinning::keep(std::vector<StoredPin> rows) {
  kept_.clear();
  for (StoredPin& row : rows) {
    RowKey key = key_of(row);
    kept_.insert_or_assign(std::move(key), std::move(row));
  }
}

// With a lock, what it holds is what was approved; what is held back is kept in the store either way.
void Pinning::fill() {
  ledgers_.clear();
  if (config_.lock)
    for (const auto& [id, server] : config_.lock->servers)
      for (const LedgerPin& line : server.pins) ledger(id).put(line);
  for (const auto& [key, row] : kept_) {
    auto line = read(row);
    if (!line) continue;
    const bool of_lock = line->pin.kind == PinKind::launch || line->pin.kind == PinKind::package;
    const bool approves = line->state == PinState::approved || line->state == PinState::first_use;
    // What the first sight trusted is worth nothing where a person has to approve.
    const bool only_seen = config_.mode == PinMode::enforce && line->state == PinState::first_use;
    if (approves && (only_seen || (config_.lock && !of_lock))) continue;
    ledger(row.server).put(*std::move(line));
  }
}

void Pinning::use(PinConfig config) {
  const bool same = config == config_;
  config_ = std::move(config);
  if (same) return;
  fill();
}

trust::Ledger& Pinning::ledger(std::string_view server) {
  auto found = ledgers_.find(server);
  if (found == ledgers_.end()) found = ledgers_.emplace(std::string(server), trust::Ledger()).first;
  return found->second;
}

const trust::Ledger* Pinning::find(std::string_view server) const {
  const auto found = ledgers_.find(server);
  return found == ledgers_.end() ? nullptr : &found->second;
}

void Pinning::note(const std::string& server, const trust::LedgerChanges& changes) {
  if (changes.empty()) return;
  Change change;
  for (const LedgerPin& line : changes.forgotten) change.forgotten.push_back(stored(server, line));
  for (const LedgerPin& line : changes.written) {
    change.written.push_back(stored(server, line));
    if (!is_held(line.state)) continue;
    base::events::happened({"pins.quarantined", std::string(pin_kind_name(line.pin.kind)) + " " + line.pin.name, "", server,
                            config_.mode == PinMode::warn ? "warned" : "held", line.reason});
    base::log::warn(config_.mode == PinMode::warn ? "a definition is not as it was approved" : "a definition is held back",
                    {{"server", server},
                     {"kind", pin_kind_name(line.pin.kind)},
                     {"name", line.pin.name},
                     {"reason", line.reason},
                     {"see", "gatehouse pins diff " + server}});
  }
  for (const StoredPin& row : change.forgotten) kept_.erase(key_of(row));
  for (const StoredPin& row : change.written) kept_.insert_or_assign(key_of(row), row);
  if (!parts_.store || work_.stop_token().stop_requested()) return;
  unwritten_.push_back(std::move(change));
  if (!writing_) work_.spawn(write_all());
}

Task<void> Pinning::write_all() {
  writing_ = true;
  while (!unwritten_.empty()) {
    Change next = std::move(unwritten_.front());
    unwritten_.erase(unwritten_.begin());
    store::PinStore* store = parts_.store;
    auto work = [store, change = std::move(next)]() -> Result<> { return store->change(change.forgotten, change.written); };
    Result<> done = co_await parts_.pool.run(parts_.loop, std::move(work));
    if (!done) base::log::error("pins cannot be stored", {{"reason", done.error().message}});
  }
  writing_ = false;
}

void Pinning::start() {
  if (parts_.store) work_.spawn(watch());
}

Task<void> Pinning::watch() {
  std::stop_token stop = work_.stop_token();
  while (!stop.stop_requested()) {
    co_await parts_.loop.timers().sleep(kLook, stop);
    if (!stop.stop_requested()) co_await look();
  }
}

// Another process may have changed what is kept. What this one has not written yet is newer than what it would read.
Task<void> Pinning::look() {
  if (writing_) co_return;
  struct Read {
    std::int64_t version = 0;
    std::optional<std::vector<StoredPin>> rows;
  };
  store::PinStore* store = parts_.store;
  auto work = [store, known = version_]() -> Result<Read> {
    Read out;
    auto version = store->version();
    if (!version) return std::move(version).error();
    out.version = *version;
    if (*version == known) return out;
    auto rows = store->load();
    if (!rows) return std::move(rows).error();
    out.rows = *std::move(rows);
    return out;
  };
  Result<Read> found = co_await parts_.pool.run(parts_.loop, std::move(work));
  if (!found || !found->rows || writing_) co_return;
  version_ = found->version;
  const auto before = ledgers_;
  keep(*std::move(found->rows));
  fill();
  auto same = [&](const auto& one, const auto& other) { return one.first == other.first && one.second.lines() == other.second.lines(); };
  if (std::equal(before.begin(), before.end(), ledgers_.begin(), ledgers_.end(), same)) co_return;
  if (parts_.changed) parts_.changed({});
}

Task<void> Pinning::stop() {
  // What was pinned last is written before the end.
  const base::Instant deadline = base::Timers::now() + kLastWrites;
  while (writing_ && base::Timers::now() < deadline) co_await parts_.loop.timers().sleep(Millis(1));
  work_.stop();
  co_await work_.join();
}

void Pinning::judge(const ServerConfig& server, const std::string& caller, DefinitionKind kind, const std::vector<Definition>& items) {
  if (!judges(server)) return;
  std::vector<Pin> offered;
  offered.reserve(items.size());
  for (const Definition& definition : items) offered.push_back(pin_of(definition));
  trust::Ledger& book = ledger(server.id);
  note(server.id, book.judge(config_.mode, caller, kind_of_pin(kind), offered));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string* known = quarantine_.find(server.id, kind, items[i].key);
    std::string why = known ? *known : objection_ ? objection_(server, items[i].raw) : std::string();
    if (!why.empty()) note(server.id, book.hold(offered[i], caller, std::move(why)));
  }
}

void Pinning::judge(const ServerConfig& server, const std::string& caller, const Introduction& said) {
  if (!judges(server)) return;
  trust::Ledger& book = ledger(server.id);
  auto one = [&](Pin pin) {
    const LedgerPin* known = book.approved(pin.kind, "");
    const bool follows = config_.mode == PinMode::first_use && known && known->pin.digest != pin.digest &&
                         (pin.kind == PinKind::capabilities || only_another_version(known->pin.text, pin.text));
    if (follows && pin.kind != PinKind::instructions) {
      base::log::info("a server says something else of itself",
                      {{"server", server.id}, {"what", pin_kind_name(pin.kind)}, {"see", "gatehouse pins list"}});
      return note(server.id, book.follow(std::move(pin)));
    }
    const std::vector<Pin> alone(1, std::move(pin));
    note(server.id, book.judge(config_.mode, caller, alone[0].kind, alone));
    const bool words = alone[0].kind == PinKind::instructions;
    if (!objection_ || alone[0].kind == PinKind::capabilities || (words && said.instructions.empty())) return;
    std::string why = objection_(server, words ? "{\"instructions\":" + alone[0].text + "}" : alone[0].text);
    if (!why.empty()) note(server.id, book.hold(alone[0], caller, std::move(why)));
  };
  if (!said.info.empty()) one(trust::pin_of(PinKind::server, {}, said.info));
  if (!said.capabilities.empty()) one(trust::pin_of(PinKind::capabilities, {}, said.capabilities));
  one(trust::pin_of_text(PinKind::instructions, said.instructions));
}

bool Pinning::shows(const ServerConfig& server, const Definition& definition) const {
  const trust::Ledger* book = find(server.id);
  if (!book) return config_.mode != PinMode::enforce;
  const Pin pin = pin_of(definition);
  return book->shows(config_.mode, pin.kind, pin.name, pin.digest);
}

std::shared_ptr<const OfferedList> Pinning::narrowed(const ServerConfig& server, DefinitionKind kind,
                                                     const std::shared_ptr<const OfferedList>& list) const {
  if (!list) return list;
  const trust::Ledger* book = find(server.id);
  // Of several with one name the first is used: where any of them is not trusted, none is shown.
  std::set<std::string_view> refused;
  if (judges(server))
    for (const Definition& definition : list->items)
      if (!shows(server, definition)) refused.insert(definition.key);
  auto annotated = [&](const Definition& definition) -> const std::map<std::string, bool>* {
    const auto found = server.tools.find(definition.key);
    return kind == DefinitionKind::tool && found != server.tools.end() && !found->second.annotations.empty() ? &found->second.annotations
                                                                                                             : nullptr;
  };
  const bool warns = book && config_.mode == PinMode::warn && kind == DefinitionKind::tool;
  const bool says = std::any_of(list->items.begin(), list->items.end(), [&](const Definition& one) { return annotated(one) != nullptr; });
  if (refused.empty() && !says && !warns) return list;
  auto out = std::make_shared<OfferedList>();
  out->extra = list->extra;
  for (const Definition& definition : list->items) {
    if (refused.contains(definition.key)) continue;
    Definition& shown = out->items.emplace_back(definition);
    if (warns) {
      const LedgerPin* pinned = book->approved(PinKind::tool, definition.key);
      shown.hints = pinned ? hints_in(base::find_member(pinned->pin.text, "annotations"), {}) : protocol::ToolHints();
    }
    if (const auto* annotations = annotated(definition)) reclassify(shown, *annotations);
  }
  return out;
}

void Pinning::narrow(const ServerConfig& server, ServerCatalog& offer) const {
  for (DefinitionKind kind : kKinds) offer.at(kind) = narrowed(server, kind, offer.at(kind));
  if (!judges(server)) return;
  const trust::Ledger* book = find(server.id);
  auto approved = [&](const Pin& pin) { return book && book->shows(config_.mode, pin.kind, pin.name, pin.digest); };
  auto instead = [&](PinKind kind) { return book && book->approved(kind, "") ? book->approved(kind, "")->pin.text : std::string(); };
  if (!book && config_.mode != PinMode::enforce) return;
  if (!offer.info.empty() && !approved(trust::pin_of(PinKind::server, {}, offer.info))) offer.info = instead(PinKind::server);
  if (!offer.capabilities.empty() && !approved(trust::pin_of(PinKind::capabilities, {}, offer.capabilities)))
    offer.capabilities = book && book->approved(PinKind::capabilities, "") ? instead(PinKind::capabilities) : "{}";
  if (!offer.instructions.empty() && !approved(trust::pin_of_text(PinKind::instructions, offer.instructions))) offer.instructions.clear();
}

void Pinning::hold(std::string_view server, DefinitionKind kind, std::string_view name, std::string reason) {
  if (!quarantine_.hold(server, kind, name, std::move(reason)))
    base::log::error("too much is held back; the rest of it is shown", {{"server", server}});
  if (parts_.changed) parts_.changed(server);
}

std::optional<std::string> Pinning::objection(const ServerConfig& server, DefinitionKind kind, std::string_view name) const {
  if (!judges(server)) return std::nullopt;
  const trust::Ledger* book = find(server.id);
  auto why = [&](DefinitionKind of, std::string_view real) -> std::optional<std::string> {
    const LedgerPin* held = book ? book->held(kind_of_pin(of), real) : nullptr;
    // What only differs from its pin is told of in this mode, and shown.
    if (!held || book->shows(config_.mode, held->pin.kind, held->pin.name, held->pin.digest)) return std::nullopt;
    return held->reason;
  };
  if (kind == DefinitionKind::resource || kind == DefinitionKind::resource_template) {
    if (auto held = why(DefinitionKind::resource, name)) return held;
    if (!book) return std::nullopt;
    for (const LedgerPin& line : book->lines())
      if (is_held(line.state) && line.pin.kind == PinKind::resource_template && template_matches(line.pin.name, name))
        return why(DefinitionKind::resource_template, line.pin.name);
    return std::nullopt;
  }
  std::string_view real = name;
  for (const auto& [own, changed] : server.tools)
    if (kind == DefinitionKind::tool && changed.rename == name) real = own;
  if (auto held = why(kind, real)) return held;
  if (config_.mode == PinMode::enforce && !(book && book->approved(kind_of_pin(kind), real))) return "it was never approved";
  return std::nullopt;
}

std::optional<std::string> Pinning::launch_objection(const ServerConfig& server) const {
  if (!config_.lock || config_.mode != PinMode::enforce || !judges(server)) return std::nullopt;
  const auto locked = config_.lock->servers.find(server.id);
  if (locked == config_.lock->servers.end())
    return "the lock " + config_.file + " does not know it; look at its command, then run gatehouse pins lock " + server.id;
  if (locked->second.launch == trust::pin_digest(launch_text(server))) {
    const auto refused = config_.refused.find(server.id);
    return refused == config_.refused.end() ? std::nullopt : std::optional(refused->second);
  }
  return "the lock " + config_.file +
         " holds another command or address for it than the config; undo the change, or look at it and run "
         "gatehouse pins lock " +
         server.id;
}

std::vector<std::string> Pinning::held_names(std::string_view server, DefinitionKind kind) const {
  std::vector<std::string> out;
  if (const trust::Ledger* book = find(server))
    for (const LedgerPin& line : book->lines())
      if (is_held(line.state) && line.pin.kind == kind_of_pin(kind)) out.push_back(line.pin.name);
  return out;
}

std::size_t Pinning::held(std::string_view server) const {
  const trust::Ledger* book = find(server);
  if (!book || config_.mode == PinMode::warn) return 0;
  const std::vector<LedgerPin> lines = book->lines();
  return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const LedgerPin& one) { return is_held(one.state); }));
}

}  // namespace gateway
