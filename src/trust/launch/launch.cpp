#include "trust/launch/launch.h"

#include <fmt/format.h>

#include <iterator>

#include "base/digest.h"

namespace trust {

std::string launch_digest(const Launch& launch) {
  // Each part is led by its length, so that no two launches spell the same text.
  std::string text = "launch 1\n";
  const auto add = [&text](std::string_view part) { fmt::format_to(std::back_inserter(text), "{}:{}\n", part.size(), part); };
  fmt::format_to(std::back_inserter(text), "{}\n", launch.argv.size());
  for (const std::string& word : launch.argv) add(word);
  fmt::format_to(std::back_inserter(text), "{}\n", launch.env.size());
  for (const auto& [name, value] : launch.env) {
    add(name);
    add(value);
  }
  add(launch.cwd);
  return base::sha256_hex(text);
}

}  // namespace trust
