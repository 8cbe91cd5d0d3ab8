// `gatehouse check --launch`: launches in bulk, a verdict a line.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "app/commands.h"
#include "app/finding.h"
#include "app/terminal.h"
#include "mcp/json.h"
#include "trust/launch/launch_line.h"

namespace app {
namespace {

// A line that is longer is no launch that anybody could read.
constexpr std::size_t kLongestLine = 1024 * 1024;

struct Tally {
  std::uint64_t allowed = 0, reviewed = 0, denied = 0, broken = 0;
};

// The next line of `in`, cut after kLongestLine and one more byte. False at the end.
bool next_line(std::istream& in, std::string& line) {
  line.clear();
  std::streambuf& bytes = *in.rdbuf();
  int c = bytes.sbumpc();
  if (c == std::streambuf::traits_type::eof()) return false;
  for (; c != std::streambuf::traits_type::eof() && c != '\n'; c = bytes.sbumpc())
    if (line.size() <= kLongestLine) line.push_back(static_cast<char>(c));
  return true;
}

std::string judged(const std::string& text, std::uint64_t number, Tally& tally) {
  mcp::JsonWriter out;
  out.object();
  auto line = text.size() > kLongestLine
                  ? mcp::Result<trust::LaunchLine>(mcp::Error(mcp::Code::too_large, "the line is longer than a megabyte"))
                  : trust::parse_launch_line(text);
  if (!line) {
    ++tally.broken;
    out.field("error", line.error().message).field("line", number).end();
    return std::move(out).text();
  }
  const trust::Verdict verdict = trust::judge_line(*line, trust::NothingApproved());
  ++(verdict.ruling == trust::Ruling::allow ? tally.allowed : verdict.ruling == trust::Ruling::review ? tally.reviewed : tally.denied);
  if (!line->id.empty()) out.key("id").raw(line->id);
  out.field("verdict", trust::ruling_name(verdict.ruling)).field("rule", verdict.rule).field("where", verdict.where);
  out.field("reason", verdict.reason).field("remedy", verdict.remedy).end();
  return std::move(out).text();
}

}  // namespace

int check_launches(const CheckOptions& options) {
  std::ifstream file;
  if (options.launch != "-") {
    file.open(options.launch, std::ios::binary);
    std::error_code failed;
    if (!file.is_open() || std::filesystem::is_directory(options.launch, failed)) {
      complain(options.launch + " cannot be read");
      return kUsage;
    }
  }
  std::istream& in = options.launch == "-" ? std::cin : file;
  Tally tally;
  std::string line;
  for (std::uint64_t number = 1; next_line(in, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    print(judged(line, number, tally) + "\n");
  }
  std::fflush(stdout);  // so that the sum comes last where both go to one place
  fmt::print(stderr, "{} allowed, {} to review, {} denied, {} not understood\n", tally.allowed, tally.reviewed, tally.denied, tally.broken);
  if (tally.broken > 0) return kUsage;
  return tally.denied > 0 ? kFailed : kGood;
}

}  // namespace app
