// What a tool's definition costs a model that is shown it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tokens/count.h"

namespace disclosure {

// What clients hand to a model of a tool: its name, its description and its input schema, as one JSON object. `input_schema` is JSON text.
inline std::string shown_definition(std::string_view quoted_name, std::string_view quoted_description, std::string_view input_schema) {
  std::string out = "{\"name\":";
  out.append(quoted_name).append(",\"description\":").append(quoted_description);
  out.append(",\"inputSchema\":").append(input_schema.empty() ? "{}" : input_schema);
  return out += "}";
}

// Its tokens in o200k_base.
inline std::size_t definition_tokens(std::string_view quoted_name, std::string_view quoted_description, std::string_view input_schema) {
  return tokens::count(shown_definition(quoted_name, quoted_description, input_schema));
}

}  // namespace disclosure
