#include "app/import/client_edit.h"

#include <fmt/format.h>

#include <array>

#include "app/import/jsonc.h"
#include "app/import/toml_text.h"
#include "base/json.h"

namespace app {
namespace {

using mcp::Result;

constexpr std::string_view kName = "gatehouse";

std::string entry_json(ClientKind kind, const GatewayEntry& entry) {
  const std::string command =
      fmt::format("\"command\":{},\"args\":[\"stdio\", \"--config\", {}]", base::quoted(entry.program), base::quoted(entry.config));
  if (kind == ClientKind::vscode) return "{\"type\":\"stdio\"," + command + "}";
  if (kind == ClientKind::zed) return "{\"source\":\"custom\"," + command + ",\"env\":{}}";
  return "{" + command + "}";
}

Result<std::string> connected_toml(std::string_view text, const ClientFile& file, const std::vector<FoundServer>& moved,
                                   const GatewayEntry& entry, Entry where, OldEntries old) {
  std::string out(text);
  for (const FoundServer& server : moved) {
    if (old == OldEntries::kept || server.file != file.file || server.name == kName) continue;
    auto off = toml_text::switched_off(out, file.path[0], server.name);
    if (!off) return off;
    out = *std::move(off);
  }
  if (where == Entry::elsewhere) return out;
  const std::array<std::string, 2> lines{
      fmt::format("command = {}", toml_text::quoted(entry.program)),
      fmt::format("args = [\"stdio\", \"--config\", {}]", toml_text::quoted(entry.config)),
  };
  return toml_text::with_table(out, file.path[0], kName, lines);
}

}  // namespace

Result<std::string> connected_text(const ClientFile& file, std::string_view text, const std::vector<FoundServer>& moved,
                                   const GatewayEntry& entry, Entry where, OldEntries old) {
  if (shape_of(file.kind).format == ClientFormat::toml) {
    auto out = connected_toml(text, file, moved, entry, where, old);
    if (!out) return std::move(out).error().in(file.file);
    return out;
  }
  std::string out(text);
  for (const FoundServer& server : moved) {
    if (old == OldEntries::kept || server.file != file.file || server.name == kName) continue;
    auto without = jsonc::without_member(out, server.path, server.name);
    if (!without) return std::move(without).error().in(file.file);
    out = *std::move(without);
  }
  if (where == Entry::elsewhere) return out;
  auto with = jsonc::with_member(out, file.path, kName, entry_json(file.kind, entry));
  if (!with) return std::move(with).error().in(file.file);
  return with;
}

}  // namespace app
