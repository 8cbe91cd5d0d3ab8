// How the gateway presents upstreams to clients: capabilities and instructions, of one server alone and of all together.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gateway {

// Which of an upstream's capabilities (ServerCapabilities, JSON text) reach the clients of its own route: all, with unknown members and
// experimental ones as they came, but tasks, which need the gateway to keep them. "{}" for what is no object.
std::string passed_capabilities(std::string_view upstream);

// What one upstream brings into the aggregate.
struct Presented {
  std::string_view id;
  std::string_view capabilities;  // ServerCapabilities, JSON text
  std::string_view instructions;  // plain
};

// The capabilities of the aggregate. Tools, prompts and resources are always there, with their changes: an upstream may bring any of them
// later. completions and logging are there when one has them; `experimental` is the union, where the first one's value counts. Of
// `extensions` those pass that need no methods of their own: there is no telling which upstream such a method means.
std::string merged_capabilities(std::span<const Presented> upstreams);

// The instructions of all that have some, each under a heading that says how its tools are called.
std::string merged_instructions(std::span<const Presented> upstreams);

}  // namespace gateway
