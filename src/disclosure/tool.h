// A tool as disclosure sees it: what a model may be told of it, before it is told.
#pragma once

#include <string_view>

namespace disclosure {

// Views into a catalog snapshot; good as long as that is. The JSON members are text of whole values, or empty where the tool has none.
struct ToolView {
  std::string_view server;       // its id in the config
  std::string_view name;         // as the upstream calls it
  std::string_view public_name;  // as clients of the aggregate call it; it is unique
  std::string_view title;
  std::string_view description;
  std::string_view input_schema;
  std::string_view output_schema;
  std::string_view annotations;
};

}  // namespace disclosure
