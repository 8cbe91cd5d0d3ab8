// Makes the table of tokens/table.h of a vocabulary as it is published: a line for each token, its bytes in base64 and its rank.
// Usage: make_token_table VOCABULARY TABLE
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "tokens/table.h"

namespace {

constexpr std::uint32_t kSlotBits = 19;

struct Token {
  std::string bytes;
  std::uint32_t rank = 0;
};

int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool decode(std::string_view text, std::string& out) {
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  std::uint32_t bits = 0;
  int have = 0;
  for (char c : text) {
    const int value = sextet(c);
    if (value < 0) return false;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    have += 6;
    if (have >= 8) out += static_cast<char>((bits >> (have -= 8)) & 0xff);
  }
  return !out.empty();
}

bool read(const char* path, std::vector<Token>& tokens) {
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty()) continue;
    Token token;
    const std::size_t space = line.find(' ');
    if (space == std::string::npos || !decode(std::string_view(line).substr(0, space), token.bytes)) return false;
    token.rank = static_cast<std::uint32_t>(std::strtoul(line.c_str() + space + 1, nullptr, 10));
    if (token.bytes.size() > 255 || token.rank >= 1U << 24U) return false;
    tokens.push_back(std::move(token));
  }
  // Every text can be counted only with every byte as a token.
  std::array<bool, 256> single{};
  for (const Token& token : tokens)
    if (token.bytes.size() == 1) single[static_cast<unsigned char>(token.bytes[0])] = true;
  return tokens.size() * 2 <= 1U << kSlotBits && std::ranges::all_of(single, [](bool there) { return there; });
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Token> tokens;
  if (argc != 3 || !read(argv[1], tokens)) {
    std::fprintf(stderr, "make_token_table: %s is no vocabulary that this can read\n", argc == 3 ? argv[1] : "(wrong usage)");
    return 1;
  }
  std::vector<std::uint32_t> slots(std::size_t{1} << kSlotBits);
  std::string records;
  std::uint32_t longest = 0;
  for (const Token& token : tokens) {
    std::size_t slot = tokens::hash_of(token.bytes.data(), token.bytes.size()) & (slots.size() - 1);
    while (slots[slot]) slot = (slot + 1) & (slots.size() - 1);
    slots[slot] = static_cast<std::uint32_t>(records.size() + 1);
    longest = std::max(longest, static_cast<std::uint32_t>(token.bytes.size()));
    for (int shift : {0, 8, 16}) records += static_cast<char>((token.rank >> shift) & 0xff);
    records += static_cast<char>(token.bytes.size());
    records += token.bytes;
  }
  const tokens::TableHeader header{tokens::kTableMagic, kSlotBits, static_cast<std::uint32_t>(tokens.size()), longest};
  std::ofstream out(argv[2], std::ios::binary);
  out.write(reinterpret_cast<const char*>(&header), sizeof header);
  out.write(reinterpret_cast<const char*>(slots.data()), static_cast<std::streamsize>(slots.size() * sizeof slots[0]));
  out.write(records.data(), static_cast<std::streamsize>(records.size()));
  out.close();
  return out ? 0 : 1;
}
