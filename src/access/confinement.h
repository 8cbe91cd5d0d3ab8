// Callers that are confined to parts of what there is: outside of them, nothing exists for them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/rules.h"
#include "access/subject.h"

namespace authz {

// A part that callers can be confined to: a profile of the config. The functions live as long as this, and may be called on any thread.
struct Part {
  std::string name;
  std::optional<Who> confines;  // whom it confines by itself
  std::function<bool(std::string_view server)> has_server;
  std::function<bool(std::string_view server, std::string_view tool)> has_tool;  // `tool` under its upstream's own name
  bool all_tools = false;                                                        // of its servers
};

// Immutable. A caller is confined by their key, which names parts, or by a part that says so; to all these parts together. A part that is
// not there (any more) holds nothing.
// Threads: any.
class Confinement {
 public:
  explicit Confinement(std::vector<Part> parts) : parts_(std::move(parts)) {}

  bool confined(const Principal& who) const;
  // Whether it is not there for `who`.
  bool outside(const Principal& who, const Subject& subject) const;
  // How much of a server is inside.
  Sight sight(const Principal& who, std::string_view server, Subject::Kind kind) const;
  // Two callers for whom this is equal are confined to the same.
  std::string standing(const Principal& who) const;
  // Whether a part confines by itself.
  bool by_caller() const;

 private:
  bool holds(const Part& part, const Principal& who) const;

  std::vector<Part> parts_;
};

}  // namespace authz
