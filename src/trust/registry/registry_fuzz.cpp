#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "trust/registry/added.h"
#include "trust/registry/plan.h"

// Whatever a registry answers: it is read or refused, and what is planned of it names an exact program or address and no control character.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto added = trust::parse_added(text)) {
    auto again = trust::parse_added(trust::added_text(*added));
    if (!again || *again != *added) std::abort();
  }
  auto page = trust::parse_registry_page(text);
  auto one = trust::parse_registry_server(text);
  if (page && one) std::abort();
  const auto look = [](const trust::RegistryServer& server) {
    if (!trust::is_server_name(server.name) || server.digest.size() != 64 || trust::id_for(server.name).size() > 24) std::abort();
    auto plan = trust::plan_server(server, {});
    if (!plan) return;
    if (plan->launch.argv.empty() == plan->url.empty()) std::abort();
    for (const std::string& word : plan->launch.argv)
      for (char c : word)
        if (static_cast<unsigned char>(c) < 0x20) std::abort();
  };
  if (one) look(*one);
  if (page)
    for (const trust::RegistryServer& server : page->servers) look(server);
  return 0;
}
