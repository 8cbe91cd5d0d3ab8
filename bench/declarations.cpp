// Lists of tools as TypeScript, and what that saves: bench_declarations [--measure] FILE…
//
// A file is {"name": SERVER, "tools": [DEFINITION…]} as a server lists its tools, or without a name when they are called SERVER__TOOL.
// Prints the declarations of all of them; with --measure one JSON line: tokens of the definitions as minified JSON and as TypeScript, and
// the time that one declaration took.
#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "disclosure/describe_answer.h"
#include "tokens/count.h"

namespace {

struct Tool {
  std::string server, name, public_name, title, description, json;
  std::string input, output, annotations;

  disclosure::ToolView view() const { return {server, name, public_name, title, description, input, output, annotations}; }
};

std::string text_at(std::string_view object, std::string_view key) {
  std::string_view value = base::find_member(object, key);
  return value.empty() ? std::string() : base::json_string(value).value_or(std::string());
}

mcp::Result<> add_file(std::deque<Tool>& tools, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream read;
  read << in.rdbuf();
  std::string text = read.str();
  if (auto good = base::validate_json(text); !good) return std::move(good).error().in(file);
  std::string server = text_at(text, "name");
  return base::each_element(base::find_member(text, "tools"), [&](std::string_view one) -> mcp::Result<> {
    Tool tool;
    tool.json = base::minified(one);
    tool.name = text_at(one, "name");
    tool.server = server;
    if (std::size_t at = tool.name.find("__"); server.empty() && at != std::string::npos) {
      tool.server = tool.name.substr(0, at);
      tool.name.erase(0, at + 2);
    }
    tool.public_name = tool.server + "__" + tool.name;
    tool.title = text_at(one, "title");
    tool.description = text_at(one, "description");
    tool.input = base::find_member(one, "inputSchema");
    tool.output = base::find_member(one, "outputSchema");
    tool.annotations = base::find_member(one, "annotations");
    tools.push_back(std::move(tool));
    return {};
  });
}

// As describe_tools puts it: ten at a time.
std::string describe(const std::deque<Tool>& tools, const disclosure::CodeNames& names) {
  std::map<std::string_view, const Tool*> by_name;
  for (const Tool& tool : tools) by_name.emplace(tool.public_name, &tool);
  disclosure::Describable known;
  known.code_names = &names;
  known.find = [&](std::string_view name) -> std::optional<disclosure::ToolView> { return by_name.at(name)->view(); };
  std::string out;
  std::vector<std::string> some;
  for (const Tool& tool : tools) {
    some.push_back(tool.public_name);
    if (some.size() < disclosure::kMostDescribed && &tool != &tools.back()) continue;
    out += disclosure::describe_answer(some, known) + '\n';
    some.clear();
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  bool measure = false;
  std::deque<Tool> tools;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--measure") {
      measure = true;
    } else if (auto added = add_file(tools, argv[i]); !added) {
      std::cerr << added.error().message << '\n';
      return 2;
    }
  }
  if (tools.empty()) {
    std::cerr << "bench_declarations: no tools; usage: bench_declarations [--measure] FILE...\n";
    return 2;
  }
  std::vector<disclosure::ToolView> views;
  for (const Tool& tool : tools) views.push_back(tool.view());
  disclosure::CodeNames names(views);
  auto begin = std::chrono::steady_clock::now();
  std::string text = describe(tools, names);
  std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  if (!measure) {
    std::cout << text;
    return 0;
  }
  std::size_t json = 0;
  for (const Tool& tool : tools) json += tokens::count(tool.json);
  std::size_t script = tokens::count(text);
  std::printf(
      "{\"bench\":\"declarations\",\"tools\":%zu,\"json_tokens\":%zu,\"typescript_tokens\":%zu,\"share\":%.3f,\"us_per_tool\":%.1f}\n",
      tools.size(), json, script, static_cast<double>(script) / static_cast<double>(json),
      took.count() / static_cast<double>(tools.size()));
  return 0;
}
