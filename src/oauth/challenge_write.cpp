#include "oauth/challenge_write.h"

namespace oauth {

void append_parameter(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty() && out.back() != ' ') out += ", ";
  out.append(name).append("=\"");
  for (char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

bool is_scope(std::string_view scope) {
  if (scope.empty()) return false;
  for (char c : scope)
    if (c < 0x21 || c > 0x7e || c == '"' || c == '\\') return false;
  return true;
}

std::string join_scopes(const std::vector<std::string>& scopes) {
  std::string out;
  for (const auto& scope : scopes) out.append(out.empty() ? "" : " ").append(scope);
  return out;
}

}  // namespace oauth
