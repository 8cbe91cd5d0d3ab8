// Schemas that would look at the same value for ever.
#include "protocol/json_schema/program.h"

namespace protocol::schema {
namespace {

// What a node looks at with the same value, whatever the value.
std::vector<NodeId> always_visited(const Node& n) {
  std::vector<NodeId> out;
  if (!n.logic) return out;
  const Logic& logic = *n.logic;
  if (logic.reference != kNoNode && !logic.dynamic) out.push_back(logic.reference);
  out.insert(out.end(), logic.all.begin(), logic.all.end());
  out.insert(out.end(), logic.one.begin(), logic.one.end());
  if (!logic.any.empty()) out.push_back(logic.any.front());
  if (logic.negated != kNoNode) out.push_back(logic.negated);
  if (logic.condition != kNoNode && (logic.consequence != kNoNode || logic.alternative != kNoNode)) out.push_back(logic.condition);
  return out;
}

}  // namespace

std::optional<NodeId> find_loop(const Program& program) {
  enum class Mark : std::uint8_t { fresh, open, closed };
  const auto& nodes = program.nodes;
  std::vector<Mark> marks(nodes.size(), Mark::fresh);
  struct Visit {
    NodeId id;
    std::vector<NodeId> next;
  };
  std::vector<Visit> path;
  auto enter = [&](NodeId id) {
    marks[id] = Mark::open;
    path.push_back({id, always_visited(nodes[id])});
  };
  for (NodeId start = 0; start < nodes.size(); ++start) {
    if (marks[start] != Mark::fresh) continue;
    enter(start);
    while (!path.empty()) {
      Visit& top = path.back();
      if (top.next.empty()) {
        marks[top.id] = Mark::closed;
        path.pop_back();
        continue;
      }
      NodeId next = top.next.back();
      top.next.pop_back();
      if (marks[next] == Mark::open) return next;
      if (marks[next] == Mark::fresh) enter(next);
    }
  }
  return std::nullopt;
}

}  // namespace protocol::schema
