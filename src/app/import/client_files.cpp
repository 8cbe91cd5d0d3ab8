#include "app/import/client_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "app/import/jsonc.h"
#include "base/json.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using Kind = ClientKind;
using Reach = ClientFile::Reach;

constexpr std::array<ClientShape, 7> kShapes{{
    {Kind::claude_desktop, "claude-desktop", "Claude Desktop", ClientFormat::json},
    {Kind::claude_code, "claude-code", "Claude Code", ClientFormat::json},
    {Kind::cursor, "cursor", "Cursor", ClientFormat::json},
    {Kind::vscode, "vscode", "VS Code", ClientFormat::json},
    {Kind::windsurf, "windsurf", "Windsurf", ClientFormat::json},
    {Kind::zed, "zed", "Zed", ClientFormat::json},
    {Kind::codex, "codex", "Codex", ClientFormat::toml},
}};

// Where a path begins.
enum class Base { home, config, codex, project };

struct KnownFile {
  Kind kind;
  Base base;
  std::string_view file;
  std::array<std::string_view, 2> path;  // the second may be empty
  bool ignored = false;
};

constexpr std::array<KnownFile, 17> kFiles{{
    {Kind::claude_desktop, Base::config, "Claude/claude_desktop_config.json", {"mcpServers", ""}},
    {Kind::claude_code, Base::home, ".claude.json", {"mcpServers", ""}},
    {Kind::claude_code, Base::project, ".mcp.json", {"mcpServers", ""}},
    {Kind::claude_code, Base::home, ".claude/settings.json", {"mcpServers", ""}, true},
    {Kind::claude_code, Base::project, ".claude/settings.json", {"mcpServers", ""}, true},
    {Kind::claude_code, Base::project, ".claude/settings.local.json", {"mcpServers", ""}, true},
    {Kind::cursor, Base::home, ".cursor/mcp.json", {"mcpServers", ""}},
    {Kind::cursor, Base::project, ".cursor/mcp.json", {"mcpServers", ""}},
    {Kind::vscode, Base::config, "Code/User/mcp.json", {"servers", ""}},
    {Kind::vscode, Base::config, "Code/User/settings.json", {"mcp", "servers"}},
    {Kind::vscode, Base::project, ".vscode/mcp.json", {"servers", ""}},
    {Kind::vscode, Base::project, ".vscode/settings.json", {"mcp", "servers"}},
    {Kind::windsurf, Base::home, ".codeium/windsurf/mcp_config.json", {"mcpServers", ""}},
    {Kind::zed, Base::config, "zed/settings.json", {"context_servers", ""}},
    {Kind::zed, Base::project, ".zed/settings.json", {"context_servers", ""}},
    {Kind::codex, Base::codex, "config.toml", {"mcp_servers", ""}},
    {Kind::codex, Base::project, ".codex/config.toml", {"mcp_servers", ""}},
}};

std::vector<std::string> path_of(const std::array<std::string_view, 2>& path) {
  std::vector<std::string> out{std::string(path[0])};
  if (!path[1].empty()) out.emplace_back(path[1]);
  return out;
}

std::string folder_of(Base base, const Environment& environment, const std::string& project) {
  if (base == Base::project) return project;
  const std::string home = environment("HOME").value_or("");
  const auto named = [&](const char* variable, const char* below) {
    auto value = environment(variable);
    if (value && value->starts_with('/')) return *value;
    return home.empty() ? std::string() : home + below;
  };
  if (base == Base::config) return named("XDG_CONFIG_HOME", "/.config");
  if (base == Base::codex) return named("CODEX_HOME", "/.codex");
  return home;
}

}  // namespace

const ClientShape& shape_of(ClientKind kind) { return kShapes[static_cast<std::size_t>(kind)]; }

std::optional<ClientKind> find_client(std::string_view name) {
  for (const ClientShape& shape : kShapes)
    if (shape.name == name) return shape.kind;
  return std::nullopt;
}

std::vector<std::string> client_names() {
  std::vector<std::string> out;
  for (const ClientShape& shape : kShapes) out.emplace_back(shape.name);
  return out;
}

std::vector<ClientFile> find_client_files(const Environment& environment, const std::string& folder) {
  std::vector<ClientFile> out;
  for (const KnownFile& known : kFiles) {
    const std::string base = folder_of(known.base, environment, folder);
    if (base.empty()) continue;
    ClientFile file{known.kind, (fs::path(base) / known.file).lexically_normal().string(),
                    known.base == Base::project ? Reach::project : Reach::own, path_of(known.path), known.ignored};
    std::error_code ec;
    // In the home folder itself a project's file is the user's own one.
    const bool twice = std::ranges::any_of(out, [&](const ClientFile& one) { return one.file == file.file && one.path == file.path; });
    if (!twice && fs::is_regular_file(file.file, ec)) out.push_back(std::move(file));
  }
  return out;
}

std::optional<ClientFile> tell_client_file(const std::string& file, std::string_view text) {
  const std::string normal = "/" + fs::path(file).lexically_normal().generic_string();
  ClientFile out{ClientKind::claude_desktop, file, Reach::own, {}, false};
  if (normal.ends_with(".toml")) {
    out.kind = Kind::codex;
    out.path = {"mcp_servers"};
    return out;
  }
  auto plain = jsonc::parse_plain(text);
  if (!plain) return std::nullopt;
  const std::size_t first = plain->find('{');
  const std::string_view whole = first == std::string::npos ? std::string_view() : std::string_view(*plain).substr(first);
  if (whole.empty()) return std::nullopt;
  const auto has = [&](std::string_view key) { return base::is_object(base::find_member(whole, key)); };
  // By its name where that says it, as several clients write the same keys.
  for (const KnownFile& known : kFiles) {
    if (!normal.ends_with("/" + std::string(known.file)) || !has(known.path[0])) continue;
    out.kind = known.kind;
    out.path = path_of(known.path);
    out.reach = known.base == Base::project ? Reach::project : Reach::own;
    return out;
  }
  if (has("context_servers")) {
    out.kind = Kind::zed;
    out.path = {"context_servers"};
  } else if (has("servers")) {
    out.kind = Kind::vscode;
    out.path = {"servers"};
  } else if (has("mcp") && base::is_object(base::find_member(base::find_member(whole, "mcp"), "servers"))) {
    out.kind = Kind::vscode;
    out.path = {"mcp", "servers"};
  } else if (has("mcpServers") || has("projects")) {
    out.kind = has("projects") ? Kind::claude_code : normal.ends_with("/mcp_config.json") ? Kind::windsurf : Kind::claude_desktop;
    out.path = {"mcpServers"};
  } else {
    return std::nullopt;
  }
  return out;
}

}  // namespace app
