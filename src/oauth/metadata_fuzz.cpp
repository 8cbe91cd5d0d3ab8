#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "oauth/metadata.h"

// Whatever the document is, reading it ends; what is accepted names itself, and the places to look at are https or http URLs.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto resource = oauth::read_resource_metadata(text);
  auto server = oauth::read_server_metadata(text);
  if (resource && resource->resource.empty()) std::abort();
  if (server && server->issuer.empty()) std::abort();
  const auto place = net::parse_url("https://example.com/a/b");
  if (resource && oauth::resource_covers(resource->resource, *place) && !net::parse_url(resource->resource)) std::abort();
  if (server)
    for (const auto& url : oauth::server_metadata_urls(server->issuer))
      if (!net::parse_url(url)) std::abort();
  return 0;
}
