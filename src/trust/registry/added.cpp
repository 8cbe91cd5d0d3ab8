#include "trust/registry/added.h"

#include <fmt/format.h>

#include "base/json.h"

namespace trust {
namespace {

constexpr std::size_t kMost = 10'000;

using mcp::Code;
using mcp::Error;
using mcp::Result;

Result<AddedServer> read_one(std::string_view json) {
  AddedServer out;
  auto member = [&out](std::string_view key, std::string_view value) -> Result<> {
    std::string* place = key == "registry"  ? &out.registry
                         : key == "name"    ? &out.name
                         : key == "version" ? &out.version
                         : key == "digest"  ? &out.digest
                                            : nullptr;
    if (!place) return {};
    auto text = base::json_string(value);
    if (!text) return std::move(text).error().in(key);
    *place = *std::move(text);
    return {};
  };
  if (auto read = base::each_member(json, member); !read) return std::move(read).error();
  if (out.registry.empty() || out.name.empty() || out.version.empty())
    return Error(Code::invalid_argument, "an entry needs registry, name and version");
  return out;
}

}  // namespace

std::string added_file_of(std::string_view config_file) {
  for (std::string_view ending : {".yaml", ".yml", ".json"})
    if (config_file.ends_with(ending)) {
      config_file.remove_suffix(ending.size());
      break;
    }
  return std::string(config_file) + ".registry.json";
}

Result<AddedServers> parse_added(std::string_view json) {
  if (auto valid = base::validate_json(json); !valid) return std::move(valid).error();
  AddedServers out;
  auto server = [&out](std::string_view id, std::string_view value) -> Result<> {
    if (out.size() == kMost) return Error(Code::too_large, fmt::format("more than {} servers", kMost));
    auto one = read_one(value);
    if (!one) return std::move(one).error().in(id);
    out.emplace(id, *std::move(one));
    return {};
  };
  bool any = false;
  auto top = [&](std::string_view key, std::string_view value) -> Result<> {
    if (key != "servers") return {};
    any = true;
    return base::each_member(value, server);
  };
  if (auto read = base::each_member(json, top); !read) return std::move(read).error();
  if (!any) return Error(Code::invalid_argument, "it has no servers");
  return out;
}

std::string added_text(const AddedServers& servers) {
  std::string out = "{\n  \"servers\": {";
  bool first = true;
  for (const auto& [id, one] : servers) {
    out += first ? "\n" : ",\n";
    first = false;
    out += fmt::format("    {}: {{ \"registry\": {}, \"name\": {}, \"version\": {}, \"digest\": {} }}", base::quoted(id),
                       base::quoted(one.registry), base::quoted(one.name), base::quoted(one.version), base::quoted(one.digest));
  }
  return out + (first ? "}\n}\n" : "\n  }\n}\n");
}

}  // namespace trust
