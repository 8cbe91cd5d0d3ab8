#include "app/config_scan.h"

namespace app {
namespace {

void read_orders(const yaml::Value& value, Reader& reader, std::string_view what, gateway::ScanConfig& scan) {
  if (const auto word = reader.word(value, what, {"off", "mark", "cut", "refuse"}))
    scan.results.orders = static_cast<trust::OnOrders>(*word);
}

}  // namespace

void read_scan(const yaml::Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, "scan")) return;
  gateway::ScanConfig& scan = config.gateway.scan;
  if (const auto* definitions = value.find("definitions"))
    if (const auto word = reader.word(*definitions, "scan.definitions", {"off", "review", "block"}))
      scan.definitions = static_cast<gateway::OnDefinitions>(*word);
  const auto* results = value.find("results");
  if (!results) return;
  // One word is about orders and hidden text; a map says it of both.
  if (results->kind != yaml::Value::Kind::map) return read_orders(*results, reader, "scan.results", scan);
  if (const auto* orders = results->find("orders")) read_orders(*orders, reader, "scan.results.orders", scan);
  if (const auto* secrets = results->find("secrets"))
    if (const auto word = reader.word(*secrets, "scan.results.secrets", {"off", "redact", "refuse"}))
      scan.results.secrets = static_cast<trust::OnSecrets>(*word);
}

}  // namespace app
