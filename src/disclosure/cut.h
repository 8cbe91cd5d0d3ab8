// Results of tools that are too long for a model: cut where their structure has a border, with the rest to be read on.
#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace disclosure {

// The least that a result is cut to, in tokens: less than this says nothing.
inline constexpr std::size_t kLeastOfCut = 64;

// What a result costs a model: its text, and its structured content where that is not what the text says already. Pictures and sound are
// not counted: what they cost differs from model to model. Counts in o200k_base, and no further than about `most`.
std::size_t result_tokens(std::string_view result, std::size_t most = std::numeric_limits<std::size_t>::max() / 2);

// A part that a cut left out, for the model: `items 42-300 of /results`, `lines 12-90 of block 1`, `block 3 (image)`.
using LeftOut = std::string;

struct CutResult {
  std::string result;         // a CallToolResult
  std::string rest;           // what was left out, as text to read on in: a heading for each part, and a line for each item
  std::vector<LeftOut> left;  // the same in words; at most eight, the last of which says how many more
  std::size_t before = 0;     // tokens; where it stopped counting, more than this
  std::size_t after = 0;
};

// What the model is told, as the last block of text: `cut` has all but the result.
using CutNote = std::function<std::string(const CutResult& cut)>;

// `result` (CallToolResult, JSON text that passed validate_json) with at most about `limit` tokens, the note aside; empty when it has no
// more. Blocks stay whole while they fit. The first that does not is cut: JSON behind whole items of its arrays, text behind whole lines,
// and where one line or item alone is too much, within it. What comes behind it is left out. Members of an object all stay: the longest are
// cut, so that a client that checks types finds them. Structured content is cut the same way, and where a block of text says the same as
// it, that block is its text again: both readers see the same. It has to stay what `output_schema` (JSON text, or empty) promises. Where no
// cut does that, there is no structured content and the result says `isError`, since clients refuse a success without it; the note says
// that the call was carried out. Takes time linear in the result; run it where nobody waits for the loop when the result is large.
std::optional<CutResult> cut_result(std::string_view result, std::size_t limit, std::string_view output_schema, const CutNote& note);

// A page of the rest: where it ends, at a line's end where there is one that fits, else within a line. `from` is brought to where a
// character begins.
struct Page {
  std::size_t from = 0;
  std::size_t end = 0;
};
Page next_page(std::string_view rest, std::size_t from, std::size_t limit);

}  // namespace disclosure
