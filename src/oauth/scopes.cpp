#include "oauth/scopes.h"

#include <algorithm>

namespace oauth {
namespace {

constexpr std::size_t kMost = 100;

bool is_scope(std::string_view text) {
  return !text.empty() && text.size() <= 512 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7e && c != '"' && c != '\\'; });
}

}  // namespace

Scopes read_scopes(std::string_view text) {
  Scopes out;
  while (!text.empty() && out.size() < kMost) {
    std::size_t end = std::min(text.find(' '), text.size());
    std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (is_scope(one) && !holds(out, one)) out.emplace_back(one);
  }
  return out;
}

std::string scope_text(const Scopes& scopes) {
  std::string out;
  for (const auto& one : scopes) {
    if (!out.empty()) out += ' ';
    out += one;
  }
  return out;
}

bool holds(const Scopes& scopes, std::string_view one) { return std::find(scopes.begin(), scopes.end(), one) != scopes.end(); }

bool holds_all(const Scopes& scopes, const Scopes& others) {
  return std::all_of(others.begin(), others.end(), [&](const std::string& one) { return holds(scopes, one); });
}

void unite(Scopes& scopes, const Scopes& more) {
  for (const auto& one : more)
    if (!holds(scopes, one)) scopes.push_back(one);
}

}  // namespace oauth
