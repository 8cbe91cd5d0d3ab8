#include "disclosure/nearest.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <string>

#include "base/edit_distance.h"

namespace disclosure {
namespace {

constexpr std::size_t kLooked = 64;       // bytes of a name
constexpr std::size_t kLookedTwice = 32;  // names whose edits are counted
constexpr double kAlike = 0.34;           // less than this is not alike

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; }
bool is_word(char c) { return is_upper(c) || is_lower(c) || is_digit(c) || (static_cast<unsigned char>(c) & 0x80) != 0; }

// A name as its words and as pairs of neighbouring letters.
struct Look {
  static constexpr std::size_t kWords = 12;
  std::array<std::uint64_t, kWords> words{};  // hashes, sorted
  std::size_t count = 0;
  std::bitset<256> pairs;

  explicit Look(std::string_view name) {
    name = name.substr(0, kLooked);
    std::uint64_t hash = kStart;
    char before = 0;
    for (std::size_t i = 0; i <= name.size(); ++i) {
      char c = i < name.size() ? name[i] : '_';
      bool hump = i > 0 && is_upper(c) && is_lower(name[i - 1]);
      if (!is_word(c) || hump) end_word(hash);
      if (!is_word(c)) {
        before = 0;
        continue;
      }
      c = lower(c);
      hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
      if (before) pairs.set((static_cast<unsigned char>(before) * 31U + static_cast<unsigned char>(c)) & 255U);
      before = c;
    }
    std::sort(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count));
  }

 private:
  static constexpr std::uint64_t kStart = 14695981039346656037U;

  void end_word(std::uint64_t& hash) {
    if (hash != kStart && count < kWords) words[count++] = hash;
    hash = kStart;
  }
};

double share(std::size_t both, std::size_t a, std::size_t b) {
  return a + b == 0 ? 0 : 2.0 * static_cast<double>(both) / static_cast<double>(a + b);
}

double common_words(const Look& a, const Look& b) {
  std::size_t both = 0;
  for (std::size_t i = 0, j = 0; i < a.count && j < b.count;) {
    if (a.words[i] == b.words[j])
      ++both, ++i, ++j;
    else if (a.words[i] < b.words[j])
      ++i;
    else
      ++j;
  }
  // A name that lacks the server's, or has it too much, is as good as the whole one, nearly.
  std::size_t fewer = std::min(a.count, b.count);
  double all = fewer >= 2 && both == fewer ? 0.9 : 0;
  return std::max(all, share(both, a.count, b.count));
}

double rough(const Look& a, const Look& b) {
  return (common_words(a, b) + share((a.pairs & b.pairs).count(), a.pairs.count(), b.pairs.count())) / 2;
}

double spelled_alike(std::string_view a, std::string_view b) {
  a = a.substr(0, kLooked);
  b = b.substr(0, kLooked);
  if (a.empty() || b.empty()) return 0;
  return 1 - base::edit_distance(a, b) / (2.0 * static_cast<double>(std::max(a.size(), b.size())));
}

// Without the server's name in front.
std::string_view own_part(std::string_view name) {
  std::size_t at = name.find("__");
  if (at != std::string_view::npos) return name.substr(at + 2);
  at = name.find('.');
  return at == std::string_view::npos ? name : name.substr(at + 1);
}

}  // namespace

std::vector<std::string_view> nearest_names(std::string_view name, std::span<const std::string_view> known, std::size_t most) {
  struct Candidate {
    double score;
    std::string_view name;
  };
  auto better = [](const Candidate& a, const Candidate& b) { return a.score != b.score ? a.score > b.score : a.name < b.name; };
  Look asked(name);
  std::vector<Candidate> candidates;
  candidates.reserve(known.size());
  for (std::string_view one : known) candidates.push_back({.score = rough(asked, Look(one)), .name = one});
  auto keep = [&](std::size_t count) {
    count = std::min(count, candidates.size());
    std::partial_sort(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(count), candidates.end(), better);
    candidates.resize(count);
  };
  keep(kLookedTwice);
  for (Candidate& one : candidates) {
    double spelled = std::max(spelled_alike(name, one.name), 0.95 * spelled_alike(own_part(name), own_part(one.name)));
    one.score = 0.6 * one.score + 0.4 * spelled;
  }
  keep(most);
  std::vector<std::string_view> out;
  for (const Candidate& one : candidates)
    if (one.score >= kAlike && std::ranges::find(out, one.name) == out.end()) out.push_back(one.name);
  return out;
}

}  // namespace disclosure
