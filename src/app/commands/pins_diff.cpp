#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "app/commands.h"
#include "app/terminal.h"
#include "trust/pins/difference_text.h"
#include "trust/pins/offer.h"

namespace app {
namespace {

mcp::Result<std::vector<trust::Pin>> read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return mcp::Error(mcp::Code::not_found, fmt::format("{} cannot be read: {}", file, std::strerror(errno)));
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad() || text.empty()) return mcp::Error(mcp::Code::invalid_argument, fmt::format("{} is empty, or no file", file));
  auto offer = trust::read_offer(text);
  if (!offer) return std::move(offer).error().in(file);
  return offer;
}

}  // namespace

int pins_compare(const PinsOptions& options) {
  std::vector<std::vector<trust::Pin>> both;
  for (const std::string& file : {options.names[0], options.names[1]}) {
    auto offer = read_file(file);
    if (!offer) {
      complain(offer.error().message);
      return kUsage;
    }
    both.push_back(*std::move(offer));
  }
  const std::vector<trust::Difference> all = trust::differences(both[0], both[1]);
  if (options.output == Output::json) {
    print(trust::differences_json(all) + "\n");
  } else {
    for (const trust::Difference& one : all) print(trust::side_by_side(one, output_width()));
    if (all.empty()) print("no difference: every pin holds\n");
  }
  return all.empty() ? kGood : kFailed;
}

}  // namespace app
