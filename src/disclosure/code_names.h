// What servers and tools are called in JavaScript.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "disclosure/declaration.h"
#include "disclosure/tool.h"

namespace disclosure {

// `name` as a JavaScript identifier of at most 100 bytes of [A-Za-z0-9_$]: every other character becomes `_`, a digit in front gets one
// before it, and what the language or the sandbox means something else by (`delete`, `then`, `__proto__`, `tools`, `console`…) one behind.
std::string code_name(std::string_view name);

// The names in code of all tools of a catalog: those of the servers differ, and those of the tools of one server. Of several that
// want one name, the one that is spelled so keeps it; the others get `_2`, `_3`… in the order of their real names, so that
// the order in which they came never counts.
class CodeNames {
 public:
  // A name that had to give way.
  struct Collision {
    std::string server;  // real names; `tool` is empty when it is the server's that gave way
    std::string tool;
    std::string wanted;
    std::string given;
  };
  struct Real {
    std::string server;
    std::string tool;
  };

  CodeNames() = default;
  // Keeps nothing of `tools`.
  explicit CodeNames(std::span<const ToolView> tools);

  // What a tool of the catalog is called; code_name() of both for one that is not in it.
  CodeName of(const ToolView& tool) const;
  // The tool that is called so.
  std::optional<Real> find(std::string_view server, std::string_view tool) const;
  // The same for `server.tool`.
  std::optional<Real> find(std::string_view dotted) const;
  // In the order of the real names.
  std::span<const Collision> collisions() const { return collisions_; }

 private:
  using Names = std::map<std::string, std::string, std::less<>>;

  Names servers_;                                    // real to code
  Names real_servers_;                               // code to real
  std::map<std::string, Names, std::less<>> tools_;  // by real server: real to code
  std::map<std::string, Names, std::less<>> real_tools_;
  std::vector<Collision> collisions_;
};

}  // namespace disclosure
