#include "servers/github/shown.h"

namespace servers::github {

rest::Trim fields(const char* fields, std::string_view at) {
  rest::Trim out;
  std::string_view all(fields);
  while (!all.empty()) {
    const std::string_view one = all.substr(0, all.find('\n'));
    all.remove_prefix(std::min(all.size(), one.size() + 1));
    out.keep.emplace_back(at).append(one);
  }
  out.empty = rest::Trim::Empty::goes;
  out.longest_text = at.empty() ? 20'000 : 1'500;
  out.most_bytes = 60'000;
  return out;
}

mcp::ToolResult shown(mcp::JsonView value, const rest::Trim& trim, std::string_view more) {
  rest::Trimmed out = rest::trimmed(value, trim);
  std::string text = std::move(out.json);
  if (const std::string note = out.note(); !note.empty()) text.append("\n").append(note);
  if (!more.empty()) text.append("\n").append(more);
  return mcp::ToolResult::text(std::move(text));
}

}  // namespace servers::github
