#include "access/rule_index.h"

namespace authz {

std::uint64_t RuleIndex::key(Subject::Kind kind, std::uint64_t server, std::uint64_t name, std::uint64_t group) {
  std::uint64_t out = static_cast<std::uint64_t>(kind) + 1;
  for (std::uint64_t part : {server, name, group}) {
    out ^= part + 0x9e3779b97f4a7c15ULL + (out << 6U) + (out >> 2U);
    out *= 0xff51afd7ed558ccdULL;
  }
  return out;
}

void RuleIndex::put(std::uint64_t key, std::size_t line) {
  std::vector<std::uint32_t>& list = lists_[key];
  const auto number = static_cast<std::uint32_t>(line);
  if (list.empty() || list.back() != number) list.push_back(number);
}

void RuleIndex::add(std::size_t line, Subject::Kind kind, std::string_view server, std::string_view name,
                    std::span<const std::string> groups) {
  lines_ = line + 1;
  if (groups.empty()) put(key(kind, hash(server), hash(name), 0), line);
  for (const std::string& group : groups) {
    groups_.insert(hash(group));
    put(key(kind, hash(server), hash(name), hash(group)), line);
  }
}

void RuleIndex::Walk::take(const RuleIndex& index, std::uint64_t key) {
  auto found = index.lists_.find(key);
  if (found == index.lists_.end()) return;
  if (count_ == kMostLists)
    all_ = true;
  else
    lists_[count_++] = found->second;
}

RuleIndex::Walk::Walk(const RuleIndex& index, Subject::Kind kind, std::string_view server, std::string_view name,
                      std::span<const std::string> groups)
    : lines_(index.lines_) {
  const std::uint64_t of_server = hash(server), of_name = hash(name);
  auto take_all = [&](std::uint64_t group) {
    take(index, RuleIndex::key(kind, of_server, of_name, group));
    take(index, RuleIndex::key(kind, of_server, 0, group));
    take(index, RuleIndex::key(kind, 0, of_name, group));
    take(index, RuleIndex::key(kind, 0, 0, group));
  };
  take_all(0);
  for (const std::string& group : groups) {
    const std::uint64_t of_group = hash(group);
    if (index.groups_.contains(of_group)) take_all(of_group);
  }
}

std::optional<std::size_t> RuleIndex::Walk::next() {
  if (all_) return at_ < lines_ ? std::optional(at_++) : std::nullopt;
  std::optional<std::size_t> least;
  for (std::size_t i = 0; i < count_; ++i)
    if (!lists_[i].empty() && (!least || lists_[i].front() < *least)) least = lists_[i].front();
  if (!least) return {};
  for (std::size_t i = 0; i < count_; ++i)
    if (!lists_[i].empty() && lists_[i].front() == *least) lists_[i] = lists_[i].subspan(1);
  return least;
}

}  // namespace authz
