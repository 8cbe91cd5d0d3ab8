#include "servers/vault/query.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "servers/filesystem/text.h"
#include "servers/vault/fold.h"

namespace servers {

namespace {

constexpr std::size_t kLongest = 1000;
constexpr std::size_t kMostTerms = 32;
// Shorter ones of Latin letters begin so many words that to rank them all would take too long.
constexpr std::size_t kShortestBegin = 4;
constexpr std::size_t kLongestLine = 240;
constexpr std::size_t kLines = 3;

// True when the index can have seen something of it.
bool has_words(std::string_view term) {
  return std::any_of(term.begin(), term.end(), [](char c) {
    auto u = static_cast<unsigned char>(c);
    return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z');
  });
}

std::string quoted_term(std::string_view term) {
  std::string out = "\"";
  for (char c : term) out += c == '"' ? "\"\"" : std::string(1, c == '\0' ? ' ' : c);
  return out + '"';
}

std::string without(std::string positive, const std::vector<std::string>& unwanted) {
  for (const std::string& term : unwanted) positive = "(" + positive + ") NOT " + quoted_term(term);
  return positive;
}

std::string shown(std::string_view line, const std::vector<std::string>& words) {
  if (line.size() <= kLongestLine) return std::string(line);
  // Case folding may change lengths; the place is near enough.
  std::string folded = fold(line);
  std::size_t at = line.size();
  for (const std::string& word : words) at = std::min(at, folded.find(word));
  std::size_t from = at >= line.size() || at < kLongestLine / 3 ? 0 : at - kLongestLine / 3;
  while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xC0) == 0x80) --from;
  std::string_view part = cut(line.substr(from), kLongestLine);
  return (from ? "…" : "") + std::string(part) + (from + part.size() < line.size() ? "…" : "");
}

}  // namespace

mcp::Result<Query> Query::parse(std::string_view text) {
  if (text.size() > kLongest) return mcp::Error(mcp::Code::invalid_argument, "the query is longer than 1000 bytes; a few words are enough");
  Query query;
  while (!text.empty()) {
    if (text[0] == ' ' || text[0] == '\t' || text[0] == '\n' || text[0] == '\r') {
      text.remove_prefix(1);
      continue;
    }
    bool minus = text[0] == '-' && text.size() > 1 && text[1] != ' ' && text[1] != '-';
    if (minus) text.remove_prefix(1);
    std::size_t end = 0;
    std::string_view term;
    if (text[0] == '"') {
      end = text.find('"', 1);
      term = text.substr(1, end == std::string_view::npos ? end : end - 1);
      end = end == std::string_view::npos ? text.size() : end + 1;
    } else {
      end = std::min(text.find_first_of(" \t\r\n\""), text.size());
      term = text.substr(0, end);
    }
    text.remove_prefix(end);
    auto& list = minus ? query.unwanted : query.wanted;
    if (has_words(term) && list.size() < kMostTerms) list.emplace_back(term);
  }
  if (query.wanted.empty())
    return mcp::Error(mcp::Code::invalid_argument, query.unwanted.empty() ? "the query has no words; give one or more to look for"
                                                                          : "the query only excludes; add a word to look for");
  return query;
}

std::string Query::all() const {
  std::string out;
  for (const std::string& term : wanted) out += (out.empty() ? "" : " AND ") + quoted_term(term);
  return without(std::move(out), unwanted);
}

std::string Query::named() const {
  std::string out;
  for (const std::string& term : wanted) out += (out.empty() ? "" : " AND ") + quoted_term(term);
  return without("{title aliases headings tags} : (" + out + ")", unwanted);
}

std::string Query::any() const {
  std::string out;
  for (const std::string& term : wanted)
    out += (out.empty() ? "" : " OR ") + quoted_term(term) +
           (term.size() < kShortestBegin && static_cast<unsigned char>(term[0]) < 0x80 ? "" : " *");
  return without(std::move(out), unwanted);
}

Excerpt find_excerpt(std::string_view text, const Query& query) {
  std::vector<std::string> words;
  for (const std::string& term : query.wanted) words.push_back(fold(term));
  struct Line {
    std::string_view text;
    std::size_t number;
    std::uint64_t found;  // a bit per word
  };
  std::vector<Line> lines;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    std::string folded = fold(line);
    std::uint64_t found = 0;
    for (std::size_t i = 0; i < words.size() && i < 64; ++i)
      if (folded.find(words[i]) != std::string::npos) found |= std::uint64_t{1} << i;
    lines.push_back({line, number, found});
  }
  std::size_t best = 0;
  int best_score = -1;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::uint64_t found = 0;
    for (std::size_t k = i; k < std::min(i + kLines, lines.size()); ++k) found |= lines[k].found;
    // Among equals, the one with a match in its middle line.
    int score = std::popcount(found) * 4 + (i + 1 < lines.size() && lines[i + 1].found ? 2 : 0) + (lines[i].found ? 1 : 0);
    if (found == 0) score = 0;
    if (score > best_score) {
      best_score = score;
      best = i;
    }
  }
  if (lines.size() >= kLines) best = std::min(best, lines.size() - kLines);
  Excerpt excerpt;
  if (!lines.empty()) excerpt.line = lines[best].number;
  for (std::size_t k = best; k < std::min(best + kLines, lines.size()); ++k)
    excerpt.text += (k > best ? "\n" : "") + shown(lines[k].text, words);
  return excerpt;
}

}  // namespace servers
