// Any bytes as a URL, and as a reference beside one: what is read is read again from its own text, and is the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/redirect.h"
#include "net/url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  for (const std::string& one : {text, "http://" + text, "https://h/" + text}) {
    auto url = net::parse_url(one);
    if (!url) continue;
    auto again = net::parse_url(url->text());
    if (!again || again->text() != url->text() || again->origin != url->origin || url->target.front() != '/') std::abort();
    auto beside = net::resolve_url(*url, text);
    if (beside && !net::parse_url(beside->text())) std::abort();
    if (url->text().find_first_of("\r\n ") != std::string::npos) std::abort();
  }
  return 0;
}
