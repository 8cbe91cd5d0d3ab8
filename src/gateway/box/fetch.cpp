#include "gateway/box/fetch.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "gateway/box/server_box.h"
#include "net/child.h"

namespace gateway {
namespace {

namespace fs = std::filesystem;
namespace child = sandbox::child;
using base::Code;
using base::Error;
using base::Result;
using base::Task;

constexpr base::Millis kFetchTime{300'000};
constexpr base::Millis kLockPause{100};
constexpr std::chrono::hours kFresh{24};
constexpr std::size_t kMostOutput = 64 * 1024;

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// "@scope/name@1.2" is "@scope/name"; "name==1.2", "name[extra]>=1" are "name".
std::string package_name(const std::string& spec) {
  const std::size_t at = spec.find_first_of("@=<>!~[ ;", 1);
  return spec.substr(0, at);
}

bool exact_version(const std::string& spec, Launcher::Kind kind) {
  const std::string version = spec.substr(package_name(spec).size());
  const std::size_t digits = version.find_first_not_of("@=");
  if (digits == version.npos || digits == 0 || version.find_first_of("<>~^*[,; |", digits) != version.npos) return false;
  // An npm version is whole, or a range.
  const bool npm = kind == Launcher::Kind::npx;
  return version[digits] >= '0' && version[digits] <= '9' && (!npm || std::count(version.begin(), version.end(), '.') >= 2);
}

Error no_such_option(const std::string& launcher, const std::string& option) {
  return Error(Code::invalid_argument, "sandbox: " + launcher + " with the option " + option + " is not known here; write " + launcher +
                                           (launcher == "npx" ? " -y PACKAGE@VERSION" : " PACKAGE==VERSION") +
                                           ", or install the package and name its program");
}

Result<Launcher> read_npx(const std::vector<std::string>& argv) {
  Launcher out;
  std::size_t i = 1;
  for (; i < argv.size() && argv[i].starts_with('-'); ++i) {
    const std::string& option = argv[i];
    if (option == "-y" || option == "--yes" || option == "-q" || option == "--quiet" || option == "--prefer-offline") continue;
    if ((option == "-p" || option == "--package") && i + 1 < argv.size())
      out.packages.push_back(argv[++i]);
    else if (option.starts_with("--package="))
      out.packages.push_back(option.substr(10));
    else if (option == "--")
      break;
    else
      return no_such_option("npx", option);
  }
  if (i < argv.size() && argv[i] == "--") ++i;
  if (i >= argv.size()) return Error(Code::invalid_argument, "sandbox: npx without a package");
  if (out.packages.empty())
    out.packages.push_back(argv[i]);
  else
    out.command = argv[i];
  out.arguments.assign(argv.begin() + static_cast<std::ptrdiff_t>(i) + 1, argv.end());
  return out;
}

Result<Launcher> read_uvx(const std::vector<std::string>& argv, std::size_t i) {
  Launcher out;
  out.kind = Launcher::Kind::uvx;
  std::vector<std::string> more;
  std::string from;
  for (; i < argv.size() && argv[i].starts_with('-'); ++i) {
    const std::string& option = argv[i];
    const std::size_t equals = option.find('=');
    const std::string name = option.substr(0, equals);
    if (name == "-q" || name == "--quiet" || name == "--isolated") continue;
    std::string* into = name == "--from" ? &from : name == "--python" || name == "-p" ? &out.python : nullptr;
    if (!into && name != "--with") return no_such_option("uvx", option);
    if (equals == option.npos && i + 1 >= argv.size()) return no_such_option("uvx", option);
    std::string value = equals == option.npos ? argv[++i] : option.substr(equals + 1);
    if (into)
      *into = std::move(value);
    else
      more.push_back(std::move(value));
  }
  if (i >= argv.size()) return Error(Code::invalid_argument, "sandbox: uvx without a package");
  out.packages.push_back(from.empty() ? argv[i] : from);
  out.packages.insert(out.packages.end(), more.begin(), more.end());
  out.command = package_name(argv[i]);
  out.arguments.assign(argv.begin() + static_cast<std::ptrdiff_t>(i) + 1, argv.end());
  return out;
}

// Beside the launcher, else where the search path says.
std::string beside(const std::string& launcher, const std::string& name) {
  const std::size_t slash = launcher.rfind('/');
  return slash == launcher.npos ? name : launcher.substr(0, slash + 1) + name;
}

// A file's lock; closing it gives it back.
class Lock {
 public:
  explicit Lock(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  bool held() const { return fd_.get() >= 0 && ::flock(fd_.get(), LOCK_EX | LOCK_NB) == 0; }
  bool there() const { return fd_.get() >= 0; }

 private:
  net::Fd fd_;
};

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Fetching {
 public:
  Fetching(const ServerConfig& config, const Launcher& launcher, const Machine& machine)
      : config_(config), launcher_(launcher), machine_(machine) {
    std::string key = launcher.kind == Launcher::Kind::npx ? "npx" : "uvx " + launcher.python;
    for (const std::string& one : launcher.packages) (key += '\n') += one;
    folder_ = config.box.packages + "/" + base::sha256_hex(key).substr(0, 24);
  }

  const std::string& folder() const { return folder_; }

  bool prepare() {
    std::error_code failed;
    for (const std::string& one : {config_.box.packages, folder_}) {
      fs::create_directories(one, failed);
      ::chmod(one.c_str(), 0700);
    }
    return !failed;
  }

  bool fresh() const {
    struct stat mark{};
    if (::stat((folder_ + "/.fetched").c_str(), &mark) != 0) return false;
    if (launcher_.exact()) return true;
    return std::chrono::system_clock::now() - std::chrono::system_clock::from_time_t(mark.st_mtime) < kFresh;
  }
  bool there() const { return ::access((folder_ + "/.fetched").c_str(), F_OK) == 0; }
  void note_fetched() const { std::ofstream(folder_ + "/.fetched") << ""; }

  // The program that was fetched.
  Result<std::string> entry() const {
    if (launcher_.kind == Launcher::Kind::uvx) return existing(folder_ + "/bin/" + launcher_.command);
    const std::string modules = folder_ + "/node_modules/";
    std::string command = launcher_.command;
    if (command.empty()) {
      const std::string name = package_name(launcher_.packages.front());
      const std::string whole = content(modules + name + "/package.json");
      if (whole.empty()) return Error(Code::unavailable, "the package " + name + " is not where it was put");
      const std::string_view bin = base::find_member(whole, "bin");
      command = name_of(name);
      if (bin.starts_with('{') && base::find_member(bin, command).empty()) {
        std::string only;
        std::size_t count = 0;
        base::Members members(bin);
        for (; members.next(); ++count) only = members.key();
        if (count != 1)
          return Error(Code::invalid_argument,
                       "the package " + name + " has several programs; name one with --package=" + name + " PROGRAM");
        command = only;
      }
    }
    return existing(modules + ".bin/" + command);
  }

  // What fetches, in its box.
  Result<BoxedCommand> command() {
    BoxedCommand out;
    child::Exposure exposure(machine_.home, machine_.search);
    exposure.add_runtime();
    const std::string program = exposure.find_program(launcher_.program);
    if (program.empty()) return Error(Code::not_found, "sandbox: there is no program " + launcher_.program + " to fetch packages with");
    exposure.add_program(program);
    (void)exposure.open(folder_, child::Mount::Access::write);
    out.command.argv = {program};
    std::vector<std::string> environment = {std::string("HOME=") + child::kHome, "TMPDIR=" + folder_ + "/tmp", "LANG=C.UTF-8"};
    std::error_code none;
    fs::create_directories(folder_ + "/tmp", none);
    auto add = [&out](std::initializer_list<std::string> more) { out.command.argv.insert(out.command.argv.end(), more); };
    if (launcher_.kind == Launcher::Kind::npx) {
      add({"install", "--prefix", folder_, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error",
           "--install-links"});
      environment.push_back("npm_config_cache=" + folder_ + "/cache");
      environment.push_back("npm_config_update_notifier=false");
      show(machine_.home + "/.npmrc", "/.npmrc");
    } else {
      add({"tool", "install", "--force", "--no-progress"});
      if (!launcher_.python.empty()) add({"--python", launcher_.python});
      environment.push_back("UV_CACHE_DIR=" + folder_ + "/cache");
      environment.push_back("UV_TOOL_DIR=" + folder_ + "/tools");
      environment.push_back("UV_TOOL_BIN_DIR=" + folder_ + "/bin");
      environment.push_back("UV_PYTHON_INSTALL_DIR=" + folder_ + "/python");
      environment.push_back("UV_LINK_MODE=copy");
      show(machine_.home + "/.config/uv/uv.toml", "/.config/uv/uv.toml");
      for (std::size_t i = 1; i < launcher_.packages.size(); ++i) add({"--with", launcher_.packages[i]});
      // uv writes a version with == where uvx takes an @ too.
      std::string spec = launcher_.packages.front();
      if (const std::size_t at = spec.find('@'); at != spec.npos && spec.find("://") == spec.npos)
        spec = spec.substr(at + 1) == "latest" ? spec.substr(0, at) : spec.substr(0, at) + "==" + spec.substr(at + 1);
      add({spec});
    }
    if (launcher_.kind == Launcher::Kind::npx)
      for (const std::string& one : launcher_.packages) add({one});
    inherit(exposure, environment);
    auto network = net::AllowList::parse(places());
    if (!network) return std::move(network).error();
    Ways ways = ways_out(*network);
    environment.insert(environment.end(), ways.environment.begin(), ways.environment.end());
    child::Plan plan = exposure.take();
    for (const auto& [from, to] : shown_) plan.mounts.push_back({from, to, child::Mount::Access::read});
    plan.files.push_back({"/etc/hosts", ways.hosts});
    plan.listeners = std::move(ways.listeners);
    out.targets = std::move(ways.targets);
    plan.degraded = config_.box.degraded == BoxConfig::Degraded::allowed ? child::Plan::Degraded::allowed : child::Plan::Degraded::refused;
    if (machine_.root) plan.outer_id = box_user(folder_);
    plan.cgroup = machine_.cgroup;
    out.command.environment = std::move(environment);
    out.command.directory = folder_;
    out.command.confinement = child::plan_bytes(plan);
    return out;
  }

  // What the fetching may connect to: registries that this user's settings name, and else any public place, as no server's word is in it.
  std::vector<std::string> places() const {
    std::vector<std::string> out{"*"};
    auto take = [&out](const std::string& text) {
      auto url = net::parse_url(text);
      if (url) out.push_back((url->host.find(':') == url->host.npos ? url->host : "[" + url->host + "]") + ":" + std::to_string(url->port));
    };
    for (const char* name : {"npm_config_registry", "NPM_CONFIG_REGISTRY", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"})
      if (auto value = machine_.variable(name)) take(*value);
    std::ifstream in(machine_.home + "/.npmrc");
    for (std::string line; out.size() < 32 && std::getline(in, line);) {
      const std::size_t equals = line.find("registry=");
      if (equals != line.npos && !line.starts_with('#') && !line.starts_with(';')) take(line.substr(equals + 9));
    }
    return out;
  }

 private:
  static Result<std::string> existing(std::string path) {
    if (::access(path.c_str(), X_OK) == 0) return path;
    return Error(Code::not_found, "the package has no program " + name_of(path) + "; name one of its programs");
  }

  // Settings of the package manager, in the home of the box.
  void show(const std::string& from, const std::string& to) {
    if (!machine_.home.empty() && ::access(from.c_str(), R_OK) == 0) shown_.emplace_back(from, child::kHome + to);
  }

  void inherit(child::Exposure& exposure, std::vector<std::string>& environment) const {
    std::string search;
    for (const std::string& name : machine_.variables) {
      const bool settings = name.starts_with("npm_config_") || name.starts_with("NPM_CONFIG_") || name.starts_with("UV_");
      const bool certificates = name == "NODE_EXTRA_CA_CERTS" || name == "SSL_CERT_FILE" || name == "SSL_CERT_DIR";
      if (!settings && !certificates) continue;
      const std::string value = machine_.variable(name).value_or("");
      if (certificates && !exposure.sees(value) && !exposure.open(value, child::Mount::Access::read)) continue;
      std::string& line = environment.emplace_back(name);
      line += '=';
      line += value;
    }
    for (std::size_t begin = 0; begin <= machine_.search.size();) {
      const std::size_t end = std::min(machine_.search.find(':', begin), machine_.search.size());
      const std::string folder = machine_.search.substr(begin, end - begin);
      begin = end + 1;
      if (!folder.empty() && exposure.sees(folder)) search += (search.empty() ? "" : ":") + folder;
    }
    environment.push_back("PATH=" + search);
  }

  const ServerConfig& config_;
  const Launcher& launcher_;
  const Machine& machine_;
  std::string folder_;
  std::vector<std::pair<std::string, std::string>> shown_;
};

// Reads what it says, so that it can go on, until its end.
Task<void> watch(net::Child* child, base::OneShot<void>* done) {
  for (;;) {
    auto line = co_await child->read_line(kMostOutput).result();
    if (!line && line.error().code != Code::too_large) break;
  }
  co_await child->exited();
  done->set(Result<>());
}

Task<void> lock_folder(base::Loop* loop, Lock* lock, std::string folder, base::Instant until) {
  if (!lock->there()) co_await mcp::fail(Code::unavailable, "sandbox: cannot write to " + folder);
  while (!lock->held()) {
    if (base::Timers::now() >= until) co_await mcp::fail(Code::timeout, "another process fetches the same package, and does not end");
    co_await loop->timers().sleep(kLockPause);
  }
}

// Whether the settings of the package manager name a registry.
enum class OwnRegistry { none, named };

// A registry may well be on a private network, or behind an address of no place at all, as some gateways of companies have it. What is
// asked is the user's own package manager's word, not a server's; so only this machine (but for a registry on it that the settings name)
// and the metadata services stay out of reach.
net::Ground ground_for_packages(const boost::asio::ip::address& address, OwnRegistry own) {
  namespace ip = boost::asio::ip;
  const ip::address plain =
      address.is_v6() && address.to_v6().is_v4_mapped() ? ip::address(ip::make_address_v4(ip::v4_mapped, address.to_v6())) : address;
  const net::Ground ground = ground_of(plain);
  if (ground == net::Ground::machine) return own == OwnRegistry::named ? net::Ground::open : ground;
  if (ground != net::Ground::never) return net::Ground::open;
  if (!plain.is_v4()) return ground;
  const std::uint32_t four = plain.to_v4().to_uint();
  const bool link_local = four >> 16 == 0xa9fe;
  const bool nowhere = four >> 24 == 0 || plain.to_v4().is_multicast() || four == 0xffff'ffff;
  return link_local || nowhere ? ground : net::Ground::open;
}

Task<void> run_fetch(base::Loop* loop, net::Reaper* reaper, std::string server, BoxedCommand boxed, net::AllowList places) {
  std::unique_ptr<net::Outlet> outlet;
  net::OutletOptions out;
  const OwnRegistry own = places.hosts().empty() ? OwnRegistry::none : OwnRegistry::named;
  out.allow = std::move(places);
  out.ground = [own](const boost::asio::ip::address& address) { return ground_for_packages(address, own); };
  if (auto proxies = net::proxies_of(Machine::here().variable)) out.proxies = *std::move(proxies);
  out.on_event = [server](const net::EgressEvent& event) {
    base::log::info("a package is fetched", {{"server", server}, {"host", event.target.host}, {"refused", event.refused}});
  };
  net::ChildOptions options;
  options.on_listeners = [&](std::vector<net::Fd> listeners) {
    outlet = std::make_unique<net::Outlet>(*loop, out);
    for (std::size_t i = 0; i < listeners.size() && i < boxed.targets.size(); ++i)
      (void)(i == 0 ? outlet->serve_proxy(std::move(listeners[i])) : outlet->serve_target(std::move(listeners[i]), boxed.targets[i]));
  };
  Task<std::unique_ptr<net::Child>> opening = net::Child::open_child(*loop, *reaper, boxed.command, std::move(options));
  std::unique_ptr<net::Child> running = co_await std::move(opening);
  base::OneShot<void> done;
  base::TaskGroup group;
  group.spawn(watch(running.get(), &done));
  Task<void> waiting = base::wait_for(done, loop->timers(), std::stop_token(), base::Timers::now() + kFetchTime);
  Result<> came = co_await std::move(waiting).result();
  if (!came) {
    co_await running->stop(base::Millis(100));
    co_await group.join();
    co_await std::move(came);
  }
  co_await group.join();
  if (running->status() == "exited with 0") co_return;
  std::string tail = running->stderr_tail();
  if (tail.size() > 600) tail.erase(0, tail.size() - 600);
  co_await mcp::fail(Code::unavailable,
                     "its package cannot be fetched: '" + boxed.command.argv[0] + "' " + running->status() + ": " + tail);
}

}  // namespace

bool Launcher::exact() const {
  return std::all_of(packages.begin(), packages.end(), [this](const std::string& one) { return exact_version(one, kind); });
}

Result<std::optional<Launcher>> read_launcher(const std::vector<std::string>& argv) {
  if (argv.empty()) return std::optional<Launcher>();
  const std::string name = name_of(argv[0]);
  const bool uv_run = name == "uv" && argv.size() > 2 && argv[1] == "tool" && argv[2] == "run";
  if (name != "npx" && name != "uvx" && !uv_run) return std::optional<Launcher>();
  auto out = name == "npx" ? read_npx(argv) : read_uvx(argv, uv_run ? 3 : 1);
  if (!out) return std::move(out).error();
  for (const std::string& one : out->packages)
    if (one.empty() || one.starts_with('-')) return Error(Code::invalid_argument, "sandbox: '" + one + "' is no package");
  out->program = beside(argv[0], name == "npx" ? "npm" : "uv");
  return std::optional<Launcher>(*std::move(out));
}

Task<std::vector<std::string>> fetch_package(base::Loop* loop, net::Reaper* reaper, ServerConfig config, Launcher launcher,
                                             const Machine* machine) {
  Fetching fetching(config, launcher, *machine);
  if (!fetching.prepare()) co_await mcp::fail(Code::unavailable, "sandbox: cannot write to " + fetching.folder());
  const base::Instant until = base::Timers::now() + kFetchTime;
  Lock lock(fetching.folder() + "/.lock");
  co_await lock_folder(loop, &lock, fetching.folder(), until);
  if (!fetching.fresh()) {
    base::log::info("fetching a package", {{"server", config.id}, {"package", launcher.packages.front()}});
    auto boxed = fetching.command();
    if (!boxed) co_return std::move(boxed).error();
    auto places = net::AllowList::parse(fetching.places());
    if (!places) co_return std::move(places).error();
    Task<void> fetch = run_fetch(loop, reaper, config.id, *std::move(boxed), *std::move(places));
    Result<> fetched = co_await std::move(fetch).result();
    if (fetched) fetching.note_fetched();
    // What was fetched before is better than nothing.
    if (!fetched && !fetching.there()) co_return std::move(fetched).error();
    if (!fetched)
      base::log::warn("a package cannot be renewed; the one of before runs", {{"server", config.id}, {"reason", fetched.error().message}});
  }
  std::string program = co_await fetching.entry();
  std::vector<std::string> argv{std::move(program)};
  argv.insert(argv.end(), launcher.arguments.begin(), launcher.arguments.end());
  co_return argv;
}

}  // namespace gateway
