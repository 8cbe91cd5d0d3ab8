// Whether a text gives a model orders, as a weighted sum of signs that stand close together.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "trust/scan/finding.h"

namespace trust::scan {

// The sum from which a text is worth a look, and from which it is held back.
inline constexpr int kReviewScore = 4;
inline constexpr int kBlockScore = 8;

// One place of a text: up to three sentences in a row.
struct Passage {
  int score = 0;
  std::size_t begin = 0, end = 0;  // bytes of the text that was given
  std::string id;                  // of the strongest sign
  std::string reason;              // what the signs are, with their weights; holds nothing of the text
};

// The passages that reach `least`, the highest score first, none overlapping another, at most eight. Linear.
std::vector<Passage> find_orders(std::string_view text, int least = kReviewScore);

}  // namespace trust::scan
