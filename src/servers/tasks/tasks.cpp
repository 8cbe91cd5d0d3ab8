#include "servers/tasks/tasks.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "servers/rest/service.h"
#include "servers/rest/settings.h"
#include "servers/rest/text.h"
#include "servers/rest/tool.h"
#include "servers/tasks/hook.h"
#include "servers/tasks/tools.h"

namespace servers::tasks {
namespace {

constexpr std::string_view kTemplate = "tasks://issue/{id}";

Result<std::optional<JwtSetup>> read_jwt(JsonView from) {
  if (!from) return std::optional<JwtSetup>();
  JwtSetup out;
  rest::Settings settings(from, "jwt.");
  settings.text("token_url", out.token_url);
  settings.text("id", out.id);
  settings.secret("secret", out.secret);
  settings.text("scope", out.scope);
  settings.text("audience", out.audience);
  settings.secret("key", out.key);
  settings.text("issuer", out.issuer);
  settings.text("subject", out.subject);
  std::int64_t lifetime = out.lifetime.count();
  settings.number("lifetime_ms", 30'000, 24L * 3600 * 1000, lifetime);
  out.lifetime = std::chrono::milliseconds(lifetime);
  if (auto done = settings.done(); !done) return std::move(done).error();
  return std::optional(std::move(out));
}

Result<Profile> profile_of(rest::Settings& settings) {
  std::string name = "paperclip";
  JsonView own = settings.take("api");
  const bool named = static_cast<bool>(settings.take("profile"));
  settings.text("profile", name);
  if (own && !named) {
    auto read = read_profile("own", {}, own);
    if (read) return read;
    // Without a profile's name, `api` may be whole, or change the default.
  }
  auto known = find_profile(name);
  if (!known)
    return Error(Code::invalid_argument,
                 fmt::format("there is no profile '{}'; there are {}", rest::plain_line(name, 40), fmt::join(profile_names(), " and ")));
  auto base = mcp::Json::parse(*known);
  if (!base) return std::move(base).error();
  return read_profile(name, base->root(), own);
}

Result<Setup> read_setup(const BuiltinOptions& options) {
  auto own = rest::own_of(options);
  if (!own) return std::move(own).error();
  rest::Settings settings(own->root());
  Setup out;
  auto profile = profile_of(settings);
  if (!profile) return std::move(profile).error();
  out.profile = *std::move(profile);
  out.client = rest::read_client(settings, options, out.profile.base_url);
  settings.secret("token", out.token);
  settings.text("remedy", out.remedy);
  settings.secret("webhook_secret", out.webhook);
  std::int64_t poll = 0;
  settings.number("poll_ms", 0, 30LL * 24 * 3600 * 1000, poll);
  out.poll = std::chrono::milliseconds(poll);
  bool writes = true;
  settings.flag("write", writes);
  if (!writes) out.tools = Setup::Tools::reading;
  settings.take("values").each_member([&](std::string_view name, JsonView value) { out.values.emplace(name, value.string_or("")); });
  auto jwt = read_jwt(settings.take("jwt"));
  if (!jwt) return std::move(jwt).error();
  out.jwt = *std::move(jwt);
  if (auto done = settings.done(); !done) return std::move(done).error();
  if (auto good = Tools(out).check(); !good) return std::move(good).error();
  if (out.client.base_url.empty()) return Error(Code::invalid_argument, "base_url is missing: the address of the API");
  return out;
}

mcp::ToolOptions reads(std::string title) {
  mcp::ToolOptions out;
  out.title = std::move(title);
  out.annotations.read_only = true;
  out.annotations.open_world = true;
  return out;
}
enum class Twice { same, different };
mcp::ToolOptions changes(std::string title, Twice twice) {
  mcp::ToolOptions out;
  out.title = std::move(title);
  out.annotations.read_only = false;
  out.annotations.destructive = false;
  out.annotations.idempotent = twice == Twice::same;
  out.annotations.open_world = true;
  return out;
}

class TasksServer final : public Builtin {
 public:
  TasksServer(Setup setup, const BuiltinOptions& options)
      : server_("tasks", options.version), setup_(std::move(setup)), tools_(setup_), service_(setup_.client, options.loop) {
    tools_.use(service_.client());
    server_.title("Tasks");
    server_.instructions(fmt::format(
        "Issues of a task manager ({}). Statuses: {}. An issue is also a resource, {}.", setup_.profile.name,
        setup_.profile.statuses.empty() ? "as the API has them" : fmt::format("{}", fmt::join(setup_.profile.statuses, ", ")), kTemplate));
    add_reading();
    if (setup_.tools == Setup::Tools::all) add_changing();
    add_resources();
    if (setup_.poll.count() > 0 && tools_.has_credential()) service_.begin([this](std::stop_token stop) { return watch(std::move(stop)); });
  }

  mcp::Server& server() override { return server_; }

  HookAnswer hook(const HookRequest& request) override {
    if (setup_.webhook.reveal().empty()) return {404, "this server takes no webhooks; give it a webhook secret"};
    if (!is_signed(request.body, request.header(setup_.profile.signature_header), setup_.profile.signature_prefix, setup_.webhook))
      return {401, "the signature is missing or wrong"};
    auto id = issue_of_hook(request.body, setup_.profile);
    // Other events are none of ours, and none to be sent again.
    if (!id) return {202, "it names no issue"};
    server_.notify_resource_updated(uri_of(*id));
    return {202, "thanks"};
  }

 private:
  static std::string uri_of(std::string_view id) { return "tasks://issue/" + rest::encoded(id); }
  bool can(std::string_view action) const { return setup_.profile.find(action) != nullptr; }

  void add_reading() {
    if (can("list"))
      server_.tool("list_issues", "List issues, by status, assignee or text.", rest::on_thread(service_, tools_, &Tools::list),
                   reads("List Issues"));
    server_.tool("get_issue", "One issue.", rest::on_thread(service_, tools_, &Tools::get), reads("Get Issue"));
    if (can("comments"))
      server_.tool("list_comments", "The comments of an issue.", rest::on_thread(service_, tools_, &Tools::comments),
                   reads("List Comments"));
    mcp::ToolOptions waits = reads("Wait for a Status");
    waits.task = mcp::TaskSupport::optional;
    waits.task_restart = mcp::TaskRestart::run_again;
    server_.tool("wait_for_status", "Wait until an issue has a status, and return it.", rest::on_thread(service_, tools_, &Tools::wait),
                 std::move(waits));
  }
  void add_changing() {
    if (can("comment"))
      server_.tool("comment", "Comment on an issue.", rest::on_thread(service_, tools_, &Tools::comment),
                   changes("Comment", Twice::different));
    if (can("status"))
      server_.tool("set_status", "Change an issue's status.", rest::on_thread(service_, tools_, &Tools::set_status),
                   changes("Set Status", Twice::same));
    if (can("assign"))
      server_.tool("assign", "Give an issue to somebody.", rest::on_thread(service_, tools_, &Tools::assign),
                   changes("Assign", Twice::same));
  }

  void add_resources() {
    mcp::ResourceOptions about;
    about.name = "issue";
    about.title = "Issue";
    about.description = "An issue by its id, as JSON";
    about.mime_type = "application/json";
    server_.resource_template(std::string(kTemplate), std::move(about), [this](mcp::TemplateMatch match, mcp::Call call) {
      rest::Service::Work<std::string> work = [this, id = match.values["id"]](std::stop_token stop) {
        return tools_.issue(id, std::move(stop));
      };
      return service_.run(std::move(work), call.stop_token());
    });
    server_.announces_resource_updates();
  }

  // Looks for changes until the server ends. On the shared thread.
  base::Task<void> watch(std::stop_token stop) {
    bool complained = false;
    while (!stop.stop_requested()) {
      Result<std::vector<std::string>> changed = co_await tools_.changes(stop).result();
      if (changed)
        for (const std::string& id : *changed) server_.notify_resource_updated(uri_of(id));
      else if (!complained && !stop.stop_requested())
        base::log::warn("the tasks API cannot be looked at for changes", {{"reason", changed.error().message}});
      complained = !changed;
      co_await service_.loop().timers().sleep(setup_.poll, stop);
    }
  }

  mcp::Server server_;
  Setup setup_;
  Tools tools_;
  rest::Service service_;  // last: its work uses the rest
};

}  // namespace

Result<std::unique_ptr<Builtin>> make_tasks(const BuiltinOptions& options) {
  auto setup = read_setup(options);
  if (!setup) return std::move(setup).error();
  return std::unique_ptr<Builtin>(std::make_unique<TasksServer>(*std::move(setup), options));
}

Result<std::vector<std::string>> check_tasks(const BuiltinOptions& options) {
  auto setup = read_setup(options);
  if (!setup) return std::move(setup).error();
  std::vector<std::string> out;
  if (setup->token.reveal().empty() && !setup->jwt) out.emplace_back("there is no token or jwt; each call will say so");
  for (const std::string& name : setup->profile.needs)
    if (!setup->values.contains(name)) out.push_back(fmt::format("the profile {} needs values.{}", setup->profile.name, name));
  return out;
}

}  // namespace servers::tasks
