#include "trust/provenance/merkle.h"

#include <openssl/evp.h>

#include <array>

namespace trust {

std::string sha256_bytes(std::string_view bytes) {
  std::array<unsigned char, 32> out{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(out.data()), out.size()};
}

bool is_included(std::string_view body, std::int64_t index, std::int64_t size, std::span<const std::string> path, std::string_view root) {
  if (index < 0 || index >= size) return false;
  const auto joined = [](std::string_view left, std::string_view right) {
    return sha256_bytes(std::string(1, '\x01').append(left).append(right));
  };
  auto node = static_cast<std::uint64_t>(index);
  auto last = static_cast<std::uint64_t>(size - 1);
  std::string hash = sha256_bytes(std::string(1, '\0').append(body));
  for (const std::string& beside : path) {
    if (last == 0 || beside.size() != 32) return false;
    if ((node & 1) != 0 || node == last) {
      hash = joined(beside, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = joined(hash, beside);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

}  // namespace trust
