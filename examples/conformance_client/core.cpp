// The scenarios without sign-in: lists, calls, headers, schemas, skills.
#include <mcp/skills.h>

#include <array>

#include "scenarios.h"

using mcp::Client;
using mcp::Json;
using mcp::Task;

mcp::ClientOptions suite_options() {
  mcp::ClientOptions options;
  options.name = "gatehouse-conformance";
  options.version = "1.0";
  return options;
}

namespace {

// Accepts what it is asked: yes where a yes is needed, the server's defaults else.
Task<mcp::ElicitAnswer> agree(mcp::Form form) {
  mcp::ElicitAnswer answer = mcp::ElicitAnswer::accept();
  for (const mcp::FormField& field : form.fields)
    if (field.required && field.initial.empty() && field.kind == mcp::FormField::Kind::boolean) answer.set(field.name, true);
  co_return answer;
}

Task<mcp::Sample> say_something(mcp::SampleRequest) {
  mcp::Sample sample;
  sample.content = mcp::Text{"something"};
  sample.model = "none";
  co_return sample;
}

Task<std::vector<mcp::Root>> no_roots() { co_return std::vector<mcp::Root>(); }

struct Scene {
  Client client;
  Json context;
};

Task<void> list_only(Scene* scene) { (void)co_await scene->client.list_tools(); }

// Calls what there is to call, with an argument for each required number.
Task<void> call_everything(Scene* scene) {
  std::vector<mcp::ToolInfo> tools = co_await scene->client.list_tools();
  for (const mcp::ToolInfo& tool : tools) {
    Json schema = co_await Json::parse(tool.input_schema);
    mcp::JsonWriter arguments;
    arguments.object();
    for (std::size_t i = 0; i < schema["required"].size(); ++i) {
      std::string_view name = schema["required"].at(i).string_or("");
      std::string_view type = schema["properties"][name]["type"].string_or("");
      arguments.key(name);
      if (type == "number" || type == "integer")
        arguments.value(static_cast<std::int64_t>(i) + 2);
      else if (type == "boolean")
        arguments.value(true);
      else
        arguments.value("some");
    }
    arguments.end();
    (void)co_await scene->client.call_tool(tool.name, std::move(arguments).text());
  }
}

// One request of each kind, so that the headers of each can be looked at.
Task<void> each_kind(Scene* scene) {
  Client& client = scene->client;
  co_await call_everything(scene);
  std::vector<mcp::ResourceInfo> resources = co_await client.list_resources();
  for (const auto& resource : resources) (void)co_await client.read_resource(resource.uri);
  std::vector<mcp::PromptInfo> prompts = co_await client.list_prompts();
  for (const auto& prompt : prompts) (void)co_await client.get_prompt(prompt.name);
}

// The calls that the suite hands over, after the list that says which arguments travel in headers.
Task<void> given_calls(Scene* scene) {
  (void)co_await scene->client.list_tools();
  mcp::JsonView calls = scene->context["toolCalls"];
  for (std::size_t i = 0; i < calls.size(); ++i) {
    std::string name(calls.at(i)["name"].string_or(""));
    std::string arguments = calls.at(i)["arguments"].text();
    (void)co_await scene->client.call_tool(std::move(name), std::move(arguments));
  }
}

// Hands a tool's schema back as it came.
Task<void> echo_schema(Scene* scene) {
  std::vector<mcp::ToolInfo> tools = co_await scene->client.list_tools();
  for (const auto& tool : tools) {
    if (tool.name != "json_schema_2020_12_tool") continue;
    std::string arguments = "{\"schema\":" + tool.input_schema + "}";
    (void)co_await scene->client.call_tool("json_schema_echo", std::move(arguments));
  }
}

Task<void> list_skills_only(Scene* scene) { (void)co_await mcp::list_skills(scene->client); }

// Loads each skill, and the rest of its files when it is what it should be.
Task<void> load_skills(Scene* scene) {
  std::vector<mcp::Skill> skills = co_await mcp::list_skills(scene->client);
  for (const mcp::Skill& skill : skills) {
    (void)co_await mcp::load_skill(scene->client, skill);
    for (const mcp::SkillFile& file : skill.files) (void)co_await mcp::read_skill_file(scene->client, skill, file.uri);
  }
}

struct Row {
  std::string_view scenario;
  Task<void> (*play)(Scene* scene);
};
constexpr std::array kRows = {
    Row{"initialize", list_only},
    Row{"request-metadata", list_only},
    Row{"json-schema-ref-no-deref", list_only},
    Row{"tools_call", call_everything},
    Row{"elicitation-sep1034-client-defaults", call_everything},
    Row{"sse-retry", call_everything},
    Row{"sep-2322-client-request-state", call_everything},
    Row{"http-invalid-tool-headers", call_everything},
    Row{"http-standard-headers", each_kind},
    Row{"http-custom-headers", given_calls},
    Row{"json-schema-2020-12-preservation", echo_schema},
    Row{"sep-2640-client-no-prefetch", list_skills_only},
    Row{"sep-2640-client-verify-digest", load_skills},
    Row{"sep-2640-client-verify-size", load_skills},
    Row{"sep-2640-client-verify-frontmatter", load_skills},
};

}  // namespace

Task<void> run_core(std::string url, std::string scenario, Json context) {
  for (const Row& row : kRows) {
    if (row.scenario != scenario) continue;
    mcp::ClientOptions options = suite_options();
    options.on_elicit = agree;
    options.on_sample = say_something;
    options.on_roots = no_roots;
    Client client = co_await Client::open_http(std::move(url), std::move(options));
    Scene scene{std::move(client), std::move(context)};
    mcp::Result<> played = co_await row.play(&scene).result();
    (void)co_await scene.client.close().result();
    co_await std::move(played);
    co_return;
  }
  co_await mcp::fail(mcp::Code::not_found, "this client does not play the scenario '" + scenario + "'");
}
