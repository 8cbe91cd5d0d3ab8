#include "tokens/vocabulary.h"

#include <cstring>

#include "tokens/table.h"

// The table as it is, among the constants of the program.
asm(R"(
  .pushsection .rodata
  .balign 16
  .globl gatehouse_token_table
  .hidden gatehouse_token_table
gatehouse_token_table:
  .incbin ")" GATEHOUSE_TOKEN_TABLE R"("
  .byte 0
  .popsection
)");

extern "C" {
// NOLINTNEXTLINE(readability-identifier-naming): the assembler's name for it.
extern const unsigned char gatehouse_token_table[] __attribute__((visibility("hidden")));
}

namespace tokens {
namespace {

const TableHeader& header() { return *reinterpret_cast<const TableHeader*>(gatehouse_token_table); }
const std::uint32_t* slots() { return reinterpret_cast<const std::uint32_t*>(gatehouse_token_table + sizeof(TableHeader)); }

}  // namespace

std::uint32_t find_rank(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > header().longest) return kNoRank;
  const std::size_t count = std::size_t{1} << header().slot_bits;
  const unsigned char* records = gatehouse_token_table + sizeof(TableHeader) + count * sizeof(std::uint32_t);
  for (std::size_t slot = hash_of(bytes.data(), bytes.size()) & (count - 1); slots()[slot] != 0; slot = (slot + 1) & (count - 1)) {
    const unsigned char* record = records + slots()[slot] - 1;
    if (record[3] == bytes.size() && std::memcmp(record + kRecordHead, bytes.data(), bytes.size()) == 0)
      return record[0] | std::uint32_t{record[1]} << 8U | std::uint32_t{record[2]} << 16U;
  }
  return kNoRank;
}

std::size_t vocabulary_size() { return header().tokens; }
std::size_t longest_token() { return header().longest; }

}  // namespace tokens
