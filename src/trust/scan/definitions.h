// The scanner for definitions: what a server says of its tools, prompts and resources before anything is called.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>
#include <vector>

#include "trust/scan/finding.h"
#include "trust/scan/neighbours.h"

namespace trust {

// What is wrong with `definition`, an object as `tools/list` has it: every string in it is looked at, names of parameters, values of enums
// and unknown members included. `name` or `tool` is taken for its name. The worst first, at most 64. Linear in its size. Thread-safe.
std::vector<Finding> scan_definition(const boost::json::value& definition, std::string_view server, const Neighbours& neighbours);

// The same for one text, such as the instructions of a server. `where` stands in the findings.
std::vector<Finding> scan_text(std::string_view text, std::string_view where, std::string_view server, const Neighbours& neighbours);

// The worst tier of all; clean where there is none.
Tier worst_of(const std::vector<Finding>& findings);

}  // namespace trust
