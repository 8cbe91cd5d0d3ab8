#include "app/import/bridge_command.h"

#include <algorithm>
#include <filesystem>

#include "trust/lookalike/launched.h"

namespace app {
namespace {

// `${NAME}` in mcp-remote's headers is a variable of its environment.
std::string with_variables(std::string text, const FoundServer& server) {
  for (const auto& [name, value] : server.values) {
    for (const std::string& written : {"$${" + name + "}", "${env:" + name + "}", "${" + name + "}"}) {
      for (std::size_t at = text.find(written); at != std::string::npos; at = text.find(written, at + value.size()))
        text.replace(at, written.size(), value);
    }
  }
  return text;
}

}  // namespace

std::optional<FoundServer> find_bridged(const FoundServer& server) {
  auto package = trust::find_package(server.command);
  if (!package || package->ecosystem != trust::Ecosystem::npm) return std::nullopt;
  const std::string& text = package->text;
  if (text != "mcp-remote" && !text.starts_with("mcp-remote@")) return std::nullopt;
  FoundServer out = server;
  out.command.clear();
  out.values.clear();
  // What was in the way of the command need not be in the way of the address.
  out.problem.clear();
  out.way = FoundServer::Way::http;
  for (std::size_t i = package->place + 1; i < server.command.size(); ++i) {
    const std::string& word = server.command[i];
    const bool more = i + 1 < server.command.size();
    if (word == "--header" && more) {
      const std::string header = with_variables(server.command[++i], server);
      const std::size_t colon = header.find(':');
      if (colon == std::string::npos) return std::nullopt;
      const std::size_t value = std::min(header.find_first_not_of(' ', colon + 1), header.size());
      out.values.emplace_back(header.substr(0, colon), header.substr(value));
    } else if (word == "--transport" && more) {
      ++i;
    } else if (word == "--allow-http" || word == "--debug" || word == "--silent") {
      continue;
    } else if (word.starts_with("http") && out.url.empty()) {
      out.url = word;
    } else if (!out.url.empty() && word.find_first_not_of("0123456789") == std::string::npos) {
      continue;  // the port of its sign-in
    } else {
      return std::nullopt;
    }
  }
  if (out.url.empty() || out.url.find("${") != std::string::npos) return std::nullopt;
  return out;
}

void docker_variables(FoundServer& server) {
  const std::string program = server.command.empty() ? "" : std::filesystem::path(server.command[0]).filename().string();
  if (program != "docker" && program != "podman") return;
  for (std::size_t i = 1; i < server.command.size(); ++i) {
    std::string& word = server.command[i];
    const bool before = server.command[i - 1] == "-e" || server.command[i - 1] == "--env";
    const std::size_t begin = before ? 0 : word.starts_with("--env=") ? 6 : std::string::npos;
    if (begin == std::string::npos) continue;
    const std::size_t equal = word.find('=', begin);
    if (equal == std::string::npos || equal == begin) continue;
    const std::string name = word.substr(begin, equal - begin);
    if (std::ranges::any_of(server.values, [&](const auto& one) { return one.first == name; })) continue;
    server.values.emplace_back(name, word.substr(equal + 1));
    word.resize(equal);
  }
}

}  // namespace app
