// What CatalogSource keeps of one upstream; for its own files only.
#pragma once

#include "gateway/catalog_source.h"

namespace gateway {

// Audiences of one upstream whose lists are kept.
inline constexpr std::size_t kMostShelves = 64;

struct CatalogSource::About {
  std::string info, capabilities, instructions;
  bool operator==(const About&) const = default;
};

// What a modern upstream said of itself to one audience.
struct CatalogSource::Met {
  std::shared_ptr<const About> about;  // null: not yet
  std::string caller;                  // whose audience that is
  base::Instant until{};
  bool asking = false;
  base::Instant began{};
  base::Waiters waiting;
};

struct CatalogSource::Slot {
  explicit Slot(std::shared_ptr<Upstream> one)
      : owner(std::move(one)), upstream(*owner), builtin(upstream.config().kind == ServerConfig::Kind::builtin) {}

  struct Pictured {
    std::shared_ptr<const Catalog> catalog;
    std::shared_ptr<const About> about;  // keeps the key's address taken
  };

  const std::shared_ptr<Upstream> owner;
  Upstream& upstream;
  const bool builtin;
  std::shared_ptr<const About> about;  // null: never met
  Recent<ShelfKey, std::shared_ptr<Met>> met{kMostShelves};
  std::map<ShelfKey, std::shared_ptr<Shelf>> shelves;
  // By kind: capabilities that get what others get.
  std::array<std::map<std::string, std::string>, kKinds.size()> aliases;
  // Whose change was announced, and not told of yet; templates are told of as resources.
  std::set<DefinitionKind> announced;
  Recent<Picture, Pictured> pictures{16};
  // For whom used() found nothing to ask for, and in what state of things.
  struct Looked {
    Audience audience;
    std::uint64_t generation = 0, link = 0;
    base::Instant until{};
  } looked;
};

}  // namespace gateway
