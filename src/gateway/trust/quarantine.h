// Which definitions of which server are held back, and why.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/catalog.h"

namespace gateway {

// What is held is not listed, not found, not described and not called, under any name that it has, for anybody, until a person approves it
// (`gatehouse pins approve`). A table; Pinning is who asks it, together with the pins.
// Threads: one loop only.
class Quarantine {
 public:
  static constexpr std::size_t kMost = 10'000;

  // Holds a definition by the name that its server gives it. `reason` is one sentence without words of the definition; another one for the
  // same name replaces it. Beyond kMost nothing more is taken in, and false is returned: then its server has to be held as a whole.
  bool hold(std::string_view server, DefinitionKind kind, std::string_view name, std::string reason);
  // Not an error when it is not held.
  void release(std::string_view server, DefinitionKind kind, std::string_view name);
  // Of all kinds and names.
  void release(std::string_view server);

  // The reason, or null.
  const std::string* find(std::string_view server, DefinitionKind kind, std::string_view name) const;
  std::size_t size() const { return size_; }

 private:
  using Names = std::map<std::pair<DefinitionKind, std::string>, std::string>;
  std::map<std::string, Names, std::less<>> held_;
  std::size_t size_ = 0;
};

}  // namespace gateway
