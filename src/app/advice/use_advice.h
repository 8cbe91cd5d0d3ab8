// What the config and the record say of one server, and what that advises.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/advice/advice_rules.h"

namespace app {

struct UsedTool {
  std::string name;      // the server's own
  std::size_t cost = 0;  // tokens of its definition
  std::uint64_t calls = 0;
  std::uint64_t tokens = 0;  // of all of its results
  bool reads = false;        // it says that it only reads
};

// One server's use. What nobody recorded is nothing.
struct UseOf {
  std::string server;
  std::string kind;  // `builtin`, `command`, `url` or `openapi`
  std::vector<UsedTool> tools;
  std::optional<std::size_t> callers;  // distinct ones
};

struct Verdict {
  const AdviceRule* rule = nullptr;
  std::string why;                   // with the numbers
  std::vector<std::string> lines;    // of the config, that would do it
  std::vector<std::string> unknown;  // what is not on record and could change it
};

Verdict judge_use(const UseOf& use);

// The answers to the six questions.
struct Design {
  enum class Clients { one, several } clients = Clients::several;
  enum class Data { live, fixed } data = Data::live;
  enum class Rest { no, yes } rest = Rest::no;
  enum class Teams { one, several } teams = Teams::several;
  enum class Stage { product, prototype } stage = Stage::product;
  enum class Coupling { loose, tight } coupling = Coupling::loose;
};

const AdviceRule& judge_design(const Design& design);

}  // namespace app
