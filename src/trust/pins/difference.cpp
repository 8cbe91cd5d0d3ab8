#include "trust/pins/difference.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "base/json.h"
#include "trust/pins/name_shape.h"

namespace trust {
namespace {

constexpr std::array<std::string_view, 3> kChanges{"added", "removed", "changed"};

struct Meaning {
  std::string_view part;  // of a JSON pointer
  std::string_view says;
};
// The first that fits.
constexpr std::array<Meaning, 18> kMeanings{{{"/annotations/title", "words that people are shown"},
                                             {"/annotations", "what it says it may do; rules and consent go by it"},
                                             {"/x-mcp-header", "a value of a call that is repeated in a header"},
                                             {"/$ref", "a schema from elsewhere"},
                                             {"/default", "a value that a model may pass on as it is"},
                                             {"/enum", "values that a model may pass on as they are"},
                                             {"/const", "a value that a model may pass on as it is"},
                                             {"/examples", "values that a model may pass on as they are"},
                                             {"/required", "arguments that every call has to bring"},
                                             {"/description", "words that the model reads"},
                                             {"/title", "words that people are shown"},
                                             {"/inputSchema/properties", "an argument, which the model fills in"},
                                             {"/outputSchema", "what its answers look like"},
                                             {"/_meta", "data for programs, which may reach the model"},
                                             {"/icons", "an image that clients fetch"},
                                             {"/execution", "how it is run"},
                                             {"/uri", "where it leads"},
                                             {"/name", "what it is called"}}};

std::string_view meaning_of(PinKind kind, std::string_view where) {
  for (const Meaning& one : kMeanings)
    if (where.find(one.part) != std::string_view::npos) return one.says;
  switch (kind) {
    case PinKind::instructions: return "words that the model reads before everything else";
    case PinKind::server: return "who it says it is";
    case PinKind::capabilities: return "what it says it can do";
    case PinKind::launch: return "the program that is started";
    case PinKind::package: return "the code that is run";
    default: return "a part of the definition";
  }
}

std::string pointer(std::string_view where, std::string_view key) {
  std::string out(where);
  out += '/';
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

// The members of an object by key; false where one comes twice.
bool read_members(std::string_view object, std::map<std::string, std::string_view>& out) {
  base::Members members(object);
  while (members.next()) out.emplace(std::string(members.key()), members.value());
  return members.error() == nullptr;
}

class Walk {
 public:
  explicit Walk(PinKind kind) : kind_(kind) {}

  void compare(const std::string& where, std::string_view before, std::string_view after) {
    if (before == after) return;
    std::map<std::string, std::string_view> was, is;
    const bool objects = base::is_object(before) && base::is_object(after) && read_members(before, was) && read_members(after, is);
    if (!objects) {
      if (base::is_array(before) && base::is_array(after)) return compare_lists(where, before, after);
      return add(where, before, after);
    }
    for (const auto& [key, value] : was) {
      const auto found = is.find(key);
      compare(pointer(where, key), value, found == is.end() ? std::string_view() : found->second);
    }
    for (const auto& [key, value] : is)
      if (!was.contains(key)) add(pointer(where, key), {}, value);
  }

  std::vector<FieldChange> fields;
  std::size_t more = 0;

 private:
  void compare_lists(const std::string& where, std::string_view before, std::string_view after) {
    std::vector<std::string_view> was, is;
    for (base::Elements one(before); one.next();) was.push_back(one.value());
    for (base::Elements one(after); one.next();) is.push_back(one.value());
    // A list of another length is shown whole: which entry is another one is not known.
    if (was.size() != is.size()) return add(where, before, after);
    for (std::size_t i = 0; i < was.size(); ++i) compare(pointer(where, std::to_string(i)), was[i], is[i]);
  }

  void add(const std::string& where, std::string_view before, std::string_view after) {
    if (fields.size() >= kMostFields) {
      ++more;
      return;
    }
    fields.push_back({where, std::string(before), std::string(after), meaning_of(kind_, where)});
  }

  PinKind kind_;
};

using Key = std::pair<PinKind, std::string>;
using Grouped = std::map<Key, std::vector<const Pin*>>;

Grouped grouped(std::span<const Pin> pins) {
  Grouped out;
  for (const Pin& pin : pins) out[{pin.kind, pin.name}].push_back(&pin);
  return out;
}

Difference begun(Change change, const Key& key, const Pin* before, const Pin* after) {
  Difference out;
  out.change = change;
  out.kind = key.first;
  out.name = key.second;
  if (before) out.before = before->digest;
  if (after) out.after = after->digest;
  return out;
}

// One name: the first of each side that differ, as the first one is what is used.
void compare_group(const Key& key, const std::vector<const Pin*>& before, const std::vector<const Pin*>& after,
                   std::vector<Difference>& out) {
  for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
    const Pin* was = i < before.size() ? before[i] : nullptr;
    const Pin* is = i < after.size() ? after[i] : nullptr;
    if (was && is && was->digest == is->digest) continue;
    Difference one = begun(was && is ? Change::changed : was ? Change::removed : Change::added, key, was, is);
    one.fields = field_changes(key.first, was ? was->text : std::string(), is ? is->text : std::string(), &one.more_fields);
    out.push_back(std::move(one));
  }
}

}  // namespace

std::string_view change_name(Change change) { return kChanges[static_cast<std::size_t>(change)]; }

std::vector<FieldChange> field_changes(PinKind kind, const std::string& before, const std::string& after, std::size_t* more) {
  Walk walk(kind);
  walk.compare({}, before, after);
  if (more) *more = walk.more;
  return std::move(walk.fields);
}

std::vector<Difference> differences(std::span<const Pin> before, std::span<const Pin> after) {
  const Grouped was = grouped(before), is = grouped(after);
  static const std::vector<const Pin*> kNone;
  std::vector<Difference> out;
  std::multimap<std::pair<PinKind, std::string>, std::string> shapes;
  for (const auto& [key, pins] : was) shapes.emplace(std::pair(key.first, name_shape(key.second)), key.second);
  std::set<Key> keys;
  for (const auto& [key, pins] : was) keys.insert(key);
  for (const auto& [key, pins] : is) keys.insert(key);
  for (const Key& key : keys) {
    const auto before_at = was.find(key), after_at = is.find(key);
    const std::size_t first = out.size();
    compare_group(key, before_at == was.end() ? kNone : before_at->second, after_at == is.end() ? kNone : after_at->second, out);
    if (before_at != was.end() || out.size() == first) continue;
    const auto like = shapes.find(std::pair(key.first, name_shape(key.second)));
    if (like != shapes.end()) out[first].like = like->second;
  }
  return out;
}

std::string changed_places(const Difference& difference) {
  std::vector<std::string> places;
  for (const FieldChange& field : difference.fields) {
    std::string place = field.where.empty() ? std::string("its text") : field.where.substr(1, field.where.find('/', 1) - 1);
    if (std::find(places.begin(), places.end(), place) == places.end()) places.push_back(std::move(place));
  }
  std::string out;
  for (const std::string& place : places) out.append(out.empty() ? "" : ", ").append(place);
  return out;
}

}  // namespace trust
