// The scanner for results: what a server answers, before a model reads it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trust/scan/finding.h"
#include "trust/scan/neighbours.h"

namespace trust {

// What is done with a result that gives orders or hides text, and with one that holds secrets.
enum class OnOrders : std::uint8_t {
  off,
  mark,    // it goes on, with a warning before it
  cut,     // the sentences are taken out
  refuse,  // it does not go on
};
enum class OnSecrets : std::uint8_t { off, redact, refuse };

struct ResultRules {
  OnOrders orders = OnOrders::mark;
  OnSecrets secrets = OnSecrets::off;
  bool operator==(const ResultRules&) const = default;
};

// One finding, and where it stands in the result as it came: bytes within a JSON string of it.
struct ResultFinding {
  Finding finding;
  bool secret = false;
  std::size_t raw_begin = 0, raw_end = 0;
};

// What is found in `result`, valid JSON: in every string but those of members `data` and `blob`. The tier block is for orders and hidden
// text that is acted on, review for what is only told: names of other servers' tools. At most 64. Linear; a result without anything
// suspicious costs one pass over it. Thread-safe.
std::vector<ResultFinding> scan_result(std::string_view result, std::string_view server, const Neighbours& neighbours,
                                       const ResultRules& rules);

// What becomes of it.
struct ResultVerdict {
  bool refused = false;
  std::string why;                     // where refused: one sentence, without words of the result
  std::optional<std::string> changed;  // the result as it goes on, where that is not as it came
};
ResultVerdict judge_result(std::string_view result, const std::vector<ResultFinding>& findings, const ResultRules& rules);

}  // namespace trust
