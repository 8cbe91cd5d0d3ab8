#include "access/keys/key_book.h"

#include <algorithm>

#include "access/keys/key_text.h"
#include "base/json.h"

namespace authz {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using store::StoredKey;

namespace {

constexpr std::size_t kMostName = 64, kMostGroups = 64, kMostText = 128;
constexpr std::chrono::seconds kLongest{std::chrono::hours(24 * 366 * 2)};
constexpr int kTries = 5;

bool is_name(std::string_view name) {
  auto letter = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  return !name.empty() && name.size() <= kMostName && letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || c == '.' || c == '_' || c == '-'; });
}

Result<> check_life(std::chrono::seconds life) {
  if (life > std::chrono::seconds(0) && life <= kLongest) return {};
  return Error(Code::invalid_argument, "a key lives for at least a second and at most two years");
}

Result<> check_texts(const std::vector<std::string>& texts, std::string_view what) {
  const bool good = texts.size() <= kMostGroups &&
                    std::all_of(texts.begin(), texts.end(), [](const std::string& one) { return !one.empty() && one.size() <= kMostText; });
  if (good) return {};
  return Error(Code::invalid_argument, "a key has at most " + std::to_string(kMostGroups) + " " + std::string(what) + ", of 1 to " +
                                           std::to_string(kMostText) + " bytes");
}

Error unknown(std::string_view name) { return Error(Code::not_found, "there is no key " + base::quoted(name)); }

}  // namespace

Result<MadeKey> KeyBook::create(const NewKey& wanted, KeyTime now) {
  if (!is_name(wanted.name))
    return Error(Code::invalid_argument,
                 "a key's name has 1 to 64 letters, digits, dots, underscores and hyphens, and begins with a letter or digit");
  if (auto fine = check_life(wanted.life); !fine) return std::move(fine).error();
  if (auto fine = check_texts(wanted.groups, "groups"); !fine) return std::move(fine).error();
  if (auto fine = check_texts(wanted.profiles, "profiles"); !fine) return std::move(fine).error();
  if (wanted.owner.empty() || wanted.owner.size() > kMostText)
    return Error(Code::invalid_argument,
                 "a key needs an owner, somebody who answers for it, of at most " + std::to_string(kMostText) + " bytes");
  auto text = make_key_text();
  if (!text) return std::move(text).error();
  MadeKey out;
  out.kept.id = *parse_key_text(text->reveal());
  out.kept.name = wanted.name;
  out.kept.owner = wanted.owner;
  out.kept.groups = json_list(wanted.groups);
  out.kept.profiles = json_list(wanted.profiles);
  out.kept.digest = key_digest(pepper_, text->reveal());
  out.kept.created = now;
  out.kept.expires = now + wanted.life;
  out.kept.revision = 1;
  out.text = *std::move(text);
  if (auto kept = store_.insert(out.kept); !kept) return std::move(kept).error();
  return out;
}

Result<MadeKey> KeyBook::rotate(std::string_view name, std::chrono::seconds grace, std::chrono::seconds life, KeyTime now) {
  if (auto fine = check_life(life); !fine) return std::move(fine).error();
  if (grace < std::chrono::seconds(0) || grace > kLongest)
    return Error(Code::invalid_argument, "a grace is at least 0 and at most two years");
  for (int i = 0; i < kTries; ++i) {
    auto found = store_.find(name);
    if (!found) return std::move(found).error();
    if (!*found) return unknown(name);
    MadeKey out{**found, {}};
    if (out.kept.revoked != KeyTime()) return Error(Code::conflict, "the key " + base::quoted(name) + " was revoked; make another one");
    auto text = make_key_text(out.kept.id);
    if (!text) return std::move(text).error();
    // What was over stays over.
    out.kept.old_digest = out.kept.digest;
    out.kept.old_until = std::min(now + grace, out.kept.expires);
    out.kept.digest = key_digest(pepper_, text->reveal());
    out.kept.expires = now + life;
    out.kept.alerted = 0;
    auto replaced = store_.replace(out.kept);
    if (!replaced) return std::move(replaced).error();
    if (!*replaced) continue;
    ++out.kept.revision;
    out.text = *std::move(text);
    return out;
  }
  return Error(Code::conflict, "others keep changing the key " + base::quoted(name) + "; try again");
}

Result<> KeyBook::revoke(std::string_view name, KeyTime now) {
  for (int i = 0; i < kTries; ++i) {
    auto found = store_.find(name);
    if (!found) return std::move(found).error();
    if (!*found) return unknown(name);
    StoredKey key = **found;
    if (key.revoked != KeyTime()) return {};
    key.revoked = now;
    auto replaced = store_.replace(key);
    if (!replaced) return std::move(replaced).error();
    if (*replaced) return {};
  }
  return Error(Code::conflict, "others keep changing the key " + base::quoted(name) + "; try again");
}

KeyState key_state(const StoredKey& key, KeyTime now) {
  if (key.revoked != KeyTime()) return KeyState::revoked;
  return key.expires <= now ? KeyState::expired : KeyState::good;
}

std::string_view key_state_name(KeyState state) {
  switch (state) {
    case KeyState::good: return "good";
    case KeyState::expired: return "expired";
    case KeyState::revoked: return "revoked";
  }
  return "revoked";
}

base::Principal principal_of(const StoredKey& key) {
  base::Principal out;
  out.id = "key:" + key.name;
  out.key = key.name;
  out.owner = key.owner;
  out.groups = from_json_list(key.groups);
  out.profiles = from_json_list(key.profiles);
  return out;
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    base::append_json_string(out, text);
  }
  return out + "]";
}

std::vector<std::string> from_json_list(std::string_view json) {
  std::vector<std::string> out;
  if (!base::validate_json(json) || !base::is_array(json)) return out;
  for (base::Elements all(json); all.next();)
    if (auto text = base::json_string(all.value())) out.push_back(*std::move(text));
  return out;
}

}  // namespace authz
