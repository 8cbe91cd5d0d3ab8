// Server: an MCP server made of functions. Speaks every revision; handlers see no session, no JSON and no revision.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "mcp/ask.h"
#include "mcp/call.h"
#include "mcp/content.h"
#include "mcp/detail/handler.h"
#include "mcp/protect.h"
#include "mcp/result.h"
#include "mcp/run.h"
#include "mcp/schema.h"
#include "mcp/server/questions.h"
#include "mcp/server/tasks.h"
#include "mcp/task.h"

namespace mcp {

// Hints for clients about what a tool does. What is not said stays unsaid.
struct Annotations {
  std::optional<bool> read_only = {};    // changes nothing
  std::optional<bool> destructive = {};  // may overwrite or delete
  std::optional<bool> idempotent = {};   // twice is the same as once
  std::optional<bool> open_world = {};   // reaches beyond this machine
};

// What else there is to say about a tool: server.tool(name, description, f, {.annotations = {.read_only = true}}).
struct ToolOptions {
  std::string title = {};
  Annotations annotations = {};
  // A plain function runs on a worker thread, several at a time; without it, all handlers run on one thread, one after the other.
  bool blocking = false;
  // Longer than this and the call ends with Code::timeout. Zero: no limit.
  std::chrono::milliseconds deadline = {};
  // Whether a call may become a task, when, and what then becomes of it when the process starts anew; see tasks.h.
  TaskSupport task = TaskSupport::forbidden;
  TaskStart task_start = TaskStart::at_once;
  TaskRestart task_restart = TaskRestart::fail;
  // What a caller needs beside what the server asks of everybody; for a protected server (see protect()).
  std::vector<std::string> scopes = {};
};

// A tool that brings its own schemas, as JSON text.
struct RawTool {
  std::string name;
  std::string description;
  std::string input_schema;
  std::string output_schema = {};
  ToolOptions options = {};
};

// How a resource, or what a template names, is shown in lists.
struct ResourceOptions {
  std::string name;
  std::string title = {};
  std::string description = {};
  std::string mime_type = {};
  std::optional<std::int64_t> size = {};
};

namespace detail {

struct ToolEntry {
  RawTool about;
  Erased<Json, std::string> run;
  // How arguments and result are checked: by their types, or against the schemas.
  enum class Checks { types, schemas } checks = Checks::types;
};
struct PromptEntry {
  struct Argument {
    std::string name, description;
    bool required = true;
  };
  std::string name, title, description;
  std::vector<Argument> arguments;
  Erased<Json, PromptResult> run;
  std::vector<std::pair<std::string, Erased<CompletionRequest, Completion>>> completions;
};
struct ResourceEntry {
  ResourceInfo info;
  Erased<None, std::vector<ResourceContents>> run;
  bool listed = true;
};
struct TemplateEntry {
  std::string uri_template;
  ResourceOptions about;
  Erased<TemplateMatch, std::vector<ResourceContents>> run;
  std::vector<std::pair<std::string, Erased<CompletionRequest, Completion>>> completions;
};
struct Registry;

struct FinishContents {
  std::vector<ResourceContents> operator()(ResourceContents one) const { return {std::move(one)}; }
  std::vector<ResourceContents> operator()(std::vector<ResourceContents> all) const { return all; }
  // Plain text becomes the contents; URI and media type come from the entry.
  std::vector<ResourceContents> operator()(std::string text) const {
    ResourceContents one;
    one.text = std::move(text);
    return {std::move(one)};
  }
};
struct FinishPrompt {
  PromptResult operator()(PromptResult result) const { return result; }
  PromptResult operator()(std::string text) const {
    PromptResult result;
    result.messages.push_back({.content = Text{std::move(text)}});
    return result;
  }
};
struct FinishSame {
  template <class T>
  T operator()(T value) const {
    return value;
  }
};

}  // namespace detail

// An MCP server: a name, and what was registered on it. Capabilities follow from that.
// Handlers: `R f(In)`, `R f(In, mcp::Call)`, `R f(mcp::Call)` or `R f()`, as free function, lambda or member function; R is a value,
// mcp::Result of one, or mcp::Task of one. Plain functions and Tasks run on the server's one thread: they need no locks, and must not
// block (see ToolOptions::blocking and Call::blocking).
// Names: 1 to 64 of A-Z a-z 0-9 _ - . for tools. A bad or doubled name is remembered at registration and refused by run().
// Threads: register before run(); notify_… may be called from any thread at any time.
// Lifetime: objects whose member functions are registered must outlive the server.
class Server {
 public:
  Server(std::string name, std::string version);
  ~Server();
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;

  // What a model should know about the server as a whole.
  Server& instructions(std::string text);
  // A name for people.
  Server& title(std::string text);
  // How long clients may keep lists and resources; default: none.
  Server& cache_for(std::chrono::milliseconds ttl);
  // The most entries that one page of a list has; default 1000.
  Server& page_size(std::size_t entries);
  // Where tasks are kept, how long, and how many. Without it: in memory, for an hour.
  Server& tasks(TaskOptions options);

  // Over HTTP, serves only who brings an access token for this server, and publishes how to get one (RFC 9728). Handlers find who is
  // calling in Call::principal(). Nothing changes on stdio, where the process belongs to its caller.
  Server& protect(Protection protection);

  // Adds a tool. `In` is a struct (see arg.h); its schema, defaults and limits are derived. Wrong arguments are answered with
  // isError and the name of the argument, and do not reach the handler. An Error becomes isError with its leaving() text.
  // A struct result becomes structuredContent, and its JSON as text; a list, map or number is wrapped as {"result": …}; a string is text;
  // Content, a vector of Content and ToolResult are themselves.
  template <class F>
    requires(!std::is_member_function_pointer_v<F>)
  Server& tool(std::string name, std::string description, F f, ToolOptions options = {}) {
    using S = detail::Shape<F>;
    RawTool about{std::move(name), std::move(description), "", "", std::move(options)};
    if constexpr (S::Parts::input) {
      static_assert(detail::Struct<typename S::In>, "mcp: a tool takes ONE struct of mcp::Arg fields, by value");
      about.input_schema = input_schema<typename S::In>();
    } else {
      about.input_schema = R"({"type":"object","additionalProperties":false})";
    }
    if constexpr (detail::is_structured<typename S::Value>()) about.output_schema = output_schema<typename S::Value>();
    return add(
        {std::move(about), detail::erase<Json, std::string>(std::move(f), detail::OpenStruct<typename S::In>{}, detail::FinishTool{})});
  }
  template <class C, class F>
    requires std::is_member_function_pointer_v<F>
  Server& tool(std::string name, std::string description, C& self, F member, ToolOptions options = {}) {
    return tool(std::move(name), std::move(description), bind(self, member), std::move(options));
  }

  // Adds a tool whose handler takes the arguments as mcp::Json, and returns what a tool may return. Its schemas are JSON Schema 2020-12
  // (or what their $schema names), compiled once: arguments that do not keep the input schema are answered with isError and their place;
  // a result without isError that does not keep the output schema is logged, and isError leaves instead. A schema that does not
  // compile, or that refers to the network, is refused by run().
  template <class F>
  Server& raw_tool(RawTool about, F f) {
    using In = typename detail::Shape<F>::In;
    static_assert(std::is_same_v<In, Json> || std::is_same_v<In, detail::None>, "mcp: a raw tool takes mcp::Json, by value");
    return add({std::move(about), detail::erase<Json, std::string>(std::move(f), detail::OpenStruct<In>{}, detail::FinishTool{}),
                detail::ToolEntry::Checks::schemas});
  }

  // Adds a resource. The handler takes nothing (or a Call) and returns std::string (text), ResourceContents, or several.
  template <class F>
  Server& resource(std::string uri, ResourceOptions about, F f) {
    ResourceInfo info{
        std::move(uri), std::move(about.name), std::move(about.title), std::move(about.description), std::move(about.mime_type),
        about.size};
    return add(detail::ResourceEntry{std::move(info), contents<detail::None>(std::move(f))});
  }
  // Adds a family of resources: `notes://{folder}/{+path}`. The handler takes a TemplateMatch.
  template <class F>
  Server& resource_template(std::string uri_template, ResourceOptions about, F f) {
    return add(detail::TemplateEntry{std::move(uri_template), std::move(about), contents<TemplateMatch>(std::move(f)), {}});
  }
  // Lists resources that come and go: `f` takes the cursor of a page (std::string, empty for the first) and returns a ResourcePage.
  // Its pages follow the fixed resources. Reading goes through the templates.
  template <class F>
  Server& resource_list(F f) {
    return set_resource_list(
        detail::erase<std::string, ResourcePage>(std::move(f), detail::OpenSame<std::string, std::string>{}, detail::FinishSame{}));
  }

  // Adds a prompt. `In` is a struct whose fields are strings, Choices, or optionals of them; returns std::string (one user message)
  // or PromptResult.
  template <class F>
  Server& prompt(std::string name, std::string description, F f, std::string title = {}) {
    using In = typename detail::Shape<F>::In;
    detail::PromptEntry entry{.name = std::move(name), .title = std::move(title), .description = std::move(description)};
    if constexpr (detail::Shape<F>::Parts::input) {
      In proto{};
      detail::each_field(proto, [&](std::string_view field_name, auto& field) {
        std::string doc;
        if constexpr (detail::IsArg<std::remove_cvref_t<decltype(field)>>::value) doc = field.doc;
        entry.arguments.push_back({std::string(field_name), doc, !detail::may_be_absent(field)});
      });
    }
    entry.run = detail::erase<Json, PromptResult>(std::move(f), detail::OpenStruct<In>{}, detail::FinishPrompt{});
    return add(std::move(entry));
  }
  template <class C, class F>
    requires std::is_member_function_pointer_v<F>
  Server& prompt(std::string name, std::string description, C& self, F member, std::string title = {}) {
    return prompt(std::move(name), std::move(description), bind(self, member), std::move(title));
  }

  // Suggests values for one argument of a prompt, or one variable of a template, which must have been added before.
  // `f` takes a CompletionRequest and returns a Completion.
  template <class F>
  Server& complete_prompt(std::string_view prompt, std::string argument, F f) {
    return add_completion(prompt, true, std::move(argument), completion(std::move(f)));
  }
  template <class F>
  Server& complete_template(std::string_view uri_template, std::string variable, F f) {
    return add_completion(uri_template, false, std::move(variable), completion(std::move(f)));
  }

  // Adds the skill in `folder`: a SKILL.md with its frontmatter, and the files beside it (SEP-2640). `path` is where it is served,
  // such as "refunds" or "acme/billing/refunds"; its last segment is the skill's name. The files are read now, once, so that what is
  // served is what its digest says; names that begin with a dot are left out. A folder that breaks the format, has links, more than 512
  // files or more than 16 MiB is a problem that run() refuses with.
  Server& skill(std::string path, const std::string& folder);
  // Adds each skill below `folder`, at its path from there. Skills inside of skills are skills too.
  Server& skills(const std::string& folder);

  // Says that these notifications will be sent, so that clients may wait for them. Before run().
  Server& announces_tool_changes();
  Server& announces_prompt_changes();
  Server& announces_resource_changes();
  Server& announces_resource_updates();
  // Tells every client that listens. Cheap when nobody does; a client that reads slowly gets repeated changes once.
  void notify_tools_changed();
  void notify_prompts_changed();
  void notify_resources_changed();
  void notify_resource_updated(std::string uri);

  // Everything that is wrong with what was registered, one per line; empty when nothing is. run() refuses with it.
  std::string problems() const;

  // The library's own door.
  std::shared_ptr<detail::Registry> registry() const { return registry_; }

 private:
  template <class C, class R, class... A>
  static auto bind(C& self, R (C::*member)(A...)) {
    return [at = &self, member](A... a) { return (at->*member)(std::move(a)...); };
  }
  template <class C, class R, class... A>
  static auto bind(C& self, R (C::*member)(A...) const) {
    return [at = &self, member](A... a) { return (at->*member)(std::move(a)...); };
  }
  template <class Raw, class F>
  static auto contents(F f) {
    using In = typename detail::Shape<F>::In;
    return detail::erase<Raw, std::vector<ResourceContents>>(std::move(f), detail::OpenSame<In, Raw>{}, detail::FinishContents{});
  }
  template <class F>
  static auto completion(F f) {
    return detail::erase<CompletionRequest, Completion>(std::move(f), detail::OpenSame<CompletionRequest, CompletionRequest>{},
                                                        detail::FinishSame{});
  }
  Server& add(detail::ToolEntry entry);
  Server& add(detail::PromptEntry entry);
  Server& add(detail::ResourceEntry entry);
  Server& add(detail::TemplateEntry entry);
  Server& set_resource_list(detail::Erased<std::string, ResourcePage> list);
  Server& add_completion(std::string_view owner, bool of_prompt, std::string name, detail::Erased<CompletionRequest, Completion> run);

  std::shared_ptr<detail::Registry> registry_;
};

}  // namespace mcp
