#include "app/config_sandbox.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/schema.h"

namespace app {
namespace {

using gateway::BoxConfig;

void read_paths(const yaml::Value& value, const std::string& path, Reader& reader, const gateway::ServerConfig& config,
                std::vector<std::string>& out) {
  if (!reader.is_list(value, path)) return;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string here = fmt::format("{}[{}]", path, i);
    auto full = reader.path(value.items[i], here);
    if (!full) continue;
    std::error_code none;
    const std::string plain = std::filesystem::path(*full).lexically_normal().string();
    if (config.enabled && !std::filesystem::exists(plain, none))
      reader.warn(value.items[i], fmt::format("{}: {} does not exist; create it before the server starts", here, plain));
    if (plain == "/" || plain.starts_with("/proc") || plain.starts_with("/sys") || plain.starts_with("/dev"))
      reader.error(value.items[i], fmt::format("{}: {} is never opened to a server; name a folder in it", here, plain));
    else
      out.push_back(plain);
  }
}

void read_network(const yaml::Value& value, const std::string& path, Reader& reader, BoxConfig& box) {
  if (!reader.is_list(value, path)) return;
  std::vector<std::string> good;
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string here = fmt::format("{}[{}]", path, i);
    auto text = reader.plain(value.items[i], here);
    if (!text) continue;
    if (auto one = net::AllowList::parse({*text}); !one)
      reader.error(value.items[i], fmt::format("{}: {}", here, one.error().message));
    else
      good.push_back(*std::move(text));
  }
  if (auto list = net::AllowList::parse(good))
    box.network = *std::move(list);
  else
    reader.error(value, fmt::format("{} {}", path, list.error().message));
}

}  // namespace

void read_sandbox(const yaml::Value& value, const std::string& path, Reader& reader, Findings& findings, gateway::ServerConfig& config) {
  BoxConfig& box = config.box;
  if (value.kind == yaml::Value::Kind::scalar) {
    if (value.text == "off")
      box.mode = BoxConfig::Mode::off;
    else
      reader.wrong(value, path, "off, or a map of read, write, network and allow_degraded");
    return;
  }
  if (!reader.is_map(value, path)) return;
  schema::check(value, schema::sandbox(), path, findings);
  if (auto* read = value.find("read")) read_paths(*read, path + ".read", reader, config, box.read);
  if (auto* write = value.find("write")) read_paths(*write, path + ".write", reader, config, box.write);
  if (auto* network = value.find("network")) read_network(*network, path + ".network", reader, box);
  if (auto* degraded = value.find("allow_degraded"))
    if (reader.flag(*degraded, path + ".allow_degraded").value_or(false)) box.degraded = BoxConfig::Degraded::allowed;
}

}  // namespace app
