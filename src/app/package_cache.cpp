#include "app/package_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/json.h"
#include "trust/pins/canonical.h"

extern char** environ;

namespace app {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;
using mcp::Result;
using trust::LockedPackage;

constexpr std::chrono::minutes kPatience{10};
constexpr std::chrono::milliseconds kLook{20};
constexpr std::size_t kWords = 2'000;  // of what npm says at the end

// A folder within the cache that is gone in the end, unless it was moved to its place.
class Workshop {
 public:
  explicit Workshop(const std::string& cache) {
    std::error_code ec;
    fs::create_directories(cache, ec);
    std::string pattern = cache + "/new-XXXXXX";
    if (::mkdtemp(pattern.data())) path_ = pattern;
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop() {
    std::error_code ec;
    if (!path_.empty()) fs::remove_all(path_, ec);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

// Waits for the end of `child`; it is killed when it takes too long.
bool ended_well(pid_t child) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (int status = 0;;) {
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (ended < 0) return false;
    if (std::chrono::steady_clock::now() > deadline) (void)::kill(child, SIGKILL);
    std::this_thread::sleep_for(kLook);
  }
}

Result<> npm(const fs::path& folder, std::initializer_list<const char*> words) {
  const std::string log = folder.string() + ".log", prefix = folder.string();
  std::vector<const char*> arguments{"npm"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  for (const char* word : {"--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--omit=dev", "--prefix"})
    arguments.push_back(word);
  arguments.push_back(prefix.c_str());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, "npm", &files, nullptr, const_cast<char* const*>(arguments.data()), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) return Error(Code::unavailable, "npm is not on the PATH; install Node.js, or lock this server where it is installed");
  const bool good = ended_well(child);
  std::string said = read_text(log);
  std::error_code ec;
  fs::remove(log, ec);
  if (good) return {};
  if (said.size() > kWords) said.erase(0, said.size() - kWords);
  return Error(Code::upstream_failed, fmt::format("npm {} failed: {}", *words.begin(), said));
}

// npm's own lock, of the parts that ours has of it.
std::string npm_lock(const std::map<std::string, std::string>& resolved) {
  std::string packages;
  for (const auto& [place, facts] : resolved)
    packages.append(packages.empty() ? "" : ",").append(base::quoted(place)).append(":").append(facts);
  return R"({"name":"gatehouse-locked","lockfileVersion":3,"requires":true,"packages":{)" + packages + "}}";
}

Result<> read_npm_lock(const std::string& text, LockedPackage& out) {
  if (!base::validate_json(text)) return Error(Code::upstream_failed, "npm wrote no lock that can be read");
  const std::string_view packages = base::find_member(text, "packages");
  if (!base::is_object(packages)) return Error(Code::upstream_failed, "npm's lock has no packages; it has to be npm 7 or newer");
  for (base::Members one(packages); one.next();) out.resolved.emplace(std::string(one.key()), trust::canonical_json(one.value()));
  const auto own = out.resolved.find("node_modules/" + out.name);
  if (own == out.resolved.end()) return Error(Code::upstream_failed, "npm's lock does not have " + out.name);
  out.integrity = base::json_string(base::find_member(own->second, "integrity")).value_or("");
  const std::string version = base::json_string(base::find_member(own->second, "version")).value_or("");
  if (out.integrity.empty() || version != out.version)
    return Error(Code::upstream_failed, fmt::format("npm has no {} {} with a hash of its content", out.name, out.version));
  out.dependencies = trust::dependencies_digest(out.resolved);
  return {};
}

}  // namespace

std::string package_cache(const Environment& environment) {
  if (auto xdg = environment("XDG_CACHE_HOME"); xdg && xdg->starts_with('/')) return *xdg + "/gatehouse/packages";
  return environment("HOME").value_or("/tmp") + "/.cache/gatehouse/packages";
}

Result<LockedPackage> fetch_package(const trust::PackageCommand& wanted, const LockedPackage& before, const std::string& cache) {
  Workshop workshop(cache);
  if (workshop.path().empty())
    return Error(Code::internal, fmt::format("{} cannot be written; set XDG_CACHE_HOME to a folder that can", cache));
  LockedPackage out;
  out.manager = wanted.manager;
  out.name = wanted.name;
  out.version = wanted.version;
  std::ofstream(workshop.path() / "package.json") << R"({"name":"gatehouse-locked","private":true,"dependencies":{)"
                                                  << base::quoted(out.name) << ":" << base::quoted(out.version) << "}}\n";
  const fs::path lock = workshop.path() / "package-lock.json";
  if (before.name == out.name && before.version == out.version && !before.resolved.empty())
    std::ofstream(lock) << npm_lock(before.resolved);
  else if (auto chosen = npm(workshop.path(), {"install", "--package-lock-only"}); !chosen)
    return std::move(chosen).error();
  if (auto read = read_npm_lock(read_text(lock), out); !read) return std::move(read).error();
  if (auto fetched = npm(workshop.path(), {"ci"}); !fetched) return std::move(fetched).error();
  // What npm wrote for itself differs with how it was asked.
  std::ofstream(lock, std::ios::trunc) << npm_lock(out.resolved);
  std::error_code ignored;
  fs::remove(workshop.path() / "node_modules" / ".package-lock.json", ignored);
  const std::string folder = "node_modules/" + out.name;
  auto entry = trust::find_entry(read_text(workshop.path() / folder / "package.json"), out.name);
  if (!entry) return Error(Code::upstream_failed, fmt::format("{} does not say which file of it is run", out.name));
  out.entry = folder + "/" + *entry;
  auto tree = trust::tree_digest(workshop.path());
  if (!tree) return std::move(tree).error();
  out.tree = *std::move(tree);
  const fs::path place = fs::path(cache) / out.tree;
  std::error_code ec;
  // What lies there under its hash and is something else by now goes.
  if (auto there = trust::tree_digest(place); there && *there == out.tree) return out;
  fs::remove_all(place, ec);
  fs::rename(workshop.path(), place, ec);
  if (ec) return Error(Code::internal, fmt::format("{} cannot be put into its place: {}", place.string(), ec.message()));
  return out;
}

Result<std::vector<std::string>> locked_command(const std::vector<std::string>& command, std::size_t place, const LockedPackage& package,
                                                const std::string& cache) {
  const fs::path folder = fs::path(cache) / package.tree;
  auto tree = trust::tree_digest(folder);
  if (!tree && tree.error().code == Code::not_found)
    return Error(Code::not_found,
                 fmt::format("its package {} {} is not in the cache; fetch it with gatehouse pins lock", package.name, package.version));
  if (!tree) return std::move(tree).error();
  if (*tree != package.tree)
    return Error(Code::conflict,
                 fmt::format("its package {} {} is not what was locked: a file below {} was changed; look at it, delete that "
                             "folder, and fetch it again with gatehouse pins lock",
                             package.name, package.version, folder.string()));
  std::vector<std::string> out{"node", (folder / package.entry).string()};
  out.insert(out.end(), command.begin() + static_cast<std::ptrdiff_t>(place) + 1, command.end());
  return out;
}

}  // namespace app
