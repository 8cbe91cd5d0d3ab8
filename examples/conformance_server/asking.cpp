#include <string>
#include <vector>

#include "fixture.h"

namespace {

using Questions = std::vector<mcp::InputRequest>;

struct Message {
  mcp::Arg<std::string, "What to say to the user"> message;
};
struct Prompt {
  mcp::Arg<std::string, "What to say to the model"> prompt;
};

std::string form(const std::string& field, const std::string& type) {
  return R"({"type":"object","properties":{")" + field + R"(":{"type":")" + type + R"("}},"required":[")" + field + R"("]})";
}
std::string message(const std::string& text, int tokens) {
  return R"({"messages":[{"role":"user","content":{"type":"text","text":)" + mcp::json_quoted(text) + R"(}}],"maxTokens":)" +
         std::to_string(tokens) + "}";
}
// What the user filled in, when the answer is a filled form that has the field.
std::optional<std::string> filled(const mcp::Call& call, std::string_view key, std::string_view field) {
  auto answer = call.answer(key);
  if (!answer || (*answer)["action"].string_or("") != "accept" || !(*answer)["content"][field]) return std::nullopt;
  auto value = (*answer)["content"][field];
  return value.string() ? std::string(*value.string()) : value.text();
}
std::string sampled(const mcp::Json& answer) { return std::string(answer["content"]["text"].string_or("nothing")); }

mcp::Result<std::string> elicitation(mcp::Call call) {
  auto name = filled(call, "user_name", "name");
  if (!name) return mcp::ask({mcp::elicit("user_name", "What is your name?", form("name", "string"))});
  return "Hello, " + *name + "!";
}
mcp::Result<std::string> sampling(mcp::Call call) {
  auto answer = call.answer("capital_question");
  if (!answer) return mcp::ask({mcp::sample("capital_question", message("What is the capital of France?", 100))});
  return sampled(*answer);
}
mcp::Result<std::string> roots(mcp::Call call) {
  auto answer = call.answer("client_roots");
  if (!answer) return mcp::ask({mcp::list_roots("client_roots")});
  return "Roots: " + (*answer)["roots"].text();
}
mcp::Result<std::string> with_state(mcp::Call call) {
  if (!filled(call, "confirm", "ok") || call.state() != "asked")
    return mcp::ask({mcp::elicit("confirm", "Please confirm", form("ok", "boolean"))}, "asked");
  return std::string("state-ok");
}
mcp::Result<std::string> multiple(mcp::Call call) {
  auto name = filled(call, "user_name", "name");
  auto greeting = call.answer("greeting"), folders = call.answer("client_roots");
  if (!name || !greeting || !folders)
    return mcp::ask({mcp::elicit("user_name", "What is your name?", form("name", "string")),
                     mcp::sample("greeting", message("Generate a greeting", 50)), mcp::list_roots("client_roots")},
                    "asked for three");
  return sampled(*greeting) + " " + *name + " " + (*folders)["roots"].text();
}
mcp::Result<std::string> rounds(mcp::Call call) {
  auto name = filled(call, "step1", "name"), color = filled(call, "step2", "color");
  std::string known(call.state());
  if (known.empty() || (known == "1" && !name))
    return mcp::ask({mcp::elicit("step1", "Step 1: What is your name?", form("name", "string"))}, "1");
  if (known == "1") known = "2" + *name;
  if (!color) return mcp::ask({mcp::elicit("step2", "Step 2: What is your favorite color?", form("color", "string"))}, known);
  return known.substr(1) + " likes " + *color;
}
mcp::Result<std::string> capabilities(mcp::Call call) {
  Questions questions;
  if (call.client_can("sampling") && !call.answer("sampled")) questions.push_back(mcp::sample("sampled", message("Say hello", 50)));
  if (call.client_can("elicitation") && !call.answer("elicited"))
    questions.push_back(mcp::elicit("elicited", "What is your name?", form("name", "string")));
  if (!questions.empty()) return mcp::ask(questions);
  return std::string("asked all that can be asked");
}
mcp::Result<std::string> streaming(mcp::Call call) {
  call.progress(1, 2, "about to ask");
  auto name = filled(call, "user_name", "name");
  if (!name) return mcp::ask({mcp::elicit("user_name", "What is your name?", form("name", "string"))});
  return "Hello, " + *name + "!";
}

// A tool that asks once and returns what the user did.
mcp::Result<std::string> once(const mcp::Call& call, const std::string& text, const char* schema, const std::string& head) {
  auto answer = call.answer("answer");
  if (!answer) return mcp::ask({mcp::elicit("answer", text, schema)});
  return head + "action=" + std::string((*answer)["action"].string_or("")) + ", content=" + (*answer)["content"].text();
}

constexpr const char* kContact = R"({"type":"object","properties":{
  "username":{"type":"string","description":"User's response"},
  "email":{"type":"string","description":"User's email address"}},"required":["username","email"]})";
constexpr const char* kDefaults = R"({"type":"object","properties":{
  "name":{"type":"string","default":"John Doe"},"age":{"type":"integer","default":30},"score":{"type":"number","default":95.5},
  "status":{"type":"string","enum":["active","inactive","pending"],"default":"active"},
  "verified":{"type":"boolean","default":true}}})";
constexpr const char* kEnums = R"({"type":"object","properties":{
  "untitledSingle":{"type":"string","enum":["option1","option2","option3"]},
  "titledSingle":{"type":"string","oneOf":[{"const":"value1","title":"First Option"},{"const":"value2","title":"Second Option"},
    {"const":"value3","title":"Third Option"}]},
  "legacyEnum":{"type":"string","enum":["opt1","opt2","opt3"],"enumNames":["Option One","Option Two","Option Three"]},
  "untitledMulti":{"type":"array","items":{"type":"string","enum":["option1","option2","option3"]}},
  "titledMulti":{"type":"array","items":{"anyOf":[{"const":"value1","title":"First Choice"},{"const":"value2","title":"Second Choice"},
    {"const":"value3","title":"Third Choice"}]}}}})";

}  // namespace

void add_asking_tools(mcp::Server& server) {
  const std::string asks = "Asks the client before it answers.";
  const std::string prefix = "test_input_required_result_";
  server.tool(prefix + "elicitation", asks, elicitation);
  server.tool(prefix + "sampling", asks, sampling);
  server.tool(prefix + "list_roots", asks, roots);
  server.tool(prefix + "request_state", asks, with_state);
  server.tool(prefix + "tampered_state", asks, with_state);
  server.tool(prefix + "multiple_inputs", asks, multiple);
  server.tool(prefix + "multi_round", asks, rounds);
  server.tool(prefix + "capabilities", asks, capabilities);
  server.tool("test_streaming_elicitation", "Reports progress, then asks.", streaming);
  server.tool("test_missing_capability", "Needs a client with sampling.", sampling);
  server.prompt(prefix + "prompt", asks, [](mcp::Call call) -> mcp::Result<std::string> {
    auto context = filled(call, "user_context", "context");
    if (!context) return mcp::ask({mcp::elicit("user_context", "What context should the prompt use?", form("context", "string"))});
    return "Use this context: " + *context;
  });

  server.tool("test_sampling", "Asks the client's model.", [](Prompt in, mcp::Call call) -> mcp::Result<std::string> {
    auto answer = call.answer("answer");
    if (!answer) return mcp::ask({mcp::sample("answer", message(*in.prompt, 100))});
    return "LLM response: " + sampled(*answer);
  });
  server.tool("test_elicitation", "Asks the user.",
              [](Message in, mcp::Call call) { return once(call, *in.message, kContact, "User response: "); });
  server.tool("test_elicitation_sep1034_defaults", "Asks the user with defaults.",
              [](mcp::Call call) { return once(call, "Please check these values", kDefaults, "Elicitation completed: "); });
  server.tool("test_elicitation_sep1330_enums", "Asks the user to choose.",
              [](mcp::Call call) { return once(call, "Please choose", kEnums, "Elicitation completed: "); });
}
