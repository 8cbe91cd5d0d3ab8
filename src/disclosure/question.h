// What was asked, as an index looks for it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "disclosure/index.h"

namespace disclosure {

// A stem to look for, and what it counts.
struct Term {
  std::string stem;
  double weight = 1;
};

// One word of the question: itself first, then what means about the same. Only the best of them counts for a tool.
struct Wish {
  std::vector<Term> terms;
  std::size_t clause = 0;
};

struct Question {
  std::vector<Wish> wishes;
  std::size_t clauses = 1;         // parts of the question that each may want a tool of its own
  std::string whole_key;           // name_key of all of it
  std::vector<std::string> names;  // name_key of what in it is written like an identifier
};

// Reads a question: the first 2,000 bytes, and at most 64 words of them. `is_known` tells whether some tool has a stem.
Question read_question(const Query& query, const std::function<bool(const std::string& stem)>& is_known);

}  // namespace disclosure
