// What is kept for searching and describing the tools of all callers.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "disclosure/arguments.h"
#include "disclosure/index.h"
#include "gateway/catalog.h"
#include "gateway/disclosure/tool_book.h"

namespace gateway {

// Books of the catalogs that were used last, and indexes over their tools. An index whose catalog is gone is changed, server by server,
// into that of a catalog that is like it, instead of being made anew. Threads: one loop only.
class Discloser {
 public:
  static constexpr std::size_t kMostBooks = 8;
  static constexpr std::size_t kMostIndexes = 8;

  std::shared_ptr<const ToolBook> book(const std::shared_ptr<const Catalog>& catalog);
  // What is found of `book`; `query.may_see` gets names as views of the book have them.
  disclosure::Found find(const ToolBook& book, const disclosure::Query& query);
  disclosure::CompiledSchemas& schemas() { return schemas_; }

  // For tests: servers that were set in indexes so far.
  std::size_t servers_set() const { return servers_set_; }

 private:
  struct Kept {
    disclosure::Index index;
    std::map<std::string, std::shared_ptr<const Catalog>, std::less<>> servers;  // what each was set from
    std::weak_ptr<const Catalog> catalog;                                        // whose index this is
    std::uint64_t last_use = 0;
  };
  Kept& index_for(const ToolBook& book);

  std::list<std::shared_ptr<const ToolBook>> books_;  // the last used first
  std::list<Kept> indexes_;
  std::uint64_t uses_ = 0;
  std::size_t servers_set_ = 0;
  disclosure::CompiledSchemas schemas_;
};

}  // namespace gateway
