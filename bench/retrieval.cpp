// How well find_tools finds: reads tools and queries with what is relevant to them, prints one JSON line with the usual measures.
//
//   bench_retrieval TOOLS.jsonl QUERIES.jsonl
//
// TOOLS: {"server", "tool" or "name", "description", "inputSchema", ...}, one tool a line; also "title", "instructions" or
// "server_description". QUERIES: {"query", "relevant": ["server/tool", …]}, one query a line. "relevant_groups": [["server/tool", …], …]
// instead says that any member of a group will do. "grades": {"server/tool": 2, …} makes ndcg graded. "server_q" and "tool_q" are a
// question in two lines, what the server is for and what the tool should do. "task" is common to the queries of one task; hit@3 is then
// that of each task's first query, and coverage@3 what all queries of a task together find of what it needs. recall@1, @3 and @5, hit@3,
// coverage@3 and ndcg@5 are of answers of the usual five hits, the others of answers of ten.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "disclosure/index.h"

namespace {

namespace json = boost::json;
using disclosure::Index;
using disclosure::Synonyms;
using Ids = std::vector<std::string>;

struct Tool {
  std::string server, name, public_name, title, description, input_schema, instructions;
};

struct Row {
  std::string query, task;
  std::vector<Ids> groups;
  std::map<std::string, double> grades;
};

std::string text_of(const json::object& object, std::initializer_list<std::string_view> keys) {
  for (std::string_view key : keys) {
    const json::value* value = object.if_contains(key);
    if (value == nullptr || value->is_null()) continue;
    return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
  }
  return {};
}

std::vector<json::object> read_lines(const char* path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(std::string("cannot read ") + path);
  std::vector<json::object> rows;
  json::parse_options options;
  options.max_depth = 128;
  for (std::string line; std::getline(file, line);) {
    if (line.find_first_not_of(" \t\r") != std::string::npos) rows.push_back(json::parse(line, {}, options).as_object());
  }
  return rows;
}

std::map<std::string, std::vector<Tool>> read_tools(const char* path) {
  std::map<std::string, std::vector<Tool>> servers;
  for (const json::object& row : read_lines(path)) {
    Tool tool{text_of(row, {"server"}),
              text_of(row, {"tool", "name"}),
              {},
              text_of(row, {"title"}),
              text_of(row, {"description"}),
              text_of(row, {"inputSchema", "input_schema", "parameters"}),
              text_of(row, {"instructions", "server_instructions", "server_description", "serverDescription", "server_desc"})};
    tool.public_name = tool.server + "__" + tool.name;
    servers[tool.server].push_back(std::move(tool));
  }
  return servers;
}

Ids ids_of(const json::value& list) {
  Ids ids;
  for (const json::value& id : list.as_array()) ids.emplace_back(id.as_string());
  return ids;
}

// An id without the number at its end: rows that say no task, but share this and what is relevant, are of one.
std::string stem_of_id(const std::string& id) {
  std::size_t digits = id.find_last_not_of("0123456789");
  return digits == std::string::npos || digits + 1 == id.size() ? id : id.substr(0, digits);
}

Row read_row(const json::object& object) {
  Row row{text_of(object, {"query"}), text_of(object, {"task", "task_id", "taskId"}), {}, {}};
  std::string server = text_of(object, {"server_q"}), tool = text_of(object, {"tool_q"});
  if (!server.empty() && !tool.empty()) row.query = server + "\n" + tool;
  if (const json::value* groups = object.if_contains("relevant_groups"); groups != nullptr && groups->is_array()) {
    for (const json::value& group : groups->get_array())
      row.groups.push_back(group.is_array() ? ids_of(group) : Ids{std::string(group.as_string())});
  } else if (const json::value* ids = object.if_contains("relevant"); ids != nullptr && ids->is_array()) {
    for (std::string& id : ids_of(*ids)) row.groups.push_back({std::move(id)});
  }
  for (const char* key : {"grades", "graded", "relevance"}) {
    const json::value* grades = object.if_contains(key);
    if (grades == nullptr || !grades->is_object()) continue;
    for (const auto& [id, grade] : grades->get_object()) row.grades[id] = grade.to_number<double>();
  }
  if (row.groups.empty()) {
    for (const auto& [id, grade] : row.grades) row.groups.push_back({id});
  }
  return row;
}

std::vector<Row> read_rows(const char* path) {
  std::vector<Row> rows;
  std::map<std::string, std::vector<std::size_t>> alike;
  bool named = false;
  for (const json::object& object : read_lines(path)) {
    Row row = read_row(object);
    if (row.groups.empty()) continue;
    named = named || !row.task.empty();
    alike[stem_of_id(text_of(object, {"id"}))].push_back(rows.size());
    rows.push_back(std::move(row));
  }
  if (named || alike.size() == rows.size()) return rows;
  for (const auto& [stem, members] : alike) {
    for (std::size_t member : members) {
      if (rows[member].groups != rows[members.front()].groups) return rows;
    }
  }
  for (const auto& [stem, members] : alike) {
    for (std::size_t member : members) rows[member].task = stem;
  }
  return rows;
}

Ids search(const Index& index, const std::string& text, std::size_t limit, Synonyms synonyms) {
  disclosure::Query query{text, limit, {}, {}, synonyms};
  Ids ids;
  for (const disclosure::Hit& hit : index.search(query)) ids.push_back(hit.server + "/" + hit.name);
  return ids;
}

// Which groups the first `most` of an answer satisfy.
std::set<std::size_t> satisfied(const Row& row, const Ids& answer, std::size_t most) {
  std::set<std::size_t> groups;
  for (std::size_t i = 0; i < std::min(most, answer.size()); ++i) {
    for (std::size_t g = 0; g < row.groups.size(); ++g) {
      if (std::find(row.groups[g].begin(), row.groups[g].end(), answer[i]) != row.groups[g].end()) groups.insert(g);
    }
  }
  return groups;
}

double recall(const Row& row, const Ids& answer, std::size_t most) {
  return static_cast<double>(satisfied(row, answer, most).size()) / static_cast<double>(row.groups.size());
}

double reciprocal_rank(const Row& row, const Ids& answer) {
  for (std::size_t i = 1; i <= answer.size(); ++i) {
    if (!satisfied(row, answer, i).empty()) return 1 / static_cast<double>(i);
  }
  return 0;
}

double discounted(const std::vector<double>& gains) {
  double sum = 0;
  for (std::size_t i = 0; i < gains.size(); ++i) sum += gains[i] / std::log2(static_cast<double>(i) + 2);
  return sum;
}

// With grades, each tool has its own gain; without, each group has one, for the first of it that comes.
double ndcg(const Row& row, const Ids& answer, std::size_t most) {
  std::vector<double> gains, best;
  for (std::size_t i = 0; i < std::min(most, answer.size()); ++i) {
    if (row.grades.empty()) {
      gains.push_back(satisfied(row, answer, i + 1).size() > satisfied(row, answer, i).size() ? 1 : 0);
    } else {
      auto grade = row.grades.find(answer[i]);
      gains.push_back(grade == row.grades.end() ? 0 : std::exp2(grade->second) - 1);
    }
  }
  for (const auto& [id, grade] : row.grades) best.push_back(std::exp2(grade) - 1);
  if (row.grades.empty()) best.assign(row.groups.size(), 1);
  std::sort(best.rbegin(), best.rend());
  best.resize(std::min(most, best.size()));
  return best.empty() ? 0 : discounted(gains) / discounted(best);
}

// Each search is timed as the quickest of so many, so that what else the machine does is not measured.
constexpr int kTurns = 3;

struct Task {
  double first_hit = 0;
  std::size_t groups = 0;
  std::set<std::size_t> found;
};

json::object measure(const Index& index, const std::vector<Row>& rows, Synonyms synonyms) {
  std::map<std::string, double> sums;
  std::map<std::string, Task> tasks;
  std::vector<double> times;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    Ids five;
    double quickest = 1e9;
    for (int turn = 0; turn < kTurns; ++turn) {
      auto begin = std::chrono::steady_clock::now();
      five = search(index, row.query, 5, synonyms);
      quickest = std::min(quickest, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    }
    times.push_back(quickest);
    Ids ten = search(index, row.query, 10, synonyms);
    sums["recall@1"] += recall(row, five, 1);
    sums["recall@3"] += recall(row, five, 3);
    sums["recall@5"] += recall(row, five, 5);
    sums["recall@10"] += recall(row, ten, 10);
    sums["mrr"] += reciprocal_rank(row, ten);
    sums["ndcg@5"] += ndcg(row, five, 5);
    sums["ndcg@10"] += ndcg(row, ten, 10);
    auto [task, first] = tasks.try_emplace(row.task.empty() ? "row " + std::to_string(i) : "task " + row.task);
    std::set<std::size_t> found = satisfied(row, five, 3);
    if (first) task->second.first_hit = found.empty() ? 0 : 1;
    sums["hit@3_all"] += found.empty() ? 0 : 1;
    task->second.groups = row.groups.size();
    task->second.found.insert(found.begin(), found.end());
  }
  double hit = 0, coverage = 0;
  for (const auto& [name, task] : tasks) {
    hit += task.first_hit;
    coverage += static_cast<double>(task.found.size()) / static_cast<double>(task.groups);
  }
  auto rounded = [](double value, double of) { return std::round(value / of * 1e4) / 1e4; };
  auto count = static_cast<double>(rows.size()), tasks_count = static_cast<double>(tasks.size());
  json::object out;
  for (const char* key : {"recall@1", "recall@3", "recall@5", "recall@10"}) out[key] = rounded(sums[key], count);
  out["hit@3"] = rounded(hit, tasks_count);
  out["coverage@3"] = rounded(coverage, tasks_count);
  if (tasks.size() < rows.size()) {
    out["tasks"] = tasks.size();
    out["hit@3_all_queries"] = rounded(sums["hit@3_all"], count);
  }
  for (const char* key : {"mrr", "ndcg@5", "ndcg@10"}) out[key] = rounded(sums[key], count);
  std::sort(times.begin(), times.end());
  out["median_us"] = std::round(times[times.size() / 2] * 10) / 10;
  out["p99_us"] = std::round(times[std::min(times.size() - 1, times.size() * 99 / 100)] * 10) / 10;
  return out;
}

// As JSON with plain decimals.
std::string written(const json::object& object) {
  std::string out = "{";
  for (const auto& [key, value] : object) {
    if (out.size() > 1) out += ',';
    out += json::serialize(json::string(key)) + ':';
    out += value.is_object()   ? written(value.get_object())
           : value.is_double() ? fmt::format("{:g}", value.get_double())
                               : json::serialize(value);
  }
  return out + "}";
}

int run(const char* tools_path, const char* queries_path) {
  std::map<std::string, std::vector<Tool>> servers = read_tools(tools_path);
  std::vector<Row> rows = read_rows(queries_path);
  if (rows.empty()) throw std::runtime_error(std::string("no query with something relevant in ") + queries_path);
  Index index;
  for (const auto& [id, tools] : servers) {
    std::vector<disclosure::ToolView> views;
    for (const Tool& tool : tools)
      views.push_back({tool.server, tool.name, tool.public_name, tool.title, tool.description, tool.input_schema, {}, {}});
    index.set_server(id, tools.front().instructions, views);
  }
  json::object line{{"queries", rows.size()}, {"tools", index.size()}, {"servers", servers.size()}};
  for (const auto& [key, value] : measure(index, rows, Synonyms::used)) line[key] = value;
  line["without_synonyms"] = measure(index, rows, Synonyms::left_out);
  std::puts(written(line).c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: bench_retrieval TOOLS.jsonl QUERIES.jsonl\n", stderr);
    return 2;
  }
  try {
    return run(argv[1], argv[2]);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_retrieval: %s\n", e.what());
    return 1;
  }
}
