#include "app/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace app {
namespace {

// Columns that `text` takes, counting each code point as one.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string cut(const std::string& text, std::size_t columns) {
  if (width(text) <= columns || columns == 0) return text;
  std::size_t end = 0;
  for (std::size_t seen = 0; end < text.size(); ++end)
    if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && ++seen == columns) break;
  return text.substr(0, end) + "…";
}

std::size_t terminal_columns() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) != 1 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

}  // namespace

std::size_t output_width() {
  constexpr std::size_t kOfNoTerminal = 120;
  const std::size_t columns = terminal_columns();
  return columns == 0 ? kOfNoTerminal : columns;
}

bool coloured(std::FILE* stream) {
  const char* off = std::getenv("NO_COLOR");
  return ::isatty(::fileno(stream)) == 1 && !(off && *off);
}

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void complain(std::string_view text) { fmt::print(stderr, "gatehouse: {}\n", text); }

void show_findings(std::span<const Finding> findings) {
  bool colour = coloured(stderr);
  for (const Finding& finding : findings) {
    std::string_view paint = finding.level == Finding::Level::error ? "\x1b[31m" : "\x1b[33m";
    fmt::print(stderr, "{}{}{}\n", colour ? paint : "", finding.line(), colour ? "\x1b[0m" : "");
  }
}

std::optional<AppConfig> open_config(const std::string& given, ReadFrom* from) {
  auto file = find_config(given, process_environment);
  if (!file) {
    complain(file.error().message);
    return {};
  }
  ReadConfig read = read_config(*file, process_environment);
  show_findings(read.findings);
  if (from) *from = {*file, read.files};
  return std::move(read.config);
}

std::string table(std::span<const std::vector<std::string>> rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::size_t columns = terminal_columns();
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += (columns > 1 ? cut(line, columns - 1) : line) + '\n';
  }
  return out;
}

}  // namespace app
