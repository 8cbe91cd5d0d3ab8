// Characters that a person does not see and a model reads: tags, direction, zero width, selectors, escapes, letters of other alphabets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trust/scan/finding.h"

namespace trust::scan {

enum class Hiding : std::uint8_t {
  control,      // C0, DEL, C1
  escape,       // a terminal's
  tag,          // U+E0000 and on, outside of a flag
  direction,    // marks, embeddings, isolates where no text runs right to left
  reversal,     // of direction: shows other letters than are read
  zero_width,   // also word joiner, invisible operators, byte order mark
  selector,     // variation selectors where nothing varies
  soft_hyphen,  // more than two
  filler,       // letters without a shape
  mark,         // combining marks that cover letters
  private_use,
  unassigned,  // also noncharacters
  separator,   // line and paragraph separators
  styled,      // mathematical and enclosed letters as words
  mixed,       // letters of another alphabet that look like Latin ones, within a word
  broken,      // no UTF-8
};

// One run of characters of one kind.
struct HiddenRun {
  Hiding kind;
  std::size_t begin = 0, end = 0;  // bytes
  std::size_t count = 0;           // characters
};

// The runs of `text`, in order, at most `most`. Linear.
std::vector<HiddenRun> find_hidden(std::string_view text, std::size_t most = 4096);

// `hidden.tag`, as findings call it.
std::string_view hiding_id(Hiding kind);

// A text as a model may read it: without what is hidden, letters that look like Latin ones as these, and what tags or selectors spell.
struct Plain {
  std::string text;
  std::vector<std::uint32_t> from;  // for each byte of `text`, where it was
  std::string spelled;              // by tags and by selectors; empty: nothing
  std::size_t whole = 0;            // bytes of the text that was given
  std::size_t origin(std::size_t at) const { return at < from.size() ? from[at] : whole; }
};
Plain plain_of(std::string_view text);

// A name as it looks: lower case, look-alike characters as one, without separators. Two names that a person takes for each other have
// the same. Digits that stand for letters count as these.
std::string skeleton_of(std::string_view name);

}  // namespace trust::scan
