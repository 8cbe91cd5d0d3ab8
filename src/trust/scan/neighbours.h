// The tools that stand beside a definition: what it must not name, and what it must not look like.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace trust {

// Owns: copies of the names. Threads: filled by one, then read by any.
class Neighbours {
 public:
  struct Tool {
    std::string server;
    std::string name;
  };

  void add(std::string_view server, std::string_view tool);
  bool empty() const { return tools_.empty(); }

  // A tool of another server that has this very name, where no tool of `server` has it. Null: none. Only names that are no words of a
  // language count: `read_file`, not `search`.
  const Tool* find_foreign(std::string_view name, std::string_view server) const;
  // A tool with another name, or of another server, that a person takes for `name` of `server`. Null: none.
  const Tool* find_alike(std::string_view name, std::string_view server) const;

 private:
  std::vector<Tool> tools_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_, by_skeleton_;
};

}  // namespace trust
