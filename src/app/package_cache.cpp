#include "app/package_cache.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/fetch_program.h"
#include "base/json.h"
#include "trust/pins/canonical.h"
#include "trust/pins/requirements.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;
using mcp::Result;
using trust::LockedPackage;

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

Result<> npm(const fs::path& folder, std::initializer_list<const char*> words) {
  std::vector<std::string> command{"npm"};
  command.insert(command.end(), words.begin(), words.end());
  for (const char* word : {"--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--omit=dev", "--prefix"})
    command.emplace_back(word);
  command.push_back(folder.string());
  return run_fetch_program(command, folder.string() + ".log");
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

// Chooses what `out` needs and fetches it into the workshop. What may run at an install does not.
Result<> fetch_by_npm(const trust::PackageCommand& /*wanted*/, const LockedPackage& before, const fs::path& workshop, LockedPackage& out) {
  std::ofstream(workshop / "package.json") << R"({"name":"gatehouse-locked","private":true,"dependencies":{)" << base::quoted(out.name)
                                           << ":" << base::quoted(out.version) << "}}\n";
  const fs::path lock = workshop / "package-lock.json";
  if (!before.resolved.empty())
    std::ofstream(lock) << npm_lock(before.resolved);
  else if (auto chosen = npm(workshop, {"install", "--package-lock-only"}); !chosen)
    return chosen;
  if (auto read = read_npm_lock(read_text(lock), out); !read) return read;
  if (auto fetched = npm(workshop, {"ci"}); !fetched) return fetched;
  // What npm wrote for itself differs with how it was asked.
  std::ofstream(lock, std::ios::trunc) << npm_lock(out.resolved);
  std::error_code ignored;
  fs::remove(workshop / "node_modules" / ".package-lock.json", ignored);
  const std::string folder = "node_modules/" + out.name;
  auto entry = trust::find_entry(read_text(workshop / folder / "package.json"), out.name);
  if (!entry) return Error(Code::upstream_failed, fmt::format("{} does not say which file of it is run", out.name));
  out.entry = folder + "/" + *entry;
  return {};
}

// Starts a program of the packages beside it, as an installed script would. Their own scripts name the machine that made them.
constexpr std::string_view kStarter = R"(import importlib.metadata, os, site, sys

packages = os.path.join(os.path.dirname(os.path.abspath(__file__)), "site")
site.addsitedir(packages)
sys.path.insert(0, packages)
os.environ["PYTHONPATH"] = os.pathsep.join([packages] + [p for p in [os.environ.get("PYTHONPATH")] if p])
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
name = PROGRAM
found = [point for point in importlib.metadata.entry_points(group="console_scripts") if point.name == name]
if not found:
    sys.exit(f"the package has no program {name}")
sys.argv[0] = name
sys.exit(found[0].load()())
)";

// What differs from one machine to the next: scripts with the path of an interpreter, and the lines of lists that are about them.
Result<> forget_machine(const fs::path& packages) {
  std::error_code ec;
  fs::remove_all(packages / "bin", ec);
  fs::remove(packages / ".lock", ec);
  for (fs::directory_iterator it(packages, ec), end; !ec && it != end; it.increment(ec)) {
    const fs::path record = it->path() / "RECORD";
    if (it->path().extension() != ".dist-info" || !fs::exists(record)) continue;
    std::istringstream in(read_text(record));
    std::string kept;
    for (std::string line; std::getline(in, line);)
      if (!line.starts_with("bin/") && !line.starts_with("../")) (kept += line) += '\n';
    std::ofstream(record, std::ios::trunc) << kept;
  }
  if (ec) return Error(Code::internal, fmt::format("{}: {}", packages.string(), ec.message()));
  return {};
}

// As fetch_by_npm. Only archives that are ready to be unpacked are taken: building one would run what is in it.
Result<> fetch_by_uv(const trust::PackageCommand& wanted, const LockedPackage& before, const fs::path& workshop, LockedPackage& out) {
  const std::string asked = (workshop / "requirements.in").string(), chosen = (workshop / "requirements.txt").string();
  const std::string log = workshop.string() + ".log", packages = (workshop / "site").string();
  std::ofstream(asked) << out.name << "==" << out.version << "\n";
  if (before.resolved.empty()) {
    auto done = run_fetch_program({"uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate",
                                   "--python", "python3", "--only-binary", ":all:", "--output-file", chosen, asked},
                                  log);
    if (!done) return done;
    auto read = trust::parse_requirements(read_text(chosen));
    if (!read) return std::move(read).error().in("what uv chose");
    out.resolved = *std::move(read);
  } else {
    out.resolved = before.resolved;
  }
  const auto own = out.resolved.find("python/" + trust::plain_python_name(out.name));
  if (own == out.resolved.end()) return Error(Code::upstream_failed, "uv's choice does not have " + out.name);
  for (base::Elements hash(base::find_member(own->second, "hashes")); hash.next();)
    out.integrity.append(out.integrity.empty() ? "" : " ").append(base::json_string(hash.value()).value_or(""));
  out.dependencies = trust::dependencies_digest(out.resolved);
  std::ofstream(chosen, std::ios::trunc) << trust::requirements_text(out.resolved);
  auto done = run_fetch_program({"uv", "pip", "install", "--quiet", "--target", packages, "--python", "python3", "--require-hashes",
                                 "--no-deps", "--only-binary", ":all:", "--link-mode", "copy", "--requirements", chosen},
                                log);
  if (!done) return done;
  if (auto forgot = forget_machine(packages); !forgot) return forgot;
  std::string starter(kStarter);
  starter.replace(starter.find("PROGRAM"), std::string_view("PROGRAM").size(), base::quoted(wanted.program));
  std::ofstream(workshop / "run.py") << starter;
  out.entry = "run.py";
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
  const bool same = before.manager == out.manager && before.name == out.name && before.version == out.version;
  auto fetched = (out.manager == "uv" ? fetch_by_uv : fetch_by_npm)(wanted, same ? before : LockedPackage(), workshop.path(), out);
  if (!fetched) return std::move(fetched).error();
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
  const std::string entry = (folder / package.entry).string();
  // -B: nothing is written beside the files that were looked at.
  std::vector<std::string> out =
      package.manager == "uv" ? std::vector<std::string>{"python3", "-B", entry} : std::vector<std::string>{"node", entry};
  out.insert(out.end(), command.begin() + static_cast<std::ptrdiff_t>(place) + 1, command.end());
  return out;
}

}  // namespace app
