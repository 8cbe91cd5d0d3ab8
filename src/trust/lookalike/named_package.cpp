#include "trust/lookalike/named_package.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "trust/lookalike/confusables.h"

namespace trust {
namespace {

// Words of the trade: they stand in most names and tell none from another.
constexpr std::array<std::string_view, 30> kGeneric{"agent",   "api",      "app",     "cli",     "client",
                                                    "clients", "context",  "core",    "js",      "lib",
                                                    "library", "mcp",      "mcps",    "model",   "modelcontextprotocol",
                                                    "node",    "nodejs",   "npm",     "package", "pkg",
                                                    "plugin",  "protocol", "py",      "pypi",    "python",
                                                    "sdk",     "server",   "servers", "tool",    "tools"};
// Words that are put before or behind a name to seem the real, the new or the better one.
constexpr std::array<std::string_view, 20> kAffixes{"alpha",  "beta", "fix",    "fixed",    "fork",     "free", "genuine",
                                                    "latest", "new",  "next",   "official", "original", "plus", "pro",
                                                    "real",   "safe", "secure", "stable",   "the",      "true"};

template <std::size_t N>
bool among(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

bool digit(char c) { return c >= '0' && c <= '9'; }

// `2`, `v2`, `12`: the number of a version, not a name such as `12306`.
bool version_word(std::string_view word) {
  if (word.starts_with('v')) word.remove_prefix(1);
  return !word.empty() && word.size() <= 3 && std::ranges::all_of(word, digit);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

bool separator(char c) { return c == '-' || c == '_' || c == '.'; }
bool any_separator(char c) { return separator(c) || c == '/' || c == '@' || c == ':'; }

std::string without_separators(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text)
    if (!any_separator(c)) out += c;
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && !any_separator(text[end])) ++end;
    if (end > at) out.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

// `maps2` is `maps`; a word of digits and few letters stays, as in `s3`.
std::string_view without_version(std::string_view word) {
  std::size_t end = word.size();
  while (end > 0 && word.size() - end < 3 && digit(word[end - 1])) --end;
  if (end == word.size()) return word;
  std::string_view rest = word.substr(0, end);
  if (rest.ends_with('v') && rest.size() > 3) rest.remove_suffix(1);
  return rest.size() >= 3 && !digit(rest.back()) ? rest : word;
}

std::vector<std::string> core_of(const std::vector<std::string>& words) {
  std::vector<std::string> out;
  const auto known = [](std::string_view word) { return generic_word(word) || among(kAffixes, word); };
  for (const std::string& word : words) {
    if (known(word)) continue;
    const std::string_view rest = without_version(word);
    if (!known(rest)) out.emplace_back(rest);
  }
  std::ranges::sort(out);
  return out;
}

// PEP 503: runs of -, _ and . are one -.
std::string pep503(std::string_view text) {
  std::string out;
  for (char c : lower(text)) {
    const char plain = separator(c) ? '-' : c;
    if (plain == '-' && out.ends_with('-')) continue;
    out += plain;
  }
  return out;
}

// Where the version of a name begins, or npos.
std::size_t version_begin(Ecosystem ecosystem, std::string_view text) {
  switch (ecosystem) {
    case Ecosystem::npm: return text.find('@', 1);
    case Ecosystem::pypi: return text.find_first_of("=<>!~@[;");
    case Ecosystem::oci: {
      const std::size_t digest = text.find('@', 1);
      const std::size_t slash = text.rfind('/', digest);
      const std::size_t tag = text.find(':', slash == text.npos ? 0 : slash);
      return std::min(digest, tag);
    }
    case Ecosystem::mcp_registry: return text.find('@', 1);
    case Ecosystem::remote: return text.npos;
  }
  return text.npos;
}

std::string image_id(std::string_view text) {
  std::string out = lower(text);
  for (std::string_view host : {"docker.io/", "index.docker.io/", "registry-1.docker.io/"})
    if (out.starts_with(host)) out.erase(0, host.size());
  if (out.starts_with("library/")) out.erase(0, 8);
  return out;
}

std::string id_of(Ecosystem ecosystem, std::string_view name) {
  switch (ecosystem) {
    case Ecosystem::pypi: return name.find('/') == name.npos ? pep503(name) : lower(name);
    case Ecosystem::oci: return image_id(name);
    case Ecosystem::npm: return std::string(name);  // npm tells capitals from small letters
    case Ecosystem::mcp_registry:
    case Ecosystem::remote: return lower(name);
  }
  return std::string(name);
}

void split(NamedPackage& name, std::string_view whole) {
  std::size_t slash = whole.rfind('/');
  // The host of a URL is its owner.
  if (name.ecosystem == Ecosystem::remote) {
    if (const std::size_t scheme = whole.find("://"); scheme != whole.npos) whole.remove_prefix(scheme + 3);
    slash = whole.find('/');
    name.form = NamedPackage::Form::path;
    name.scope = whole.substr(0, slash);
    name.bare = slash == whole.npos ? std::string_view() : whole.substr(slash + 1);
    return;
  }
  if (slash == whole.npos) {
    name.bare = whole;
    return;
  }
  name.bare = whole.substr(slash + 1);
  name.scope = whole.substr(0, slash);
  name.form = NamedPackage::Form::path;
  if (name.scope.starts_with('@')) {
    name.form = NamedPackage::Form::scoped;
    name.scope.erase(0, 1);
  }
}

}  // namespace

bool generic_word(std::string_view word) { return among(kGeneric, word) || version_word(word); }

std::string_view ecosystem_name(Ecosystem ecosystem) {
  switch (ecosystem) {
    case Ecosystem::npm: return "npm";
    case Ecosystem::pypi: return "pypi";
    case Ecosystem::oci: return "oci";
    case Ecosystem::mcp_registry: return "mcp-registry";
    case Ecosystem::remote: return "remote";
  }
  return "npm";
}

std::optional<Ecosystem> find_ecosystem(std::string_view name) {
  const std::string plain = lower(name);
  for (Ecosystem one : {Ecosystem::npm, Ecosystem::pypi, Ecosystem::oci, Ecosystem::mcp_registry, Ecosystem::remote})
    if (ecosystem_name(one) == plain) return one;
  if (plain == "docker") return Ecosystem::oci;
  return std::nullopt;
}

bool NamedPackage::generic() const { return !words.empty() && std::ranges::all_of(words, generic_word); }

std::string_view version_of(Ecosystem ecosystem, std::string_view text) {
  const std::size_t at = version_begin(ecosystem, text);
  if (at == text.npos) return {};
  std::string_view version = text.substr(at);
  if (ecosystem == Ecosystem::pypi) {
    if (const std::size_t equal = version.find("=="); equal != version.npos) return version.substr(equal + 2);
    return version.starts_with('@') ? version.substr(1) : version;
  }
  return version.substr(1);
}

mcp::Result<NamedPackage> parse_package_name(Ecosystem ecosystem, std::string_view text) {
  const auto refused = [](std::string why) { return mcp::Error(mcp::Code::invalid_argument, std::move(why)); };
  if (text.size() > kLongestPackageName)
    return refused(fmt::format("a name of {} bytes; the longest has {}", text.size(), kLongestPackageName));
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }))
    return refused("a name with white space or control characters in it");
  std::string_view plain = text.substr(0, version_begin(ecosystem, text));
  while (plain.ends_with('/')) plain.remove_suffix(1);
  if (plain.empty() || plain.find_first_not_of("@/.-_") == plain.npos) return refused("no name");
  NamedPackage name;
  name.ecosystem = ecosystem;
  name.written = text;
  name.plain = plain;
  name.id = id_of(ecosystem, plain);
  const std::string low = lower(name.id);
  split(name, low);
  name.words = words_of(name.bare);
  name.core = core_of(name.words);
  name.all_words = words_of(low);
  name.all_core = core_of(name.all_words);
  std::ranges::sort(name.all_words);
  name.moniker = without_separators(name.bare);
  name.bare_skeleton = without_separators(trust::skeleton(name.bare));
  name.scope_skeleton = without_separators(trust::skeleton(name.scope));
  name.skeleton = without_separators(trust::skeleton(low));
  return name;
}

}  // namespace trust
