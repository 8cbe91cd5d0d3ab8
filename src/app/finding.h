// What is wrong in a config, and where.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "gateway/config.h"

namespace app {

// One thing to say about a config. An error refuses the config; a warning is shown and lets it pass.
struct Finding {
  enum class Level { error, warning };
  Level level = Level::error;
  gateway::Place place;  // line 0: the file as a whole
  std::string text;      // what is wrong, and what to do

  // `gatehouse.yaml:14:7: unknown key "servrs"; did you mean "servers"?`, with `warning: ` after the place of a warning.
  std::string line() const;
};

// Collects findings of one file. Nothing stops at the first one; after kMost they are only counted.
class Findings {
 public:
  static constexpr std::size_t kMost = 200;

  explicit Findings(std::string file) : file_(std::move(file)) {}

  void error(int line, int column, std::string text) { add(Finding::Level::error, line, column, std::move(text)); }
  void warn(int line, int column, std::string text) { add(Finding::Level::warning, line, column, std::move(text)); }

  const std::string& file() const { return file_; }
  bool any_error() const { return any_error_; }
  // All of them, in the order of the file; then how many more there were.
  std::vector<Finding> sorted() &&;

 private:
  void add(Finding::Level level, int line, int column, std::string text);
  Finding at(Finding::Level level, int line, int column, std::string text) const;

  std::string file_;
  std::vector<Finding> all_;
  std::size_t more_ = 0;
  bool any_error_ = false;
};

// `text` in double quotes, with control characters shown as `\n`, `\t` or `\x1b`, cut after 60 bytes: for messages.
std::string shown(std::string_view text);

}  // namespace app
