#include "app/config_builtin.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <fstream>

#include "app/builtin_handler.h"
#include "base/digest.h"
#include "mcp/json.h"

namespace app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Which keys each takes.
struct Takes {
  std::string_view builtin;
  std::string_view keys;  // each between spaces
};
constexpr std::array<Takes, 4> kTakes{{
    {"openapi", " openapi base_url token credentials headers select trim ca "},
    {"github", " token app base_url write repositories ca "},
    {"tavily", " key base_url cache credits ca "},
    {"tasks", " profile api values token jwt base_url write webhook poll ca "},
}};
// Those that other kinds of servers have too.
constexpr std::string_view kShared = " openapi headers ca ";

bool among(std::string_view keys, std::string_view key) { return keys.find(fmt::format(" {} ", key)) != std::string_view::npos; }

bool takes(std::string_view builtin, std::string_view key) {
  for (const Takes& one : kTakes)
    if (one.builtin == builtin) return among(one.keys, key);
  return false;
}

// Writes config.own, key by key.
class OwnReader {
 public:
  OwnReader(const yaml::Value& map, const std::string& path, Reader& reader, gateway::ServerConfig& config)
      : map_(map), path_(path), reader_(reader), config_(config) {
    out_.object();
  }

  void read() {
    for (const yaml::Member& member : map_.members) {
      if (!own_key(member.key) && !among(kShared, member.key)) continue;
      if (!takes(config_.builtin, member.key)) {
        reader_.error(member.mark, fmt::format("{}: {} does not take it; remove it", at(member.key), config_.builtin));
        continue;
      }
      read_key(member.key, member.value);
    }
    // A little less than the call has, so that it is the server who says what was slow.
    const auto time = std::max(milliseconds(100), config_.deadline - std::min(config_.deadline / 10, milliseconds(1000)));
    out_.field("timeout_ms", std::min<std::int64_t>(time.count(), 3'600'000));
    out_.field("remedy", remedy()).end();
    config_.own = base::Secret<std::string>(std::move(out_).text());
  }

  // What the built-in itself says to it.
  void check() {
    if (!config_.enabled) return;
    auto checked = servers::check_builtin(config_.builtin, builtin_options(config_));
    if (!checked) return reader_.error(map_, fmt::format("{}: {}", path_, checked.error().message));
    for (const std::string& problem : *checked) reader_.warn(map_, fmt::format("{}: {}", path_, problem));
  }

 private:
  std::string at(std::string_view key) const { return fmt::format("{}.{}", path_, key); }

  std::string remedy() const {
    std::string_view key = config_.builtin == "tavily" ? "key" : "token";
    return fmt::format("set {}.{} in gatehouse.yaml", path_, config_.builtin == "openapi" ? "credentials" : key);
  }

  void read_key(const std::string& key, const yaml::Value& value) {
    if (key == "openapi") return read_spec(value);
    if (key == "base_url" || key == "profile") return plain(key, key, value);
    if (key == "token") return secret(key, key, value);
    if (key == "key") return read_vendor_key(value);
    if (key == "credentials" || key == "headers") return secrets(key, value);
    if (key == "values") return texts_by_name(key, value);
    if (key == "select") return read_select(value);
    if (key == "trim") return read_trim(value);
    if (key == "app") return read_app(value);
    if (key == "jwt") return read_jwt(value);
    if (key == "write") return flag(key, value);
    if (key == "repositories") return list(key, value);
    if (key == "cache" || key == "poll") return duration(key, value);
    if (key == "credits") return read_credits(value);
    if (key == "webhook") return secret("webhook_secret", key, value);
    if (key == "api") return read_api(value);
    if (key == "ca") return file("ca", value);
  }

  void plain(std::string_view name, std::string_view key, const yaml::Value& value) {
    if (auto text = reader_.plain(value, at(key))) out_.field(name, *text);
  }
  void secret(std::string_view name, std::string_view key, const yaml::Value& value) {
    if (!config_.enabled) return;
    if (auto text = reader_.secret(value, at(key))) out_.field(name, *text);
  }
  void flag(std::string_view key, const yaml::Value& value) {
    if (auto flag = reader_.flag(value, at(key))) out_.field(key, *flag);
  }
  void list(std::string_view key, const yaml::Value& value) {
    out_.key(key).array();
    for (const std::string& text : reader_.texts(value, at(key))) out_.value(text);
    out_.end();
  }
  void duration(std::string_view key, const yaml::Value& value) {
    if (auto time = reader_.duration(value, at(key), milliseconds(0), hours(24 * 30)))
      out_.field(fmt::format("{}_ms", key), static_cast<std::int64_t>(time->count()));
  }
  void file(std::string_view name, const yaml::Value& value) {
    if (auto path = reader_.path(value, at(name))) out_.field(name, *path);
  }
  void secrets(std::string_view key, const yaml::Value& value) {
    if (!reader_.is_map(value, at(key))) return;
    out_.key(key).object();
    for (const yaml::Member& member : value.members) secret(member.key, fmt::format("{}.{}", key, member.key), member.value);
    out_.end();
  }
  void texts_by_name(std::string_view key, const yaml::Value& value) {
    if (!reader_.is_map(value, at(key))) return;
    out_.key(key).object();
    for (const yaml::Member& member : value.members) plain(member.key, fmt::format("{}.{}", key, member.key), member.value);
    out_.end();
  }

  // Its content belongs to the config: another text is another server.
  void read_spec(const yaml::Value& value) {
    auto path = reader_.path(value, at("openapi"));
    if (!path) return;
    out_.field("spec", *path);
    reader_.read_from(*path);
    std::ifstream in(*path, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    out_.field("digest", base::sha256_hex(text));
  }

  void read_select(const yaml::Value& value) {
    if (!reader_.is_map(value, at("select"))) return;
    out_.key("select").object();
    for (const yaml::Member& member : value.members) {
      out_.key(member.key).array();
      for (const std::string& text : reader_.texts(member.value, fmt::format("{}.{}", at("select"), member.key))) out_.value(text);
      out_.end();
    }
    out_.end();
  }

  // A list is for all tools, a map for each by its name.
  void read_trim(const yaml::Value& value) {
    out_.key("trim").object();
    if (value.kind == yaml::Value::Kind::list) {
      out_.key("*").array();
      for (const std::string& text : reader_.texts(value, at("trim"))) out_.value(text);
      out_.end();
    } else if (reader_.is_map(value, at("trim"))) {
      for (const yaml::Member& member : value.members) {
        out_.key(member.key).array();
        for (const std::string& text : reader_.texts(member.value, fmt::format("{}.{}", at("trim"), member.key))) out_.value(text);
        out_.end();
      }
    }
    out_.end();
  }

  void read_app(const yaml::Value& value) {
    if (!reader_.is_map(value, at("app"))) return;
    out_.key("app").object();
    for (std::string_view key : {"id", "installation"})
      if (auto* one = value.find(key)) plain(key, fmt::format("app.{}", key), *one);
    if (auto* one = value.find("key")) secret("key", "app.key", *one);
    out_.end();
  }

  void read_jwt(const yaml::Value& value) {
    if (!reader_.is_map(value, at("jwt"))) return;
    out_.key("jwt").object();
    for (std::string_view key : {"token_url", "id", "scope", "audience", "issuer", "subject"})
      if (auto* one = value.find(key)) plain(key, fmt::format("jwt.{}", key), *one);
    for (std::string_view key : {"secret", "key"})
      if (auto* one = value.find(key)) secret(key, fmt::format("jwt.{}", key), *one);
    if (auto* one = value.find("lifetime"))
      if (auto time = reader_.duration(*one, at("jwt.lifetime"), std::chrono::seconds(30), hours(24)))
        out_.field("lifetime_ms", static_cast<std::int64_t>(time->count()));
    out_.end();
  }

  // Text, or a map that says when it was made and how often it is to change.
  void read_vendor_key(const yaml::Value& value) {
    if (value.kind != yaml::Value::Kind::map) return secret("key", "key", value);
    for (const yaml::Member& member : value.members) {
      if (member.key == "value")
        secret("key", "key.value", member.value);
      else if (member.key == "issued")
        plain("key_issued", "key.issued", member.value);
      else if (member.key == "rotate_every")
        plain("key_rotate_every", "key.rotate_every", member.value);
      else
        reader_.error(member.mark, fmt::format("unknown key \"{}\" in {}; known here: value, issued, rotate_every", member.key, at("key")));
    }
  }

  void read_credits(const yaml::Value& value) {
    if (!reader_.is_map(value, at("credits"))) return;
    for (std::string_view key : {"call", "day"})
      if (auto* one = value.find(key))
        if (auto number = reader_.number(*one, fmt::format("{}.{}", at("credits"), key), 1, 1'000'000))
          out_.field(fmt::format("credits_{}", key), *number);
  }

  // A map of maps and texts, as the tasks server reads it.
  void read_api(const yaml::Value& value) {
    if (!reader_.is_map(value, at("api"))) return;
    out_.key("api");
    write(value);
  }
  void write(const yaml::Value& value) {
    switch (value.kind) {
      case yaml::Value::Kind::null: out_.null(); return;
      case yaml::Value::Kind::scalar:
        if (!value.quoted && (value.text == "true" || value.text == "false"))
          out_.value(value.text == "true");
        else
          out_.value(value.text);
        return;
      case yaml::Value::Kind::list:
        out_.array();
        for (const yaml::Value& item : value.items) write(item);
        out_.end();
        return;
      case yaml::Value::Kind::map:
        out_.object();
        for (const yaml::Member& member : value.members) {
          out_.key(member.key);
          write(member.value);
        }
        out_.end();
    }
  }

  const yaml::Value& map_;
  const std::string& path_;
  Reader& reader_;
  gateway::ServerConfig& config_;
  mcp::JsonWriter out_;
};

}  // namespace

bool own_key(std::string_view key) {
  if (among(kShared, key)) return false;
  for (const Takes& one : kTakes)
    if (among(one.keys, key)) return true;
  return false;
}

bool takes_key(std::string_view builtin, std::string_view key) { return takes(builtin, key); }

void read_own(const yaml::Value& map, const std::string& path, Reader& reader, gateway::ServerConfig& config) {
  OwnReader own(map, path, reader, config);
  own.read();
  own.check();
}

void read_openapi(const yaml::Value& map, const std::string& path, Reader& reader, gateway::ServerConfig& config) {
  config.builtin = "openapi";
  read_own(map, path, reader, config);
}

void refuse_own(const yaml::Value& map, const std::string& path, std::string_view builtin, Reader& reader) {
  for (const yaml::Member& member : map.members)
    if (own_key(member.key)) reader.error(member.mark, fmt::format("{}.{}: {} does not take it; remove it", path, member.key, builtin));
}

}  // namespace app
