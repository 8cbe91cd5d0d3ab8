// A tool in one line: how it is called and the first sentence of what it does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "disclosure/tool.h"

namespace disclosure {

// A first sentence longer than this, in bytes, is cut at a word, with an ellipsis.
inline constexpr std::size_t kMostOfSentence = 90;

// `server.tool(a: str, b?: int = 5, c?: "x"|"y") — first sentence`. Required parameters come first, at most 24, then at most four optional
// ones; an ellipsis says that there are more. What a line cannot say of an object is `obj`: describe_tools says all.
std::string signature_line(const ToolView& tool);

// The first sentence of a description, in one line, cut at kMostOfSentence.
std::string first_sentence(std::string_view description);

}  // namespace disclosure
