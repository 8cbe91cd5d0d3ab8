// How many tokens many texts had: counted, or where counting all of them is not worth its time, told from samples.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "tokens/estimate.h"

namespace gateway {

struct Tally {
  std::uint64_t texts = 0;
  std::uint64_t bytes = 0;
  std::uint64_t counted_bytes = 0;
  std::uint64_t counted_tokens = 0;
  std::uint64_t largest = 0;  // bytes

  void add(std::size_t size) {
    ++texts;
    bytes += size;
    largest = std::max<std::uint64_t>(largest, size);
  }
  void counted(std::size_t size, std::size_t tokens) {
    counted_bytes += size;
    counted_tokens += tokens;
  }
  bool exact() const { return counted_bytes == bytes; }
  std::uint64_t tokens_of(std::uint64_t size) const {
    if (counted_bytes == 0) return tokens::estimated_by_size(size);
    return static_cast<std::uint64_t>(static_cast<double>(size) * static_cast<double>(counted_tokens) / static_cast<double>(counted_bytes));
  }
  std::uint64_t tokens() const { return exact() ? counted_tokens : tokens_of(bytes); }
};

}  // namespace gateway
