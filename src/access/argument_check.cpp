#include "access/argument_check.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "access/plain_path.h"
#include "base/glob.h"
#include "base/json.h"

namespace authz {
namespace {

using mcp::Code;
using mcp::Error;

std::optional<double> number(std::string_view text) {
  double out = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || !std::isfinite(out)) return {};
  return out;
}

std::string unescaped(std::string_view step) {
  std::string out;
  for (std::size_t i = 0; i < step.size(); ++i) {
    if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1'))
      out += step[++i] == '0' ? '~' : '/';
    else
      out += step[i];
  }
  return out;
}

// Calls `found` for each value that the rest of a pointer leads to.
template <class F>
void each_value(std::string_view value, std::string_view pointer, F&& found) {
  if (pointer.empty()) {
    found(value);
    return;
  }
  const std::size_t end = std::min(pointer.find('/', 1), pointer.size());
  const std::string step = unescaped(pointer.substr(1, end - 1));
  const std::string_view rest = pointer.substr(end);
  if (base::is_object(value)) {
    for (base::Members all(value); all.next();)
      if (step == "*" || all.key() == step) each_value(all.value(), rest, found);
  } else if (base::is_array(value)) {
    std::size_t index = 0;
    for (base::Elements all(value); all.next(); ++index)
      if (step == "*" || step == std::to_string(index)) each_value(all.value(), rest, found);
  }
}

bool glob_fits(const std::string& pattern, const std::string& text, Strict how) {
  if (pattern == text) return true;
  if (how == Strict::lets_pass) return base::glob_match(pattern, text) && !has_detours(text);
  return base::glob_match(pattern, text) || (has_detours(text) && base::glob_match(pattern, without_detours(text)));
}

// A value that is neither a list nor an object.
bool scalar_fits(const ArgumentCheck& check, std::string_view value, Strict how) {
  const std::string text = base::is_string(value) ? base::json_string(value).value_or("") : std::string(value);
  const auto as_number = number(text);
  // What is no number here, or none that can be told, may be one to the server that gets it ("+5000", 1e400): where a line stops, it fits.
  const bool unclear = !as_number && how != Strict::lets_pass;
  if (check.above && !unclear && (!as_number || !(*as_number > *check.above))) return false;
  if (check.below && !unclear && (!as_number || !(*as_number < *check.below))) return false;
  if (check.values.empty()) return true;
  return std::any_of(check.values.begin(), check.values.end(), [&](const std::string& wanted) {
    if (glob_fits(wanted, text, how)) return true;
    auto other = as_number ? number(wanted) : std::nullopt;
    return other && *other == *as_number;
  });
}

bool value_fits(const ArgumentCheck& check, std::string_view value, Strict how) {
  if (base::is_object(value)) return check.values.size() == 1 && check.values.front() == "*" && !check.above && !check.below;
  if (!base::is_array(value)) return scalar_fits(check, value, how);
  bool any = false, all = true;
  for (base::Elements each(value); each.next();) {
    const bool one = value_fits(check, each.value(), how);
    any = any || one;
    all = all && one;
  }
  return how == Strict::lets_pass ? any && all : any;
}

}  // namespace

bool holds(const ArgumentCheck& check, std::string_view arguments, Strict how) {
  std::size_t found = 0, fit = 0;
  const bool looks = !check.values.empty() || check.above || check.below;
  auto look = [&](std::string_view value) {
    ++found;
    if (looks && value_fits(check, value, how)) ++fit;
  };
  each_value(base::is_object(arguments) ? arguments : std::string_view("{}"), check.pointer, look);
  if (check.present && *check.present != (found > 0)) return false;
  if (!looks) return true;
  return how == Strict::lets_pass ? found > 0 && fit == found : fit > 0;
}

mcp::Result<> check_pointer(std::string_view pointer) {
  if (pointer.empty() || pointer.front() == '/') return {};
  return Error(Code::invalid_argument, "a JSON pointer begins with /");
}

}  // namespace authz
