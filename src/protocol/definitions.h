// What a server lists: tools, prompts, resources and resource templates, each with its definition as the bytes that came.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace protocol {

enum class DefinitionKind { tool, prompt, resource, resource_template };

// Hints of a tool about itself (Tools, "Annotations"): untrusted words of its server. Absent ones are nullopt.
struct ToolHints {
  std::optional<bool> read_only;
  std::optional<bool> destructive;
  std::optional<bool> idempotent;
  std::optional<bool> open_world;
};

// One entry of a list. Owns its bytes.
struct Definition {
  DefinitionKind kind = DefinitionKind::tool;
  std::string key;  // name of a tool or prompt, uri of a resource, uriTemplate of a template: what a call names
  std::string name;
  std::string title;
  std::string description;
  std::string raw;            // the whole object as it came
  std::string input_schema;   // JSON text; tools only
  std::string output_schema;  // JSON text or empty
  std::string mime_type;
  ToolHints hints;
  std::string task_support;  // legacy `execution.taskSupport`, or empty
};

// One page of a list.
struct DefinitionPage {
  std::vector<Definition> items;
  std::optional<std::string> next_cursor;  // an empty string is a cursor too
  std::vector<std::string> refused;        // entries left out, each with its reason
};

// Reads a result of tools/list, prompts/list, resources/list or resources/templates/list; it must have passed validate_json. An entry that
// is malformed is left out and told in `refused`; it does not spoil the others. Error: upstream_failed when the result has no such array.
mcp::Result<DefinitionPage> read_definitions(DefinitionKind kind, std::string_view result);

// `definition.raw` under another name and, unless empty, another description.
std::string renamed(const Definition& definition, std::string_view name, std::string_view description = {});

// The list result that holds these raw definitions, in their order.
std::string encode_definitions(DefinitionKind kind, const std::vector<std::string_view>& raw,
                               const std::optional<std::string>& next_cursor);

}  // namespace protocol
