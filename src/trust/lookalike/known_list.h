// The names that are known, by which others are judged.
#pragma once
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trust/lookalike/named_package.h"

namespace trust {

// Names of packages and servers that are themselves.
// Threads: immutable once made; any.
class KnownList {
 public:
  static constexpr std::size_t kMost = 200'000;                  // names
  static constexpr std::size_t kLargestFile = 32 * 1024 * 1024;  // bytes

  struct Entry {
    NamedPackage name;
    std::string sources;  // where it was listed, separated by commas
  };

  // The list that this program was built with (data/known_packages.tsv).
  static const KnownList& shipped();

  // Reads a list: a line is either `ecosystem`, `name` and, where known, its sources, separated by tabs, or a JSON object with `ecosystem`
  // and `name`. Empty lines and those that begin with # are skipped. Errors: invalid_argument, with the line; too_large.
  static mcp::Result<KnownList> parse(std::string_view text);

  const std::vector<Entry>& of(Ecosystem ecosystem) const { return entries_[static_cast<std::size_t>(ecosystem)]; }
  // How often the list has this name.
  std::size_t count(const NamedPackage& name) const;
  std::size_t size() const;

 private:
  mcp::Result<> add(std::string_view ecosystem, std::string_view name, std::string_view sources);

  std::vector<Entry> entries_[5];
  std::unordered_map<std::string, std::size_t> ids_[5];
};

}  // namespace trust
