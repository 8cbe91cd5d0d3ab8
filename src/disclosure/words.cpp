#include "disclosure/words.h"

#include <libstemmer.h>

#include <memory>
#include <utility>

#include "disclosure/vocabulary.h"

namespace disclosure {
namespace {

enum class Sort : std::uint8_t { gap, lower, upper, digit, dense, mark };

struct Sign {
  char32_t code = 0;
  std::uint32_t at = 0, size = 1;
  Sort sort = Sort::gap;
};

// The letters of U+00C0 to U+017F without their accents; a dot for the two that are none.
constexpr std::string_view kLatin =
    "aaaaaaaceeeeiiiidnooooo.ouuuuytsaaaaaaaceeeeiiiidnooooo.ouuuuyty"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllll"
    "llnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatin.size() == 192);

bool between(char32_t code, char32_t low, char32_t high) { return code >= low && code <= high; }

// Written without spaces: kana, Han, Hangul.
bool is_dense(char32_t code) {
  return between(code, 0x3040, 0x30ff) || between(code, 0x3400, 0x9fff) || between(code, 0xac00, 0xd7a3) || between(code, 0xf900, 0xfaff) ||
         between(code, 0x20000, 0x3ffff);
}

// Punctuation and pictures.
bool is_gap(char32_t code) {
  return code < 0xc0 || between(code, 0x2000, 0x2bff) || between(code, 0x2e00, 0x303f) || between(code, 0xe000, 0xf8ff) ||
         between(code, 0xfe00, 0xff0f) || between(code, 0xff1a, 0xff20) || between(code, 0xff3b, 0xff40) || code >= 0x1f000;
}

// What a code point is, and its lower case.
void judge(Sign& sign) {
  if (between(sign.code, 0xff10, 0xff5a) && !is_gap(sign.code)) sign.code -= 0xfee0;  // wide Latin
  char32_t code = sign.code;
  if (between(code, 'a', 'z')) {
    sign.sort = Sort::lower;
  } else if (between(code, 'A', 'Z')) {
    sign.sort = Sort::upper;
    sign.code += 'a' - 'A';
  } else if (between(code, '0', '9')) {
    sign.sort = Sort::digit;
  } else if (is_dense(code)) {
    sign.sort = Sort::dense;
  } else if (is_gap(code)) {
    sign.sort = Sort::gap;
  } else if (between(code, 0x300, 0x36f)) {
    sign.sort = Sort::mark;
  } else if (code < 0x180) {
    char letter = kLatin[code - 0xc0];
    // Capitals are the even ones, but for two ranges.
    bool odd = between(code, 0x139, 0x148) || between(code, 0x179, 0x17e);
    bool upper = code < 0xdf || (code >= 0x100 && (code % 2 == 1) == odd);
    sign.sort = letter == '.' ? Sort::gap : upper ? Sort::upper : Sort::lower;
    sign.code = static_cast<unsigned char>(letter);
  } else if (between(code, 0x391, 0x3a9) || between(code, 0x410, 0x42f)) {
    sign.sort = Sort::upper;
    sign.code += 0x20;
  } else {
    sign.sort = Sort::lower;
  }
}

// The code point there, of any bytes; what is no UTF-8 is a gap of one byte.
Sign sign_at(std::string_view text, std::size_t at) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  Sign sign;
  sign.at = static_cast<std::uint32_t>(at);
  char32_t first = byte(at);
  if (first < 0x80) {
    sign.code = first;
    judge(sign);
    return sign;
  }
  std::uint32_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + size > text.size()) return sign;
  char32_t code = first & (0xffU >> (size + 1));
  for (std::uint32_t i = 1; i < size; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return sign;
    code = (code << 6) | (byte(at + i) & 0x3fU);
  }
  sign.code = code;
  sign.size = size;
  judge(sign);
  return sign;
}

void append(std::string& out, char32_t code) {
  auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xc0 | (code >> 6));
  } else if (code < 0x10000) {
    put(0xe0 | (code >> 12));
    put(0x80 | ((code >> 6) & 0x3f));
  } else {
    put(0xf0 | (code >> 18));
    put(0x80 | ((code >> 12) & 0x3f));
    put(0x80 | ((code >> 6) & 0x3f));
  }
  put(0x80 | (code & 0x3f));
}

bool is_letter(Sort sort) { return sort == Sort::lower || sort == Sort::upper; }

class Cutter {
 public:
  Cutter(std::vector<Word>& out, std::size_t most) : out_(out), most_(most) {}

  bool full() const { return out_.size() >= most_; }

  // `next` is what stands behind: a small s behind capitals belongs to them, as in URLs.
  void take(const Sign& sign, Sort next) {
    if (sign.sort == Sort::mark) return;
    if (sign.sort == Sort::dense) return take_dense(sign);
    dense_end();
    if (sign.sort == Sort::gap) return end();
    if (!part_.empty()) {
      bool digits = (last_ == Sort::digit) != (sign.sort == Sort::digit);
      bool hump = last_ == Sort::lower && sign.sort == Sort::upper;
      bool plural = sign.code == 's' && !is_letter(next);
      if (digits || hump) {
        cut();
      } else if (last_ == Sort::upper && sign.sort == Sort::lower && capitals_ > 1 && !plural) {
        cut_before_last();
      }
    }
    if (part_.empty()) part_from_ = sign.at;
    if (parts_ == 0 && part_.empty()) whole_from_ = sign.at;
    before_last_ = part_.size();
    last_at_ = sign.at;
    if (part_.size() < kMostOfWord) append(part_, sign.code);
    capitals_ = sign.sort == Sort::upper ? capitals_ + 1 : 0;
    last_ = sign.sort;
  }

  void finish() {
    dense_end();
    end();
  }

 private:
  void emit(std::string text, WordKind kind, std::uint32_t from) {
    if (!text.empty() && !full()) out_.push_back({std::move(text), kind, from});
  }

  void cut() {
    if (part_.empty()) return;
    if (whole_.size() <= kMostOfWord) whole_ += part_;
    ++parts_;
    emit(std::exchange(part_, {}), last_ == Sort::digit ? WordKind::number : WordKind::plain, part_from_);
    capitals_ = 0;
  }

  // The last capital begins the next part: HTTP|Response.
  void cut_before_last() {
    std::string rest = part_.substr(before_last_);
    part_.resize(before_last_);
    cut();
    part_ = std::move(rest);
    part_from_ = last_at_;
    capitals_ = 1;
  }

  void end() {
    cut();
    if (parts_ > 1 && whole_.size() <= kMostOfWord) emit(std::move(whole_), WordKind::joined, whole_from_);
    whole_.clear();
    parts_ = 0;
  }

  void take_dense(const Sign& sign) {
    end();
    std::string one;
    append(one, sign.code);
    if (!before_.empty()) {
      emit(before_ + one, WordKind::plain, sign.at);
      paired_ = true;
    }
    before_ = std::move(one);
    before_from_ = sign.at;
  }

  void dense_end() {
    if (!before_.empty() && !paired_) emit(before_, WordKind::plain, before_from_);
    before_.clear();
    paired_ = false;
  }

  std::vector<Word>& out_;
  std::size_t most_;
  std::string part_, whole_;
  std::size_t parts_ = 0, capitals_ = 0, before_last_ = 0;
  std::uint32_t part_from_ = 0, whole_from_ = 0, last_at_ = 0, before_from_ = 0;
  Sort last_ = Sort::gap;
  std::string before_;  // the character of a dense run that was last
  bool paired_ = false;
};

struct Stemmer {
  Stemmer() : handle(sb_stemmer_new("english", "UTF_8"), &sb_stemmer_delete) {}
  std::unique_ptr<sb_stemmer, decltype(&sb_stemmer_delete)> handle;
};

}  // namespace

std::vector<Word> words_of(std::string_view text, std::size_t most) {
  std::vector<Word> words;
  Cutter cutter(words, most);
  for (std::size_t at = 0; at < text.size() && !cutter.full();) {
    Sign sign = sign_at(text, at);
    at += sign.size;
    Sort next = sign.code == 's' && at < text.size() ? sign_at(text, at).sort : Sort::gap;
    cutter.take(sign, next);
  }
  cutter.finish();
  return words;
}

std::string stem_of(std::string_view word) {
  word = plain_form(word);
  thread_local Stemmer stemmer;
  if (!stemmer.handle) return std::string(word);
  const sb_symbol* stem =
      sb_stemmer_stem(stemmer.handle.get(), reinterpret_cast<const sb_symbol*>(word.data()), static_cast<int>(word.size()));
  if (stem == nullptr) return std::string(word);
  return {reinterpret_cast<const char*>(stem), static_cast<std::size_t>(sb_stemmer_length(stemmer.handle.get()))};
}

std::string name_key(std::string_view name) {
  std::string key;
  for (std::size_t at = 0; at < name.size();) {
    Sign sign = sign_at(name, at);
    at += sign.size;
    if (sign.sort != Sort::gap && sign.sort != Sort::mark) append(key, sign.code);
  }
  return key;
}

}  // namespace disclosure
