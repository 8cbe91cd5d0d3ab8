// The tools of `tasks` as functions, over whatever API the profile describes.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "mcp/arg.h"
#include "mcp/content.h"
#include "servers/rest/answers.h"
#include "servers/rest/client.h"
#include "servers/tasks/credential.h"
#include "servers/tasks/profile.h"

namespace servers::tasks {

namespace arguments {

using Id = mcp::Arg<std::string, "Id or key of the issue">;
using Key = mcp::Arg<std::optional<std::string>, "The same text for the same act, so that it happens once">;

struct List {
  mcp::Arg<std::optional<std::string>, "Only with this status"> status;
  mcp::Arg<std::optional<std::string>, "Only of this assignee"> assignee;
  mcp::Arg<std::optional<std::string>, "Only with this text in title or description"> text;
  mcp::Arg<int, "Most entries", 1, 100> limit = 30;
};
struct One {
  Id id;
};
struct Comment {
  Id id;
  mcp::Arg<std::string, "Markdown"> text;
  Key idempotency_key;
};
struct SetStatus {
  Id id;
  mcp::Arg<std::string, "The new status"> status;
  mcp::Arg<std::optional<std::string>, "Why, as a comment"> text;
};
struct Assign {
  Id id;
  mcp::Arg<std::string, "Who"> assignee;
};
struct Wait {
  Id id;
  mcp::Arg<std::vector<std::string>, "Until it has one of these; empty: until it is done"> statuses = std::vector<std::string>{};
  mcp::Arg<int, "How long to wait; run it as a task for more than a minute", 1, 86400> seconds = 45;
};

}  // namespace arguments

struct Setup {
  rest::ClientOptions client;
  Profile profile;
  Values values;
  Secret token;
  std::optional<JwtSetup> jwt;
  enum class Tools { reading, all };
  Tools tools = Tools::all;
  Secret webhook;
  std::chrono::milliseconds poll{0};  // how often to look for changes; 0: not at all
  std::string remedy = "set its token";
};

// Threads: the client's loop only.
class Tools {
 public:
  using Answered = base::Task<mcp::ToolResult>;

  explicit Tools(const Setup& setup) : setup_(setup), credential_(setup.token, setup.jwt, setup.remedy) {}
  void use(rest::Client& client) { client_ = &client; }
  Result<> check() const { return credential_.check(); }
  bool has_credential() const { return credential_.is_set(); }

  Answered list(arguments::List in, std::stop_token stop);
  Answered get(arguments::One in, std::stop_token stop);
  Answered comments(arguments::One in, std::stop_token stop);
  Answered comment(arguments::Comment in, std::stop_token stop);
  Answered set_status(arguments::SetStatus in, std::stop_token stop);
  Answered assign(arguments::Assign in, std::stop_token stop);
  Answered wait(arguments::Wait in, std::stop_token stop);

  // An issue as a resource shows it.
  base::Task<std::string> issue(std::string id, std::stop_token stop);
  // The ids of the issues that have changed since the last time; the first time, none.
  base::Task<std::vector<std::string>> changes(std::stop_token stop);

 private:
  base::Task<mcp::Json> ask(std::string action, Values values, std::string idempotency_key, std::stop_token stop);
  Result<> good_status(std::string_view status) const;
  JsonView items(const mcp::Json& body) const { return at(body, setup_.profile.items); }
  static JsonView at(const mcp::Json& body, const std::string& pointer);

  static constexpr std::size_t kMostKnown = 5'000;

  const Setup& setup_;
  Credential credential_;
  rest::Client* client_ = nullptr;
  std::map<std::string, std::string> known_;  // id → what tells that it changed
  bool looked_ = false;
};

}  // namespace servers::tasks
