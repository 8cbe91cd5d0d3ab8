// The code as a model wrote it, and the forms in which the engine may take it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sandbox {

struct Source {
  std::string code;         // without the fence around it, and without what can only stand in a module
  int lines_before = 0;     // lines of the given text that stand before it
  bool typescript = false;  // its fence says so
};

// Takes the code out of a fenced block, if it stands in one. Text before and after the block is dropped.
Source read_source(std::string_view given);

// Ways to read it, in the order in which to try them: as one expression (a function is one), and as the body of a function. Each is an
// expression whose value is an async function; the code begins on its second line.
std::string as_expression(std::string_view code);
std::string as_body(std::string_view code);

// What looks like TypeScript in code that is no JavaScript: for instance "the type annotation `: string`"; empty if nothing does.
std::string typescript_sign(std::string_view code);

}  // namespace sandbox
