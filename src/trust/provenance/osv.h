// Known vulnerabilities of packages, as OSV records describe them (OSV schema 1.x).
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/result.h"
#include "trust/provenance/dependency_lock.h"

namespace trust {

struct Vulnerability {
  std::string id;
  std::string summary;
  std::vector<std::string> aliases;
  bool malicious = false;  // the package itself is the attack (ids MAL-…)
  std::string fixed;       // the first version behind the affected ones; empty: none is known
};

// Records by package.
// Owns: what it was given. Threads: immutable once filled; any.
class VulnerabilityList {
 public:
  static constexpr std::size_t kMostRecords = 1'000'000;
  static constexpr std::size_t kLargestRecord = 16 * 1024 * 1024;  // bytes

  // Takes one record. Withdrawn ones, and those of other ecosystems, are passed over.
  // Errors: invalid_argument (no OSV record), too_large.
  mcp::Result<> add(std::string_view json);
  // Those that this version has. A range whose kind is not known counts: what cannot be compared cannot be ruled out.
  std::vector<Vulnerability> find(const LockedDependency& package) const;
  std::size_t size() const { return size_; }

 private:
  struct Event {
    enum class Kind { introduced, fixed, last_affected };
    Kind kind = Kind::introduced;
    std::string version;
  };
  struct Affected {
    Vulnerability is;
    std::vector<std::vector<Event>> ranges;
    std::vector<std::string> versions;
    bool every = false;  // it names neither, or a kind of range that is not known
  };
  static bool in_range(Ecosystem ecosystem, std::string_view version, const std::vector<Event>& events, std::string& fixed);
  friend class OsvReader;

  std::map<std::pair<Ecosystem, std::string>, std::vector<Affected>> by_package_;
  std::size_t size_ = 0;
};

}  // namespace trust
