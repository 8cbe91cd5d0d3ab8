// General English as a search needs it: words that say nothing, and words that say the same.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace disclosure {

// Whether a word in lower case says nothing about what is asked.
bool is_stop_word(std::string_view word);

// The plain form of a word whose stem does not show it (`bought`, `comparison`, `colour`); `word` itself for all others.
std::string_view plain_form(std::string_view word);

// Stems that mean about the same as the stem of `word`, without itself; empty for most. The memory lives as long as the program.
std::span<const std::string> synonyms_of(std::string_view stem);

// What the letters of a common abbreviation stand for, in lower case with spaces; empty where it is none.
std::string_view written_out(std::string_view word);

}  // namespace disclosure
