// The tools of one catalog as disclosure sees them, and by all the names that a model may use.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "disclosure/code_names.h"
#include "disclosure/tool.h"
#include "gateway/catalog.h"
#include "gateway/disclosure/mode.h"

namespace gateway {

// Made once for a catalog, and good as long as it lives: it keeps the catalog.
// Threads: one loop only.
class ToolBook {
 public:
  explicit ToolBook(std::shared_ptr<const Catalog> catalog);

  struct Tool {
    const Entry* entry = nullptr;
    disclosure::ToolView view;
    std::string dotted;     // `server.tool`, as find_tools writes it
    std::string_view text;  // the definition as clients get it

    // It says of itself that it changes nothing: call_tool's, and nobody else's.
    bool only_reads() const;
  };

  const std::shared_ptr<const Catalog>& catalog() const { return catalog_; }
  // In the order of the list.
  std::span<const Tool> tools() const { return tools_; }
  // By its public name, `server.tool`, or what it is called in code. Null: none is called so.
  const Tool* find(std::string_view name) const;
  // By its server and the name behind that.
  const Tool* find(std::string_view server, std::string_view name) const;
  // What a choice between modes rests on. Tokens are counted up to kManyTokens.
  CatalogSize size() const;
  const disclosure::CodeNames& code_names() const;

 private:
  std::shared_ptr<const Catalog> catalog_;
  std::deque<std::string> texts_;  // what views point to that is not in the catalog
  std::vector<Tool> tools_;
  std::map<std::pair<std::string_view, std::string_view>, const Tool*> by_name_;
  mutable std::optional<CatalogSize> size_;
  mutable std::optional<disclosure::CodeNames> code_names_;
};

}  // namespace gateway
