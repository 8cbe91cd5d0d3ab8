#include "tokens/count.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <queue>
#include <string>
#include <vector>

#include "tokens/pieces.h"
#include "tokens/vocabulary.h"

namespace tokens {
namespace {

// Up to this many bytes a look at all pairs is faster than a heap of them.
constexpr std::size_t kSmall = 48;

// Merges the pair of least rank, the first of equals, until no pair is a token. Each part is where it begins; the last entry is the end.
std::size_t count_small(std::string_view piece) {
  struct Part {
    std::uint32_t begin;
    std::uint32_t rank;  // of this part and the next as one
  };
  std::array<Part, kSmall + 1> parts;
  std::size_t count = piece.size();
  for (std::size_t i = 0; i <= count; ++i) parts[i] = {static_cast<std::uint32_t>(i), kNoRank};
  const auto rank_at = [&](std::size_t i) {
    return i + 2 <= count ? find_rank(piece.substr(parts[i].begin, parts[i + 2].begin - parts[i].begin)) : kNoRank;
  };
  for (std::size_t i = 0; i + 1 < count; ++i) parts[i].rank = rank_at(i);
  while (count > 1) {
    std::size_t best = 0;
    for (std::size_t i = 1; i + 1 < count; ++i)
      if (parts[i].rank < parts[best].rank) best = i;
    if (parts[best].rank == kNoRank) break;
    std::copy(parts.begin() + static_cast<std::ptrdiff_t>(best) + 2, parts.begin() + static_cast<std::ptrdiff_t>(count) + 1,
              parts.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    --count;
    parts[best].rank = rank_at(best);
    if (best > 0) parts[best - 1].rank = rank_at(best - 1);
  }
  return count;
}

// The same for long pieces, with a heap of the pairs: n log n, also for a thousand equal letters.
class LongPiece {
 public:
  explicit LongPiece(std::string_view piece) : piece_(piece), parts_(piece.size()) {
    for (std::uint32_t i = 0; i < parts_.size(); ++i) parts_[i] = {i == 0 ? 0 : i - 1, i + 1};
    for (std::uint32_t i = 0; i < parts_.size(); ++i) offer(i);
  }

  std::size_t count() {
    std::size_t left = parts_.size();
    while (!pairs_.empty()) {
      const Pair pair = pairs_.top();
      pairs_.pop();
      // What has grown or gone since it was offered is no pair any more.
      if (parts_[pair.at].end <= pair.at) continue;
      const std::uint32_t second = parts_[pair.at].end;
      if (second >= piece_.size() || parts_[second].end - pair.at != pair.size) continue;
      parts_[pair.at].end = parts_[second].end;
      parts_[second].end = 0;
      if (parts_[pair.at].end < piece_.size()) parts_[parts_[pair.at].end].before = pair.at;
      --left;
      offer(pair.at);
      if (pair.at > 0) offer(parts_[pair.at].before);
    }
    return left;
  }

 private:
  struct Part {
    std::uint32_t before;  // where the part before it begins
    std::uint32_t end;     // 0: it went into another
  };
  struct Pair {
    std::uint32_t rank, at, size;
    bool operator<(const Pair& other) const { return rank != other.rank ? rank > other.rank : at > other.at; }
  };

  void offer(std::uint32_t at) {
    const std::uint32_t second = parts_[at].end;
    if (second >= piece_.size()) return;
    const std::uint32_t size = parts_[second].end - at;
    if (const std::uint32_t rank = find_rank(piece_.substr(at, size)); rank != kNoRank) pairs_.push({rank, at, size});
  }

  std::string_view piece_;
  std::vector<Part> parts_;
  std::priority_queue<Pair> pairs_;
};

std::size_t count_piece(std::string_view piece) {
  if (find_rank(piece) != kNoRank) return 1;
  return piece.size() <= kSmall ? count_small(piece) : LongPiece(piece).count();
}

// Where what is counted as one ends: a piece, or a part of one. Behind a whole character. It looks no further than a part may be long, so
// that a piece of many parts is not read once for each.
std::size_t part_end(std::string_view text, std::size_t at) {
  std::size_t window = std::min(text.size(), at + kLongestPiece);
  while (window < text.size() && (static_cast<unsigned char>(text[window]) & 0xc0U) == 0x80) --window;
  return piece_end(text.substr(0, window), at);
}

std::size_t count_utf8(std::string_view text, std::size_t most) {
  std::size_t total = 0;
  for (std::size_t at = 0; at < text.size() && total <= most;) {
    const std::size_t end = part_end(text, at);
    total += count_piece(text.substr(at, end - at));
    at = end;
  }
  return total;
}

}  // namespace

std::size_t count_to(std::string_view text, std::size_t most) {
  return is_utf8(text) ? count_utf8(text, most) : count_utf8(mended_utf8(text), most);
}

std::size_t count(std::string_view text) { return count_to(text, std::numeric_limits<std::size_t>::max() - text.size()); }

std::size_t prefix_of(std::string_view text, std::size_t most) {
  if (!is_utf8(text)) {
    const std::string mended = mended_utf8(text);
    return std::min(text.size(), prefix_of(mended, most));
  }
  std::size_t total = 0, at = 0;
  while (at < text.size()) {
    const std::size_t end = part_end(text, at);
    const std::size_t piece = count_piece(text.substr(at, end - at));
    if (total + piece > most) break;
    total += piece;
    at = end;
  }
  if (at == text.size() || total == most) return at;
  // Of the piece that does not fit whole: halves, down to whole characters.
  std::size_t fits = at, over = part_end(text, at);
  while (fits < over) {
    std::size_t middle = fits + (over - fits + 1) / 2;
    while (middle > fits && middle < text.size() && (static_cast<unsigned char>(text[middle]) & 0xc0U) == 0x80) --middle;
    if (middle == fits) break;
    if (count_utf8(text.substr(at, middle - at), most) <= most - total)
      fits = middle;
    else
      over = middle - 1;
  }
  return fits;
}

}  // namespace tokens
