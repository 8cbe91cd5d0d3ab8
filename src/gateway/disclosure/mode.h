// How much of the catalog a client is shown at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

enum class Disclosure : std::uint8_t {
  all,        // every tool, by its public name
  search,     // find_tools, describe_tools, call_tool, call_tool_write, and what the config marks `always`
  code,       // find_tools, describe_tools, run_code
  automatic,  // `all` where that is better, else `search`; see choose_disclosure()
};

// `all`, `search`, `code`, `auto`, as configs, URLs and command lines write it.
std::string_view disclosure_name(Disclosure mode);
std::optional<Disclosure> find_disclosure(std::string_view name);

// Clients with a search over tools of their own, by the name that they give themselves: to them every tool is shown, as a search behind
// their search finds less.
bool defers_tools(std::string_view client_name);

// What of a catalog counts for the choice.
struct CatalogSize {
  std::size_t tools = 0;
  std::size_t tokens = 0;  // of all definitions, as a client gets them
};

// From so many on, `auto` does not show all: models choose worse, and their context fills up.
inline constexpr std::size_t kManyTools = 40;
inline constexpr std::size_t kManyTokens = 10'000;

struct DisclosureChoice {
  Disclosure mode = Disclosure::all;  // never automatic
  std::string why;                    // one line, for people
};

// What is shown where `wanted` is the setting. Rests on nothing else but its arguments, so that equal requests get equal lists; `size` is
// only asked for where it counts.
DisclosureChoice choose_disclosure(Disclosure wanted, std::string_view client_name, const std::function<CatalogSize()>& size);

// The mode that the query of an endpoint's URL asks for (`disclosure=search`): all, search or code. Nothing when it asks for none.
struct AskedDisclosure {
  std::optional<Disclosure> mode;
  std::string wrong;  // what the query says in place of a mode; empty: nothing is wrong
};
AskedDisclosure asked_disclosure(std::string_view query);

}  // namespace gateway
