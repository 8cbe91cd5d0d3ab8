// Signs in a text that it speaks to a model instead of to a person: a table of word patterns, and where they match.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "trust/scan/words.h"

namespace trust::scan {

// What a signal is a sign of. In one place of a text, each family counts once.
enum class Family : std::uint8_t {
  takeover,
  secrecy,
  agent,
  order,
  asset,
  channel,
  authority,
  tamper,
  shell,
  depend,
  redirect,
  prefer,
  cross,
  trigger,
  evade,
  pretext,
  loud,
  persist,
};
inline constexpr std::size_t kFamilies = 18;

// `name` is what patterns call it, as `@name`; `words` are separated by `|`, and a `*` behind one stands for any ending.
struct WordClass {
  std::string_view name;
  std::string_view words;
};

// A pattern is a row of elements within one sentence. An element is words separated by `|`: plain ones, `prefix*`, a class (`@say`), or a
// mark of `words.h` (`@url`). `~N` before an element lets up to N other words stand there. `>` at the beginning: not in the first
// sentence, which says what a tool does; `^`: only where a sentence begins.
struct Signal {
  std::string_view id;
  Family family;
  int weight;
  std::string_view pattern;
};

std::span<const WordClass> word_classes();
std::span<const Signal> signal_table();

// One match. A pattern matches a sentence at most once.
struct Hit {
  const Signal* signal = nullptr;
  std::uint32_t sentence = 0;  // counts from 0
  std::uint32_t first = 0;     // words: from this one
  std::uint32_t last = 0;      // to this one, inclusive
};

// All matches in `words`, sentence by sentence. Linear in the number of words. Thread-safe.
std::vector<Hit> find_signals(const Words& words);

}  // namespace trust::scan
