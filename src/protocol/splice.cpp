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

// Writes the members of one object that stay, in runs, and others in place of them.
class Writer {
 public:
  // Behind what `out` has.
  explicit Writer(std::string& out) : out_(out) { out_ += '{'; }

  void keep(std::string_view raw) {
    if (!run_) run_ = raw.data();
    run_end_ = raw.data() + raw.size();
  }
  // What stood here does not stay.
  void skip() {
    if (!run_) return;
    comma();
    out_.append(run_, run_end_);
    run_ = nullptr;
  }
  void put(const Member& member) {
    skip();
    append_member(out_, member);
  }
  // Begins a member whose value the caller writes.
  void begin(std::string_view key) {
    skip();
    comma();
    base::append_json_string(out_, key);
    out_ += ':';
  }
  void end() {
    skip();
    out_ += '}';
  }

 private:
  void comma() {
    if (out_.back() != '{') out_ += ',';
  }

  std::string& out_;
  // Runs of members that stay are copied at once, with what stands between them.
  const char* run_ = nullptr;
  const char* run_end_ = nullptr;
};

// Appends `object`, edited. What is no object, or has a key twice, is appended as it is.
void append_edited(std::string& out, std::string_view object, std::span<const Member> set, std::span<const std::string_view> drop,
                   KeepsMember keeps = nullptr) {
  if (object.empty()) object = "{}";
  if (!base::is_object(object)) {
    out += object;
    return;
  }
  const std::size_t start = out.size();
  Writer writer(out);
  std::uint64_t written = 0;  // `set` is short: a bit says what is written
  base::Members members(object);
  while (members.next()) {
    auto replaced = std::find_if(set.begin(), set.end(), [&](const Member& m) { return m.key == members.key(); });
    if (replaced != set.end()) {
      writer.put(*replaced);
      written |= std::uint64_t{1} << ((replaced - set.begin()) & 63);
    } else if (among(drop, members.key()) || (keeps && !keeps(members.key(), members.value()))) {
      writer.skip();
    } else {
      writer.keep(members.raw());
    }
  }
  if (members.error()) {
    out.resize(start);
    out += object;
    return;
  }
  for (std::size_t i = 0; i < set.size(); ++i) {
    if (!(written >> (i & 63) & 1)) writer.put(set[i]);
  }
  writer.end();
}

std::size_t room_for(std::string_view object, std::span<const Member> set) {
  std::size_t more = 2;
  for (const Member& m : set) more += m.key.size() + m.value.size() + 8;
  return object.size() + more;
}

}  // namespace

std::string edited(std::string_view object, std::span<const Member> set, std::span<const std::string_view> drop) {
  std::string out;
  out.reserve(room_for(object, set));
  append_edited(out, object, set, drop);
  return out;
}

std::string with_members(std::string_view object, std::initializer_list<Member> set) {
  return edited(object, std::span(set.begin(), set.size()));
}

std::string without_members(std::string_view object, std::initializer_list<std::string_view> drop) {
  return edited(object, {}, std::span(drop.begin(), drop.size()));
}

void append_with_meta(std::string& out, std::string_view object, const MetaEdit& edit) {
  constexpr std::string_view kMeta = "_meta";
  if (object.empty() && edit.set.empty() && edit.member.key.empty()) return;
  if (object.empty()) object = "{}";
  if (!base::is_object(object)) {
    out += object;
    return;
  }
  const std::size_t start = out.size();
  out.reserve(start + room_for(object, edit.set) + edit.member.key.size() + edit.member.value.size() + 8);
  Writer writer(out);
  bool meta = false, member = edit.member.key.empty();
  base::Members members(object);
  while (members.next()) {
    const bool edits = members.key() == kMeta && (base::is_object(members.value()) || !edit.set.empty());
    if (edits) {
      meta = true;
      writer.skip();
      const std::size_t before = out.size();
      writer.begin(kMeta);
      const std::size_t value = out.size();
      append_edited(out, base::is_object(members.value()) ? members.value() : "{}", edit.set, edit.drop, edit.keeps);
      if (std::string_view(out).substr(value) == "{}") out.resize(before);
    } else if (!edit.member.key.empty() && members.key() == edit.member.key) {
      writer.put(edit.member);
      member = true;
    } else {
      writer.keep(members.raw());
    }
  }
  if (members.error()) {
    out.resize(start);
    out += object;
    return;
  }
  if (!meta && !edit.set.empty()) {
    writer.begin(kMeta);
    append_edited(out, "{}", edit.set, {});
  }
  if (!member) writer.put(edit.member);
  writer.end();
}

std::string with_meta(std::string_view object, std::span<const Member> set, std::span<const std::string_view> drop) {
  std::string out;
  append_with_meta(out, object, {{}, set, drop, nullptr});
  return out;
}

std::string with_meta(std::string_view object, std::initializer_list<Member> set, std::initializer_list<std::string_view> drop) {
  return with_meta(object, std::span(set.begin(), set.size()), std::span(drop.begin(), drop.size()));
}

}  // namespace protocol
