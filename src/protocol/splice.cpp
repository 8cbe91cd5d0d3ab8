#include "protocol/splice.h"

#include <algorithm>
#include <array>

#include "base/json.h"

namespace protocol {
namespace {

bool among(std::span<const std::string_view> keys, std::string_view key) { return std::find(keys.begin(), keys.end(), key) != keys.end(); }

void append_member(std::string& out, const Member& member) {
  if (out.back() != '{') out += ',';
  base::append_json_string(out, member.key);
  out += ':';
  out += member.value;
}

}  // namespace

std::string edited(std::string_view object, std::span<const Member> set, std::span<const std::string_view> drop) {
  std::size_t more = 2;
  for (const Member& m : set) more += m.key.size() + m.value.size() + 8;
  std::string out;
  out.reserve(object.size() + more);
  if (object.empty()) object = "{}";
  if (!base::is_object(object)) return std::string(object);

  // Runs of members that stay are copied at once, with what stands between them. `set` is short: a bit says what is written.
  out += '{';
  std::uint64_t written = 0;
  const char* run = nullptr;
  const char* run_end = nullptr;
  auto flush = [&] {
    if (!run) return;
    if (out.back() != '{') out += ',';
    out.append(run, run_end);
    run = nullptr;
  };
  base::Members members(object);
  while (members.next()) {
    auto replaced = std::find_if(set.begin(), set.end(), [&](const Member& m) { return m.key == members.key(); });
    if (replaced != set.end()) {
      flush();
      append_member(out, *replaced);
      written |= std::uint64_t{1} << ((replaced - set.begin()) & 63);
    } else if (among(drop, members.key())) {
      flush();
    } else {
      if (!run) run = members.raw().data();
      run_end = members.raw().data() + members.raw().size();
    }
  }
  if (members.error()) return std::string(object);
  flush();
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (!(written >> (i & 63) & 1)) append_member(out, set[i]);
  }
  return out += '}';
}

std::string with_members(std::string_view object, std::initializer_list<Member> set) {
  return edited(object, std::span(set.begin(), set.size()));
}

std::string without_members(std::string_view object, std::initializer_list<std::string_view> drop) {
  return edited(object, {}, std::span(drop.begin(), drop.size()));
}

std::string with_meta(std::string_view object, std::span<const Member> set, std::span<const std::string_view> drop) {
  return with_meta_and(object, {}, set, drop);
}

std::string with_meta_and(std::string_view object, const Member& member, std::span<const Member> set,
                          std::span<const std::string_view> drop) {
  std::string_view meta = base::is_object(object) ? base::find_member(object, "_meta") : std::string_view();
  if (!base::is_object(meta)) meta = {};
  std::string next = edited(meta, set, drop);
  const bool keeps = next != "{}";
  const std::array<Member, 2> both = {Member{"_meta", next}, member};
  const std::span<const Member> written = std::span(both).subspan(keeps ? 0 : 1, (keeps ? 1 : 0) + (member.key.empty() ? 0 : 1));
  if (keeps || meta.empty()) return written.empty() ? std::string(object) : edited(object, written);
  constexpr std::array<std::string_view, 1> kMeta = {"_meta"};
  return edited(object, written, kMeta);
}

std::string with_meta(std::string_view object, std::initializer_list<Member> set, std::initializer_list<std::string_view> drop) {
  return with_meta(object, std::span(set.begin(), set.size()), std::span(drop.begin(), drop.size()));
}

}  // namespace protocol
