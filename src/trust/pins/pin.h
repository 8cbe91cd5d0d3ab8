// A pin: what somebody approved, word for word, and its hash.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trust {

// What can be pinned of a server. `member` is any other member of a file of definitions.
enum class PinKind { tool, prompt, resource, resource_template, instructions, server, capabilities, launch, package, member };

// `tool`, `prompt`, `resource`, `template`, `instructions`, `server`, `capabilities`, `launch`, `package`, `member`.
std::string_view pin_kind_name(PinKind kind);
std::optional<PinKind> find_pin_kind(std::string_view name);

struct Pin {
  PinKind kind = PinKind::tool;
  std::string name;    // of a tool or prompt, the URI of a resource, the template of a template; empty where a server has one of the kind
  std::string digest;  // SHA-256 of the text, hex
  std::string text;    // canonical; a JSON value

  bool operator==(const Pin&) const = default;
};

// The pin of a tool, prompt, resource or template; `raw` must have passed base::validate_json.
Pin pin_of(PinKind kind, std::string name, std::string_view raw);
// The pin of plain words, such as instructions.
Pin pin_of_text(PinKind kind, std::string_view words);

// The pin over a whole set of them, whatever their order.
std::string set_digest(const std::vector<Pin>& pins);

}  // namespace trust
