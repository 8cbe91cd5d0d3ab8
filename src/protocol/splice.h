// Edits of a JSON object that leave all other bytes as they came: one pass, one allocation, no tree.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace protocol {

// A member to write. `key` is plain text, `value` is JSON text.
struct Member {
  std::string_view key;
  std::string_view value;
};

// `object` with `set` added, or put in place of the members of the same key, and without the members in `drop`. The rest keeps its
// bytes and its order; new members stand at the end in the order given. `object` must have passed validate_json; an empty text is
// taken for `{}`. What is no object, or has a key twice, is returned as it is: who must act on it has read and refused it before.
std::string edited(std::string_view object, std::span<const Member> set, std::span<const std::string_view> drop = {});

std::string with_members(std::string_view object, std::initializer_list<Member> set);
std::string without_members(std::string_view object, std::initializer_list<std::string_view> drop);

// `object` with its member `_meta` edited in the same way. A `_meta` is made where there is none and `set` is not empty; one that
// becomes empty goes.
std::string with_meta(std::string_view object, std::span<const Member> set, std::span<const std::string_view> drop = {});
std::string with_meta(std::string_view object, std::initializer_list<Member> set, std::initializer_list<std::string_view> drop = {});

// Says of a member of `_meta` that is neither set nor dropped whether it stays.
using KeepsMember = bool (*)(std::string_view key, std::string_view value);

// What is done to an object and its `_meta` in one walk.
struct MetaEdit {
  Member member;  // written into the object itself, unless its key is empty
  std::span<const Member> set;
  std::span<const std::string_view> drop;
  KeepsMember keeps = nullptr;  // null: all stay
};
// As with_meta(), behind what `out` has already. Nothing is appended for an empty object and an edit that writes nothing.
void append_with_meta(std::string& out, std::string_view object, const MetaEdit& edit);

}  // namespace protocol
