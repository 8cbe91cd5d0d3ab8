// Text and identifiers as words: how a search sees both what is asked and what tools say of themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace disclosure {

enum class WordKind : std::uint8_t {
  plain,
  number,  // digits only
  joined,  // an identifier that was cut, once more as a whole: the words before it are its parts
};

struct Word {
  std::string text;  // lower case, without accents of Latin letters
  WordKind kind = WordKind::plain;
  std::uint32_t from = 0;  // where it begins in the text, in bytes
  bool operator==(const Word&) const = default;
};

// Longer words are cut: no word of a language is, and a blob is not one.
inline constexpr std::size_t kMostOfWord = 40;

// The words of `text`, which may be any bytes, at most `most`. `readTextFile`, `read_text_file` and `read text file` have the same parts;
// Chinese, Japanese and Korean, which are written without spaces, give pairs of neighbouring characters.
std::vector<Word> words_of(std::string_view text, std::size_t most);

// The stem of an English word in lower case: Snowball's "english", which irregular forms reach, too (`sent`, `conversion`). Other words
// mostly stay as they are.
std::string stem_of(std::string_view word);

// The letters and digits of a name, lower case: the same for names that differ by case and separators only.
std::string name_key(std::string_view name);

}  // namespace disclosure
