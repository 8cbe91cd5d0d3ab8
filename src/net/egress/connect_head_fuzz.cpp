// Any bytes as the head of a CONNECT request, and as an entry of an allow list.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/egress/connect_head.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto head = net::read_connect_head(text); head && *head) {
    if ((*head)->size > size || (*head)->target.port == 0) std::abort();
    if ((*head)->target.host.find_first_of("\r\n /@") != std::string::npos) std::abort();
  }
  if (auto list = net::AllowList::parse({std::string(text)}))
    for (const net::EgressTarget& target : list->hosts())
      if (!list->names(target)) std::abort();
  return 0;
}
