// API keys: made, listed, given another secret, revoked.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "access/keys/key_book.h"
#include "app/commands.h"
#include "app/config_identity.h"
#include "app/key_text.h"
#include "app/store_door.h"
#include "app/terminal.h"
#include "base/json.h"

namespace app {
namespace {

using authz::KeyBook;
using authz::KeyTime;
using std::chrono::seconds;
using std::chrono::system_clock;
using store::StoredKey;

int failed(const mcp::Error& error) {
  complain(error.message);
  return error.code == mcp::Code::invalid_argument ? kUsage : kFailed;
}

// `90d`, `36h`, `30m`, `10s`.
std::optional<seconds> parse_life(std::string_view text) {
  auto time = parse_duration(text);
  if (!time) return {};
  return std::chrono::duration_cast<seconds>(*time);
}

std::string joined(const std::string& json) {
  std::string out;
  for (const std::string& one : authz::from_json_list(json)) out.append(out.empty() ? "" : ",").append(one);
  return out.empty() ? "-" : out;
}

// Text of a calendar (RFC 5545 section 3.3.11).
std::string calendar_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == ',' || c == ';' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string calendar(const std::vector<StoredKey>& keys, KeyTime now) {
  std::string out = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Gatehouse//keys//EN\r\n";
  for (const StoredKey& key : keys) {
    if (authz::key_state(key, now) != authz::KeyState::good) continue;
    out += fmt::format(
        "BEGIN:VEVENT\r\nUID:{}@gatehouse\r\nDTSTAMP:{}\r\nDTSTART;VALUE=DATE:{}\r\nSUMMARY:API key {} ends\r\n"
        "DESCRIPTION:Owner: {}. gatehouse keys rotate {} gives it another life.\r\n"
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:API key {} ends in 14 days\r\nTRIGGER:-P14D\r\nEND:VALARM\r\nEND:VEVENT\r\n",
        key.id, time_text(now, "%Y%m%dT%H%M%SZ"), time_text(key.expires, "%Y%m%d"), calendar_text(key.name), calendar_text(key.owner),
        calendar_text(key.name), calendar_text(key.name));
  }
  return out + "END:VCALENDAR\r\n";
}

// The key goes to stdout alone, so that it can be piped away; what is said of it to stderr.
void show_made(const authz::MadeKey& made, const KeysOptions& options, KeyTime now) {
  if (options.output == Output::json) {
    std::string json = key_json(made.kept, now);
    json.insert(1, fmt::format(R"("key":{},)", base::quoted(made.text.reveal())));
    print(json + "\n");
    return;
  }
  fmt::print(stderr, "The key {}, good until {}. It is shown this once, and kept nowhere:\n", made.kept.name, day_of(made.kept.expires));
  print(made.text.reveal() + "\n");
}

std::optional<KeyBook> open_book(const StoreDoor& door) {
  auto pepper = key_pepper(door.config);
  if (pepper) return KeyBook(door.store->keys(), *std::move(pepper));
  complain(pepper.error().message);
  return {};
}

void say_when_unused(const StoreDoor& door) {
  if (door.config.gateway.door != authz::Door::keys)
    complain("warning: nobody needs a key yet: the config does not say auth: { api_keys: true }");
}

}  // namespace

int keys_create(const KeysOptions& options) {
  const auto life = parse_life(options.life);
  if (!life) {
    complain("--expires must be like 90d, 36h or 30m, not " + shown(options.life));
    return kUsage;
  }
  int status = kGood;
  auto door = open_store_door(options.config, &status);
  if (!door) return status;
  for (const std::string& profile : options.profiles)
    if (!door->config.gateway.profiles.contains(profile)) {
      complain("the config has no profile " + shown(profile));
      return kUsage;
    }
  auto book = open_book(*door);
  if (!book) return kFailed;
  authz::NewKey wanted{options.name, options.owner.empty() ? account_name() : options.owner, options.groups, options.profiles, *life};
  const KeyTime now = system_clock::now();
  auto made = book->create(wanted, now);
  if (!made) return failed(made.error());
  say_when_unused(*door);
  door->note("key.created", options.name, "", "for " + wanted.owner);
  door->tell();
  show_made(*made, options, now);
  return kGood;
}

int keys_rotate(const KeysOptions& options) {
  const auto life = parse_life(options.life), grace = parse_life(options.grace);
  if (!life || !grace) {
    complain(fmt::format("{} must be like 90d, 36h or 30m", life ? "--grace" : "--expires"));
    return kUsage;
  }
  int status = kGood;
  auto door = open_store_door(options.config, &status);
  if (!door) return status;
  auto book = open_book(*door);
  if (!book) return kFailed;
  const KeyTime now = system_clock::now();
  auto made = book->rotate(options.name, *grace, *life, now);
  if (!made) return failed(made.error());
  door->note("key.rotated", options.name, "", "");
  door->tell();
  show_made(*made, options, now);
  return kGood;
}

int keys_revoke(const KeysOptions& options) {
  int status = kGood;
  auto door = open_store_door(options.config, &status);
  if (!door) return status;
  auto book = open_book(*door);
  if (!book) return kFailed;
  if (auto revoked = book->revoke(options.name, system_clock::now()); !revoked) return failed(revoked.error());
  door->note("key.revoked", options.name, "", "");
  door->tell();
  print(options.output == Output::json ? "{\"revoked\":" + base::quoted(options.name) + "}\n" : "revoked " + options.name + "\n");
  return kGood;
}

int keys_list(const KeysOptions& options) {
  int status = kGood;
  auto door = open_store_door(options.config, &status);
  if (!door) return status;
  auto all = door->store->keys().list();
  if (!all) return failed(all.error());
  const KeyTime now = system_clock::now();
  if (options.calendar == KeysOptions::Calendar::yes) {
    print(calendar(*all, now));
    return kGood;
  }
  if (options.output == Output::json) {
    std::string out;
    for (const StoredKey& key : *all) out.append(out.empty() ? "" : ",").append(key_json(key, now));
    print("[" + out + "]\n");
    return kGood;
  }
  std::vector<std::vector<std::string>> rows{{"NAME", "OWNER", "STATE", "EXPIRES", "LAST USE", "GROUPS", "PROFILES"}};
  for (const StoredKey& key : *all)
    rows.push_back({key.name, key.owner, std::string(authz::key_state_name(authz::key_state(key, now))), day_of(key.expires),
                    key.used == KeyTime() ? "never" : time_text(key.used, "%Y-%m-%d %H:%M"), joined(key.groups), joined(key.profiles)});
  print(all->empty() ? "there are no keys; gatehouse keys create NAME makes one\n" : table(rows));
  return kGood;
}

}  // namespace app
