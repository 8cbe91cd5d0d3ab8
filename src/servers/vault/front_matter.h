// Front matter: the block of properties at the start of a note.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace servers {

// Properties by their names in lower case. A list keeps its items; anything else is a list of one; empty is empty.
using Properties = std::map<std::string, std::vector<std::string>, std::less<>>;

struct FrontMatter {
  Properties properties;
  std::size_t size = 0;   // bytes of the block, with its fences; 0 when the note has none
  std::size_t lines = 0;  // lines of the block
};

// Reads the YAML that notes have: `key: value`, `[lists, in, one, line]`, lists of `- items`, quotes, comments, and `|` or `>` text.
// Deeper structure is kept as the text it is. Never fails: what makes no sense is left out, and without a closing fence there is no
// front matter.
FrontMatter parse_front_matter(std::string_view note);

}  // namespace servers
