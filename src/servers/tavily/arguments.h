// What the tools of `tavily` take, under the vendor's names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mcp/arg.h"

namespace servers::tavily::arguments {

using Texts = std::vector<std::string>;
using Depth = mcp::Arg<mcp::Choice<"basic", "advanced">, "advanced costs double">;
using Format = mcp::Arg<mcp::Choice<"markdown", "text">, "Format">;

struct Search {
  mcp::Arg<std::string, "What to look for"> query;
  Depth search_depth = "basic";
  mcp::Arg<mcp::Choice<"general", "news", "finance">, "Sources"> topic = "general";
  mcp::Arg<int, "Most results", 1, 20> max_results = 5;
  mcp::Arg<std::optional<mcp::Choice<"day", "week", "month", "year">>, "Age"> time_range;
  mcp::Arg<std::optional<Texts>, "Only these"> include_domains;
  mcp::Arg<std::optional<Texts>, "Not these"> exclude_domains;
  mcp::Arg<std::optional<std::string>, "Country, in lower case"> country;
  mcp::Arg<bool, "Also a short answer"> include_answer = false;
  mcp::Arg<bool, "Whole pages"> include_raw_content = false;
};
struct Extract {
  mcp::Arg<Texts, "Pages to read", 1, 20> urls;
  Depth extract_depth = "basic";
  Format format = "markdown";
};
struct Crawl {
  mcp::Arg<std::string, "Page to begin at"> url;
  mcp::Arg<std::optional<std::string>, "Aim; costs more"> instructions;
  mcp::Arg<int, "Links deep", 1, 5> max_depth = 1;
  mcp::Arg<int, "Per page", 1, 100> max_breadth = 20;
  mcp::Arg<int, "Most pages", 1, 200> limit = 20;
  mcp::Arg<std::optional<Texts>, "Paths to take (regular expressions)"> select_paths;
  mcp::Arg<std::optional<Texts>, "Not these"> exclude_paths;
  mcp::Arg<bool, "Leave the domain"> allow_external = false;
  Depth extract_depth = "basic";
  Format format = "markdown";
};
struct Map {
  mcp::Arg<std::string, "Page to begin at"> url;
  mcp::Arg<std::optional<std::string>, "Aim; costs more"> instructions;
  mcp::Arg<int, "Links deep", 1, 5> max_depth = 1;
  mcp::Arg<int, "Per page", 1, 100> max_breadth = 20;
  mcp::Arg<int, "Most links", 1, 500> limit = 50;
  mcp::Arg<std::optional<Texts>, "Paths to take (regular expressions)"> select_paths;
  mcp::Arg<std::optional<Texts>, "Not these"> exclude_paths;
  mcp::Arg<bool, "Leave the domain"> allow_external = false;
};

}  // namespace servers::tavily::arguments
