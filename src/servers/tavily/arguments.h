// What the tools of `tavily` take, under the vendor's names.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mcp/arg.h"

namespace servers::tavily::arguments {

using Texts = std::vector<std::string>;
using Depth = mcp::Arg<mcp::Choice<"basic", "advanced">, "advanced costs twice as much">;
using Format = mcp::Arg<mcp::Choice<"markdown", "text">, "Of the content">;

struct Search {
  mcp::Arg<std::string, "What to look for", 1, 400> query;
  Depth search_depth = "basic";
  mcp::Arg<mcp::Choice<"general", "news", "finance">, "Kind of sources"> topic = "general";
  mcp::Arg<int, "Most results", 1, 20> max_results = 5;
  mcp::Arg<std::optional<mcp::Choice<"day", "week", "month", "year">>, "Published within"> time_range;
  mcp::Arg<Texts, "Only these domains", 0, 100> include_domains = Texts{};
  mcp::Arg<Texts, "Not these domains", 0, 100> exclude_domains = Texts{};
  mcp::Arg<std::optional<std::string>, "Prefer this country, as a lower-case name", 2, 60> country;
  mcp::Arg<bool, "Also a short answer made of the results"> include_answer = false;
  mcp::Arg<bool, "Also the whole pages"> include_raw_content = false;
};
struct Extract {
  mcp::Arg<Texts, "Pages to read", 1, 20> urls;
  Depth extract_depth = "basic";
  Format format = "markdown";
};
struct Crawl {
  mcp::Arg<std::string, "Page to begin at", 4, 2000> url;
  mcp::Arg<std::optional<std::string>, "What to look for; costs more", 1, 400> instructions;
  mcp::Arg<int, "Links deep", 1, 5> max_depth = 1;
  mcp::Arg<int, "Links per page", 1, 100> max_breadth = 20;
  mcp::Arg<int, "Most pages", 1, 200> limit = 20;
  mcp::Arg<Texts, "Only paths that match these regular expressions", 0, 20> select_paths = Texts{};
  mcp::Arg<Texts, "No paths that match these", 0, 20> exclude_paths = Texts{};
  mcp::Arg<bool, "Also other domains"> allow_external = false;
  Depth extract_depth = "basic";
  Format format = "markdown";
};
struct Map {
  mcp::Arg<std::string, "Page to begin at", 4, 2000> url;
  mcp::Arg<std::optional<std::string>, "What to look for; costs more", 1, 400> instructions;
  mcp::Arg<int, "Links deep", 1, 5> max_depth = 1;
  mcp::Arg<int, "Links per page", 1, 100> max_breadth = 20;
  mcp::Arg<int, "Most links", 1, 500> limit = 50;
  mcp::Arg<Texts, "Only paths that match these regular expressions", 0, 20> select_paths = Texts{};
  mcp::Arg<Texts, "No paths that match these", 0, 20> exclude_paths = Texts{};
  mcp::Arg<bool, "Also other domains"> allow_external = false;
};

}  // namespace servers::tavily::arguments
