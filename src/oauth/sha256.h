// SHA-256 as bytes, for thumbprints, token hashes and PKCE.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace oauth {

// The 32 bytes of the digest. Threads: any.
std::string sha256(std::string_view bytes);

// The same as an array, which is a cheap key for a table.
using Sha256 = std::array<unsigned char, 32>;
Sha256 sha256_array(std::string_view bytes);

// For tables keyed by a digest, whose bytes are random already.
struct Sha256Hash {
  std::size_t operator()(const Sha256& digest) const;
};

}  // namespace oauth
