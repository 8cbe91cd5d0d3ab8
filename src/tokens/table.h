// How the table of the vocabulary lies in the program: what make_table writes and vocabulary.cpp reads.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tokens {

static_assert(std::endian::native == std::endian::little, "the table of the vocabulary is little endian");

// The header; behind it 2^slot_bits slots of 32 bits, then the records. A slot holds the place of a record among the records plus one, or
// 0. A record is the token's rank (24 bits), its length (8 bits) and its bytes. A token is found from its hash's slot on, going up.
struct TableHeader {
  std::uint32_t magic;
  std::uint32_t slot_bits;
  std::uint32_t tokens;
  std::uint32_t longest;  // bytes of the longest token
};

inline constexpr std::uint32_t kTableMagic = 0x6b323030;
inline constexpr std::size_t kRecordHead = 4;

inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  a = (a ^ b) * 0x9e3779b97f4a7c15ULL;
  return a ^ (a >> 32);
}

// Of the bytes of a token.
inline std::uint64_t hash_of(const char* bytes, std::size_t size) {
  std::uint64_t hash = 0x51ed270b153a4d2fULL + size;
  while (size >= 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes, 8);
    hash = mixed(hash, word);
    bytes += 8;
    size -= 8;
  }
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, size);
  hash = mixed(hash, word);
  return hash ^ (hash >> 29);
}

}  // namespace tokens
