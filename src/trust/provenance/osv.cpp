#include "trust/provenance/osv.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/value.hpp>

#include "base/json.h"
#include "trust/provenance/version_order.h"

namespace trust {

namespace {

namespace bj = boost::json;
using mcp::Code;
using mcp::Error;
using mcp::Result;

const bj::value* find_in(const bj::object& object, std::string_view name) {
  const bj::value* value = object.if_contains(bj::string_view(name.data(), name.size()));
  return value && !value->is_null() ? value : nullptr;
}

std::string text_in(const bj::object& object, std::string_view name) {
  const bj::value* value = find_in(object, name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

const bj::array& list_in(const bj::object& object, std::string_view name) {
  static const bj::array kNone;
  const bj::value* value = find_in(object, name);
  return value && value->is_array() ? value->get_array() : kNone;
}

std::vector<std::string> texts_in(const bj::object& object, std::string_view name) {
  std::vector<std::string> out;
  for (const bj::value& one : list_in(object, name))
    if (const auto* string = one.if_string()) out.emplace_back(string->data(), string->size());
  return out;
}

std::string id_of(Ecosystem ecosystem, const std::string& name) {
  auto read = parse_package_name(ecosystem, name);
  return read ? read->id : name;
}

}  // namespace

// Reads one record into a list.
class OsvReader {
 public:
  explicit OsvReader(VulnerabilityList& list) : list_(list) {}

  Result<> read(const bj::object& record) {
    Vulnerability is;
    is.id = text_in(record, "id");
    if (is.id.empty()) return Error(Code::invalid_argument, "an OSV record has an id");
    is.summary = text_in(record, "summary");
    is.aliases = texts_in(record, "aliases");
    is.malicious = is.id.starts_with("MAL-");
    if (find_in(record, "withdrawn")) return {};
    for (const bj::value& one : list_in(record, "affected"))
      if (const auto* object = one.if_object()) read_affected(*object, is);
    return {};
  }

 private:
  using Affected = VulnerabilityList::Affected;
  using Event = VulnerabilityList::Event;

  void read_affected(const bj::object& object, const Vulnerability& is) {
    const bj::value* package = find_in(object, "package");
    const auto* about = package ? package->if_object() : nullptr;
    if (!about) return;
    const auto ecosystem = find_ecosystem(text_in(*about, "ecosystem"));
    const std::string name = text_in(*about, "name");
    if (!ecosystem || name.empty() || (*ecosystem != Ecosystem::npm && *ecosystem != Ecosystem::pypi)) return;
    Affected out;
    out.is = is;
    out.versions = texts_in(object, "versions");
    for (const bj::value& range : list_in(object, "ranges"))
      if (const auto* inside = range.if_object()) read_range(*inside, out);
    if (out.versions.empty() && out.ranges.empty()) out.every = true;
    list_.by_package_[{*ecosystem, id_of(*ecosystem, name)}].push_back(std::move(out));
    ++list_.size_;
  }

  static void read_range(const bj::object& range, Affected& out) {
    const std::string kind = text_in(range, "type");
    if (kind == "GIT") return;  // commits: said of versions elsewhere in the record
    if (kind != "SEMVER" && kind != "ECOSYSTEM") {
      out.every = true;
      return;
    }
    std::vector<Event> events;
    for (const bj::value& one : list_in(range, "events")) {
      const auto* event = one.if_object();
      if (!event) continue;
      for (const auto& [key, value] : *event) {
        const std::string_view what(key.data(), key.size());
        const auto* version = value.if_string();
        if (!version) continue;
        const auto event_kind = what == "introduced" ? Event::Kind::introduced
                                : what == "fixed"    ? Event::Kind::fixed
                                                     : Event::Kind::last_affected;
        if (what == "introduced" || what == "fixed" || what == "last_affected")
          events.push_back({event_kind, std::string(version->data(), version->size())});
      }
    }
    out.ranges.push_back(std::move(events));
  }

  VulnerabilityList& list_;
};

Result<> VulnerabilityList::add(std::string_view json) {
  if (json.size() > kLargestRecord) return Error(Code::too_large, fmt::format("a record of over {} bytes", kLargestRecord));
  if (size_ >= kMostRecords) return Error(Code::too_large, fmt::format("more than {} records", kMostRecords));
  auto value = base::parse_json(json);
  if (!value) return std::move(value).error();
  const auto* object = value->if_object();
  if (!object) return Error(Code::invalid_argument, "an OSV record is an object");
  return OsvReader(*this).read(*object);
}

// Events may come in any order; of those with one version, what ends comes first.
bool VulnerabilityList::in_range(Ecosystem ecosystem, std::string_view version, const std::vector<Event>& events, std::string& fixed) {
  const auto compare = [ecosystem](std::string_view a, std::string_view b) {
    if (a == "0" || b == "0")
      return static_cast<int>(a != "0") <=> static_cast<int>(b != "0") == 0 ? std::weak_ordering::equivalent
             : a == "0"                                                     ? std::weak_ordering::less
                                                                            : std::weak_ordering::greater;
    return compare_versions(ecosystem, a, b);
  };
  std::vector<const Event*> sorted;
  for (const Event& event : events) sorted.push_back(&event);
  std::ranges::stable_sort(sorted, [&](const Event* a, const Event* b) { return compare(a->version, b->version) < 0; });
  bool inside = false;
  for (const Event* event : sorted) {
    const auto order = compare(version, event->version);
    if (event->kind == Event::Kind::introduced && order >= 0) inside = true;
    if (event->kind == Event::Kind::fixed && order >= 0) inside = false;
    if (event->kind == Event::Kind::last_affected && order > 0) inside = false;
    if (event->kind == Event::Kind::fixed && order < 0 && inside && fixed.empty()) fixed = event->version;
  }
  return inside;
}

std::vector<Vulnerability> VulnerabilityList::find(const LockedDependency& package) const {
  std::vector<Vulnerability> out;
  auto found = by_package_.find({package.ecosystem, id_of(package.ecosystem, package.name)});
  if (found == by_package_.end()) return out;
  for (const Affected& affected : found->second) {
    Vulnerability is = affected.is;
    bool has = affected.every || std::ranges::find(affected.versions, package.version) != affected.versions.end();
    for (const auto& events : affected.ranges) has = in_range(package.ecosystem, package.version, events, is.fixed) || has;
    const bool told = std::ranges::any_of(out, [&](const Vulnerability& one) { return one.id == is.id; });
    if (has && !told) out.push_back(std::move(is));
  }
  std::ranges::sort(out, {}, &Vulnerability::id);
  return out;
}

}  // namespace trust
