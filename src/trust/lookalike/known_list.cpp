#include "trust/lookalike/known_list.h"

#include <fmt/format.h>

#include "base/json.h"

// The list as it is, among the constants of the program.
asm(R"(
  .pushsection .rodata
  .globl gatehouse_known_packages
  .hidden gatehouse_known_packages
gatehouse_known_packages:
  .incbin ")" GATEHOUSE_KNOWN_PACKAGES R"("
  .byte 0
  .popsection
)");

extern "C" {
// NOLINTNEXTLINE(readability-identifier-naming): the assembler's name for it.
extern const char gatehouse_known_packages[] __attribute__((visibility("hidden")));
}

namespace trust {
namespace {

using mcp::Code;
using mcp::Error;

struct Row {
  std::string ecosystem, name, sources;
};

mcp::Result<Row> read_json(std::string_view line) {
  if (auto valid = base::validate_json(line); !valid) return std::move(valid).error();
  Row row;
  auto member = [&row](std::string_view key, std::string_view value) -> mcp::Result<> {
    std::string* out = key == "ecosystem" ? &row.ecosystem : key == "name" ? &row.name : nullptr;
    if (!out) return {};
    auto text = base::json_string(value);
    if (!text) return std::move(text).error();
    *out = *std::move(text);
    return {};
  };
  if (auto read = base::each_member(line, member); !read) return std::move(read).error();
  return row;
}

Row read_tabs(std::string_view line) {
  const auto take = [&line] {
    const std::size_t tab = line.find('\t');
    const std::string_view field = line.substr(0, tab);
    line.remove_prefix(tab == line.npos ? line.size() : tab + 1);
    return std::string(field);
  };
  Row row;
  row.ecosystem = take();
  row.name = take();
  row.sources = take();
  return row;
}

}  // namespace

const KnownList& KnownList::shipped() {
  static const KnownList kList = [] {
    auto list = parse(gatehouse_known_packages);
    return list ? *std::move(list) : KnownList();
  }();
  return kList;
}

mcp::Result<> KnownList::add(std::string_view ecosystem, std::string_view name, std::string_view sources) {
  auto whose = find_ecosystem(ecosystem);
  if (!whose) return Error(Code::invalid_argument, "no known ecosystem: npm, pypi, oci, mcp-registry or remote");
  auto read = parse_package_name(*whose, name);
  if (!read) return std::move(read).error();
  if (size() == kMost) return Error(Code::too_large, fmt::format("more than {} names", kMost));
  const auto place = static_cast<std::size_t>(*whose);
  ++ids_[place][read->id];
  entries_[place].push_back({*std::move(read), std::string(sources)});
  return {};
}

mcp::Result<KnownList> KnownList::parse(std::string_view text) {
  if (text.size() > kLargestFile) return Error(Code::too_large, fmt::format("a list of known names of over {} bytes", kLargestFile));
  KnownList list;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    auto row = line.starts_with('{') ? read_json(line) : mcp::Result<Row>(read_tabs(line));
    if (!row) return std::move(row).error().in(fmt::format("line {}", number));
    if (auto added = list.add(row->ecosystem, row->name, row->sources); !added)
      return std::move(added).error().in(fmt::format("line {}", number));
  }
  return list;
}

std::size_t KnownList::count(const NamedPackage& name) const {
  const auto& ids = ids_[static_cast<std::size_t>(name.ecosystem)];
  auto found = ids.find(name.id);
  return found == ids.end() ? 0 : found->second;
}

std::size_t KnownList::size() const {
  std::size_t all = 0;
  for (const auto& entries : entries_) all += entries.size();
  return all;
}

}  // namespace trust
