// What commands write, and how it looks on a terminal.
#pragma once

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"

namespace app {

// True where escape sequences may be written: a terminal, and no NO_COLOR.
bool coloured(std::FILE* stream);

// Writes an answer to stdout.
void print(std::string_view text);

// Writes `gatehouse: <text>` to stderr.
void complain(std::string_view text);

// Writes each finding as a line to stderr, errors in red on a terminal.
void show_findings(std::span<const Finding> findings);

// Finds and reads the config that a command works with. Findings are shown, warnings too. Nothing when it cannot be used; then
// the command ends with kUsage. `from`, unless null, becomes where it was read from.
struct ReadFrom {
  std::string file;                // the config
  std::vector<std::string> files;  // it, and what it names
};
std::optional<AppConfig> open_config(const std::string& given, ReadFrom* from = nullptr);

// Columns of the terminal that answers go to, or 120 where they go elsewhere.
std::size_t output_width();

// Rows in aligned columns, two spaces between, the last one cut to the terminal's width (and not cut where there is no terminal).
std::string table(std::span<const std::vector<std::string>> rows);

}  // namespace app
