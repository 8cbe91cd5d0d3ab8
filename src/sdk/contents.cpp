#include "sdk/contents.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/json.h"
#include "mcp/detail/handler.h"

namespace sdk {

using mcp::Code;
using mcp::Error;
using mcp::JsonView;
using mcp::JsonWriter;
using mcp::Result;

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4, '\0');
  // EVP writes a null behind the text, which std::string has room for.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return Error(Code::invalid_argument, "not base64");
  std::string out(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size())) < 0)
    return Error(Code::invalid_argument, "not base64");
  // The decoder takes padding anywhere, as zeros.
  std::size_t plain = text.find('=');
  if (plain == std::string_view::npos) return out;
  const std::size_t padding = text.size() - plain;
  if (padding > 2 || text.find_first_not_of('=', plain) != std::string_view::npos) return Error(Code::invalid_argument, "not base64");
  out.resize(out.size() - padding);
  return out;
}

namespace {

void optional_field(JsonWriter& w, std::string_view key, const std::string& value) {
  if (!value.empty()) w.field(key, value);
}

struct ContentWriter {
  JsonWriter& w;
  void operator()(const mcp::Text& text) const { w.field("type", "text").field("text", text.text); }
  void operator()(const mcp::Image& image) const { binary("image", image.bytes, image.mime_type); }
  void operator()(const mcp::Audio& audio) const { binary("audio", audio.bytes, audio.mime_type); }
  void operator()(const mcp::ResourceLink& link) const {
    w.field("type", "resource_link").field("uri", link.uri).field("name", link.name);
    optional_field(w, "title", link.title);
    optional_field(w, "description", link.description);
    optional_field(w, "mimeType", link.mime_type);
    if (link.size) w.field("size", *link.size);
  }
  void operator()(const mcp::EmbeddedResource& embedded) const {
    w.field("type", "resource").key("resource");
    write_contents(w, embedded.resource);
  }
  void binary(std::string_view type, const std::string& bytes, const std::string& mime_type) const {
    w.field("type", type).field("data", base64(bytes)).field("mimeType", mime_type);
  }
};

}  // namespace

void write_content(JsonWriter& w, const mcp::Content& content) {
  w.object();
  std::visit(ContentWriter{w}, content);
  w.end();
}

void write_contents(JsonWriter& w, const mcp::ResourceContents& contents) {
  w.object().field("uri", contents.uri);
  optional_field(w, "mimeType", contents.mime_type);
  if (contents.bytes)
    w.field("blob", base64(*contents.bytes));
  else
    w.field("text", contents.text);
  w.end();
}

void write_resource_info(JsonWriter& w, const mcp::ResourceInfo& info) {
  w.object().field("uri", info.uri).field("name", info.name.empty() ? info.uri : info.name);
  optional_field(w, "title", info.title);
  optional_field(w, "description", info.description);
  optional_field(w, "mimeType", info.mime_type);
  if (info.size) w.field("size", *info.size);
  w.end();
}

Result<mcp::Content> read_content(JsonView in) {
  auto text = [&](std::string_view key) { return std::string(in[key].string_or("")); };
  std::string_view type = in["type"].string_or("");
  if (type == "text") return mcp::Content(mcp::Text{text("text")});
  if (type == "image" || type == "audio") {
    auto bytes = from_base64(in["data"].string_or(""));
    if (!bytes) return Error(Code::upstream_failed, std::string(type) + " content is not base64");
    if (type == "image") return mcp::Content(mcp::Image{*std::move(bytes), text("mimeType")});
    return mcp::Content(mcp::Audio{*std::move(bytes), text("mimeType")});
  }
  if (type == "resource_link") {
    auto info = read_resource_info(in);
    return mcp::Content(mcp::ResourceLink{info.uri, info.name, info.title, info.description, info.mime_type, info.size});
  }
  if (type == "resource") {
    auto contents = read_contents(in["resource"]);
    if (!contents) return std::move(contents).error();
    return mcp::Content(mcp::EmbeddedResource{*std::move(contents)});
  }
  return mcp::Content(mcp::Text{in.text()});
}

Result<mcp::ResourceContents> read_contents(JsonView in) {
  mcp::ResourceContents contents;
  contents.uri = in["uri"].string_or("");
  contents.mime_type = in["mimeType"].string_or("");
  if (auto blob = in["blob"].string()) {
    auto bytes = from_base64(*blob);
    if (!bytes) return Error(Code::upstream_failed, "the contents of " + contents.uri + " are not base64");
    contents.bytes = *std::move(bytes);
  } else {
    contents.text = in["text"].string_or("");
  }
  return contents;
}

mcp::ResourceInfo read_resource_info(JsonView in) {
  mcp::ResourceInfo info;
  info.uri = in["uri"].string_or("");
  info.name = in["name"].string_or("");
  info.title = in["title"].string_or("");
  info.description = in["description"].string_or("");
  info.mime_type = in["mimeType"].string_or("");
  info.size = in["size"].integer();
  return info;
}

}  // namespace sdk

namespace mcp::detail {

std::string tool_text(std::string_view text) {
  JsonWriter w;
  w.object().key("content").array().object().field("type", "text").field("text", text).end().end().end();
  return std::move(w).text();
}

std::string tool_structured(std::string_view json) {
  JsonWriter w;
  w.object().key("content").array().object().field("type", "text").field("text", json).end().end();
  w.key("structuredContent").raw(json).end();
  return std::move(w).text();
}

std::string tool_result(const ToolResult& result) {
  JsonWriter w;
  w.object().key("content").array();
  for (const auto& content : result.content) sdk::write_content(w, content);
  // What is no object must be there as text, too, for those who cannot take it otherwise (Tools, "Structured Content").
  auto is_text = [](const Content& content) { return std::holds_alternative<Text>(content); };
  bool shown = !result.content.empty() && (result.structured.empty() || base::is_object(result.structured) ||
                                           std::any_of(result.content.begin(), result.content.end(), is_text));
  if (!shown && !result.structured.empty()) w.object().field("type", "text").field("text", result.structured).end();
  w.end();
  if (!result.structured.empty()) w.key("structuredContent").raw(result.structured);
  if (result.is_error) w.field("isError", true);
  w.end();
  return std::move(w).text();
}

}  // namespace mcp::detail
