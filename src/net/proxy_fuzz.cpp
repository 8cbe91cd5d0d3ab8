// Any bytes as the address of a proxy and as a NO_PROXY list: no crash, and an address that is read is read again from its own text.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/proxy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (auto proxy = net::parse_proxy(text)) {
    auto again = net::parse_proxy(proxy->text());
    if (!again || again->host != proxy->host || again->port != proxy->port) std::abort();
    if (proxy->authorization.reveal().find_first_of("\r\n") != std::string::npos) std::abort();
  }
  const net::NoProxy list(text);
  (void)list.covers("a.example.com", 443);
  (void)list.covers("10.1.2.3", 80);
  (void)list.covers("fd00::1", 80);
  if (text == "*" && !list.covers(text, 1)) std::abort();
  return 0;
}
