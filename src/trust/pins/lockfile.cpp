#include "trust/pins/lockfile.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/json.h"
#include "trust/pins/canonical.h"
#include "trust/pins/utf8.h"

namespace trust {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::string_view kVersionKey = "gatehouse_lock";
constexpr std::string_view kNewAgain = "restore it from version control, or delete it and write it anew with gatehouse pins lock";

// Canonical JSON in which only plain characters stand as they are: what is in a diff is what there is.
std::string plain_json(std::string_view canonical) {
  std::string out;
  out.reserve(canonical.size());
  for (std::string_view rest = canonical; !rest.empty();) {
    const Rune rune = first_rune(rest);
    const bool letter = rune.good && (rune.code < 0x7f || (rune.code >= 0xa1 && rune.code < 0x300 && rune.code != 0xad));
    if (letter) {
      out.append(rest.substr(0, rune.size));
    } else if (!rune.good) {
      out.append("\\ufffd");
    } else if (rune.code < 0x10000) {
      out.append(fmt::format("\\u{:04x}", static_cast<unsigned>(rune.code)));
    } else {
      const auto above = static_cast<unsigned>(rune.code) - 0x10000;
      out.append(fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (above >> 10), 0xdc00 + (above & 0x3ff)));
    }
    rest.remove_prefix(rune.size);
  }
  return out;
}

std::string plain_text(std::string_view text) { return plain_json(canonical_json(base::quoted(text))); }

// Writes indented JSON.
class Writer {
 public:
  void open(std::string_view key = {}) {
    begin(key);
    out_ += "{";
    first_ = true;
    ++depth_;
  }
  void close() {
    --depth_;
    if (!first_) line();
    out_ += "}";
    first_ = false;
  }
  void member(std::string_view key, std::string_view json) {
    begin({});
    // A key may be empty, too: npm's own place is.
    out_.append(plain_text(key)).append(": ").append(json);
  }
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) member(key, plain_text(value));
  }
  void open_list(std::string_view key) {
    begin(key);
    out_ += "[";
    first_ = true;
    ++depth_;
  }
  void close_list() {
    --depth_;
    if (!first_) line();
    out_ += "]";
    first_ = false;
  }
  std::string take() { return std::move(out_); }

 private:
  void line() { out_.append("\n").append(depth_ * 2, ' '); }
  void begin(std::string_view key) {
    if (depth_ > 0) {
      if (!first_) out_ += ",";
      line();
    }
    first_ = false;
    if (!key.empty()) out_.append(plain_text(key)).append(": ");
  }

  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;
};

void write_pin(Writer& out, const LedgerPin& line) {
  out.open();
  out.text("kind", pin_kind_name(line.pin.kind));
  out.text("name", line.pin.name);
  out.text("for", line.caller);
  out.text("sha256", line.pin.digest);
  out.member("definition", plain_json(line.pin.text));
  out.close();
}

void write_server(Writer& out, const std::string& id, const LockedServer& server) {
  out.open(id);
  out.text("launch", server.launch);
  if (const LockedPackage& package = server.package; !package.name.empty()) {
    out.open("package");
    out.text("manager", package.manager);
    out.text("name", package.name);
    out.text("version", package.version);
    out.text("integrity", package.integrity);
    out.text("dependencies", package.dependencies);
    out.text("tree", package.tree);
    out.text("entry", package.entry);
    out.open("resolved");
    for (const auto& [place, facts] : package.resolved) out.member(place, plain_json(facts));
    out.close();
    out.close();
  }
  std::vector<LedgerPin> pins;
  for (const LedgerPin& line : server.pins)
    if (line.state == PinState::approved || line.state == PinState::first_use) pins.push_back(line);
  std::sort(pins.begin(), pins.end(), [](const LedgerPin& a, const LedgerPin& b) {
    return std::tie(a.pin.kind, a.pin.name, a.caller, a.pin.digest) < std::tie(b.pin.kind, b.pin.name, b.caller, b.pin.digest);
  });
  std::vector<Pin> whole;
  whole.reserve(pins.size());
  for (const LedgerPin& line : pins) whole.push_back(line.pin);
  out.text("set", set_digest(whole));
  out.open_list("pins");
  for (const LedgerPin& line : pins) write_pin(out, line);
  out.close_list();
  out.close();
}

// The hash that stands at the end: over all other members in their canonical form.
std::string self_digest(std::string_view lock) {
  std::string rest = "{";
  for (base::Members members(lock); members.next();) {
    if (members.key() == "digest") continue;
    rest.append(rest.size() > 1 ? "," : "").append(members.raw());
  }
  return pin_digest(canonical_json(rest.append("}")));
}

Error damaged(const std::string& what) { return Error(Code::invalid_argument, fmt::format("{}; {}", what, kNewAgain)); }

// A member that is a string, or empty where there is none.
Result<std::string> text_of(std::string_view object, std::string_view key) {
  const std::string_view value = base::find_member(object, key);
  if (value.empty()) return std::string();
  if (!base::is_string(value)) return damaged(fmt::format("the lock is damaged: {} is no text", key));
  return base::json_string(value);
}

Result<> read_texts(std::string_view object, std::initializer_list<std::pair<std::string_view, std::string*>> into) {
  for (const auto& [key, to] : into) {
    auto text = text_of(object, key);
    if (!text) return std::move(text).error();
    *to = *std::move(text);
  }
  return {};
}

Result<LedgerPin> read_pin(std::string_view value) {
  if (!base::is_object(value)) return damaged("the lock is damaged: a pin is no object");
  LedgerPin out;
  out.state = PinState::approved;
  std::string kind, digest;
  if (auto read = read_texts(value, {{"kind", &kind}, {"name", &out.pin.name}, {"for", &out.caller}, {"sha256", &digest}}); !read)
    return std::move(read).error();
  const auto known = find_pin_kind(kind);
  if (!known) return damaged("the lock is damaged: a pin is of no known kind");
  out.pin.kind = *known;
  const std::string_view definition = base::find_member(value, "definition");
  if (definition.empty()) return damaged("the lock is damaged: a pin has no definition");
  out.pin.text = canonical_json(definition);
  out.pin.digest = pin_digest(out.pin.text);
  if (out.pin.digest != digest)
    return damaged(fmt::format("the lock was edited: the definition of {} '{}' does not fit its sha256", kind, out.pin.name));
  return out;
}

Result<LockedServer> read_server(std::string_view value) {
  if (!base::is_object(value)) return damaged("the lock is damaged: a server is no object");
  LockedServer out;
  if (auto read = read_texts(value, {{"launch", &out.launch}}); !read) return std::move(read).error();
  if (const std::string_view package = base::find_member(value, "package"); base::is_object(package)) {
    LockedPackage& to = out.package;
    auto read = read_texts(package, {{"manager", &to.manager},
                                     {"name", &to.name},
                                     {"version", &to.version},
                                     {"integrity", &to.integrity},
                                     {"dependencies", &to.dependencies},
                                     {"tree", &to.tree},
                                     {"entry", &to.entry}});
    if (!read) return std::move(read).error();
    const std::string_view resolved = base::find_member(package, "resolved");
    for (base::Members one(base::is_object(resolved) ? resolved : "{}"); one.next();)
      to.resolved.emplace(std::string(one.key()), canonical_json(one.value()));
    if (to.dependencies != dependencies_digest(to.resolved))
      return damaged("the lock was edited: the dependencies of a package do not fit");
  }
  const std::string_view pins = base::find_member(value, "pins");
  if (!base::is_array(pins)) return damaged("the lock is damaged: a server has no pins");
  for (base::Elements one(pins); one.next();) {
    auto pin = read_pin(one.value());
    if (!pin) return std::move(pin).error();
    out.pins.push_back(*std::move(pin));
  }
  return out;
}

}  // namespace

std::string dependencies_digest(const std::map<std::string, std::string>& resolved) {
  std::string all;
  for (const auto& [place, facts] : resolved) all.append(canonical_json(base::quoted(place))).append(":").append(facts).append("\n");
  return pin_digest(all);
}

std::string write_lock(const Lock& lock) {
  Writer out;
  out.open();
  out.member(kVersionKey, std::to_string(Lock::kVersion));
  out.text("config", lock.config);
  out.open("servers");
  for (const auto& [id, server] : lock.servers) write_server(out, id, server);
  out.close();
  out.close();
  std::string text = out.take();
  const std::string digest = self_digest(text);
  text.resize(text.size() - 2);  // the line break and the last brace
  return fmt::format("{},\n  \"digest\": \"{}\"\n}}\n", text, digest);
}

Result<Lock> read_lock(std::string_view text) {
  if (text.size() > kLargestLock) return damaged("the lock is larger than 64 MB");
  const std::size_t end = text.find_last_not_of(" \t\r\n"), begin = text.find_first_not_of(" \t\r\n");
  if (end == std::string_view::npos) return damaged("the lock is empty");
  if (text.find("\n<<<<<<< ") != std::string_view::npos)
    return Error(
        Code::invalid_argument,
        "the lock holds a merge that was not resolved; take one of its two sides whole, and write the lock anew with gatehouse pins lock");
  const std::string whole(text.substr(begin, end - begin + 1));
  if (auto valid = base::validate_json(whole); !valid)
    return damaged(fmt::format("the lock is cut off or damaged ({})", valid.error().message));
  if (!base::is_object(whole) || base::find_member(whole, kVersionKey).empty()) return damaged("this is no gatehouse.lock");
  auto version = base::json_integer(base::find_member(whole, kVersionKey));
  if (!version || *version < 1) return damaged("the lock is of no known version");
  if (*version > Lock::kVersion)
    return Error(Code::conflict,
                 fmt::format("the lock is of version {}, and this gatehouse knows {}; use the newer gatehouse that wrote it, "
                             "or delete it and write it anew with gatehouse pins lock",
                             *version, Lock::kVersion));
  if (auto unique = base::unique_keys(whole); !unique) return damaged("the lock was edited: " + unique.error().message);
  auto digest = text_of(whole, "digest");
  if (!digest || *digest != self_digest(whole))
    return damaged("the lock was edited or merged by hand: the digest at its end does not fit what stands before it");
  Lock out;
  if (auto read = read_texts(whole, {{"config", &out.config}}); !read) return std::move(read).error();
  const std::string_view servers = base::find_member(whole, "servers");
  if (!base::is_object(servers)) return damaged("the lock is damaged: it has no servers");
  for (base::Members one(servers); one.next();) {
    auto server = read_server(one.value());
    if (!server) return std::move(server).error().in("server '" + std::string(one.key()) + "'");
    out.servers.emplace(std::string(one.key()), *std::move(server));
  }
  return out;
}

}  // namespace trust
