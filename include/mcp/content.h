// What tools, resources and prompts give back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace mcp {

// Bytes in this header are raw; base64 is the library's business.

struct Text {
  std::string text;
};
struct Image {
  std::string bytes;
  std::string mime_type;
};
struct Audio {
  std::string bytes;
  std::string mime_type;
};

// A pointer to a resource that the client may read.
struct ResourceLink {
  std::string uri;
  std::string name;
  std::string title = {};
  std::string description = {};
  std::string mime_type = {};
  std::optional<std::int64_t> size = {};
};

// One resource's contents: UTF-8 text, or bytes.
struct ResourceContents {
  std::string uri;
  std::string mime_type;
  std::string text = {};
  // When set, the contents are these bytes, and `text` is ignored.
  std::optional<std::string> bytes = {};
};

// A resource inside a message.
struct EmbeddedResource {
  ResourceContents resource;
};

using Content = std::variant<Text, Image, Audio, ResourceLink, EmbeddedResource>;

// The full answer of a tool, for handlers that want more than a value.
struct ToolResult {
  std::vector<Content> content;
  // A JSON text that becomes structuredContent, or empty. When `content` is empty, it is shown as text too; when it is no object, also
  // beside content without text. What is no object reaches clients of the modern era only, as what it is; others get the text.
  std::string structured = {};
  // The tool ran and failed; `content` says why, for the model to read.
  bool is_error = false;

  static ToolResult text(std::string text) { return {.content = {Text{std::move(text)}}}; }
  static ToolResult error(std::string text) { return {.content = {Text{std::move(text)}}, .is_error = true}; }
};

// What a prompt expands to.
struct PromptMessage {
  enum class Role { user, assistant };
  Role role = Role::user;
  Content content;
};
struct PromptResult {
  std::vector<PromptMessage> messages;
  std::string description = {};
};

// One entry of a resource list.
struct ResourceInfo {
  std::string uri;
  std::string name;
  std::string title = {};
  std::string description = {};
  std::string mime_type = {};
  std::optional<std::int64_t> size = {};
};
// One page of a list. An empty cursor is the first page when asked with, the last when answered with.
struct ResourcePage {
  std::vector<ResourceInfo> resources;
  std::string next_cursor = {};
};

// A URI that matched a template: `{name}` matches one path segment, `{+name}` any rest.
struct TemplateMatch {
  std::string uri;
  // Percent-decoded.
  std::map<std::string, std::string> values;
};

// Suggestions for an argument that is being typed. At most 100 travel.
struct Completion {
  std::vector<std::string> values;
  std::optional<std::int64_t> total = {};
  bool has_more = false;
};
// What is being typed, and the arguments that already have a value.
struct CompletionRequest {
  std::string value;
  std::map<std::string, std::string> context;
};

}  // namespace mcp
