#include "gateway/consents.h"

#include <algorithm>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "sdk/session.h"

namespace gateway {
namespace {

using mcp::Code;
using mcp::Error;

constexpr std::size_t kMostShown = 3'000;  // bytes of arguments; of what is longer, beginning and end

Error gone() {
  return Error(Code::invalid_argument,
               "this consent is not good (any more): it was used, is too old, or was given for other arguments or by another caller; call "
               "again without requestState");
}

// One text for all that mean the same: members sorted, strings written one way, no white space.
void append_canonical(std::string& out, std::string_view value) {
  if (base::is_object(value)) {
    std::vector<std::pair<std::string, std::string_view>> members;
    for (base::Members all(value); all.next();) members.emplace_back(all.key(), all.value());
    std::sort(members.begin(), members.end());
    out += '{';
    for (const auto& [key, member] : members) {
      base::append_json_string(out, key);
      out += ':';
      append_canonical(out, member);
      out += ',';
    }
    out += '}';
  } else if (base::is_array(value)) {
    out += '[';
    for (base::Elements all(value); all.next();) {
      append_canonical(out, all.value());
      out += ',';
    }
    out += ']';
  } else if (base::is_string(value)) {
    base::append_json_string(out, base::json_string(value).value_or(""));
  } else {
    out += value;
  }
}

// Cut where a character begins.
std::string_view head(std::string_view text, std::size_t size) {
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80) --size;
  return text.substr(0, size);
}

std::string_view tail(std::string_view text, std::size_t size) {
  std::size_t at = text.size() - size;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80) ++at;
  return text.substr(at);
}

std::string shown(std::string_view arguments) {
  std::string all = without_tricks(base::minified(arguments));
  if (all.size() <= kMostShown) return all;
  const std::string_view first = head(all, kMostShown * 2 / 3), last = tail(all, kMostShown / 3);
  return std::string(first) + "\n… (" + std::to_string(all.size() - first.size() - last.size()) + " bytes are left out here) …\n" +
         std::string(last);
}

}  // namespace

void Consents::forget_old(WallTime now) {
  while (!order_.empty()) {
    auto found = open_.find(order_.front());
    const bool used = found == open_.end();
    if (!used && found->second > now && open_.size() < limits_.open) break;
    if (!used) open_.erase(found);
    order_.pop_front();
  }
  // Used ones behind one that is open.
  if (order_.size() > 2 * open_.size() + 1000) std::erase_if(order_, [this](const std::string& id) { return !open_.contains(id); });
}

std::string Consents::seal(Stage stage, std::string_view caller, std::string_view digest, std::string_view state, WallTime now) {
  forget_old(now);
  const std::string id = sdk::random_id();
  const WallTime until = now + limits_.life;
  open_.emplace(id, until);
  order_.push_back(id);
  std::string body(stage == Stage::asked ? "asked\n" : "given\n");
  body.append(digest).append("\n").append(id).append("\n").append(state);
  return carrier_.seal(CarriedKind::consent, body, caller, until);
}

std::string without_tricks(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = [&](std::size_t at) { return i + at < json.size() ? static_cast<unsigned char>(json[i + at]) : 0U; };
    unsigned code = 0;
    if (byte(0) >= 0xE0 && byte(0) < 0xF0) code = (byte(0) & 0x0FU) << 12 | (byte(1) & 0x3FU) << 6 | (byte(2) & 0x3FU);
    if (byte(0) == 0xC2) code = byte(1);
    if (byte(0) == 0xD8 && byte(1) == 0x9C) code = 0x61C;
    const bool trick = (code >= 0x80 && code <= 0x9F) || code == 0xAD || code == 0x61C || (code >= 0x200B && code <= 0x200F) ||
                       (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
    if (!trick) {
      out += json[i];
      continue;
    }
    constexpr std::string_view kHex = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 0xFU];
    i += code > 0x7FF ? 2 : 1;
  }
  return out;
}

mcp::Result<std::optional<Consents::Opened>> Consents::redeem(std::string_view sealed, std::string_view caller, std::string_view digest,
                                                              WallTime now) {
  auto opened = carrier_.open(CarriedKind::consent, sealed, caller, now);
  if (!opened) return std::optional<Opened>();
  const std::string& body = opened->body;
  const std::size_t one = body.find('\n'), two = body.find('\n', one + 1), three = body.find('\n', two + 1);
  if (body.substr(one + 1, two - one - 1) != digest) return gone();
  auto found = open_.find(std::string_view(body).substr(two + 1, three - two - 1));
  if (found == open_.end() || found->second <= now) return gone();
  open_.erase(found);
  return std::optional<Opened>(Opened{body.starts_with("given") ? Stage::given : Stage::asked, body.substr(three + 1)});
}

std::string consent_digest(std::string_view method, std::string_view server, std::string_view name, std::string_view arguments) {
  std::string text(method);
  text.append("\n").append(server).append("\n").append(base::quoted(name)).append("\n");
  // A key that stands twice means what its reader makes of it: such arguments are equal to none that are written in another way.
  if (base::is_object(arguments) && !base::unique_keys(arguments))
    text += arguments;
  else
    append_canonical(text, base::is_object(arguments) ? arguments : std::string_view("{}"));
  return base::sha256_hex(text);
}

std::string consent_question(std::string_view what, std::string_view server, std::string_view name, std::string_view arguments) {
  std::string text = "Allow this " + std::string(what) + " to be used, once?\n\nServer: " + std::string(server) + "\n" +
                     static_cast<char>(what.front() - ('a' - 'A')) + std::string(what.substr(1)) + ": " +
                     without_tricks(base::quoted(name));
  if (base::is_object(arguments)) text += "\nArguments: " + shown(arguments);
  text += "\n\nA rule of the gateway wants your consent. To accept lets it happen; to decline or cancel does not.";
  return R"({"mode":"form","message":)" + base::quoted(text) + R"(,"requestedSchema":{"type":"object","properties":{}}})";
}

}  // namespace gateway
