#include "sandbox/child/exposure.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <filesystem>
#include <fstream>
#include <utility>

namespace sandbox::child {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;
constexpr int kMostInterpreters = 3;
constexpr std::uint64_t kScratch = 64ULL << 20;

constexpr std::array<std::string_view, 8> kSystem{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store"};
// Of /etc: what libraries and runtimes read, and nothing that says more about this machine than that.
constexpr std::array<std::string_view, 21> kEtc{
    "ld.so.cache", "ld.so.conf",   "ld.so.conf.d",    "ssl/certs",    "ssl/openssl.cnf", "ca-certificates", "ca-certificates.conf",
    "pki/tls",     "pki/ca-trust", "crypto-policies", "alternatives", "localtime",       "timezone",        "locale.alias",
    "fonts",       "mime.types",   "protocols",       "services",     "magic",           "os-release",      "debian_version"};
constexpr std::array<std::string_view, 3> kEtcOfPrograms{"chromium.d", "python3", "java-17-openjdk"};
constexpr std::array<std::string_view, 5> kDevices{"null", "zero", "full", "random", "urandom"};
constexpr std::array<std::string_view, 18> kWide{"/",    "/home", "/root", "/etc",     "/var",  "/var/lib",
                                                 "/opt", "/srv",  "/mnt",  "/media",   "/run",  "/proc",
                                                 "/sys", "/dev",  "/tmp",  "/var/tmp", "/boot", "/lost+found"};
// Their programs are scripts that look for the real one all over the manager's folder.
constexpr std::array<std::string_view, 9> kManagers{
    "/.pyenv/", "/.nvm/", "/.asdf/", "/.rbenv/", "/.volta/", "/.rustup/", "/.local/share/mise/", "/.local/share/fnm/", "/.local/share/uv/"};
constexpr std::array<std::string_view, 9> kPackageMarks{"package.json", "node_modules", "pyproject.toml", "setup.py", "requirements.txt",
                                                        "pyvenv.cfg",   "deno.json",    "Gemfile",        "go.mod"};
constexpr std::array<std::string_view, 11> kScripts{".js", ".mjs", ".cjs", ".ts", ".mts", ".py", ".pyz", ".rb", ".pl", ".sh", ".jar"};

template <class T, class List>
bool among(const T& one, const List& list) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

bool inside(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || folder == "/" || path[folder.size()] == '/');
}

bool of_the_system(std::string_view path) {
  return std::any_of(kSystem.begin(), kSystem.end(), [path](std::string_view folder) { return inside(path, folder); });
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == path.npos ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool exists(const std::string& path) {
  struct stat what{};
  return ::stat(path.c_str(), &what) == 0;
}

bool is_folder(const std::string& path) {
  struct stat what{};
  return ::stat(path.c_str(), &what) == 0 && S_ISDIR(what.st_mode);
}

std::string link_target(const std::string& path) {
  std::error_code none;
  const fs::path target = fs::read_symlink(path, none);
  return none ? std::string() : target.string();
}

std::string plain(const std::string& path) {
  std::string out = fs::path(path).lexically_normal().string();
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

}  // namespace

Exposure::Exposure(std::string home, std::string search) : home_(plain(std::move(home))), search_(std::move(search)) {}

bool Exposure::too_wide(std::string_view path) const { return among(path, kWide) || (!home_.empty() && inside(home_, path)); }

// The real path. Each link on the way is kept, so that the path as it was given leads there in the box too.
std::string Exposure::follow(const std::string& path) {
  std::deque<std::string> rest;
  auto queue = [&rest](const std::string& text) {
    std::vector<std::string> parts;
    for (const auto& part : fs::path(text)) parts.push_back(part.string());
    rest.insert(rest.begin(), parts.begin(), parts.end());
  };
  queue(path);
  std::string at;
  for (int links = 0; !rest.empty();) {
    const std::string part = std::move(rest.front());
    rest.pop_front();
    if (part.empty() || part == "." || part == "/") continue;
    if (part == "..") {
      at = at.empty() || parent_of(at) == "/" ? std::string() : parent_of(at);
      continue;
    }
    const std::string next = at + "/" + part;
    const std::string target = link_target(next);
    if (target.empty() || ++links > kMostLinks) {
      at = next;
      continue;
    }
    Link link{next, target};
    if (!among(link, plan_.links)) plan_.links.push_back(std::move(link));
    queue(target);
    if (target.front() == '/') at.clear();
  }
  return at.empty() ? "/" : at;
}

Result<> Exposure::open(const std::string& path, Mount::Access access) {
  if (!exists(path)) return Error(Code::not_found, path + " does not exist");
  const std::string real = follow(path);
  for (std::string_view never : {"/proc", "/sys", "/dev"})
    if (real == "/" || inside(real, never)) return Error(Code::invalid_argument, path + " is never opened to a server");
  plan_.mounts.push_back({real, real, access});
  return {};
}

void Exposure::open_quietly(const std::string& path) { (void)open(path, Mount::Access::read); }

void Exposure::add_runtime() {
  for (std::string_view folder : kSystem) {
    const std::string path(folder);
    const std::string target = link_target(path);
    if (!target.empty())
      plan_.links.push_back({path, target});
    else if (is_folder(path))
      plan_.mounts.push_back({path, path, Mount::Access::read});
  }
  for (std::string_view name : kEtc) open_quietly("/etc/" + std::string(name));
  for (std::string_view name : kEtcOfPrograms) open_quietly("/etc/" + std::string(name));
  for (std::string_view name : kDevices) {
    const std::string path = "/dev/" + std::string(name);
    if (exists(path)) plan_.mounts.push_back({path, path, Mount::Access::device});
  }
  plan_.scratch = {{kTemporary, kScratch, Scratch::Programs::refused},
                   {kHome, kScratch, Scratch::Programs::refused},
                   {"/dev/shm", kScratch, Scratch::Programs::refused}};
  plan_.files = {{"/etc/passwd", std::string("box:x:1000:1000::") + kHome + ":/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"},
                 {"/etc/group", "box:x:1000:\nnogroup:x:65534:\n"},
                 {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"},
                 {"/etc/resolv.conf", "# Names are resolved by the gateway.\n"}};
}

// Where a program was installed to, as far as it can be told.
void Exposure::add_prefix(const std::string& program) {
  if (of_the_system(program)) return;
  for (std::string_view manager : kManagers)
    if (const std::size_t at = program.find(manager); at != program.npos) return open_quietly(program.substr(0, at + manager.size() - 1));
  const std::string folder = parent_of(program);
  const std::string name = name_of(folder);
  const std::string above = parent_of(folder);
  if ((name == "bin" || name == ".bin") && !too_wide(above) && name_of(above) != ".local") return open_quietly(above);
  if (name != "bin" && !too_wide(folder)) return open_quietly(folder);
  open_quietly(program);
}

void Exposure::add_program(const std::string& path) { add_program_of(path, 0); }

void Exposure::add_program_of(const std::string& path, int depth) {
  std::string at = path;
  for (int links = 0; links < kMostLinks && exists(at); ++links) {
    add_prefix(follow(parent_of(at)) + "/" + name_of(at));
    const std::string target = link_target(at);
    if (target.empty()) break;
    open_quietly(at);
    at = plain(target.front() == '/' ? target : parent_of(at) + "/" + target);
  }
  if (name_of(parent_of(path)) == ".bin") add_package(at);
  add_interpreter(at, depth);
}

void Exposure::add_interpreter(const std::string& script, int depth) {
  if (depth >= kMostInterpreters) return;
  std::ifstream in(script, std::ios::binary);
  std::string line(256, '\0');
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (!line.starts_with("#!")) return;
  line = line.substr(2, line.find('\n') - 2);
  std::vector<std::string> words;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t begin = line.find_first_not_of(" \t\r", at);
    if (begin == line.npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t\r", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    at = end;
  }
  if (words.empty()) return;
  if (name_of(words[0]) != "env") return add_program_of(words[0], depth + 1);
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].starts_with('-') || words[i].find('=') != std::string::npos) continue;
    if (std::string found = find_program(words[i]); !found.empty()) add_program_of(found, depth + 1);
    return;
  }
}

void Exposure::add_package(const std::string& file) {
  const std::string real = follow(file);
  std::string root;
  for (std::string at = parent_of(real); root.empty() && !too_wide(at); at = parent_of(at))
    for (std::string_view mark : kPackageMarks)
      if (exists(at + "/" + std::string(mark))) root = at;
  if (root.empty()) root = too_wide(parent_of(real)) ? real : parent_of(real);
  open_quietly(root);
  for (std::string at = root; at != "/"; at = parent_of(at))
    if (is_folder(at + "/node_modules")) open_quietly(at + "/node_modules");
}

std::vector<std::string> Exposure::add_arguments(const std::vector<std::string>& argv, const std::string& directory) {
  std::vector<std::string> wide;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    std::string text = argv[i];
    if (const std::size_t equals = text.find('='); equals != text.npos) text = text.substr(equals + 1);
    if (text.empty() || text.size() > 4096 || text.find('\0') != text.npos || text == "." || text == "..") continue;
    const bool path_like = text.find('/') != text.npos;
    const std::string path = plain(text.front() == '/' ? text : directory + "/" + text);
    if (!exists(path) || (is_folder(path) && !path_like) || of_the_system(path)) continue;
    if (is_folder(path)) {
      if (too_wide(path))
        wide.push_back(path);
      else
        open_quietly(path);
      continue;
    }
    struct stat what{};
    if (::stat(path.c_str(), &what) != 0 || !S_ISREG(what.st_mode)) continue;
    const std::string extension = fs::path(path).extension().string();
    if (among(extension, kScripts) || (what.st_mode & S_IXUSR) != 0)
      add_package(path);
    else
      open_quietly(path);
  }
  return wide;
}

std::string Exposure::find_program(std::string_view name) const {
  if (name.find('/') != name.npos) return std::string(name);
  for (std::size_t begin = 0; begin <= search_.size();) {
    const std::size_t end = std::min(search_.find(':', begin), search_.size());
    std::string candidate = search_.substr(begin, end - begin) + "/" + std::string(name);
    if (::access(candidate.c_str(), X_OK) == 0 && !is_folder(candidate)) return candidate;
    begin = end + 1;
  }
  return {};
}

bool Exposure::sees(std::string_view path) const {
  if (of_the_system(path)) return true;
  std::error_code none;
  const std::string real = fs::canonical(path, none).string();
  return std::any_of(plan_.mounts.begin(), plan_.mounts.end(), [&](const Mount& mount) { return inside(real, mount.to); });
}

Plan Exposure::take() {
  auto& all = plan_.mounts;
  // Folders before what is in them; of two that are the same, the one that may write.
  std::stable_sort(all.begin(), all.end(), [](const Mount& a, const Mount& b) {
    return a.to != b.to ? a.to < b.to : a.access == Mount::Access::write && b.access == Mount::Access::read;
  });
  std::vector<Mount> out;
  for (Mount& one : all) {
    const bool there = std::any_of(out.begin(), out.end(), [&one](const Mount& other) {
      return inside(one.to, other.to) && (one.access == other.access || (one.access == Mount::Access::read && one.to == other.to));
    });
    // What may be written inside of a readable folder is a mount of its own, and what may only be read inside of a writable one too.
    if (!there) out.push_back(std::move(one));
  }
  all = std::move(out);
  return std::exchange(plan_, {});
}

}  // namespace sandbox::child
