#include "trust/scan/signals.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <optional>
#include <string>
#include <unordered_map>

namespace trust::scan {
namespace {

constexpr std::size_t kMostElements = 768;
using Elements = std::bitset<kMostElements>;

constexpr std::pair<std::string_view, Mark> kMarks[] = {
    {"url", kUrl},         {"email", kEmail},       {"path", kPath},       {"phone", kPhone},
    {"number", kNumber},   {"ident", kIdentifier},  {"quoted", kQuoted},   {"assetpath", kAssetPath},
    {"account", kAccount}, {"fakerole", kFakeRole}, {"loudtag", kLoudTag}, {"shellline", kShellLine},
};

std::vector<std::string_view> split(std::string_view text, char by) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(by, at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

struct Step {
  std::uint16_t element = 0;
  std::uint8_t gap = 0;
};

struct Pattern {
  const Signal* signal = nullptr;
  std::vector<Step> steps;
  bool later = false, begins = false;
};

// What is known of one word: the elements that it is, and the patterns that begin with one of them.
struct Known {
  Elements elements;
  std::vector<std::uint16_t> begins;
};

// The table, made ready once.
class Compiled {
 public:
  Compiled() {
    for (const Signal& signal : signal_table()) add(signal);
    for (auto& [word, known] : words_)
      for (const auto& [prefix, of_prefix] : prefixes_)
        if (word.starts_with(prefix)) known.elements |= of_prefix.elements;
    for (auto& [word, known] : words_) known.begins = begins(known.elements);
    for (auto& [prefix, known] : prefixes_) known.begins = begins(known.elements);
    for (std::size_t mark = 0; mark < std::size(kMarks); ++mark) {
      Elements elements;
      for (std::size_t e = 0; e < element_marks_.size(); ++e) elements[e] = (element_marks_[e] & kMarks[mark].second) != 0;
      of_mark_[mark] = begins(elements);
    }
    std::ranges::sort(prefixes_, {}, &std::pair<std::string_view, Known>::first);
  }

  const Known* find(std::string_view word) const {
    if (auto found = words_.find(word); found != words_.end()) return &found->second;
    for (const auto& [prefix, known] : prefixes_)
      if (prefix.front() == word.front() && word.starts_with(prefix)) return &known;
    return nullptr;
  }

  std::vector<Hit> search(const Words& words) const {
    std::vector<Seen> seen;
    seen.reserve(words.words.size());
    for (const Word& word : words.words) {
      Seen one{find(word.text), nullptr, word.marks};
      if (word.text.ends_with("'s")) one.owner = find(word.text.substr(0, word.text.size() - 2));
      seen.push_back(one);
    }
    std::vector<Hit> out;
    std::vector<std::uint32_t> last(patterns_.size(), 0);  // the sentence that matched last, counted from 1
    for (std::size_t begin = 0; begin < seen.size();) {
      const std::uint32_t sentence = words.words[begin].sentence;
      std::size_t end = begin;
      while (end < seen.size() && words.words[end].sentence == sentence) ++end;
      for (std::size_t at = begin; at < end; ++at) {
        const auto with = [&](std::uint16_t which) {
          const Pattern& pattern = patterns_[which];
          if (last[which] == sentence + 1 || (pattern.later && sentence == 0) || (pattern.begins && at != begin)) return;
          if (const auto stop = match(pattern, 1, at + 1, end, seen)) {
            last[which] = sentence + 1;
            out.push_back({pattern.signal, sentence, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(*stop)});
          }
        };
        if (seen[at].known)
          for (std::uint16_t which : seen[at].known->begins) with(which);
        if (seen[at].owner)
          for (std::uint16_t which : seen[at].owner->begins) with(which);
        if (seen[at].marks == 0) continue;
        for (std::size_t mark = 0; mark < std::size(kMarks); ++mark)
          if ((seen[at].marks & kMarks[mark].second) != 0)
            for (std::uint16_t which : of_mark_[mark]) with(which);
      }
      begin = end;
    }
    return out;
  }

 private:
  struct Seen {
    const Known* known;
    const Known* owner;  // of `user's`
    std::uint16_t marks;
  };

  bool is(const Seen& word, std::uint16_t element) const {
    return (word.known && word.known->elements[element]) || (word.owner && word.owner->elements[element]) ||
           (word.marks & element_marks_[element]) != 0;
  }

  // The last word of the match of the steps from `step` on, the first of which stands at `from` or behind its gap.
  std::optional<std::size_t> match(const Pattern& pattern, std::size_t step, std::size_t from, std::size_t end,
                                   const std::vector<Seen>& seen) const {
    if (step == pattern.steps.size()) return from - 1;
    const Step& next = pattern.steps[step];
    for (std::size_t at = from; at < end && at <= from + next.gap; ++at) {
      if (!is(seen[at], next.element)) continue;
      if (auto stop = match(pattern, step + 1, at + 1, end, seen)) return stop;
    }
    return std::nullopt;
  }

  std::vector<std::uint16_t> begins(const Elements& elements) const {
    std::vector<std::uint16_t> out;
    for (std::size_t i = 0; i < patterns_.size(); ++i)
      if (elements[patterns_[i].steps.front().element]) out.push_back(static_cast<std::uint16_t>(i));
    return out;
  }

  void add(const Signal& signal) {
    Pattern pattern{&signal, {}, false, false};
    std::uint8_t gap = 0;
    for (std::string_view part : split(signal.pattern, ' ')) {
      if (part == ">") {
        pattern.later = true;
      } else if (part == "^") {
        pattern.begins = true;
      } else if (part.front() == '~') {
        gap = static_cast<std::uint8_t>(part.size() == 3 ? (part[1] - '0') * 10 + part[2] - '0' : part[1] - '0');
      } else {
        pattern.steps.push_back({element(part), gap});
        gap = 0;
      }
    }
    patterns_.push_back(std::move(pattern));
  }

  std::uint16_t element(std::string_view spelled) {
    auto [found, fresh] = elements_.try_emplace(spelled, static_cast<std::uint16_t>(element_marks_.size()));
    if (!fresh) return found->second;
    element_marks_.push_back(0);
    add_words(spelled, found->second);
    return found->second;
  }

  void add_words(std::string_view spelled, std::uint16_t element) {
    for (std::string_view word : split(spelled, '|')) {
      if (word.front() == '@') {
        add_class(word.substr(1), element);
      } else if (word.back() == '*') {
        word.remove_suffix(1);
        auto known = std::ranges::find(prefixes_, word, &std::pair<std::string_view, Known>::first);
        if (known == prefixes_.end()) known = prefixes_.insert(prefixes_.end(), {word, {}});
        known->second.elements.set(element);
      } else {
        words_[word].elements.set(element);
      }
    }
  }

  void add_class(std::string_view name, std::uint16_t element) {
    for (const auto& [mark, bit] : kMarks)
      if (mark == name) element_marks_[element] |= bit;
    for (const WordClass& words : word_classes())
      if (words.name == name) add_words(words.words, element);
  }

  std::vector<Pattern> patterns_;
  std::unordered_map<std::string_view, Known> words_;
  std::vector<std::pair<std::string_view, Known>> prefixes_;
  std::unordered_map<std::string_view, std::uint16_t> elements_;
  std::vector<std::uint16_t> element_marks_;
  std::array<std::vector<std::uint16_t>, std::size(kMarks)> of_mark_;
};

}  // namespace

std::vector<Hit> find_signals(const Words& words) {
  static const Compiled kCompiled;
  return kCompiled.search(words);
}

}  // namespace trust::scan
