#include "disclosure/find_answer.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "disclosure/signature.h"

namespace disclosure {
namespace {

std::string nothing(const Query& query, const Found& found) {
  std::string text = query.server.empty() ? "No tool matches." : "No tool of this server matches.";
  if (!found.nearest.empty()) {
    text += found.nearest.size() == 1 ? " The nearest server: " : " The nearest servers: ";
    for (std::size_t i = 0; i < found.nearest.size(); ++i) text.append(i == 0 ? "" : ", ").append(found.nearest[i]);
    text += '.';
  }
  text += " Say what the tool should do in two or three plain words, such as a verb and a thing";
  return text += query.server.empty() ? "." : ", or leave out the server.";
}

}  // namespace

std::string find_answer(const Query& query, const Found& found, const ToolOfHit& tool_of) {
  std::string text;
  std::size_t shown = 0;
  for (const Hit& hit : found.hits) {
    const ToolView* tool = tool_of(hit);
    if (tool == nullptr) continue;
    ++shown;
    text.append(signature_line(*tool)).append("\n");
  }
  if (shown == 0) return nothing(query, found);
  return text += std::to_string(shown) + " of " + std::to_string(std::max(shown, found.matched)) + " match";
}

}  // namespace disclosure
