#include "trust/pins/pin.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"
#include "trust/pins/canonical.h"

namespace trust {
namespace {

constexpr std::array<std::string_view, 10> kNames{"tool",   "prompt",       "resource", "template", "instructions",
                                                  "server", "capabilities", "launch",   "package",  "member"};

}  // namespace

std::string_view pin_kind_name(PinKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<PinKind> find_pin_kind(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<PinKind>(found - kNames.begin());
}

Pin pin_of(PinKind kind, std::string name, std::string_view raw) {
  Pin out{kind, std::move(name), {}, canonical_definition(raw)};
  out.digest = pin_digest(out.text);
  return out;
}

Pin pin_of_text(PinKind kind, std::string_view words) {
  Pin out{kind, {}, {}, base::quoted(words)};
  out.text = canonical_json(out.text);
  out.digest = pin_digest(out.text);
  return out;
}

std::string set_digest(const std::vector<Pin>& pins) {
  std::vector<std::string> lines;
  lines.reserve(pins.size());
  for (const Pin& pin : pins) {
    std::string line(pin_kind_name(pin.kind));
    line.append(" ").append(pin.digest).append(" ").append(canonical_json(base::quoted(pin.name))).append("\n");
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) all.append(line);
  return pin_digest(all);
}

}  // namespace trust
