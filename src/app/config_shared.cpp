#include "app/config_shared.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "net/reaper.h"
#include "net/url.h"
#include "oauth/base64url.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;
using Key = base::Secret<std::string>;

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMemory = "sqlite::memory:";
constexpr std::size_t kLeastKey = 32, kMostKeys = 16, kMostPeers = 64;

bool is_postgres(std::string_view text) { return text.starts_with("postgres://") || text.starts_with("postgresql://"); }

void read_store(const yaml::Value& value, Reader& reader, AppConfig& config) {
  if (value.kind == yaml::Value::Kind::scalar && is_postgres(value.text)) {
    if (auto location = reader.secret(value, "store")) config.store = Key(*location);
    return;
  }
  auto text = reader.plain(value, "store");
  if (!text) return;
  if (!text->starts_with(kSqlite) || text->size() == kSqlite.size())
    return reader.error(value, fmt::format("store must be sqlite:PATH or postgres://USER@HOST/DATABASE, not {}", shown(*text)));
  if (*text == kMemory) {
    config.store = Key(*std::move(text));
    return;
  }
  yaml::Value path = value;
  path.text = text->substr(kSqlite.size());
  auto full = reader.path(path, "store");
  if (!full) return;
  config.store = Key(std::string(kSqlite) + *full);
  std::string folder = fs::path(*full).parent_path().string();
  std::error_code ec;
  if (!fs::is_directory(folder, ec)) reader.error(value, fmt::format("store: the folder {} does not exist; create it", folder));
}

void read_keys(const yaml::Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_list(value, "state_keys")) return;
  if (value.items.empty() || value.items.size() > kMostKeys)
    return reader.error(value, fmt::format("state_keys must be a list of 1 to {} keys; make one with: openssl rand -base64 32", kMostKeys));
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const std::string what = fmt::format("state_keys[{}]", i);
    auto key = reader.secret(value.items[i], what);
    if (!key) continue;
    if (key->size() < kLeastKey)
      reader.error(value.items[i], fmt::format("{} has {} bytes and needs at least {}; make one with: openssl rand -base64 32", what,
                                               key->size(), kLeastKey));
    else
      config.gateway.state_keys.emplace_back(*std::move(key));
  }
}

void read_peer(const yaml::Value& value, const std::string& what, Reader& reader, AppConfig& config) {
  auto text = reader.plain(value, what);
  if (!text) return;
  if (text->find("://") == std::string::npos) text = "http://" + *text;
  auto url = net::parse_url(*text);
  if (!url || !(url->target.empty() || url->target == "/") || text->find('@') != std::string::npos)
    return reader.error(value, fmt::format("{} must be the address of another instance, like 10.0.0.2:8811 or https://two.internal, not {}",
                                           what, shown(*text)));
  config.peers.push_back(url->origin);
}

// A list of addresses, or a map of names to addresses.
void read_peers(const yaml::Value& value, Reader& reader, AppConfig& config) {
  if (value.kind == yaml::Value::Kind::map) {
    for (const yaml::Member& member : value.members) read_peer(member.value, fmt::format("peers.{}", member.key), reader, config);
  } else if (reader.is_list(value, "peers")) {
    for (std::size_t i = 0; i < value.items.size(); ++i) read_peer(value.items[i], fmt::format("peers[{}]", i), reader, config);
  }
  if (config.peers.size() > kMostPeers) reader.error(value, fmt::format("peers: at most {} instances", kMostPeers));
}

// The keys in the file, one a line.
mcp::Result<std::vector<Key>> read_key_file(const std::string& path) {
  net::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return Error(Code::internal, fmt::format("the keys in {} cannot be read: {}", path, std::strerror(errno)));
  struct stat info{};
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return Error(Code::internal, fmt::format("{} is no file of keys", path));
  if ((info.st_mode & 077) != 0) return Error(Code::denied, fmt::format("the keys in {0} can be read by others; run: chmod 600 {0}", path));
  std::array<char, 4096> buffer{};
  ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
  std::string_view text(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  std::vector<Key> keys;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.size() >= kLeastKey) keys.emplace_back(std::string(line));
  }
  if (keys.empty()) return Error(Code::internal, fmt::format("there is no key in {0}; delete it, and it is made again", path));
  return keys;
}

// Makes the file whole or not at all: others may be making it, too.
mcp::Result<> make_key_file(const std::string& path, std::string_view key) {
  std::string bytes(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1)
    return Error(Code::internal, "the random generator failed");
  std::string line = oauth::base64url(bytes) + "\n";
  std::string fresh = fmt::format("{}.{}", path, ::getpid());
  auto failed = [&] {
    int reason = errno;
    ::unlink(fresh.c_str());
    return Error(Code::internal,
                 fmt::format("the file of keys {} cannot be made: {}; or name keys in {}", path, std::strerror(reason), key));
  };
  {
    net::Fd file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file || ::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fsync(file.get()) != 0)
      return failed();
  }
  if (::link(fresh.c_str(), path.c_str()) != 0 && errno != EEXIST) return failed();
  ::unlink(fresh.c_str());
  return {};
}

// What a store in memory has instead of a file: as long as the process, the same for every config that it reads.
mcp::Result<Key> key_in_memory(std::string_view suffix) {
  static std::mutex mutex;
  static std::map<std::string, Key, std::less<>> keys;
  const std::lock_guard lock(mutex);
  if (auto known = keys.find(suffix); known != keys.end()) return known->second;
  std::string bytes(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1)
    return Error(Code::internal, "the random generator failed");
  return keys.emplace(std::string(suffix), Key(oauth::base64url(bytes))).first->second;
}

bool in_memory(const AppConfig& config) { return config.store.reveal() == kMemory; }

}  // namespace

void read_shared(const yaml::Value& top, Reader& reader, AppConfig& config) {
  auto* store = top.find("store");
  if (store) read_store(*store, reader, config);
  auto* keys = top.find("state_keys");
  if (keys) read_keys(*keys, reader, config);
  auto* peers = top.find("peers");
  if (peers) read_peers(*peers, reader, config);
  if (keys) return;
  constexpr std::string_view kRemedy = "add state_keys, the same for each; make one with: openssl rand -base64 32";
  if (store && is_postgres(config.store.reveal()))
    reader.error(*store, fmt::format("store: instances that share a database share keys; {}", kRemedy));
  if (peers) reader.error(*peers, fmt::format("peers: instances know each other by their keys; {}", kRemedy));
}

mcp::Result<std::vector<Key>> state_keys(const AppConfig& config) {
  if (!config.gateway.state_keys.empty()) return config.gateway.state_keys;
  if (in_memory(config)) {
    auto key = key_in_memory(".keys");
    if (!key) return std::move(key).error();
    return std::vector<Key>{*std::move(key)};
  }
  const std::string path = config.beside() + ".keys";
  std::error_code ec;
  if (!fs::exists(fs::symlink_status(path, ec)))
    if (auto made = make_key_file(path, "state_keys"); !made) return std::move(made).error();
  return read_key_file(path);
}

mcp::Result<Key> secret_beside(const AppConfig& config, std::string_view suffix, std::string_view key) {
  if (in_memory(config)) return key_in_memory(suffix);
  const std::string path = config.beside() + std::string(suffix);
  std::error_code ec;
  if (!fs::exists(fs::symlink_status(path, ec)))
    if (auto made = make_key_file(path, key); !made) return std::move(made).error();
  auto found = read_key_file(path);
  if (!found) return std::move(found).error();
  return std::move(found->front());
}

std::string shown_store(std::string_view location) {
  std::string out(location);
  std::size_t begin = out.find("://");
  if (begin == std::string::npos) return out;
  begin += 3;
  // Up to the last @ of the authority: a password that was not encoded may hold one.
  std::size_t end = out.find_first_of("/?", begin);
  std::size_t at = out.rfind('@', end);
  std::size_t colon = out.find(':', begin);
  if (at != std::string::npos && at > begin && colon < at) out.replace(colon, at - colon, ":***");
  // libpq takes it as a parameter, too.
  for (std::size_t found = out.find("password="); found != std::string::npos; found = out.find("password=", found + 12)) {
    std::size_t stop = std::min(out.find('&', found), out.size());
    out.replace(found, stop - found, "password=***");
  }
  return out;
}

}  // namespace app
