#include "gateway/disclosure/mode.h"

#include <algorithm>
#include <array>
#include <utility>

namespace gateway {
namespace {

constexpr std::array<std::pair<std::string_view, Disclosure>, 4> kNames{
    {{"all", Disclosure::all}, {"search", Disclosure::search}, {"code", Disclosure::code}, {"auto", Disclosure::automatic}}};

// By Implementation.name, in small letters.
constexpr std::array<std::string_view, 2> kDeferring{
    "claude-code",       // its tool search is on by default
    "codex-mcp-client",  // Codex defers tools to the search of its models
};

// What of a wrong word is worth repeating.
constexpr std::size_t kMostRepeated = 40;

}  // namespace

std::string_view disclosure_name(Disclosure mode) {
  for (const auto& [name, one] : kNames)
    if (one == mode) return name;
  return {};
}

std::optional<Disclosure> find_disclosure(std::string_view name) {
  for (const auto& [known, mode] : kNames)
    if (known == name) return mode;
  return std::nullopt;
}

bool defers_tools(std::string_view client_name) {
  std::string small(client_name.substr(0, 64));
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return std::find(kDeferring.begin(), kDeferring.end(), small) != kDeferring.end();
}

DisclosureChoice choose_disclosure(Disclosure wanted, std::string_view client_name, const std::function<CatalogSize()>& size) {
  if (wanted != Disclosure::automatic) return {wanted, "it is set to " + std::string(disclosure_name(wanted))};
  if (defers_tools(client_name)) return {Disclosure::all, "the client (" + std::string(client_name) + ") searches tools itself"};
  const CatalogSize is = size();
  const std::string much = std::to_string(is.tools) + " tools of about " + std::to_string(is.tokens) + " tokens";
  const std::string border = std::to_string(kManyTools) + " tools or " + std::to_string(kManyTokens) + " tokens";
  if (is.tools < kManyTools && is.tokens < kManyTokens) return {Disclosure::all, "the catalog is small: " + much + ", under " + border};
  return {Disclosure::search, "the catalog is large: " + much + ", from " + border + " on"};
}

AskedDisclosure asked_disclosure(std::string_view query) {
  constexpr std::string_view kKey = "disclosure=";
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(query.size(), end + 1));
    if (!part.starts_with(kKey)) continue;
    std::string_view word = part.substr(kKey.size());
    auto mode = find_disclosure(word);
    if (mode && *mode != Disclosure::automatic) return {mode, {}};
    std::string wrong = "'";
    for (char c : word.substr(0, kMostRepeated)) wrong += c > 0x20 && c < 0x7f ? c : '?';
    return {std::nullopt, wrong + "'"};
  }
  return {};
}

}  // namespace gateway
