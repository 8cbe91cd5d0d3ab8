#include "app/import/client_servers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "app/asked_gateway.h"
#include "app/import/jsonc.h"
#include "app/import/toml_text.h"
#include "base/json.h"

namespace app {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using Way = FoundServer::Way;

bool variable_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return name.find_first_not_of("_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == name.npos;
}

// What VS Code asks its user for.
struct Asked {
  std::string description;
};

// An id of VS Code's inputs as a variable.
std::string variable_of(std::string_view id) {
  std::string out;
  for (char c : id) {
    const bool small = c >= 'a' && c <= 'z';
    const bool other = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out += small ? static_cast<char>(c - 'a' + 'A') : other ? c : '_';
  }
  if (out.empty() || (out[0] >= '0' && out[0] <= '9')) out.insert(0, "INPUT_");
  return out;
}

// Reads the servers of one file.
class ServersReader {
 public:
  ServersReader(const ClientFile& file, const Environment& environment, std::string folder, FileServers& out)
      : file_(file), environment_(environment), folder_(std::move(folder)), out_(out) {}

  void read_inputs(std::string_view inputs) {
    if (!base::is_array(inputs)) return;
    for (base::Elements each(inputs); each.next();) {
      if (!base::is_object(each.value())) continue;
      auto id = base::json_string(base::find_member(each.value(), "id"));
      if (!id) continue;
      asked_[*id] = {base::json_string(base::find_member(each.value(), "description")).value_or("")};
    }
  }

  void read_all(std::string_view servers, const std::vector<std::string>& path) {
    if (servers.empty()) return;
    if (!base::is_object(servers)) {
      out_.warnings.push_back(fmt::format("{}: {} is no object, and was passed over", file_.file, fmt::join(path, ".")));
      return;
    }
    for (base::Members each(servers); each.next();) {
      if (out_.servers.size() == kMostFound) {
        out_.warnings.push_back(fmt::format("{}: more than {} servers; the others were passed over", file_.file, kMostFound));
        return;
      }
      FoundServer server;
      server.name = each.key();
      server.client = file_.kind;
      server.file = file_.file;
      server.path = path;
      read(each.value(), server);
      out_.servers.push_back(std::move(server));
    }
  }

 private:
  void read(std::string_view json, FoundServer& out) {
    if (!base::is_object(json)) {
      out.problem = "it is no object";
      return;
    }
    read_flags(json, out);
    const std::string_view command = base::find_member(json, "command");
    const std::string type = base::json_string(base::find_member(json, "type")).value_or("");
    std::string url;
    for (const char* key : {"url", "serverUrl", "httpUrl"})
      if (url.empty()) url = base::json_string(base::find_member(json, key)).value_or("");
    if (!command.empty() && !url.empty()) {
      out.problem = "it has a command and an address; keep one";
    } else if (!command.empty()) {
      read_command(json, command, out);
    } else if (!url.empty()) {
      read_url(json, url, type, out);
    } else {
      out.problem = file_.kind == ClientKind::zed ? "an extension of Zed brings it, and no command is written here"
                                                  : "it has neither a command nor an address";
    }
    if (file_.kind == ClientKind::claude_code && !base::find_member(json, "headersHelper").empty())
      out.notes.emplace_back("its headersHelper is a program that makes headers, which Gatehouse does not run; write headers yourself");
  }

  void read_flags(std::string_view json, FoundServer& out) {
    if (base::find_member(json, "disabled") == "true" || base::find_member(json, "enabled") == "false") out.enabled = false;
    for (const char* key : {"enabled_tools", "includeTools"}) texts(base::find_member(json, key), out.include);
    for (const char* key : {"disabled_tools", "disabledTools", "excludeTools"}) texts(base::find_member(json, key), out.exclude);
  }

  static void texts(std::string_view list, std::vector<std::string>& out) {
    if (!base::is_array(list)) return;
    for (base::Elements each(list); each.next();)
      if (auto text = base::json_string(each.value()); text && !text->empty()) out.push_back(*std::move(text));
  }

  void read_command(std::string_view json, std::string_view command, FoundServer& out) {
    out.way = Way::stdio;
    std::string_view args = base::find_member(json, "args");
    std::string_view env = base::find_member(json, "env");
    std::string_view program = command;
    if (base::is_object(command)) {  // as older settings of Zed have it
      program = base::find_member(command, "path");
      args = base::find_member(command, "args");
      env = base::find_member(command, "env");
    }
    auto text = base::json_string(program);
    if (!text || text->empty()) {
      out.problem = "its command is no text";
      return;
    }
    out.command.push_back(word(*text, out));
    if (!args.empty() && args != "null" && !base::is_array(args)) out.problem = "its args are no list";
    if (base::is_array(args)) {
      for (base::Elements each(args); each.next();) {
        auto argument = base::json_string(each.value());
        // A number or a flag is taken as it is written.
        const bool plain = !base::is_object(each.value()) && !base::is_array(each.value()) && each.value() != "null";
        if (!argument && !plain)
          out.problem = "one of its args is no text";
        else
          out.command.push_back(word(argument ? *argument : std::string(each.value()), out));
      }
    }
    read_values(env, "env", out);
    if (std::string_view names = base::find_member(json, "env_vars"); base::is_array(names))
      for (base::Elements each(names); each.next();)
        if (auto name = base::json_string(each.value()); name && variable_name(*name))
          out.values.emplace_back(*name, "${env:" + *name + "}");
    if (!base::find_member(json, "envFile").empty())
      out.notes.emplace_back("its envFile is not read; put its variables under env, as ${file:…} or ${env:…}");
    if (auto cwd = base::json_string(base::find_member(json, "cwd")); cwd && !cwd->empty()) out.cwd = word(*cwd, out);
  }

  void read_url(std::string_view json, const std::string& url, std::string_view type, FoundServer& out) {
    out.way = type == "sse" ? Way::sse : Way::http;
    out.url = word(url, out);
    for (const char* key : {"headers", "http_headers"}) read_values(base::find_member(json, key), "headers", out);
    if (auto name = base::json_string(base::find_member(json, "bearer_token_env_var")); name && variable_name(*name))
      out.values.emplace_back("Authorization", "Bearer ${env:" + *name + "}");
    if (std::string_view names = base::find_member(json, "env_http_headers"); base::is_object(names))
      for (base::Members each(names); each.next();)
        if (auto name = base::json_string(each.value()); name && variable_name(*name))
          out.values.emplace_back(std::string(each.key()), "${env:" + *name + "}");
    if (out.way == Way::sse && out.url.ends_with("/sse"))
      out.notes.emplace_back(
          "it was spoken to by HTTP with SSE, which is deprecated; servers that also speak Streamable HTTP have it at another path, mostly "
          "/mcp");
  }

  void read_values(std::string_view map, std::string_view what, FoundServer& out) {
    if (map.empty() || map == "null") return;
    if (!base::is_object(map)) {
      out.problem = fmt::format("its {} is no object", what);
      return;
    }
    for (base::Members each(map); each.next();) {
      auto text = base::json_string(each.value());
      if (each.value() == "null") continue;
      if (!text && (base::is_object(each.value()) || base::is_array(each.value()))) {
        out.problem = fmt::format("{} of its {} is no text", without_controls(each.key()), what);
        continue;
      }
      out.values.emplace_back(std::string(each.key()), expanded(text ? *text : std::string(each.value()), out));
    }
  }

  // A word of a command or an address: nothing but plain text may stand there.
  std::string word(const std::string& text, FoundServer& out) {
    const std::string written = expanded(text, out);
    std::string result;
    for (std::size_t i = 0; i < written.size(); ++i) {
      if (written.compare(i, 3, "$${") == 0) {
        out.problem = "a part of it has ${…} that is no reference; Gatehouse takes none there";
        result += written[i];
      } else if (written.compare(i, 6, "${env:") == 0) {
        const std::size_t end = std::min(written.find('}', i), written.size());
        const std::string name = written.substr(i + 6, end - i - 6);
        out.problem = fmt::format(
            "its command or address needs ${{{}}}, and such a place takes no variable; give it to the server by env, or write it out",
            name);
        result += written.substr(i, end + 1 - i);
        i = end;
      } else {
        result += written[i];
      }
    }
    return result;
  }

  // `text` with the client's references as gatehouse.yaml writes them.
  std::string expanded(const std::string& text, FoundServer& out) {
    std::string result;
    for (std::size_t i = 0; i < text.size();) {
      if (text.compare(i, 2, "${") != 0) {
        result += text[i++];
        continue;
      }
      const std::size_t end = text.find('}', i);
      auto value = end == std::string::npos ? std::nullopt : reference(text.substr(i + 2, end - i - 2), out);
      if (value) {
        result += *value;
        i = end + 1;
      } else {
        result += "$${";
        i += 2;
      }
    }
    return result;
  }

  // What stands between the braces, where it is a reference to this client.
  std::optional<std::string> reference(const std::string& name, FoundServer& out) {
    const auto escaped = [](std::string text) {
      for (std::size_t at = text.find("${"); at != std::string::npos; at = text.find("${", at + 3)) text.insert(at, "$");
      return text;
    };
    if (file_.kind == ClientKind::claude_desktop || file_.kind == ClientKind::codex || file_.kind == ClientKind::zed) return std::nullopt;
    if (file_.kind == ClientKind::claude_code) {
      const std::size_t fallback = name.find(":-");
      const std::string variable = name.substr(0, fallback);
      if (!variable_name(variable)) return std::nullopt;
      if (fallback == std::string::npos || environment_(variable)) return "${env:" + variable + "}";
      return escaped(name.substr(fallback + 2));
    }
    if (name.starts_with("env:") && variable_name(std::string_view(name).substr(4))) return "${" + name + "}";
    if (name.starts_with("input:")) {
      const std::string id = name.substr(6);
      const std::string variable = variable_of(id);
      const auto known = asked_.find(id);
      const std::string about = known == asked_.end() || known->second.description.empty()
                                    ? ""
                                    : fmt::format(" ({})", without_controls(known->second.description));
      const std::string note = fmt::format("VS Code asked for {}{}; set the environment variable {} before Gatehouse starts",
                                           without_controls(id), about, variable);
      if (std::ranges::find(out.notes, note) == out.notes.end()) out.notes.push_back(note);
      return "${env:" + variable + "}";
    }
    if (name == "userHome") return escaped(environment_("HOME").value_or(""));
    if (name == "workspaceFolder") return escaped(folder_);
    if (name == "workspaceFolderBasename") return escaped(std::filesystem::path(folder_).filename().string());
    if (name == "pathSeparator" || name == "/") return "/";
    return std::nullopt;
  }

  const ClientFile& file_;
  const Environment& environment_;
  std::string folder_;
  FileServers& out_;
  std::map<std::string, Asked> asked_;
};

}  // namespace

Result<FileServers> parse_client_servers(const ClientFile& file, std::string_view text, const Environment& environment,
                                         const std::string& folder) {
  auto plain = shape_of(file.kind).format == ClientFormat::toml ? toml_text::parse_to_json(text) : jsonc::parse_plain(text);
  if (!plain) return std::move(plain).error().in(file.file);
  const std::size_t first = plain->find_first_not_of(" \t\r\n");
  const std::string_view top = std::string_view(*plain).substr(first, plain->find_last_not_of(" \t\r\n") + 1 - first);
  if (!base::is_object(top)) return Error(Code::invalid_argument, fmt::format("{} is no object", file.file));
  FileServers out;
  std::string_view servers = top;
  for (const std::string& step : file.path) servers = base::is_object(servers) ? base::find_member(servers, step) : std::string_view();
  if (file.ignored) {
    if (!servers.empty())
      out.warnings.push_back(fmt::format(
          "{} has mcpServers, which Claude Code ignores there; it reads ~/.claude.json and .mcp.json. Import them with --from {}",
          file.file, file.file));
    return out;
  }
  ServersReader reader(file, environment, folder, out);
  if (file.kind == ClientKind::vscode) reader.read_inputs(base::find_member(top, "inputs"));
  reader.read_all(servers, file.path);
  const std::string_view projects = file.kind == ClientKind::claude_code ? base::find_member(top, "projects") : std::string_view();
  if (base::is_object(projects))
    for (base::Members each(projects); each.next();)
      if (base::is_object(each.value()))
        reader.read_all(base::find_member(each.value(), "mcpServers"), {"projects", std::string(each.key()), "mcpServers"});
  return out;
}

}  // namespace app
