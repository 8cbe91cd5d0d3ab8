// The weights of the search. They were set by hand from what is known of BM25F and are tuned on no set; docs/retrieval.md has the figures.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "disclosure/fields.h"

namespace disclosure::ranking {

// In the order of Field. A name says most; what a description says behind its first sentence is worth half of that one.
inline constexpr std::array<double, kFields> kWeight{3, 1, 1, 0.5, 0.3, 0.5, 0.2};
// How much a long field is worth less, from 0 to 1.
inline constexpr std::array<double, kFields> kLength{0.3, 0.3, 0.75, 0.75, 0.75, 0.75, 0.75};
// How soon saying a word again stops to count.
inline constexpr double kSaturation = 1.2;
inline constexpr std::uint8_t kMostTimes = 3;

// What a word counts that was not said: a synonym; two words of the question written as one; one word written as two.
inline constexpr double kSynonym = 0.3;
inline constexpr double kJoined = 0.7;
inline constexpr double kHalf = 0.5;
// Numbers in a question are mostly arguments.
inline constexpr double kNumber = 0.3;

// A tool that meets all words of the question gains this share.
inline constexpr double kCoordination = 0.25;
// Of the best score, for the best tool of each clause of a question with several; the n-th gets 1/n of it.
inline constexpr double kClause = 0.3;
inline constexpr std::size_t kMostOfClause = 10;

// When a server has its share of an answer, a tool of another takes the next place if it is at least this much as good.
inline constexpr double kGivesWay = 0.7;

}  // namespace disclosure::ranking
