#include "disclosure/question.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "disclosure/ranking.h"
#include "disclosure/vocabulary.h"
#include "disclosure/words.h"

namespace disclosure {
namespace {

constexpr std::size_t kMostOfQuestion = 2000;
constexpr std::size_t kMostWishes = 64;

using IsKnown = std::function<bool(const std::string& stem)>;

// Where the clauses of a text end, in bytes: behind a full stop, a semicolon, a comma or a line, and before "then".
std::vector<std::size_t> clause_ends(std::string_view text) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    bool space_behind = i + 1 == text.size() || text[i + 1] == ' ' || text[i + 1] == '\n';
    if (c == '\n' || c == ';' || (space_behind && (c == '.' || c == ',' || c == '?' || c == '!'))) ends.push_back(i);
    std::string_view behind = text.substr(i + 1);
    if (c == ' ' && (behind.starts_with("then ") || behind.starts_with("also "))) ends.push_back(i);
  }
  return ends;
}

// What is written like an identifier: with a humpback or a sign between letters, or in quotes of code.
bool is_identifier(std::string_view token) {
  for (std::size_t i = 1; i + 1 < token.size(); ++i) {
    auto letter = [&](std::size_t at) { return std::isalnum(static_cast<unsigned char>(token[at])) != 0; };
    bool sign = token[i] == '_' || token[i] == '-' || token[i] == '.' || token[i] == '/' || token[i] == ':';
    if (sign && letter(i - 1) && letter(i + 1)) return true;
    if (std::islower(static_cast<unsigned char>(token[i - 1])) != 0 && std::isupper(static_cast<unsigned char>(token[i])) != 0) return true;
  }
  return false;
}

std::vector<std::string> identifiers(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty() && names.size() < kMostWishes) {
    std::size_t end = std::min(text.find_first_of(" \t\r\n,;()[]{}\"'`"), text.size());
    if (is_identifier(text.substr(0, end))) names.push_back(name_key(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

void add_term(Wish& wish, std::string stem, double weight) {
  for (const Term& term : wish.terms) {
    if (term.stem == stem) return;
  }
  wish.terms.push_back({std::move(stem), weight});
}

// Two known words written as one: `websearch` where tools say `web search`.
void add_halves(std::vector<Wish>& wishes, const std::string& word, std::size_t clause, const IsKnown& is_known) {
  for (std::size_t cut = 3; cut + 3 <= word.size(); ++cut) {
    std::string first = stem_of(word.substr(0, cut)), second = stem_of(word.substr(cut));
    if (!is_known(first) || !is_known(second)) continue;
    wishes.push_back({{{std::move(first), ranking::kHalf}}, clause});
    wishes.push_back({{{std::move(second), ranking::kHalf}}, clause});
    return;
  }
}

Wish wish_of(const Word& word, std::size_t clause, Synonyms synonyms) {
  Wish wish{{{stem_of(word.text), word.kind == WordKind::number ? ranking::kNumber : 1.0}}, clause};
  if (synonyms == Synonyms::left_out) return wish;
  for (const std::string& other : synonyms_of(wish.terms[0].stem)) add_term(wish, other, ranking::kSynonym);
  return wish;
}

}  // namespace

Question read_question(const Query& query, const IsKnown& is_known) {
  std::string_view text = std::string_view(query.text).substr(0, kMostOfQuestion);
  Question question;
  question.whole_key = name_key(text);
  question.names = identifiers(text);
  std::vector<std::size_t> ends = clause_ends(text);
  std::vector<Word> words = words_of(text, 4 * kMostWishes);
  bool only_stop_words = std::all_of(words.begin(), words.end(), [](const Word& word) { return is_stop_word(word.text); });
  const Word* before = nullptr;
  std::size_t clause = 0, last_place = 0;
  for (const Word& word : words) {
    if (question.wishes.size() >= kMostWishes) break;
    if (!only_stop_words && is_stop_word(word.text)) {
      before = nullptr;
      continue;
    }
    if (word.text.size() == 1 && std::isalpha(static_cast<unsigned char>(word.text[0])) != 0 && words.size() > 1) continue;
    auto place = static_cast<std::size_t>(std::lower_bound(ends.begin(), ends.end(), word.from) - ends.begin());
    if (place != last_place && !question.wishes.empty()) ++clause;
    last_place = place;
    Wish wish = wish_of(word, clause, query.synonyms);
    const std::string& stem = wish.terms[0].stem;
    bool again = std::any_of(question.wishes.begin(), question.wishes.end(),
                             [&](const Wish& one) { return one.terms[0].stem == stem && one.clause == clause; });
    if (again) continue;
    if (word.kind == WordKind::joined && !is_known(stem)) continue;
    if (!is_known(stem)) add_halves(question.wishes, word.text, clause, is_known);
    if (before != nullptr && word.kind == WordKind::plain) {
      std::string both = stem_of(before->text + word.text);
      if (is_known(both)) question.wishes.push_back({{{std::move(both), ranking::kJoined}}, clause});
    }
    question.wishes.push_back(std::move(wish));
    if (std::string_view words_out = written_out(word.text); !words_out.empty() && query.synonyms == Synonyms::used) {
      for (const Word& one : words_of(words_out, 4)) question.wishes.push_back({{{stem_of(one.text), ranking::kHalf}}, clause});
    }
    before = word.kind == WordKind::plain ? &word : nullptr;
  }
  question.clauses = clause + 1;
  return question;
}

}  // namespace disclosure
