// Names of packages judged in bulk: known, clean, or so like a known one that a person should look; a JSON line out per line in.
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>

#include "app/commands.h"
#include "app/known_names.h"
#include "app/terminal.h"
#include "mcp/json.h"
#include "trust/lookalike/likeness.h"

namespace app {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;

struct Asked {
  trust::Ecosystem ecosystem = trust::Ecosystem::npm;
  trust::NamedPackage name;
};

mcp::Result<Asked> read_line(const std::string& line) {
  const auto refused = [](std::string_view why) { return mcp::Error(mcp::Code::invalid_argument, std::string(why)); };
  if (line.size() > kLongestLine) return refused("the line is longer than 64 KB");
  auto json = mcp::Json::parse(line);
  if (!json) return std::move(json).error();
  auto ecosystem = (*json)["ecosystem"].string();
  auto name = (*json)["name"].string();
  if (!ecosystem || !name) return refused("a line is an object with the texts ecosystem and name");
  auto whose = trust::find_ecosystem(*ecosystem);
  if (!whose) return refused("no known ecosystem; they are npm, pypi, oci, mcp-registry and remote");
  auto read = trust::parse_package_name(*whose, *name);
  if (!read) return std::move(read).error();
  return Asked{*whose, *std::move(read)};
}

void write(mcp::JsonWriter& out, const trust::Likeness& likeness, const trust::NamedPackage& name) {
  out.field("verdict", trust::likeness_name(likeness.kind));
  out.key("nearest");
  if (likeness.nearest.empty())
    out.null();
  else
    out.value(likeness.nearest);
  out.field("reason", likeness.reason);
  if (likeness.kind != trust::Likeness::Kind::review) return;
  out.field("signal", likeness.signal);
  if (likeness.nearest.empty()) return;
  const trust::Alignment aligned = trust::align(name.plain, likeness.nearest);
  out.key("aligned").array().value(aligned.first).value(aligned.second).value(aligned.marks).end();
}

}  // namespace

int check_packages(const CheckOptions& options) {
  auto list = read_known_names(options.known);
  if (!list) {
    complain(list.error().message);
    return kUsage;
  }
  std::ifstream file;
  if (options.packages != "-") {
    file.open(options.packages, std::ios::binary);
    if (!file) {
      complain(fmt::format("{} cannot be read", options.packages));
      return kUsage;
    }
  }
  std::istream& in = options.packages == "-" ? std::cin : file;
  const auto itself = options.itself == CheckOptions::Itself::left_out ? trust::Itself::left_out : trust::Itself::counts;
  int status = kGood;
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    mcp::JsonWriter out;
    out.object();
    if (auto asked = read_line(line)) {
      out.field("ecosystem", trust::ecosystem_name(asked->ecosystem)).field("name", asked->name.written);
      write(out, trust::judge_name(asked->name, **list, itself), asked->name);
    } else {
      status = kFailed;
      out.field("verdict", "invalid").key("nearest").null().field("reason", fmt::format("line {}: {}", number, asked.error().message));
    }
    out.end();
    print(out.text() + "\n");
  }
  return status;
}

}  // namespace app
