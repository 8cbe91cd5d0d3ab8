// A text as the words and sentences that signals are looked for in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trust::scan {

// What a word is besides its letters.
enum Mark : std::uint16_t {
  kUrl = 1,
  kEmail = 2,
  kPath = 4,
  kPhone = 8,
  kNumber = 16,
  kIdentifier = 32,   // with an underscore or an inner capital
  kQuoted = 64,       // right behind a quotation mark
  kAssetPath = 128,   // a file or folder where secrets are kept
  kAccount = 256,     // of a bank or a blockchain
  kFakeRole = 512,    // behind a tag or a heading that poses as another speaker
  kLoudTag = 1024,    // behind <IMPORTANT> and the like
  kShellLine = 2048,  // at a command line that harms
};

struct Word {
  std::string_view text;             // lower case; lives as long as the Words
  std::uint32_t begin = 0, end = 0;  // bytes of the text that was given
  std::uint32_t sentence = 0;
  std::uint16_t marks = 0;
  bool is(Mark mark) const { return (marks & mark) != 0; }
};

struct Words {
  std::unique_ptr<std::string> lower;  // the text in lower case; apart, so that moving this keeps the words valid
  std::vector<Word> words;
  std::uint32_t sentences = 0;
};

// The words of `text`, which may be any bytes. Linear.
Words words_of(std::string_view text);

}  // namespace trust::scan
