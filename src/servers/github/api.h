// GitHub's REST API as the tools see it: paths in, JSON out, its limits respected.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mcp/json.h"
#include "servers/github/auth.h"
#include "servers/rest/answers.h"
#include "servers/rest/client.h"

namespace servers::github {

struct Setup {
  rest::ClientOptions client;
  Secret token;
  std::optional<AppKey> app;
  enum class Tools { reading, all };
  Tools tools = Tools::reading;
  std::vector<std::string> repositories;  // globs over owner/name; empty: all
  std::string remedy = "set its token";
};

using Query = std::vector<std::pair<std::string, std::string>>;

// `owner/name` as the two path segments it stands for. Errors: invalid_argument (no such name), denied (not among the configured ones).
Result<std::string> repository_path(std::string_view repository, const std::vector<std::string>& allowed);

// Why no call may be made now, by an answer's headers: a rate limit, and until when. Nothing: it is none.
struct Limit {
  WallTime until;
  std::string message;
};
std::optional<Limit> find_limit(const rest::Answer& answer, WallTime now);

// Scopes of a classic token that go beyond what the tools need, as a list; empty: none.
std::string wider_scopes(std::string_view scopes, Setup::Tools tools);

// Threads: the client's loop only.
class Api {
 public:
  explicit Api(const Setup& setup) : setup_(setup), auth_(setup.token, setup.app, setup.remedy) {}

  // Before anything else.
  void use(rest::Client& client) { client_ = &client; }
  Result<> check() const { return auth_.check(); }

  // Good answers only. `path` begins with '/'; `accept` empty: GitHub's JSON.
  // Errors: those of rest::failure_of and Client; rate_limited without asking GitHub while a limit holds.
  base::Task<rest::Answer> get(std::string path, Query query, std::string accept, std::stop_token stop);
  base::Task<mcp::Json> get_json(std::string path, Query query, std::stop_token stop);
  base::Task<mcp::Json> send_json(std::string method, std::string path, std::string body, std::stop_token stop);

  Result<std::string> repository(std::string_view name) const;
  const Setup& setup() const { return setup_; }
  // What is known of the credential by now, for people: when it ends, what it may, how many calls are left.
  std::string standing() const;

 private:
  base::Task<rest::Answer> ask(rest::Request request, std::stop_token stop);
  void learn(const rest::Answer& answer);

  const Setup& setup_;
  Auth auth_;
  rest::Client* client_ = nullptr;
  WallTime blocked_until_{};
  std::string blocked_by_;
  std::optional<WallTime> token_ends_;
  bool warned_of_end_ = false;
  std::string scopes_;
  bool scopes_known_ = false;
  std::string calls_left_;
};

}  // namespace servers::github
