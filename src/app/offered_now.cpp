#include "app/offered_now.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "app/asked_gateway.h"
#include "app/build_info.h"
#include "mcp/client.h"
#include "store/catalog_store.h"
#include "trust/pins/ledger.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;
using mcp::Result;

// A folder that is gone in the end.
class Folder {
 public:
  Folder() {
    std::string pattern = fs::temp_directory_path() / "gatehouse-pins-XXXXXX";
    if (::mkdtemp(pattern.data())) path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ec;
    if (!path_.empty()) fs::remove_all(path_, ec);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

mcp::Task<void> ask_all(std::string url, std::vector<std::pair<std::string, std::string>> headers) {
  mcp::ClientOptions options;
  options.headers = std::move(headers);
  options.name = "gatehouse-pins";
  options.version = build_version();
  mcp::Client client = co_await mcp::Client::open_http(std::move(url), std::move(options));
  auto tools = co_await client.list_tools().result();
  // A server without these has nothing to list, which is no error.
  (void)co_await client.list_prompts().result();
  (void)co_await client.list_resources().result();
  (void)co_await client.list_resource_templates().result();
  (void)co_await client.close().result();
  co_await std::move(tools);
}

}  // namespace

Result<std::map<std::string, OfferedNow>> ask_offers(AppConfig config, const std::vector<std::string>& servers, net::Reaper& reaper) {
  Folder folder;
  if (folder.path().empty()) return Error(Code::internal, "no temporary folder can be made");
  const std::string location = "sqlite:" + (folder.path() / "pins.db").string();
  config.store = base::Secret(std::string(location));
  config.peers.clear();
  config.gateway.rules = nullptr;
  config.gateway.disclosure = gateway::Disclosure::all;
  // Nothing is approved there, so that all that is offered is told of.
  config.gateway.pins = {};
  config.gateway.pins.mode = trust::PinMode::warn;
  for (gateway::ServerConfig& server : config.gateway.servers) {
    server.tools.clear();
    server.include.clear();
    server.exclude.clear();
    server.start = gateway::ServerConfig::Start::lazy;
    server.required = false;
  }
  std::map<std::string, OfferedNow> out;
  {
    auto asked = AskedGateway::open(std::move(config), reaper);
    if (!asked) return std::move(asked).error();
    for (const std::string& server : servers)
      if (auto done = mcp::block_on(ask_all(asked->page_url("mcp/s/" + server), asked->headers())); !done)
        out[server].error = done.error().message;
  }
  auto store = store::open_store(location);
  if (!store) return std::move(store).error();
  auto rows = (*store)->pins().load();
  if (!rows) return std::move(rows).error();
  for (store::StoredPin& row : *rows) {
    const auto kind = trust::find_pin_kind(row.kind);
    const auto state = trust::find_pin_state(row.state);
    if (!kind || !state || !trust::is_held(*state) || *kind == trust::PinKind::launch) continue;
    out[row.server].pins.push_back({*kind, std::move(row.name), std::move(row.digest), std::move(row.text)});
  }
  return out;
}

}  // namespace app
