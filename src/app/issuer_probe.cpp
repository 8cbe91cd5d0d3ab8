#include "app/issuer_probe.h"

#include <fmt/format.h>

#include <algorithm>

#include "oauth/key_fetcher.h"
#include "oauth/metadata.h"

namespace app {
namespace {

using Level = IssuerSign::Level;
using gateway::SignInIssuer;

// The metadata, from the first place that has some.
base::Task<std::string> find_metadata(const oauth::Fetch* fetch, std::string issuer) {
  std::vector<std::string> places = co_await oauth::metadata_places(issuer);
  std::string tried;
  for (const std::string& place : places) {
    oauth::Document page = co_await (*fetch)(place, base::Timers::now() + base::Millis(5'000));
    if (page.status == 200) co_return std::move(page.body);
    tried += fmt::format("{}{} answered {}", tried.empty() ? "" : "; ", place, page.status);
  }
  co_await mcp::fail(mcp::Code::not_found, tried);
  co_return std::string();
}

}  // namespace

std::vector<IssuerSign> signs_of_metadata(const SignInIssuer& issuer, const std::string& json) {
  std::vector<IssuerSign> out;
  const oauth::ProviderTraits& traits = oauth::traits_of(issuer.provider);
  const std::string what = "issuer " + issuer.rules.issuer;
  auto add = [&](Level level, std::string text, std::string_view remedy) {
    out.push_back({what, level, std::move(text), std::string(remedy)});
  };
  auto metadata = oauth::read_server_metadata(json);
  if (!metadata) {
    add(Level::bad, "its metadata cannot be read: " + metadata.error().message, "look whether issuer: is the provider's own URL");
    return out;
  }
  if (metadata->issuer != issuer.rules.issuer) {
    add(Level::bad, fmt::format("it calls itself {}", metadata->issuer), fmt::format("write issuer: {}", metadata->issuer));
    return out;
  }
  const auto& methods = metadata->code_challenge_methods;
  if (std::find(methods.begin(), methods.end(), "S256") == methods.end())
    add(Level::warning,
        fmt::format("{} does not say that it does PKCE with S256, and strict clients refuse to sign in there", traits.title),
        traits.client_remedy);
  if (metadata->registration_endpoint.empty() && !metadata->client_id_documents)
    add(Level::warning,
        fmt::format("clients cannot make themselves known at {}: no registration, no client metadata documents", traits.title),
        traits.client_remedy);
  if (traits.resources == oauth::ProviderTraits::Has::no)
    add(Level::warning,
        fmt::format("{} does not look at the resource that a client names, so the audience has to be set there", traits.title),
        traits.audience_remedy);
  if (issuer.introspection && json.find("introspection_endpoint") == std::string::npos)
    add(Level::bad, "it names no introspection_endpoint", "remove introspection:, and let its access tokens be JWTs");
  if (out.empty()) add(Level::good, fmt::format("{}: discovery, PKCE, registration", traits.title), {});
  return out;
}

std::vector<IssuerSign> probe_issuers(base::Loop& loop, const gateway::SignInConfig& config) {
  std::vector<IssuerSign> out;
  for (const SignInIssuer& one : config.issuers) {
    const std::string& name = one.rules.issuer;
    oauth::KeyFetcher fetcher(loop, {name}, {});
    const oauth::Fetch fetch = fetcher.fetch();
    auto metadata = loop.block_on(find_metadata(&fetch, name));
    if (!metadata) {
      out.push_back({"issuer " + name, Level::bad, "its metadata cannot be had: " + metadata.error().message,
                     "look whether this machine reaches it, and whether issuer: is its own URL"});
      continue;
    }
    for (IssuerSign& sign : signs_of_metadata(one, *metadata)) out.push_back(std::move(sign));
    oauth::KeyRing ring(loop, fetch);
    auto keys = loop.block_on(ring.keys(name, std::nullopt));
    if (!keys)
      out.push_back({"keys of " + name, Level::bad, keys.error().message, "no token of it can be verified until it publishes keys"});
    else
      out.push_back({"keys of " + name, Level::good, fmt::format("{} for signatures", keys->set->keys.size()), {}});
  }
  return out;
}

}  // namespace app
