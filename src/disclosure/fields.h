// What of a tool is looked at when tools are searched, as words and cut to size: what a tool says of itself is not trusted.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "disclosure/tool.h"

namespace disclosure {

enum class Field : std::uint8_t {
  name,
  server,
  lead,  // the first sentence of the description
  rest,  // of the description, and the title
  instructions,
  parameter_names,
  parameter_texts,  // descriptions and values of enums
};
inline constexpr std::size_t kFields = 7;

// What counts of each at most: bytes of a text, words of a field.
inline constexpr std::size_t kMostOfText = 2000;
inline constexpr std::array<std::size_t, kFields> kMostWords{16, 12, 60, 250, 150, 100, 300};

// A stem of a field. Joined identifiers count as words but not for the length.
struct FieldWord {
  Field field;
  std::string stem;
  bool counts = true;
};

// The words of a tool, in no order that means something. `instructions` are the server's.
std::vector<FieldWord> fields_of(const ToolView& tool);
// The words that all tools of a server have.
std::vector<FieldWord> server_fields_of(std::string_view id, std::string_view instructions);

}  // namespace disclosure
