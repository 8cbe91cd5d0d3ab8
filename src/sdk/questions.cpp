#include "mcp/server/questions.h"

namespace mcp {

namespace detail {

Result<std::optional<Json>> accepted(const Call& call, std::string_view key) {
  std::optional<Json> answer = call.answer(key);
  if (!answer) return std::optional<Json>();
  std::string_view action = (*answer)["action"].string_or("");
  if (action == "decline") return Error(Code::denied, "the user declined");
  if (action != "accept") return Error(Code::denied, "the user closed the question without an answer");
  JsonView content = (*answer)["content"];
  auto out = Json::parse(content ? content.text() : "{}");
  if (!out) return std::move(out).error();
  return std::optional<Json>(*std::move(out));
}

}  // namespace detail

Result<> ask_visit(const Call& call, std::string key, std::string_view message, std::string_view url) {
  auto answer = detail::accepted(call, key);
  if (!answer) return std::move(answer).error();
  if (*answer) return {};
  JsonWriter params;
  params.object().field("mode", "url").field("message", message).field("url", url).end();
  return ask({{std::move(key), "elicitation/create", std::move(params).text()}}, call.state());
}

Result<std::string> ask_model(const Call& call, std::string key, std::string_view prompt, int max_tokens) {
  auto answer = call.answer(key);
  if (!answer) {
    JsonWriter params;
    params.object().key("messages").array().object().field("role", "user").key("content").object();
    params.field("type", "text").field("text", prompt).end().end().end().field("maxTokens", max_tokens).end();
    return ask({sample(std::move(key), std::move(params).text())}, call.state());
  }
  // One block, or several of which some are text.
  std::string text;
  auto take = [&](JsonView block) {
    if (block["type"].string_or("") == "text") text += block["text"].string_or("");
  };
  JsonView content = (*answer)["content"];
  if (content.is(JsonView::Kind::array))
    content.each_element(take);
  else
    take(content);
  if (text.empty()) return Error(Code::upstream_failed, "the client's model answered without text");
  return text;
}

Result<std::vector<Folder>> ask_folders(const Call& call, std::string key) {
  auto answer = call.answer(key);
  if (!answer) return ask({list_roots(std::move(key))}, call.state());
  std::vector<Folder> out;
  (*answer)["roots"].each_element([&](JsonView root) {
    std::string_view uri = root["uri"].string_or("");
    if (uri.starts_with("file://")) out.push_back({std::string(uri), std::string(root["name"].string_or(""))});
  });
  return out;
}

}  // namespace mcp
