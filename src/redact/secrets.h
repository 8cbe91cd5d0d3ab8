// Secrets in a text: keys of providers, private keys, tokens, card numbers.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace redact {

struct Secret {
  std::string_view kind;           // `aws-access-key`, for findings and in the place of what is redacted
  std::size_t begin = 0, end = 0;  // bytes
};

// What in `text` has the form of a secret, in order, at most `most`. Card numbers have to pass their checksum. Linear. Thread-safe.
std::vector<Secret> find_secrets(std::string_view text, std::size_t most = 256);

// False: there is none in any string of this JSON text, however it is escaped, but for escaped letters. One pass.
bool may_have_secrets(std::string_view text);

}  // namespace redact
