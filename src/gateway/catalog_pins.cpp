// The part of CatalogSource that has lists judged by their pins, and shows them anew when other pins hold.
#include "gateway/catalog_slot.h"
#include "gateway/trust/pinning.h"

namespace gateway {
namespace {

// Behind the first line stands what headers of the caller say (caller_of): that is no caller of its own.
std::string_view plain_caller(std::string_view caller) { return caller.substr(0, caller.find('\n')); }

}  // namespace

void CatalogSource::judge(Slot& slot, const Shelf& shelf, DefinitionKind kind) {
  const auto& list = shelf.states[static_cast<std::size_t>(kind)].list;
  if (!parts_.pinning || slot.builtin || !list) return;
  parts_.pinning->judge(slot.upstream.config(), std::string(plain_caller(shelf.caller)), kind, list->items);
  // What is known of others may be shown, or not shown, from now on.
  slot.pictures.clear();
}

void CatalogSource::judge(const Slot& slot, std::string_view caller, const About& about) {
  if (!parts_.pinning || slot.builtin) return;
  parts_.pinning->judge(slot.upstream.config(), std::string(plain_caller(caller)),
                        Pinning::Introduction{about.info, about.capabilities, about.instructions});
}

void CatalogSource::repin(std::string_view server) {
  for (const auto& slot : slots_) {
    if (slot->builtin || (!server.empty() && slot->upstream.config().id != server)) continue;
    // What is from the store was judged when it came.
    for (const auto& [key, shelf] : slot->shelves)
      for (DefinitionKind kind : kKinds)
        if (shelf->at(kind).link != 0) judge(*slot, *shelf, kind);
    slot->pictures.clear();
  }
  merged_.clear();
  ++generation_;
  for (const auto& slot : slots_)
    if (!slot->builtin && (server.empty() || slot->upstream.config().id == server))
      for (DefinitionKind kind : {DefinitionKind::tool, DefinitionKind::prompt, DefinitionKind::resource})
        parts_.listeners.list_changed(slot->upstream.config().id, kind);
}

}  // namespace gateway
