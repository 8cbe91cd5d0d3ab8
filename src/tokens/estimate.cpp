#include "tokens/estimate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace tokens {
namespace {

constexpr std::array<Family, 4> kFamilies{{
    {"o200k_base", "o200k gpt-4o gpt-4.1 gpt-4.5 gpt-5 chatgpt-4o o1 o3 o4", 1.0, true, "counted"},
    {"cl100k_base", "cl100k gpt-4 gpt-3.5", 1.003, false, "measured over 527 tool definitions"},
    {"Claude", "claude", 1.06, false,
     "measured with the last tokenizer that was published, of Claude 2, over 527 tool definitions; later vocabularies are not public and "
     "may "
     "take more"},
    {"other models", "", 1.0, false, "taken to count as o200k_base does"},
}};

bool begins_like(std::string_view model, std::string_view words) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (model.starts_with(words.substr(0, end))) return true;
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return false;
}

}  // namespace

std::span<const Family> families() { return kFamilies; }

const Family& family_of(std::string_view model) {
  std::string lower(model);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  for (const Family& family : kFamilies)
    if (begins_like(lower, family.begins)) return family;
  return kFamilies.back();
}

std::size_t estimated(std::size_t tokens, const Family& family) {
  return static_cast<std::size_t>(std::ceil(static_cast<double>(tokens) * family.factor));
}

}  // namespace tokens
