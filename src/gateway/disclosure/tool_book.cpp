#include "gateway/disclosure/tool_book.h"

#include "base/json.h"
#include "tokens/count.h"

namespace gateway {

ToolBook::ToolBook(std::shared_ptr<const Catalog> catalog) : catalog_(std::move(catalog)) {
  std::span<const Entry> entries = catalog_->entries(DefinitionKind::tool);
  const ListText& list = *catalog_->text(DefinitionKind::tool);
  tools_.reserve(entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const Definition& definition = *entry.definition;
    Tool tool;
    tool.entry = &entry;
    tool.text = std::string_view(list.text).substr(list.items[i].first, list.items[i].second);
    tool.view = {entry.server->id,         entry.name,
                 entry.public_name,        definition.title,
                 definition.description,   definition.input_schema,
                 definition.output_schema, base::find_member(definition.raw, "annotations")};
    // The config may say something else of it than its server does.
    auto said = base::json_string(base::find_member(tool.text, "description"));
    if (said && *said != definition.description) tool.view.description = texts_.emplace_back(*std::move(said));
    tool.dotted = entry.server->id + "." + entry.name;
    tools_.push_back(std::move(tool));
  }
  for (const Tool& tool : tools_) by_name_.emplace(std::pair(tool.view.server, tool.view.name), &tool);
}

bool ToolBook::Tool::only_reads() const {
  const protocol::ToolHints& hints = entry->definition->hints;
  return hints.read_only.value_or(false) && !hints.destructive.value_or(false);
}

const ToolBook::Tool* ToolBook::find(std::string_view server, std::string_view name) const {
  auto found = by_name_.find(std::pair(server, name));
  return found == by_name_.end() ? nullptr : found->second;
}

const ToolBook::Tool* ToolBook::find(std::string_view name) const {
  if (const Entry* entry = catalog_->find(DefinitionKind::tool, name)) return find(entry->server->id, entry->name);
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return nullptr;
  if (const Tool* tool = find(name.substr(0, dot), name.substr(dot + 1))) return tool;
  auto real = code_names().find(name);
  return real ? find(real->server, real->tool) : nullptr;
}

CatalogSize ToolBook::size() const {
  if (size_) return *size_;
  CatalogSize is{tools_.size(), 0};
  for (const Tool& tool : tools_) {
    if (is.tokens >= kManyTokens) break;
    is.tokens += tokens::count_to(tool.text, kManyTokens);
  }
  return *(size_ = is);
}

const disclosure::CodeNames& ToolBook::code_names() const {
  if (!code_names_) {
    std::vector<disclosure::ToolView> views;
    views.reserve(tools_.size());
    for (const Tool& tool : tools_) views.push_back(tool.view);
    code_names_.emplace(views);
  }
  return *code_names_;
}

}  // namespace gateway
