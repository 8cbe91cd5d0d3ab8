#include "app/known_names.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "app/asked_gateway.h"
#include "trust/lookalike/launched.h"

namespace app {

mcp::Result<std::shared_ptr<const trust::KnownList>> read_known_names(const std::string& file) {
  if (file.empty()) return std::shared_ptr<const trust::KnownList>(&trust::KnownList::shipped(), [](const trust::KnownList*) {});
  std::ifstream in(file, std::ios::binary);
  std::string text(trust::KnownList::kLargestFile + 1, '\0');
  if (!in) return mcp::Error(mcp::Code::not_found, fmt::format("{} cannot be read", file));
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  auto list = trust::KnownList::parse(text);
  if (!list) return std::move(list).error().in(file);
  return std::make_shared<const trust::KnownList>(*std::move(list));
}

std::optional<JudgedPackage> judge_server(const gateway::ServerConfig& server, const trust::KnownList& list) {
  mcp::Result<trust::NamedPackage> name = mcp::Error(mcp::Code::not_found, "none");
  if (server.kind == gateway::ServerConfig::Kind::command) {
    if (auto package = trust::find_package(server.command)) name = trust::parse_package_name(package->ecosystem, package->text);
  } else if (server.kind == gateway::ServerConfig::Kind::url) {
    name = trust::parse_package_name(trust::Ecosystem::remote, server.url);
  }
  if (!name) return std::nullopt;
  JudgedPackage judged{*std::move(name), {}};
  judged.likeness = trust::judge_name(judged.name, list);
  return judged;
}

std::string likeness_text(const JudgedPackage& judged, std::string_view indent) {
  const trust::Likeness& likeness = judged.likeness;
  std::string out = fmt::format("{}: {} {} {}", trust::likeness_name(likeness.kind), trust::ecosystem_name(judged.name.ecosystem),
                                without_controls(judged.name.written), likeness.reason);
  if (likeness.kind != trust::Likeness::Kind::review || likeness.nearest.empty()) return out;
  const trust::Alignment aligned = trust::align(judged.name.plain, likeness.nearest);
  return out + fmt::format("\n{0}{1}\n{0}{2}\n{0}{3}", indent, aligned.first, aligned.second, aligned.marks);
}

}  // namespace app
