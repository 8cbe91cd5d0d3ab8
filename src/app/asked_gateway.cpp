#include "app/asked_gateway.h"

#include <fmt/format.h>
#include <unistd.h>

#include <thread>

#include "access/keys/key_text.h"
#include "app/config_identity.h"
#include "app/instance_lock.h"
#include "app/terminal.h"
#include "app/wiring.h"
#include "net/url.h"

namespace app {

using mcp::Code;
using mcp::Error;

namespace {

// Who asks as a person wants to see it all, whatever models are shown.
constexpr std::string_view kEverything = "/mcp?disclosure=all";

// A command shows what is there, also of servers that take their time to start; they have a connect_timeout of their own.
constexpr base::Millis kPatience{25'000};

}  // namespace

// A gateway on a port of its own, which runs on its own thread.
class AskedGateway::Local {
 public:
  static mcp::Result<std::unique_ptr<Local>> open(AppConfig config, net::Reaper& reaper) {
    auto wiring = Wiring::open(std::move(config), reaper);
    if (!wiring) return std::move(wiring).error();
    std::unique_ptr<Local> local(new Local(*std::move(wiring)));
    if (auto listening = local->http_->listen({"127.0.0.1", 0}); !listening) return std::move(listening).error();
    if (auto started = local->wiring_->start(); !started) return std::move(started).error();
    local->thread_ = std::thread([at = local.get()] { at->wiring_->loop().run(); });
    return local;
  }
  ~Local() {
    if (!thread_.joinable()) return;
    wiring_->loop().post([this] { ending_->spawn(shut_down(this)); });
    thread_.join();
    ending_.reset();
  }

  Address address() const { return http_->address(); }

 private:
  explicit Local(std::unique_ptr<Wiring> wiring)
      : wiring_(std::move(wiring)), http_(std::make_unique<HttpSide>(*wiring_)), ending_(std::make_unique<base::TaskGroup>()) {}

  static base::Task<void> shut_down(Local* self) {
    constexpr base::Millis kGrace{500};
    co_await self->http_->stop(kGrace);
    co_await self->wiring_->stop(kGrace);
    self->wiring_->loop().stop();
  }

  std::unique_ptr<Wiring> wiring_;
  std::unique_ptr<HttpSide> http_;
  std::unique_ptr<base::TaskGroup> ending_;
  std::thread thread_;
};

AskedGateway::AskedGateway(std::string url) : url_(std::move(url)) {}
AskedGateway::AskedGateway(AskedGateway&&) noexcept = default;
AskedGateway& AskedGateway::operator=(AskedGateway&&) noexcept = default;
AskedGateway::~AskedGateway() = default;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

// What shows a gateway whose door wants keys that a person of this machine asks.
mcp::Result<Headers> operator_headers(const AppConfig& config) {
  if (config.gateway.door != authz::Door::keys) return Headers();
  auto pepper = key_pepper(config);
  if (!pepper) return std::move(pepper).error();
  return Headers{{"Authorization", "Bearer " + authz::operator_text(*pepper, std::chrono::system_clock::now()).reveal()}};
}

}  // namespace

mcp::Result<AskedGateway> AskedGateway::find(const std::string& config, const std::string& url, net::Reaper& reaper) {
  if (!url.empty()) {
    if (auto parsed = net::parse_url(url); !parsed) return Error(Code::invalid_argument, "--url: " + parsed.error().message);
    AskedGateway out(url);
    if (auto key = process_environment("GATEHOUSE_KEY"); key && !key->empty()) out.headers_ = {{"Authorization", "Bearer " + *key}};
    return out;
  }
  auto read = open_config(config);
  if (!read) return Error(Code::invalid_argument, "");
  auto headers = operator_headers(*read);
  if (!headers) return std::move(headers).error();
  if (auto running = find_running(read->lock_path()); running && !running->address.empty()) {
    if (read->tls)
      return Error(
          Code::unavailable,
          "the gateway that runs speaks TLS under its public name; name it with --url https://…/mcp, and put a key in GATEHOUSE_KEY "
          "where it wants one");
    AskedGateway out(fmt::format("http://{}{}", running->address, kEverything));
    out.headers_ = *std::move(headers);
    return out;
  }
  return open(*std::move(read), reaper);
}

mcp::Result<AskedGateway> AskedGateway::open(AppConfig config, net::Reaper& reaper) {
  auto headers = operator_headers(config);
  if (!headers) return std::move(headers).error();
  base::log::open(base::log::Format::automatic, base::log::Level::error);
  config.gateway.patience = kPatience;
  auto local = Local::open(std::move(config), reaper);
  if (!local) return std::move(local).error();
  AskedGateway out(fmt::format("http://{}{}", (*local)->address().text(), kEverything));
  out.local_ = *std::move(local);
  out.headers_ = *std::move(headers);
  return out;
}

std::string AskedGateway::page_url(std::string_view path) const {
  auto parsed = net::parse_url(url_);
  return parsed ? fmt::format("{}/{}", parsed->origin, path) : url_;
}

std::string harmless(std::string_view text) {
  if (::isatty(STDOUT_FILENO) != 1 && ::isatty(STDERR_FILENO) != 1) return std::string(text);
  return without_controls(text);
}

std::string without_controls(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F begin escape sequences too.
    unsigned char second = c == 0xc2 && i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0xff;
    if (second < 0xa0) {
      out += fmt::format("\\x{:02x}", second);
      ++i;
    } else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      out += static_cast<char>(c);
    }
  }
  return out;
}

}  // namespace app
