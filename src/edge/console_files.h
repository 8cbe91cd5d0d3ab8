// The console's built pages, which the program holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace edge {

struct ConsoleFile {
  std::string_view type;   // its media type
  std::string_view bytes;  // lives as long as the program
  std::string tag;         // an entity tag, quotes included
};

// What stands at this path below /console/, such as `app.js`; an empty path is the page itself. Nothing: no such file.
std::optional<ConsoleFile> find_console_file(std::string_view path);

}  // namespace edge
