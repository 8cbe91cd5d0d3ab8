#include "trust/scan/language.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "trust/scan/signals.h"

namespace trust::scan {
namespace {

constexpr std::size_t kWindow = 3;
constexpr std::size_t kMostPassages = 8;
// Weak signs alone are common in honest texts: one at least has to weigh so much, and more for a text to be held back.
constexpr int kCarrier = 3;
constexpr int kBlockCarrier = 5;

constexpr std::array<std::string_view, kFamilies> kSays = {
    "wants other instructions forgotten or replaced",
    "wants something kept from a person",
    "speaks to the model, not to its user",
    "wants something done beforehand",
    "names what is worth stealing",
    "names a way out for data",
    "poses as another speaker",
    "wants arguments or answers other than what was asked for",
    "holds a command for a machine",
    "wants something fetched or installed",
    "wants to take the place of other tools",
    "praises itself to whoever chooses a tool",
    "is about tools that are not its own",
    "acts only later or on a condition",
    "wants safeguards or confirmations skipped",
    "gives a pretext",
    "is loud",
    "wants to last beyond this call",
};

// What a text about attacks begins with, or says right before it quotes one.
constexpr std::string_view kDescribing[] = {
    "detects",    "detecting",  "detector",   "explains", "explaining", "scans",        "scanning",   "scanner",       "checks",
    "classifies", "classifier", "identifies", "flags",    "protects",   "prevents",     "blocks",     "documentation", "sanitizes",
    "sanitises",  "moderates",  "moderation", "analyzes", "analyses",   "educational",  "finds",      "searches",      "tests",
    "simulates",  "evaluates",  "teaches",    "guards",   "filters",    "rejects",      "redacts",    "validates",     "refuses",
    "documents",  "describes",  "lists",      "warns",    "renders",    "demonstrates", "highlights", "reports",       "reviews",
    "audits",     "linter",     "lints",      "trains",   "reminds",    "refers",
};
constexpr std::string_view kMentioning[] = {
    "such",       "phrases",     "phrase",   "attempts",  "attempt",   "attempting", "injection", "injections", "jailbreak",
    "jailbreaks", "patterns",    "strings",  "examples",  "example",   "malicious",  "attacks",   "attack",     "refers",
    "keywords",   "suspicious",  "like",     "e.g",       "recognize", "recognise",  "detect",    "detection",  "spot",
    "payloads",   "adversarial", "red-team", "awareness", "samples",   "resist",
};
// What a sign still weighs in a text about it.
constexpr int kMentionedWeight = 2;

bool among(std::string_view word, std::span<const std::string_view> all) { return std::ranges::find(all, word) != all.end(); }

bool can_be_mentioned(Family family) {
  return family == Family::takeover || family == Family::authority || family == Family::secrecy || family == Family::channel ||
         family == Family::agent;
}

// Whether a quotation that began in this sentence is open where the hit begins.
bool quoted(std::string_view text, const Words& words, const Hit& hit, std::size_t first_of_sentence) {
  if (words.words[hit.first].is(kQuoted)) return true;
  const std::size_t end = words.words[hit.first].begin;
  char open = 0;
  for (std::size_t i = words.words[first_of_sentence].begin; i < end; ++i) {
    const char c = text[i];
    if (c != '"' && c != '`' && c != '\'') continue;
    const bool opens =
        (i == 0 || text[i - 1] == ' ' || text[i - 1] == '(' || text[i - 1] == '\n') && i + 1 < text.size() && text[i + 1] != ' ';
    if (open == 0 && opens)
      open = c;
    else if (c == open)
      open = 0;
  }
  return open != 0;
}

// `…asks the model to ignore…` tells of an order, `you have to ignore…` gives one.
bool told_of(const Words& words, const Hit& hit, std::size_t first_of_sentence) {
  constexpr std::array<std::string_view, 6> kJoins = {"to", "that", "which", "who", "whether", "trying"};
  constexpr std::array<std::string_view, 13> kBinds = {"you",   "must",     "should", "need", "needs",    "have", "has",
                                                       "shall", "required", "please", "want", "remember", "sure"};
  constexpr std::array<std::string_view, 11> kAlso = {"or",     "and",  "ignore", "disregard", "forget", "override",
                                                      "bypass", "leak", "reveal", "skip",      "then"};
  std::size_t before = hit.first;
  while (before > first_of_sentence && among(words.words[before - 1].text, kAlso)) --before;
  if (before == first_of_sentence || !among(words.words[before - 1].text, kJoins)) return false;
  const std::size_t from = std::max<std::size_t>(first_of_sentence, before < 4 ? 0 : before - 4);
  for (std::size_t i = from; i < before; ++i)
    if (among(words.words[i].text, kBinds)) return false;
  return true;
}

// A text that speaks about attacks is none: `Detects phrases such as 'ignore all previous instructions'`.
bool mentioned(std::string_view text, const Words& words, const Hit& hit, std::size_t first_of_sentence) {
  const std::size_t begin = words.words[hit.first].begin;
  for (std::size_t i = first_of_sentence; i < hit.first; ++i) {
    const Word& word = words.words[i];
    const bool early = i < first_of_sentence + 5;
    if (!(early && among(word.text, kDescribing)) && !among(word.text, kMentioning)) continue;
    const std::string_view between = text.substr(word.end, begin - word.end);
    if (between.find(':') == std::string_view::npos || between.find_first_of("\"'`") != std::string_view::npos) return true;
  }
  return false;
}

// One sign as it counts.
struct Sign {
  const Hit* hit = nullptr;
  int weight = 0;
};
using Best = std::array<Sign, kFamilies>;

struct Window {
  std::size_t from = 0;
  int score = 0;
};

Best best_of(const std::vector<Best>& sentences, std::size_t from) {
  Best out{};
  for (std::size_t s = from; s < std::min(from + kWindow, sentences.size()); ++s)
    for (std::size_t f = 0; f < kFamilies; ++f)
      if (sentences[s][f].weight > out[f].weight) out[f] = sentences[s][f];
  return out;
}

Passage passage_of(const Best& best, const Words& words, int score) {
  Passage out;
  out.score = score;
  std::vector<Sign> signs;
  for (const Sign& sign : best)
    if (sign.weight > 0) signs.push_back(sign);
  std::ranges::stable_sort(signs, std::greater(), &Sign::weight);
  out.id = signs.front().hit->signal->id;
  out.begin = words.words[signs.front().hit->first].begin;
  std::vector<std::string> parts;
  for (const auto& [hit, weight] : signs) {
    out.begin = std::min<std::size_t>(out.begin, words.words[hit->first].begin);
    out.end = std::max<std::size_t>(out.end, words.words[hit->last].end);
    parts.push_back(fmt::format("{} ({} {})", kSays[static_cast<std::size_t>(hit->signal->family)], hit->signal->id, weight));
  }
  out.reason = fmt::format("{}", fmt::join(parts, "; "));
  return out;
}

}  // namespace

std::vector<Passage> find_orders(std::string_view text, int least) {
  const Words words = words_of(text);
  const std::vector<Hit> hits = find_signals(words);
  if (hits.empty()) return {};
  std::vector<Best> sentences(words.sentences);
  std::vector<std::size_t> first(words.sentences, 0);  // word of each sentence
  for (std::size_t i = words.words.size(); i-- > 0;) first[words.words[i].sentence] = i;
  for (const Hit& hit : hits) {
    Sign& best = sentences[hit.sentence][static_cast<std::size_t>(hit.signal->family)];
    int weight = hit.signal->weight;
    if (best.weight >= weight) continue;
    if (can_be_mentioned(hit.signal->family)) {
      const bool in_quotes = quoted(text, words, hit, first[hit.sentence]);
      // Who quotes an order seldom gives it.
      if (hit.signal->family == Family::takeover && told_of(words, hit, first[hit.sentence]))
        weight = std::min(weight, kMentionedWeight);
      else if (mentioned(text, words, hit, first[hit.sentence]))
        weight = in_quotes ? 0 : std::min(weight, kMentionedWeight);
      else if (in_quotes)
        weight /= 2;
    }
    if (weight > best.weight) best = {&hit, weight};
  }
  std::vector<Window> windows;
  for (std::size_t from = 0; from < sentences.size(); ++from) {
    int score = 0, most = 0;
    for (const Sign& sign : best_of(sentences, from)) {
      score += sign.weight;
      most = std::max(most, sign.weight);
    }
    if (most < kBlockCarrier) score = std::min(score, kBlockScore - 1);
    if (score >= least && most >= std::min(least, kCarrier)) windows.push_back({from, score});
  }
  std::ranges::stable_sort(windows, [](const Window& a, const Window& b) { return a.score > b.score; });
  std::vector<Passage> out;
  std::vector<std::size_t> taken;
  for (const Window& window : windows) {
    if (out.size() == kMostPassages) break;
    if (std::ranges::any_of(taken, [&](std::size_t at) { return window.from + kWindow > at && at + kWindow > window.from; })) continue;
    taken.push_back(window.from);
    out.push_back(passage_of(best_of(sentences, window.from), words, window.score));
  }
  return out;
}

}  // namespace trust::scan
