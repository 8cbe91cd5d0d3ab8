// Numbers for people: digits in groups, shares, and bars that show them side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace app {

// 48,000
std::string grouped(std::uint64_t number);
// `text` behind so many spaces that both have `width` columns.
std::string padded(std::string text, std::size_t width);
// 2.4 %; "<0.1 %" for what is there and little.
std::string share(std::uint64_t part, std::uint64_t whole);
// A bar of `part` where `most` takes `width` columns; what is not nothing is at least an eighth of one.
std::string bar(std::uint64_t part, std::uint64_t most, std::size_t width = 24);

}  // namespace app
