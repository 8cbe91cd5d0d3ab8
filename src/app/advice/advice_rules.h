// The rules of thumb of `gatehouse advise`, each with what it rests on: one table, which docs/when-not-mcp.md repeats.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace app {

enum class Advice { keep, narrow, direct, openapi, function, retrieval, unsure };

// `keep`, `narrow`, `call directly`, `OpenAPI`, `SDK function tool`, `retrieval` or `too little record`.
std::string_view advice_name(Advice advice);

struct AdviceRule {
  std::string_view id;
  std::string_view when;
  Advice advice;
  std::string_view source;
};

// In the order in which they are asked; the first that holds decides.
std::span<const AdviceRule> use_rules();     // of a server that is there
std::span<const AdviceRule> design_rules();  // of one that is not there yet

// Both as Markdown.
std::string rules_markdown();

// The numbers in them.
inline constexpr unsigned kLeastCalls = 20;     // of a server, before anything is said of its use
inline constexpr unsigned kUnusedShare = 50;    // percent of its tools that nobody called
inline constexpr unsigned kUnusedTokens = 500;  // that their definitions cost, at least
inline constexpr unsigned kCrudShare = 80;      // percent of its tools that get, list, create, update or delete
inline constexpr unsigned kLeastCrudTools = 4;
inline constexpr unsigned kRetrievalShare = 90;     // percent of its calls that are of one tool that only reads
inline constexpr unsigned kRetrievalTokens = 2000;  // of a result of it, on average

}  // namespace app
