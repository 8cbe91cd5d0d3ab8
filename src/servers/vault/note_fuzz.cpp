// Any bytes are a note: parsing ends, and what it says lies within the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "servers/vault/fold.h"
#include "servers/vault/note.h"
#include "servers/vault/query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  servers::Note note = servers::parse_note(text);
  if (note.body > text.size()) std::abort();
  for (const servers::Heading& heading : note.headings) {
    if (heading.offset >= text.size()) std::abort();
    if (!servers::heading_key(heading.text).empty() && !servers::has_heading(note, heading.text)) std::abort();
    (void)servers::find_section(text, note, heading.text);
  }
  for (const std::string& block : note.blocks) (void)servers::find_block(text, block);
  (void)servers::parse_link(text.substr(0, 200));
  std::string folded = servers::fold(text);
  if (servers::fold(folded) != folded) std::abort();
  if (auto query = servers::Query::parse(text.substr(0, 100))) (void)servers::find_excerpt(text, *query);
  return 0;
}
