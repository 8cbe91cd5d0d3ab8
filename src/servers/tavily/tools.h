// The tools of `tavily` as functions: what is asked, what it may cost, and what of the answer a model reads.
#pragma once

#include <list>
#include <map>
#include <stop_token>
#include <string>

#include "mcp/content.h"
#include "servers/rest/answers.h"
#include "servers/rest/client.h"
#include "servers/tavily/arguments.h"
#include "servers/tavily/spending.h"

namespace servers::tavily {

struct Setup {
  rest::ClientOptions client;
  rest::Secret key;
  std::string key_issued, key_rotate_every;
  std::string remedy = "set its key";
  std::chrono::milliseconds cache{600'000};  // how long an answer is good; 0: not at all
  std::int64_t credits_call = 0, credits_day = 0;
};

// What an answer is cited by: the page's number, title and address, then its text.
std::string cited(const mcp::Json& body);

// Threads: the client's loop only.
class Tools {
 public:
  using Answered = base::Task<mcp::ToolResult>;

  explicit Tools(const Setup& setup) : setup_(setup), spending_(setup.credits_call, setup.credits_day) {}
  void use(rest::Client& client) { client_ = &client; }

  Answered search(arguments::Search in, std::stop_token stop);
  Answered extract(arguments::Extract in, std::stop_token stop);
  Answered crawl(arguments::Crawl in, std::stop_token stop);
  Answered map(arguments::Map in, std::stop_token stop);

 private:
  using Instant = base::Instant;
  struct Kept {
    std::string question;
    std::string text;
    Instant since;
  };

  Answered ask(std::string path, std::string body, std::int64_t estimate, std::stop_token stop);
  base::Task<rest::Answer> send(std::string path, std::string body, std::stop_token stop);
  std::string footer(std::int64_t credits) const;
  const Kept* find_kept(const std::string& question);
  void keep(std::string question, std::string text);

  static constexpr std::size_t kMostKept = 200;
  static constexpr std::size_t kMostBytes = 4UL * 1024 * 1024;

  const Setup& setup_;
  Spending spending_;
  rest::Client* client_ = nullptr;
  std::list<Kept> kept_;  // newest first
  std::map<std::string, std::list<Kept>::iterator> by_question_;
  std::size_t bytes_ = 0;
};

}  // namespace servers::tavily
