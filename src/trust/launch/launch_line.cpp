#include "trust/launch/launch_line.h"

#include <fmt/format.h>

#include <array>

#include "base/json.h"
#include "trust/launch/judge.h"

namespace trust {
namespace {

using base::Code;
using base::Error;
using base::Result;

Error wrong(std::string_view key, std::string_view wanted) { return {Code::invalid_argument, fmt::format("{} must be {}", key, wanted)}; }

bool is_nothing(std::string_view value) { return value.empty() || value == "null" || value == "false" || value == R"("")"; }

// Numbers and flags are taken as they are spelled: a variable is text in the end.
Result<std::string> text_of(std::string_view key, std::string_view value) {
  if (base::is_string(value)) return base::json_string(value);
  if (base::is_object(value) || base::is_array(value) || value == "null") return wrong(key, "text");
  return std::string(value);
}

Result<> read_arguments(std::string_view value, Launch& launch) {
  if (value == "null") return {};
  if (!base::is_array(value)) return wrong("args", "a list of texts");
  return base::each_element(value, [&launch](std::string_view element) -> Result<> {
    auto text = text_of("each of args", element);
    if (!text) return std::move(text).error();
    launch.argv.push_back(*std::move(text));
    return {};
  });
}

Result<> read_environment(std::string_view value, Launch& launch) {
  if (value == "null") return {};
  if (!base::is_object(value)) return wrong("env", "an object of texts");
  return base::each_member(value, [&launch](std::string_view name, std::string_view is) -> Result<> {
    auto text = text_of("each of env", is);
    if (!text) return std::move(text).error();
    launch.env.insert_or_assign(std::string(name), *std::move(text));
    return {};
  });
}

}  // namespace

Result<LaunchLine> parse_launch_line(std::string_view json) {
  if (auto good = base::validate_json(json); !good) return good.error();
  const std::size_t begin = json.find_first_not_of(" \t\r\n");
  if (begin != std::string_view::npos) json.remove_prefix(begin);
  if (!base::is_object(json)) return Error(Code::invalid_argument, "it is no JSON object");
  LaunchLine out;
  std::string_view command, args, env, cwd;
  auto read = base::each_member(json, [&](std::string_view key, std::string_view value) -> Result<> {
    if (key == "command") command = value;
    if (key == "args") args = value;
    if (key == "env") env = value;
    if (key == "cwd") cwd = value;
    if (key == "id" && (base::is_string(value) || (!value.empty() && std::string_view("-0123456789").contains(value[0])))) out.id = value;
    for (std::string_view other : {"url", "serverUrl", "httpUrl", "headers", "shell"})
      if (key == other && !is_nothing(value) && value != "{}") out.stranger = key;
    if ((key == "transport" || key == "type") && !is_nothing(value) && value != R"("stdio")") out.stranger = key;
    return {};
  });
  if (!read) return std::move(read).error();
  if (command.empty()) return Error(Code::invalid_argument, "it has no command");
  if (!base::is_string(command)) return wrong("command", "text");
  auto program = base::json_string(command);
  if (!program) return std::move(program).error();
  out.launch.argv.push_back(*std::move(program));
  if (!args.empty())
    if (auto good = read_arguments(args, out.launch); !good) return std::move(good).error();
  if (!env.empty())
    if (auto good = read_environment(env, out.launch); !good) return std::move(good).error();
  if (!cwd.empty() && cwd != "null") {
    auto folder = text_of("cwd", cwd);
    if (!folder) return std::move(folder).error();
    out.launch.cwd = *std::move(folder);
  }
  return out;
}

Verdict judge_line(const LaunchLine& line, const Approved& approved, const Ground& ground) {
  if (!line.stranger.empty())
    return {Ruling::deny, "R08", line.stranger,
            fmt::format("{} stands beside a command: nobody could say which of the two is meant", line.stranger), "keep one of them"};
  return judge(line.launch, approved, ground);
}

}  // namespace trust
