// URI references, as far as `$id` and `$ref` need them.
#pragma once

#include <string>
#include <string_view>

namespace protocol::schema {

// A reference without its fragment, and the fragment without its `#`. Slices of what was split.
struct SplitUri {
  std::string_view document;
  std::string_view fragment;
};
SplitUri split_fragment(std::string_view uri);

// `reference` as seen from `base` (RFC 3986, section 5.2), without any fragment. Either may be empty.
std::string resolve_uri(std::string_view base, std::string_view reference);

// With %XX taken for its byte; what is no such escape stays.
std::string percent_decoded(std::string_view text);

}  // namespace protocol::schema
