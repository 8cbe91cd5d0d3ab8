// Which lines of the rules can be about one use, found by its names and by the groups of who calls.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "access/subject.h"

namespace authz {

// Immutable once all lines were added, in their order. What it finds is a superset of the lines that fit; who asks looks at each.
// Threads: any, after the last add().
class RuleIndex {
 public:
  // `server` and `name` empty: a pattern, which is looked at for all. `groups` empty: the line is not bound to groups by their names.
  void add(std::size_t line, Subject::Kind kind, std::string_view server, std::string_view name, std::span<const std::string> groups);

  // The lines that may be about one use, in order, each once. The views must live as long as this.
  class Walk {
   public:
    Walk(const RuleIndex& index, Subject::Kind kind, std::string_view server, std::string_view name, std::span<const std::string> groups);
    std::optional<std::size_t> next();

   private:
    // Of so many lists the next line is picked at once; who is in more groups that rules name is looked up in all lines.
    static constexpr std::size_t kMostLists = 64;
    void take(const RuleIndex& index, std::uint64_t key);

    std::array<std::span<const std::uint32_t>, kMostLists> lists_;
    std::size_t count_ = 0;
    bool all_ = false;
    std::size_t at_ = 0, lines_ = 0;
  };

 private:
  static std::uint64_t key(Subject::Kind kind, std::uint64_t server, std::uint64_t name, std::uint64_t group);
  static std::uint64_t hash(std::string_view text) { return text.empty() ? 0 : std::hash<std::string_view>()(text) | 1; }
  void put(std::uint64_t key, std::size_t line);

  // By a hash of kind, server, name and group. Two that share a hash share a list, which only makes it longer.
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> lists_;
  std::unordered_set<std::uint64_t> groups_;
  std::size_t lines_ = 0;
};

}  // namespace authz
