#include "app/config.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "access/identity.h"
#include "app/config_admin.h"
#include "app/config_audit.h"
#include "app/config_auth.h"
#include "app/config_budget.h"
#include "app/config_disclosure.h"
#include "app/config_identity.h"
#include "app/config_limits.h"
#include "app/config_pins.h"
#include "app/config_proxy.h"
#include "app/config_registry.h"
#include "app/config_rules.h"
#include "app/config_scan.h"
#include "app/config_server.h"
#include "app/config_shared.h"
#include "app/config_telemetry.h"
#include "app/schema.h"
#include "app/yaml.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;

constexpr std::string_view kStoreScheme = "sqlite:";

void read_listen(const yaml::Value& value, Reader& reader, AppConfig& config) {
  auto text = reader.plain(value, "listen");
  if (!text) return;
  auto address = parse_address(*text);
  if (address)
    config.listen = *address;
  else
    reader.error(value, "listen: " + address.error().message);
}

void read_origins(const yaml::Value& value, Reader& reader, AppConfig& config) {
  std::vector<std::string> origins = reader.texts(value, "allowed_origins");
  for (const std::string& origin : origins) {
    std::size_t scheme = origin.find("://");
    bool good = scheme != std::string::npos && scheme > 0 && origin.find('/', scheme + 3) == std::string::npos &&
                origin.size() > scheme + 3 && origin.find('*') == std::string::npos;
    if (!good)
      reader.error(value,
                   fmt::format("allowed_origins: {} is no origin; write it like https://app.example.com, without a path", shown(origin)));
  }
  config.allowed_origins = std::move(origins);
}

void read_hosts(const yaml::Value& value, Reader& reader, AppConfig& config) {
  std::vector<std::string> hosts = reader.texts(value, "allowed_hosts");
  for (const std::string& host : hosts)
    if (host.find_first_of("/@*? ") != std::string::npos)
      reader.error(value,
                   fmt::format("allowed_hosts: {} is no host; write it like mcp.example.com, with :PORT where it has one", shown(host)));
  config.allowed_hosts = std::move(hosts);
}

// What no server sees, wherever it lies: this config and the files beside the store, which hold keys.
void hide_own_files(AppConfig& config) {
  const std::string beside = config.beside();
  const std::string own =
      fs::path(config.file).is_absolute() ? config.file : config.folder + "/" + fs::path(config.file).filename().string();
  std::vector<std::string> hidden{own, beside};
  for (const char* suffix :
       {"-wal", "-shm", "-journal", ".keys", ".sock", ".lock", "-audit", "-audit-wal", "-audit-shm", "-audit.key", "-audit.lock", ".spool"})
    hidden.push_back(beside + suffix);
  for (gateway::ServerConfig& server : config.gateway.servers) {
    server.box.hidden = hidden;
    server.box.packages = beside + ".packages";
  }
}

void read_top(const yaml::Value& top, Reader& reader, Findings& findings, AppConfig& config) {
  schema::check(top, schema::top(), "", findings);
  if (auto* value = top.find("listen")) read_listen(*value, reader, config);
  read_shared(top, reader, config);
  if (auto* value = top.find("limits")) read_limits(*value, reader, config);
  if (auto* value = top.find("audit")) read_audit(*value, reader, config);
  if (auto* value = top.find("budget")) read_budget(*value, reader, config);
  if (auto* value = top.find("scan")) read_scan(*value, reader, config);
  if (auto* value = top.find("allowed_hosts")) read_hosts(*value, reader, config);
  if (auto* value = top.find("allowed_origins")) read_origins(*value, reader, config);
  if (auto* value = top.find("strict"))
    if (reader.flag(*value, "strict").value_or(false)) config.strictness = protocol::Strictness::strict;
  if (auto* value = top.find("name_limit"))
    if (auto number = reader.number(*value, "name_limit", 32, 128)) config.gateway.name_limit = static_cast<std::size_t>(*number);
  read_identity(top, reader, config);
  auto* servers = top.find("servers");
  if (!servers || servers->kind == yaml::Value::Kind::null)
    findings.warn(0, 0, "there are no servers; add one under servers:");
  else
    config.gateway.servers = read_servers(*servers, config.gateway.limits, reader, findings);
  if (servers) check_token_keys(*servers, reader, config);
  read_disclosures(top, reader, findings, config.gateway);
  if (auto* rules = top.find("rules")) {
    std::vector<authz::Rule> lines =
        read_rules(*rules, reader, findings, config.gateway, config.sign_in.issuers.empty() ? Tokens::refused : Tokens::taken);
    if (!lines.empty()) config.gateway.rules = authz::RuleSet::make(std::move(lines));
  }
  settle_rules(config);
  if (auto* admin = top.find("admin")) read_admin(*admin, reader, config);
  read_telemetry(top, reader, config);
  if (auto* registry = top.find("registry")) read_registry(*registry, reader, config);
  hide_own_files(config);
  read_proxies(top.find("proxy"), reader, findings, config.gateway.servers);
  read_pins(top.find("pins"), fs::path(config.file).filename().string(), reader, findings, config.gateway);
}

}  // namespace

std::string Address::text() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

mcp::Result<Address> parse_address(std::string_view text) {
  Error refused(Code::invalid_argument, fmt::format("{} is no address; write it like 127.0.0.1:8811", shown(text)));
  Address out;
  std::string_view port;
  if (text.starts_with('[')) {
    std::size_t end = text.find("]:");
    if (end == std::string_view::npos) return refused;
    out.host = text.substr(1, end - 1);
    port = text.substr(end + 2);
  } else {
    std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) return refused;
    out.host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (out.host == "localhost") out.host = "127.0.0.1";
  auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (port.empty() || ec != std::errc() || end != port.data() + port.size()) return refused;
  in_addr four{};
  in6_addr six{};
  bool bracketed = text.starts_with('[');
  if (bracketed ? ::inet_pton(AF_INET6, out.host.c_str(), &six) != 1 : ::inet_pton(AF_INET, out.host.c_str(), &four) != 1) return refused;
  return out;
}

mcp::Result<Address> parse_listen(std::string_view text, authz::Door door) {
  auto address = parse_address(text);
  if (!address) return address;
  if (auto allowed = authz::may_listen(address->host, door); !allowed) return std::move(allowed).error();
  return address;
}

std::string AppConfig::beside() const {
  const std::string& location = store.reveal();
  if (location.starts_with(kStoreScheme) && location != "sqlite::memory:") return location.substr(kStoreScheme.size());
  return fmt::format("{}/gatehouse-{}", folder, listen.port);
}

ReadConfig parse_config(std::string_view text, const std::string& file, const std::string& folder, const Environment& environment) {
  ReadConfig out;
  Findings findings(file);
  Reader reader(findings, folder, environment);
  AppConfig config;
  config.file = file;
  config.folder = folder;
  config.store = base::Secret(std::string(kStoreScheme) + reader.absolute("gatehouse.db"));
  if (auto top = yaml::parse(text, findings)) {
    if (top->kind == yaml::Value::Kind::null)
      findings.warn(0, 0, "the config is empty; gatehouse init writes one to begin with");
    else if (top->kind != yaml::Value::Kind::map)
      findings.error(top->mark.line, top->mark.column, fmt::format("a config is a map of keys, not {}", top->kind_name()));
    else
      read_top(*top, reader, findings, config);
  }
  if (!findings.any_error()) out.config = std::move(config);
  out.files = reader.files();
  out.findings = std::move(findings).sorted();
  return out;
}

ReadConfig read_config(const std::string& file, const Environment& environment) {
  auto failed = [&](std::string text) {
    ReadConfig out;
    out.files = {file};
    Findings findings(file);
    findings.error(0, 0, std::move(text));
    out.findings = std::move(findings).sorted();
    return out;
  };
  std::error_code ec;
  if (fs::is_directory(file, ec)) return failed("is a folder; name the file");
  std::ifstream in(file, std::ios::binary);
  if (!in) return failed(fmt::format("cannot be read: {}", std::strerror(errno)));
  std::string text(yaml::kLargestFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  fs::path full = fs::absolute(file, ec);
  ReadConfig out = parse_config(text, file, full.lexically_normal().parent_path().string(), environment);
  out.files.insert(out.files.begin(), file);
  return out;
}

mcp::Result<std::string> find_config(const std::string& given, const Environment& environment) {
  if (!given.empty()) return given;
  if (auto named = environment("GATEHOUSE_CONFIG"); named && !named->empty()) return *named;
  std::error_code ec;
  std::string here = "gatehouse.yaml";
  if (fs::exists(here, ec)) return here;
  std::string base;
  if (auto xdg = environment("XDG_CONFIG_HOME"); xdg && xdg->starts_with('/'))
    base = *xdg;
  else if (auto home = environment("HOME"); home && !home->empty())
    base = *home + "/.config";
  std::string there = base + "/gatehouse/gatehouse.yaml";
  if (!base.empty() && fs::exists(there, ec)) return there;
  return Error(Code::not_found,
               fmt::format("no config: neither ./gatehouse.yaml nor {} exists; gatehouse init writes one, --config FILE names one",
                           base.empty() ? "$XDG_CONFIG_HOME/gatehouse/gatehouse.yaml" : there));
}

}  // namespace app
