// Any bytes: the splitter stays inside of the text, keeps its limits, and gives the same words for what it gave.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "disclosure/signature.h"
#include "disclosure/words.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t kMost = 200;
  auto words = disclosure::words_of(text, kMost);
  check(words.size() <= kMost);
  for (const disclosure::Word& word : words) {
    check(!word.text.empty() && word.text.size() <= disclosure::kMostOfWord + 4 && word.from < size);
    check(disclosure::name_key(word.text) == word.text);
    (void)disclosure::stem_of(word.text);
  }
  std::string key = disclosure::name_key(text);
  check(disclosure::name_key(key) == key);
  check(disclosure::first_sentence(text).size() <= disclosure::kMostOfSentence + 3);
  disclosure::ToolView tool;
  tool.name = text;
  tool.input_schema = text;  // no JSON most of the time
  check(disclosure::signature_line(tool).find('\n') == std::string::npos);
  return 0;
}
