#include "app/config_registry.h"

#include <fmt/format.h>

#include "net/url.h"
#include "trust/registry/client.h"

namespace app {

void read_registry(const yaml::Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, "registry")) return;
  if (const auto* url = value.find("url"))
    if (auto text = reader.plain(*url, "registry.url")) {
      auto read = net::parse_url(*text);
      if (!read)
        reader.error(*url, fmt::format("registry.url: {}; write it like {}", read.error().message, trust::kOfficialRegistry));
      else
        config.registry.url = read->text();
    }
  if (const auto* least = value.find("min_mtf"))
    if (auto level = reader.number(*least, "registry.min_mtf", 1, 4)) config.registry.min_mtf = static_cast<int>(*level);
}

}  // namespace app
