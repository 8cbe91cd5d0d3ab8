// Cuts an answer down to what a model can use: the fields that matter, texts of a bearable length, lists of a bearable size.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/json.h"

namespace servers::rest {

// What stays. `keep` are JSON pointers (RFC 6901) in which the segment `*` stands for every member or element; empty: everything.
// What stays keeps its place: /items/*/name of {"items":[{"name":"a","x":1}]} is {"items":[{"name":"a"}]}.
struct Trim {
  // Whether null, "", [] and {} stay too.
  enum class Empty { stays, goes };

  std::vector<std::string> keep;
  Empty empty = Empty::stays;
  std::size_t longest_text = 0;  // bytes of one string; 0: any
  std::size_t most_bytes = 0;    // of it all: once there are so many, lists end; 0: any
};

struct Trimmed {
  std::string json;
  std::size_t left_out = 0;   // elements of lists that most_bytes cut off
  std::size_t shortened = 0;  // texts that longest_text cut
  // What to tell the model about both; empty when all is there.
  std::string note() const;
};

// Each is empty or begins with "/", and has at most 32 segments. Error: invalid_argument, naming the pointer.
mcp::Result<> check_pointers(const std::vector<std::string>& pointers);

Trimmed trimmed(mcp::JsonView value, const Trim& trim);

// The value at a JSON pointer, or nowhere.
mcp::JsonView at_pointer(mcp::JsonView root, std::string_view pointer);

}  // namespace servers::rest
