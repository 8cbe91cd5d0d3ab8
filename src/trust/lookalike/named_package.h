// The name of a package in its registry, and its parts.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace trust {

// Whose names they are. `remote` are the URLs of servers.
enum class Ecosystem : std::uint8_t { npm, pypi, oci, mcp_registry, remote };

// `npm`, `pypi`, `oci`, `mcp-registry` or `remote`.
std::string_view ecosystem_name(Ecosystem ecosystem);
// By that name, or by `docker` for oci, without regard to case.
std::optional<Ecosystem> find_ecosystem(std::string_view name);

// A name, taken apart for comparison. All parts but `written` and `plain` are in small letters.
struct NamedPackage {
  // path: names below a place that has one owner, as in `owner/name` or a registry's `host/owner/name`; scoped: `@owner/name`.
  enum class Form : std::uint8_t { plain, scoped, path };

  Ecosystem ecosystem = Ecosystem::npm;
  std::string written;
  std::string plain;  // as written, without a version
  std::string id;     // equal for what the registry takes for one name: PEP 503 for PyPI; no default host, tag and digest for images
  Form form = Form::plain;
  std::string scope;                   // the owner, without `@`; empty where there is none
  std::string bare;                    // the rest
  std::vector<std::string> words;      // of the bare name
  std::vector<std::string> core;       // of those, what says which server it is, sorted: not `mcp`, `server`, `official`, `v2`, …
  std::vector<std::string> all_words;  // of the whole name, sorted
  std::vector<std::string> all_core;
  std::string moniker;         // the bare name without separators
  std::string bare_skeleton;   // how that looks
  std::string scope_skeleton;  // how the scope looks
  std::string skeleton;        // how the whole name looks, without separators

  // Words that every server's name may have, and nothing else.
  bool generic() const;
};

inline constexpr std::size_t kLongestPackageName = 512;  // bytes

// Takes a name apart. A version behind it (`@1.2.3`, `==1.2.3`, `:tag`, `@sha256:…`) is no part of the name; `version_of` gives it.
// Errors: invalid_argument (empty, too long, or with white space or control characters).
mcp::Result<NamedPackage> parse_package_name(Ecosystem ecosystem, std::string_view text);

// What `text` says of the version: `1.2.3` of `name@1.2.3`. Empty where it says nothing.
std::string_view version_of(Ecosystem ecosystem, std::string_view text);

// A word that says nothing of which server it is: `mcp`, `server`, `tools`, `js`, `v2`, …
bool generic_word(std::string_view word);

}  // namespace trust
