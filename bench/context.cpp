// What a catalog costs a model's context, shown whole and searched: one JSON line, all counts in tokens of o200k_base.
//
//   bench_context TOOLS.jsonl [QUERIES.jsonl]
//
// TOOLS and QUERIES as bench_retrieval reads them; without QUERIES the first sentence of each tool's description is one. A task is taken to
// make 2.98 searches and to describe 2.8 tools, as agents did in the recorded runs of LiveMCPBench: a model of a run, and not a run.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "disclosure/cost.h"
#include "disclosure/declaration.h"
#include "disclosure/find_answer.h"
#include "disclosure/index.h"
#include "disclosure/signature.h"
#include "gateway/disclosure/meta_tools.h"
#include "tokens/count.h"

namespace {

constexpr double kSearches = 2.98;
constexpr double kDescribed = 2.8;
constexpr std::size_t kHits = 5;

struct Tool {
  std::string server, name, public_name, title, description, input_schema, output_schema, annotations, instructions;

  disclosure::ToolView view() const { return {server, name, public_name, title, description, input_schema, output_schema, annotations}; }
};

// The first of `keys` that the object has: a string's text, else its JSON.
std::string member(std::string_view object, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    std::string_view value = base::find_member(object, key);
    if (value.empty() || value == "null") continue;
    auto text = base::json_string(value);
    return text ? *text : std::string(value);
  }
  return {};
}

bool read_lines(const char* path, std::vector<std::string>& lines) {
  std::ifstream file(path);
  if (!file) return false;
  for (std::string line; std::getline(file, line);)
    if (line.find_first_not_of(" \t\r") != std::string::npos && base::validate_json(line)) lines.push_back(std::move(line));
  return true;
}

Tool read_tool(const std::string& line) {
  Tool tool{member(line, {"server"}),
            member(line, {"tool", "name"}),
            {},
            member(line, {"title"}),
            member(line, {"description"}),
            member(line, {"inputSchema", "input_schema", "parameters"}),
            member(line, {"outputSchema"}),
            member(line, {"annotations"}),
            member(line, {"instructions", "server_instructions", "server_description"})};
  tool.public_name = tool.server + "__" + tool.name;
  return tool;
}

std::string read_query(const std::string& line) {
  std::string query = member(line, {"query"});
  return query.empty() ? member(line, {"server_q"}) + "\n" + member(line, {"tool_q"}) : query;
}

std::size_t surface(gateway::Disclosure mode) {
  std::size_t total = 0;
  const std::string list = "[" + gateway::meta_definitions(mode) + "]";
  for (base::Elements all(list); all.next();)
    total += disclosure::definition_tokens(base::find_member(all.value(), "name"), base::find_member(all.value(), "description"),
                                           base::find_member(all.value(), "inputSchema"));
  return total;
}

struct Spread {
  double mean = 0;
  std::size_t p95 = 0;
};

Spread spread_of(std::vector<std::size_t> all) {
  if (all.empty()) return {};
  std::ranges::sort(all);
  double sum = 0;
  for (std::size_t one : all) sum += static_cast<double>(one);
  return {sum / static_cast<double>(all.size()), all[std::min(all.size() - 1, all.size() * 95 / 100)]};
}

int run(const std::vector<Tool>& tools, const std::vector<std::string>& queries) {
  std::map<std::string, std::vector<const Tool*>> servers;
  std::map<std::string, disclosure::ToolView> views;
  std::size_t whole = 0;
  std::vector<std::size_t> described;
  for (const Tool& tool : tools) {
    servers[tool.server].push_back(&tool);
    views[tool.public_name] = tool.view();
    whole += disclosure::definition_tokens(base::quoted(tool.public_name), base::quoted(tool.description), tool.input_schema);
    described.push_back(tokens::count(disclosure::declaration(tool.view())));
  }
  disclosure::Index index;
  for (const auto& [id, of] : servers) {
    std::vector<disclosure::ToolView> all;
    for (const Tool* tool : of) all.push_back(tool->view());
    index.set_server(id, of.front()->instructions, all);
  }
  std::vector<std::size_t> answers;
  for (const std::string& text : queries) {
    disclosure::Query query;
    query.text = text;
    query.limit = kHits;
    const disclosure::Found found = index.find(query);
    const auto tool_of = [&](const disclosure::Hit& hit) -> const disclosure::ToolView* {
      auto view = views.find(hit.public_name);
      return view == views.end() ? nullptr : &view->second;
    };
    answers.push_back(tokens::count(disclosure::find_answer(query, found, tool_of)));
  }
  const Spread answer = spread_of(answers), description = spread_of(described);
  const std::size_t shown = surface(gateway::Disclosure::search);
  const double task = static_cast<double>(shown) + kSearches * answer.mean + kDescribed * description.mean;
  fmt::print(
      R"({{"bench":"context","tools":{},"servers":{},"queries":{},"all":{},"search_surface":{},"code_surface":{},"answer_mean":{:.1f},)"
      R"("answer_p95":{},"describe_mean":{:.1f},"task":{:.0f},"saving":{:.4f}}})"
      "\n",
      tools.size(), servers.size(), queries.size(), whole, shown, surface(gateway::Disclosure::code), answer.mean, answer.p95,
      description.mean, task, 1 - task / static_cast<double>(whole));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::string> lines, queries;
  if (argc < 2 || argc > 3 || !read_lines(argv[1], lines) || lines.empty()) {
    std::fputs("usage: bench_context TOOLS.jsonl [QUERIES.jsonl]\n", stderr);
    return 2;
  }
  std::vector<Tool> tools;
  for (const std::string& line : lines) tools.push_back(read_tool(line));
  std::vector<std::string> rows;
  if (argc == 3) {
    if (!read_lines(argv[2], rows)) {
      std::fprintf(stderr, "bench_context: cannot read %s\n", argv[2]);
      return 2;
    }
    for (const std::string& row : rows) queries.push_back(read_query(row));
  } else {
    for (const Tool& tool : tools) queries.push_back(disclosure::first_sentence(tool.description));
  }
  return run(tools, queries);
}
