#include "app/builtin_handler.h"

#include "app/build_info.h"
#include "sdk/server_core.h"

namespace app {
namespace {

// Owns: the built-in, and what serves it; the latter goes first.
class BuiltinHandler final : public sdk::Handler {
 public:
  BuiltinHandler(base::Loop& loop, std::unique_ptr<servers::Builtin> builtin, std::string id, Hooks& hooks)
      : id_(std::move(id)), hooks_(hooks), builtin_(std::move(builtin)), core_(loop, builtin_->server()) {
    hooks_.add(id_, *builtin_);
  }
  ~BuiltinHandler() override { hooks_.remove(id_, *builtin_); }
  BuiltinHandler(const BuiltinHandler&) = delete;
  BuiltinHandler& operator=(const BuiltinHandler&) = delete;

  base::Task<protocol::ServerIdentity> identity(sdk::Inbound in) override { return core_.identity(std::move(in)); }
  std::string_view server_info() const override { return core_.server_info(); }
  base::Task<sdk::Reply> handle(sdk::Inbound in, sdk::Outlet& out) override { return core_.handle(std::move(in), out); }
  base::Task<void> stream(sdk::Inbound in, sdk::Outlet& out) override { return core_.stream(std::move(in), out); }
  void notified(const sdk::Inbound& in) override { core_.notified(in); }
  void session_ended(sdk::Session& session) override { core_.session_ended(session); }

 private:
  std::string id_;
  Hooks& hooks_;
  std::unique_ptr<servers::Builtin> builtin_;
  sdk::ServerCore core_;
};

servers::RootMode mode_of(gateway::Root::Mode mode) {
  switch (mode) {
    case gateway::Root::Mode::read: return servers::RootMode::read;
    case gateway::Root::Mode::append: return servers::RootMode::append;
    case gateway::Root::Mode::write: return servers::RootMode::write;
  }
  return servers::RootMode::read;
}

}  // namespace

servers::BuiltinOptions builtin_options(const gateway::ServerConfig& config) {
  servers::BuiltinOptions options;
  options.version = build_version();
  for (const gateway::Root& root : config.roots) options.roots.push_back({root.path, mode_of(root.mode)});
  if (config.allow_hard_links) options.limits.hard_links = servers::HardLinks::allow;
  options.own = config.own;
  options.proxies = config.proxies;
  return options;
}

mcp::Result<std::unique_ptr<sdk::Handler>> open_builtin(base::Loop& loop, const gateway::ServerConfig& config, Hooks& hooks) {
  servers::BuiltinOptions options = builtin_options(config);
  options.loop = &loop;
  auto builtin = servers::make_builtin(config.builtin, options);
  if (!builtin) return std::move(builtin).error();
  return std::unique_ptr<sdk::Handler>(std::make_unique<BuiltinHandler>(loop, *std::move(builtin), config.id, hooks));
}

}  // namespace app
