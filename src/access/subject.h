// What a caller wants to use: the real thing, never the caller's alias for it.
#pragma once

#include <optional>
#include <string_view>

namespace authz {

// How a call came: by the tool's own name, through call_tool, or from inside of code.
enum class Disclosure { all, search, code };

// What a tool's server says of it (Tools, "Annotations"). Untrusted words; absent ones are nullopt.
struct Hints {
  std::optional<bool> read_only;
  std::optional<bool> destructive;
  std::optional<bool> idempotent;
  std::optional<bool> open_world;

  bool any() const { return read_only || destructive || idempotent || open_world; }
};

// Views into what the call came with; good as long as that is.
struct Subject {
  // `see` asks whether it is listed, found and described: whether any call of it could be allowed.
  enum class Verb { see, call, get_prompt, read };
  enum class Kind { tool, prompt, resource, resource_template };

  Verb verb = Verb::call;
  std::string_view server;
  std::string_view name;                    // the upstream's own name of the tool or prompt, or the resource's URI
  Kind seen = Kind::tool;                   // what is looked at; the other verbs say it themselves
  Hints hints;                              // of a tool
  Disclosure disclosure = Disclosure::all;  // of a call

  Kind kind() const {
    switch (verb) {
      case Verb::call: return Kind::tool;
      case Verb::get_prompt: return Kind::prompt;
      case Verb::read: return Kind::resource;
      case Verb::see: break;
    }
    return seen;
  }
};

}  // namespace authz
