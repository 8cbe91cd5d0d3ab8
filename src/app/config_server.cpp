#include "app/config_server.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>

#include "app/config_auth.h"
#include "app/config_builtin.h"
#include "app/config_limits.h"
#include "app/config_pins.h"
#include "app/config_sandbox.h"
#include "app/nearest.h"
#include "app/schema.h"
#include "base/digest.h"
#include "gateway/forwarded_headers.h"
#include "net/http_message.h"
#include "net/url.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using gateway::ServerConfig;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ServerConfig::Kind;

constexpr std::array<std::string_view, 3> kReserved{"tools", "console", "admin"};
constexpr std::array<std::string_view, 5> kBuiltins{"filesystem", "vault", "github", "tavily", "tasks"};
constexpr std::array<std::string_view, 1> kFutureBuiltins{"admin"};

template <class Words>
bool among(std::string_view word, const Words& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool good_id(std::string_view id) {
  if (id.empty() || id.size() > 24 || id[0] < 'a' || id[0] > 'z') return false;
  return id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

bool token_characters(std::string_view name) {
  return !name.empty() &&
         name.find_first_not_of("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

bool variable_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return name.find_first_not_of("_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

// Reads one server.
class ServerReader {
 public:
  ServerReader(const yaml::Member& member, const gateway::Limits& limits, Reader& reader, Findings& findings)
      : map_(member.value), limits_(limits), path_("servers." + member.key), reader_(reader), findings_(findings) {
    config_.id = member.key;
    config_.place.file = findings.file();
    config_.place.line = member.mark.line;
    config_.place.column = member.mark.column;
  }

  // Nothing when it is not known what kind of server this is.
  std::optional<ServerConfig> read() {
    schema::check(map_, schema::server(), path_, findings_);
    if (auto* value = map_.find("enabled"))
      if (auto flag = reader_.flag(*value, at("enabled"))) config_.enabled = *flag;
    if (!read_kind()) return {};
    read_common();
    default_server_limits(limits_, config_);
    read_server_limits(map_, path_, reader_, config_);
    if (auto* value = map_.find("tools")) read_tools(*value);
    switch (config_.kind) {
      case Kind::builtin:
        if (map_.find("openapi"))
          read_openapi(map_, path_, reader_, config_);
        else
          read_builtin();
        break;
      case Kind::command: read_command(); break;
      case Kind::url: read_url(); break;
    }
    return std::move(config_);
  }

 private:
  std::string at(std::string_view key) const { return fmt::format("{}.{}", path_, key); }

  bool read_kind() {
    std::vector<std::string_view> kinds;
    for (std::string_view kind : {"builtin", "command", "url", "openapi"})
      if (map_.find(kind)) kinds.push_back(kind);
    if (kinds.empty()) {
      reader_.error(map_, fmt::format("{} has no kind; give it one of builtin, command, url or openapi", path_));
      return false;
    }
    if (kinds.size() > 1) {
      reader_.error(map_, fmt::format("{} has several kinds: {}; keep one", path_, fmt::join(kinds, ", ")));
      return false;
    }
    // An OpenAPI description is served by the built-in of that name.
    config_.kind = kinds[0] == "command" ? Kind::command : kinds[0] == "url" ? Kind::url : Kind::builtin;
    for (const yaml::Member& member : map_.members) {
      std::string_view belongs = belongs_to(member.key);
      // What the built-ins themselves take is looked at with the rest of theirs.
      const bool own = config_.kind == Kind::builtin && own_key(member.key);
      if (belongs.empty() || belongs == kinds[0] || own || takes_key(builtin_name(), member.key)) continue;
      reader_.error(member.mark,
                    fmt::format("{} is for {} servers, and this is a {} server; remove it", at(member.key), belongs, kinds[0]));
    }
    return true;
  }

  // The built-in that serves this, or empty.
  std::string_view builtin_name() const {
    if (map_.find("openapi")) return "openapi";
    const yaml::Value* name = map_.find("builtin");
    return name ? std::string_view(name->text) : std::string_view();
  }

  static std::string_view belongs_to(std::string_view key) {
    if (key == "roots" || key == "allow_hard_links" || own_key(key)) return "builtin";
    if (key == "env" || key == "cwd" || key == "sandbox" || key == "idle_stop") return "command";
    if (key == "headers" || key == "forward_headers" || key == "ca" || key == "auth") return "url";
    return {};
  }

  void read_common() {
    if (auto* value = map_.find("required"))
      if (auto flag = reader_.flag(*value, at("required"))) config_.required = *flag;
    if (config_.required) config_.start = ServerConfig::Start::eager;
    if (auto* value = map_.find("state"))
      if (auto word = reader_.word(*value, at("state"), {"none", "session"}))
        config_.state = *word == 0 ? ServerConfig::State::none : ServerConfig::State::session;
    if (auto* value = map_.find("start"))
      if (auto word = reader_.word(*value, at("start"), {"lazy", "eager"})) {
        if (*word == 0 && config_.required)
          reader_.error(*value, fmt::format("{}: a required server starts with the gateway, as /readyz waits for it; remove one of the two",
                                            at("start")));
        config_.start = *word == 0 ? ServerConfig::Start::lazy : ServerConfig::Start::eager;
      }
    if (auto* value = map_.find("deadline"))
      if (auto d = reader_.duration(*value, at("deadline"), milliseconds(10), hours(24))) config_.deadline = *d;
    if (auto* value = map_.find("connect_timeout"))
      if (auto d = reader_.duration(*value, at("connect_timeout"), milliseconds(10), hours(1))) config_.connect_timeout = *d;
  }

  void read_tools(const yaml::Value& tools) {
    if (!reader_.is_map(tools, at("tools"))) return;
    std::set<std::string> renamed;
    for (const yaml::Member& member : tools.members) {
      std::string path = fmt::format("{}.{}", at("tools"), member.key);
      if (member.key == "include") {
        config_.include = reader_.texts(member.value, path);
      } else if (member.key == "exclude") {
        config_.exclude = reader_.texts(member.value, path);
      } else if (reader_.is_map(member.value, path)) {
        schema::check(member.value, schema::tool(), path, findings_);
        read_tool(member, path, renamed);
      }
    }
  }

  void read_tool(const yaml::Member& member, const std::string& path, std::set<std::string>& renamed) {
    gateway::ToolOverride out;
    if (auto* value = member.value.find("rename")) {
      out.rename = reader_.plain(*value, path + ".rename");
      bool good = out.rename && out.rename->size() <= 64 &&
                  out.rename->find_first_not_of("_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos;
      if (out.rename && !good)
        reader_.error(*value,
                      fmt::format("{}.rename: {} is no tool name; use at most 64 letters, digits, _ and -", path, shown(*out.rename)));
      else if (out.rename && !renamed.insert(*out.rename).second)
        reader_.error(*value, fmt::format("{}.rename: {} is the new name of another tool too; choose another", path, shown(*out.rename)));
    }
    if (auto* value = member.value.find("description")) out.description = reader_.text(*value, path + ".description");
    if (auto* value = member.value.find("always")) out.always = reader_.flag(*value, path + ".always").value_or(false);
    if (auto* value = member.value.find("annotations")) out.annotations = read_annotations(*value, path + ".annotations", reader_);
    config_.tools[member.key] = std::move(out);
  }

  void read_builtin() {
    const yaml::Value& name = *map_.find("builtin");
    auto text = reader_.plain(name, at("builtin"));
    if (!text) return;
    config_.builtin = *text;
    if (among(*text, kFutureBuiltins)) {
      reader_.error(name, fmt::format("{}: {} is not built yet; built are {}", at("builtin"), *text, fmt::join(kBuiltins, ", ")));
    } else if (!among(*text, kBuiltins)) {
      auto near = find_nearest(*text, kBuiltins);
      reader_.error(
          name, fmt::format("{}: there is no built-in server {}; {}", at("builtin"), shown(*text),
                            near ? fmt::format("did you mean \"{}\"?", *near) : fmt::format("there are {}", fmt::join(kBuiltins, ", "))));
    } else if (*text == "filesystem" || *text == "vault") {
      read_roots(name);
      refuse_own(map_, path_, *text, reader_);
    } else {
      read_own(map_, path_, reader_, config_);
    }
    if (auto* value = map_.find("allow_hard_links"))
      if (auto flag = reader_.flag(*value, at("allow_hard_links"))) config_.allow_hard_links = *flag;
  }

  void read_roots(const yaml::Value& name) {
    auto* roots = map_.find("roots");
    if (!roots || roots->kind == yaml::Value::Kind::null)
      return reader_.error(name, fmt::format("{} needs roots, the folders it may use; add roots: [./folder]", path_));
    if (!reader_.is_list(*roots, at("roots"))) return;
    if (roots->items.empty()) return reader_.error(*roots, fmt::format("{} is empty; name at least one folder", at("roots")));
    if (config_.builtin == "vault" && roots->items.size() > 1)
      return reader_.error(roots->items[1], fmt::format("{}: a vault is one folder; make a server for each", at("roots")));
    for (std::size_t i = 0; i < roots->items.size(); ++i) read_root(roots->items[i], fmt::format("{}[{}]", at("roots"), i));
  }

  void read_root(const yaml::Value& value, const std::string& path) {
    gateway::Root root;
    const yaml::Value* place = &value;
    if (value.kind == yaml::Value::Kind::map) {
      schema::check(value, schema::root(), path, findings_);
      if (auto* mode = value.find("mode"))
        if (auto word = reader_.word(*mode, path + ".mode", {"read", "append", "write"}))
          root.mode = *word == 0 ? gateway::Root::Mode::read : *word == 1 ? gateway::Root::Mode::append : gateway::Root::Mode::write;
      place = value.find("path");
      if (!place) return reader_.error(value, fmt::format("{} has no path; add path: ./folder", path));
    }
    auto full = reader_.path(*place, path);
    if (!full) return;
    std::error_code ec;
    if (config_.enabled && !fs::is_directory(*full, ec))
      return reader_.error(*place, fmt::format("{}: the folder {} {}", path, *full,
                                               fs::exists(*full, ec) ? "is no folder; name one" : "does not exist; create it"));
    root.path = *full;
    config_.roots.push_back(std::move(root));
  }

  void read_command() {
    const yaml::Value& command = *map_.find("command");
    if (command.kind == yaml::Value::Kind::scalar)
      return reader_.error(
          command, fmt::format("{} must be a list of the program and its arguments, as no shell splits it: [npx, -y, …]", at("command")));
    config_.command = reader_.texts(command, at("command"));
    config_.folder = reader_.folder();
    config_.cwd = reader_.folder();
    if (auto* value = map_.find("cwd")) read_cwd(*value);
    if (auto* env = map_.find("env")) read_env(*env);
    if (auto* box = map_.find("sandbox")) read_sandbox(*box, at("sandbox"), reader_, findings_, config_);
    if (command.kind != yaml::Value::Kind::list) return;
    if (command.items.empty()) return reader_.error(command, fmt::format("{} is empty; name the program", at("command")));
    if (config_.command.size() == command.items.size()) find_program(command.items[0]);
  }

  void read_cwd(const yaml::Value& value) {
    auto path = reader_.path(value, at("cwd"));
    if (!path) return;
    std::error_code ec;
    if (config_.enabled && !fs::is_directory(*path, ec))
      return reader_.error(value, fmt::format("{}: the folder {} does not exist; create it", at("cwd"), *path));
    config_.cwd = *path;
  }

  void read_env(const yaml::Value& env) {
    if (!reader_.is_map(env, at("env"))) return;
    for (const yaml::Member& member : env.members) {
      std::string path = fmt::format("{}.{}", at("env"), member.key);
      if (!variable_name(member.key))
        reader_.error(member.mark, fmt::format("{}: {} is no name of a variable; use letters, digits and _", at("env"), shown(member.key)));
      config_.env_as_written[member.key] = base::Secret<std::string>(member.value.text);
      if (auto text = secret(member.value, path)) config_.env[member.key] = base::Secret<std::string>(std::move(*text));
    }
  }

  // Secrets of a server that is switched off are not looked up.
  std::optional<std::string> secret(const yaml::Value& value, const std::string& path) {
    if (!config_.enabled && value.kind == yaml::Value::Kind::scalar) return value.text;
    return reader_.secret(value, path);
  }

  void find_program(const yaml::Value& at_program) {
    std::string& program = config_.command[0];
    if (program.starts_with("~/")) {
      if (auto full = reader_.path(at_program, at("command[0]"))) program = *full;
    } else if (program.find('/') != std::string::npos) {
      program = reader_.absolute(program);
    }
    if (!config_.enabled) return;
    if (program.find('/') != std::string::npos) {
      if (::access(program.c_str(), X_OK) != 0)
        reader_.warn(at_program, fmt::format("{}: {} cannot be run; check the path and its permissions", at("command[0]"), program));
      return;
    }
    std::string search = reader_.environment()("PATH").value_or("/usr/local/bin:/usr/bin:/bin");
    for (std::size_t begin = 0; begin <= search.size();) {
      std::size_t end = std::min(search.find(':', begin), search.size());
      std::string candidate = search.substr(begin, end - begin) + "/" + program;
      std::error_code ec;
      if (::access(candidate.c_str(), X_OK) == 0 && fs::is_regular_file(candidate, ec)) return;
      begin = end + 1;
    }
    reader_.warn(at_program, fmt::format("{}: {} is not on the PATH; install it or write its full path", at("command[0]"), shown(program)));
  }

  void read_url() {
    const yaml::Value& value = *map_.find("url");
    if (auto text = reader_.plain(value, at("url"))) {
      auto url = net::parse_url(*text);
      if (url)
        config_.url = *text;
      else
        reader_.error(value, fmt::format("{}: {}", at("url"), url.error().message));
    }
    if (auto* headers = map_.find("headers")) read_headers(*headers);
    if (auto* names = map_.find("forward_headers")) read_forward_headers(*names);
    if (auto* auth = map_.find("auth")) read_upstream_auth(*auth, at("auth"), reader_, config_);
    if (auto* ca = map_.find("ca"))
      if (auto path = reader_.path(*ca, at("ca"))) {
        std::error_code ec;
        if (config_.enabled && !fs::is_regular_file(*path, ec))
          reader_.error(*ca, fmt::format("{}: the file {} does not exist; name a PEM file", at("ca"), *path));
        if (config_.enabled) config_.ca_digest = digest_of(*path);
        config_.ca = *path;
      }
  }

  // Certificates that were renewed in their file are another config.
  std::string digest_of(const std::string& path) {
    reader_.read_from(path);
    std::ifstream in(path, std::ios::binary);
    std::string text(std::size_t{4} << 20, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return base::sha256_hex(text);
  }

  void read_headers(const yaml::Value& headers) {
    static constexpr std::array<std::string_view, 10> kOurs{"host",         "content-length", "transfer-encoding", "connection",
                                                            "content-type", "accept",         "mcp-session-id",    "mcp-protocol-version",
                                                            "mcp-method",   "mcp-name"};
    if (!reader_.is_map(headers, at("headers"))) return;
    for (const yaml::Member& member : headers.members) {
      std::string path = fmt::format("{}.{}", at("headers"), member.key);
      bool ours = std::any_of(kOurs.begin(), kOurs.end(), [&](std::string_view name) { return net::same_header(name, member.key); });
      bool twice =
          std::any_of(config_.headers.begin(), config_.headers.end(), [&](auto& h) { return net::same_header(h.first, member.key); });
      if (!token_characters(member.key))
        reader_.error(member.mark, fmt::format("{}: {} is no name of a header", at("headers"), shown(member.key)));
      else if (ours)
        reader_.error(member.mark, fmt::format("{} is set by Gatehouse itself; remove it", path));
      else if (twice)
        reader_.error(member.mark, fmt::format("{} is here twice, as case does not count; remove one", path));
      auto text = secret(member.value, path);
      if (!text) continue;
      bool breaks = std::any_of(text->begin(), text->end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
      if (breaks) reader_.error(member.value, fmt::format("{} has a line break or control character in its value; remove it", path));
      config_.headers.emplace_back(member.key, base::Secret<std::string>(std::move(*text)));
    }
  }

  void read_forward_headers(const yaml::Value& names) {
    if (!reader_.is_list(names, at("forward_headers"))) return;
    for (const yaml::Value& item : names.items) {
      auto name = reader_.plain(item, at("forward_headers"));
      if (!name) continue;
      std::string_view why = gateway::why_not_forwarded(*name);
      auto fits = [&name](std::string_view one) { return net::same_header(one, *name); };
      const bool fixed = std::any_of(config_.headers.begin(), config_.headers.end(), [&](auto& h) { return fits(h.first); });
      const bool twice = std::any_of(config_.forward_headers.begin(), config_.forward_headers.end(), fits);
      if (!token_characters(*name))
        reader_.error(item, fmt::format("{}: {} is no name of a header", at("forward_headers"), shown(*name)));
      else if (!why.empty())
        reader_.error(item, fmt::format("{}: {} is never passed on: {}", at("forward_headers"), *name, why));
      else if (fixed)
        reader_.error(item, fmt::format("{}: {} stands in headers too, with a value of its own; remove one", at("forward_headers"), *name));
      else if (twice)
        reader_.error(item, fmt::format("{}: {} is here twice, as case does not count; remove one", at("forward_headers"), *name));
      else
        config_.forward_headers.push_back(*std::move(name));
    }
  }

  const yaml::Value& map_;
  const gateway::Limits& limits_;
  std::string path_;
  Reader& reader_;
  Findings& findings_;
  ServerConfig config_;
};

}  // namespace

std::vector<ServerConfig> read_servers(const yaml::Value& servers, const gateway::Limits& limits, Reader& reader, Findings& findings) {
  std::vector<ServerConfig> out;
  if (!reader.is_map(servers, "servers")) return out;
  for (const yaml::Member& member : servers.members) {
    if (!good_id(member.key))
      reader.error(member.mark,
                   fmt::format("{} is no server id; use at most 24 of a-z, 0-9 and -, beginning with a letter", shown(member.key)));
    else if (among(member.key, kReserved))
      reader.error(member.mark, fmt::format("the server id {} is reserved; choose another", shown(member.key)));
    if (!reader.is_map(member.value, "servers." + member.key)) continue;
    if (auto server = ServerReader(member, limits, reader, findings).read()) out.push_back(std::move(*server));
  }
  return out;
}

}  // namespace app
