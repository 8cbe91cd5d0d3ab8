#include <fmt/format.h>
#include <sys/timex.h>

#include <ctime>

#include "app/asked_gateway.h"
#include "app/asked_tools.h"
#include "app/bars.h"
#include "app/commands.h"
#include "app/config_shared.h"
#include "app/instance_lock.h"
#include "app/issuer_probe.h"
#include "app/machine_probe.h"
#include "app/terminal.h"
#include "base/log.h"
#include "net/http_server.h"
#include "sandbox/pool.h"
#include "store/catalog_store.h"

namespace app {
namespace {

// One line of the answer.
struct Sign {
  enum class Level { good, warning, bad };
  std::string what;
  Level level = Level::good;
  std::string text;
  std::string remedy;  // empty where nothing is to be done
};

std::string_view word(Sign::Level level) {
  switch (level) {
    case Sign::Level::good: return "good";
    case Sign::Level::warning: return "warning";
    case Sign::Level::bad: return "bad";
  }
  return "bad";
}

class Doctor {
 public:
  Doctor(const AppConfig& config, net::Reaper& reaper) : config_(config), reaper_(reaper) {}

  std::vector<Sign> examine() {
    running_ = find_running(config_.lock_path());
    look_at_sandbox();
    look_at_code();
    look_at_port();
    look_at_clock();
    look_at_store();
    look_at_issuers();
    return std::move(signs_);
  }

 private:
  void add(std::string what, Sign::Level level, std::string text, std::string remedy = {}) {
    signs_.push_back({std::move(what), level, std::move(text), std::move(remedy)});
  }

  // Whether something depends on the sandbox of servers, and takes it as it is.
  bool needs_sandbox() const {
    for (const gateway::ServerConfig& server : config_.gateway.servers)
      if (server.enabled && server.kind == gateway::ServerConfig::Kind::command && server.box.mode == gateway::BoxConfig::Mode::on &&
          server.box.degraded == gateway::BoxConfig::Degraded::refused)
        return true;
    return false;
  }

  void look_at_sandbox() {
    auto probed = loop_.block_on(probe_sandbox(&loop_, &reaper_));
    if (!probed) return add("sandbox", Sign::Level::bad, probed.error().message);
    const Sign::Level missing = needs_sandbox() ? Sign::Level::bad : Sign::Level::warning;
    constexpr const char* kRemedy =
        "allow what is missing in the kernel's settings, or let the server do without: sandbox: { allow_degraded: true }";
    if (!probed->refused.empty()) add("sandbox", missing, probed->refused, kRemedy);
    for (const std::string& layer : probed->missing) add("sandbox", missing, layer, kRemedy);
    if (probed->refused.empty() && probed->missing.empty())
      add("sandbox", Sign::Level::good,
          fmt::format("namespaces, own tree, Landlock {}, seccomp, limits{}", probed->landlock, probed->cgroup.empty() ? "" : ", cgroup"));
    if (probed->cgroup.empty())
      add("cgroup", Sign::Level::good,
          "none was given to this process, so a server's memory is limited for each process and not for all together");
    for (const gateway::ServerConfig& server : config_.gateway.servers) {
      if (!server.enabled || server.kind != gateway::ServerConfig::Kind::command) continue;
      if (server.box.mode == gateway::BoxConfig::Mode::off)
        add("sandbox of " + server.id, Sign::Level::warning, "off: it runs with all rights of this user", "remove sandbox: off");
    }
  }

  void look_at_code() {
    sandbox::Pool pool(loop_, {});
    auto layers = loop_.block_on(pool.layers());
    (void)loop_.block_on(pool.stop());
    if (!layers) return add("run_code", Sign::Level::warning, layers.error().message, "disclosure: search works without it");
    const std::string missing = fmt::format("{}", fmt::join(layers->missing, "; "));
    if (missing.empty()) return add("run_code", Sign::Level::good, "namespaces, Landlock, seccomp, limits");
    add("run_code", Sign::Level::warning, missing,
        layers->seccomp ? "allow what is missing in the kernel's settings"
                        : "code is refused without seccomp; allow it in the kernel, or code: { allow_degraded: true }");
  }

  void look_at_port() {
    const std::string where = config_.listen.text();
    if (running_ && running_->address == where) return add("port", Sign::Level::good, fmt::format("the gateway listens on {}", where));
    net::HttpServer server(loop_, {}, [](net::HttpExchange&) -> base::Task<void> { co_return; });
    if (auto listening = server.listen(config_.listen.host, config_.listen.port); listening) {
      (void)loop_.block_on(server.stop(base::Millis(0)));
      return add("port", Sign::Level::good, fmt::format("{} is free", where));
    }
    auto pid = find_listener(config_.listen.port);
    add("port", Sign::Level::bad,
        fmt::format("{} is taken by {}", where, pid ? fmt::format("the process {}", *pid) : std::string("another process")),
        "stop it, or choose another port with listen:");
  }

  void look_at_clock() {
    timex state{};
    const int told = ::adjtimex(&state);
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    const std::string time = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                                         parts.tm_hour, parts.tm_min, parts.tm_sec);
    constexpr std::time_t kWritten = 1'767'225'600;  // this program did not exist before
    if (now < kWritten) return add("clock", Sign::Level::bad, time + " is before this program was written", "set the clock");
    if (told < 0 || (state.status & STA_UNSYNC) != 0)
      return add("clock", Sign::Level::warning, time + ", and nothing keeps it right as far as the kernel knows",
                 "run a time service such as chrony");
    add("clock", Sign::Level::good, time + ", kept right");
  }

  void look_at_store() {
    const std::string shown = shown_store(config_.store.reveal());
    auto store = store::open_store(config_.store.reveal());
    auto works = store ? (*store)->check() : mcp::Result<>(store.error());
    if (works) return add("store", Sign::Level::good, shown + " can be written");
    add("store", Sign::Level::bad, works.error().message, "correct store:, or the permissions of its folder");
  }

  void look_at_issuers() {
    for (IssuerSign& one : probe_issuers(loop_, config_.sign_in)) {
      const Sign::Level level = one.level == IssuerSign::Level::good      ? Sign::Level::good
                                : one.level == IssuerSign::Level::warning ? Sign::Level::warning
                                                                          : Sign::Level::bad;
      add(std::move(one.what), level, std::move(one.text), std::move(one.remedy));
    }
  }

  const AppConfig& config_;
  net::Reaper& reaper_;
  base::Loop loop_;
  std::optional<RunningGateway> running_;
  std::vector<Sign> signs_;
};

// Asks the gateway for its tools, which is what makes every server show how it is.
std::vector<Sign> servers_of(const DoctorOptions& options, net::Reaper& reaper) {
  std::vector<Sign> out;
  auto gateway = AskedGateway::find(options.config, {}, reaper);
  if (!gateway) return {{"servers", Sign::Level::bad, gateway.error().message, {}}};
  (void)list_tools(*gateway, gateway->url(), "gatehouse-doctor");
  auto page = read_page(*gateway, "readyz");
  auto status = page ? mcp::Json::parse(*page) : mcp::Result<mcp::Json>(page.error());
  if (!status) return {{"servers", Sign::Level::bad, status.error().message, {}}};
  (*status)["upstreams"].each_element([&out](mcp::JsonView upstream) {
    const std::string_view state = upstream["state"].string_or("");
    if (state == "disabled") return;
    const bool good = state == "up" || state == "stopped";
    std::string text(state);
    if (std::string_view reason = upstream["reason"].string_or(""); !reason.empty()) text += ": " + std::string(reason);
    if (good) text += fmt::format(", {} tools", upstream["tools"].integer_or(0));
    out.push_back({"server " + std::string(upstream["id"].string_or("")),
                   good                                 ? Sign::Level::good
                   : state == "down" || state == "open" ? Sign::Level::bad
                                                        : Sign::Level::warning,
                   std::move(text),
                   {}});
  });
  return out;
}

std::string as_json(const std::vector<Sign>& signs) {
  mcp::JsonWriter out;
  out.array();
  for (const Sign& sign : signs) {
    out.object().field("what", sign.what).field("level", word(sign.level)).field("text", sign.text);
    if (!sign.remedy.empty()) out.field("remedy", sign.remedy);
    out.end();
  }
  out.end();
  return out.text() + "\n";
}

}  // namespace

int doctor(const DoctorOptions& options, net::Reaper& reaper) {
  base::log::open(base::log::Format::automatic, base::log::Level::error);
  auto config = open_config(options.config);
  if (!config) return kUsage;
  std::vector<Sign> signs = Doctor(*config, reaper).examine();
  for (Sign& one : servers_of(options, reaper)) signs.push_back(std::move(one));
  bool able = true;
  for (const Sign& one : signs) able = able && one.level != Sign::Level::bad;
  if (options.output == Output::json) {
    print(as_json(signs));
    return able ? kGood : kFailed;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Sign& one : signs)
    rows.push_back({std::string(word(one.level)), one.what, harmless(one.remedy.empty() ? one.text : one.text + "; " + one.remedy)});
  print(table(rows));
  return able ? kGood : kFailed;
}

}  // namespace app
