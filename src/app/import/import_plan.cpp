#include "app/import/import_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "app/asked_gateway.h"
#include "app/import/bridge_command.h"
#include "app/import/inline_secrets.h"
#include "app/yaml.h"
#include "base/json.h"
#include "net/http_message.h"
#include "net/url.h"
#include "trust/launch/judge.h"
#include "trust/launch/packages.h"
#include "trust/lookalike/launched.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using Fate = PlannedServer::Fate;
using Way = FoundServer::Way;

constexpr std::size_t kLongestId = 24;
// Headers that the gateway sets.
constexpr std::array<std::string_view, 10> kOurs{"host",   "content-length", "transfer-encoding",    "connection", "content-type",
                                                 "accept", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"};

std::string small_file_name(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool big = c >= 'A' && c <= 'Z';
    const bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (big || good)
      out += big ? static_cast<char>(c - 'A' + 'a') : c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  return out.substr(0, 64);
}

// What makes two entries of clients the same server.
std::string identity(const FoundServer& server) {
  std::string out = server.url + "\n" + server.cwd;
  for (const std::string& word : server.command) out.append("\n").append(base::quoted(word));
  auto values = server.values;
  std::ranges::sort(values);
  for (const auto& [name, value] : values) out.append("\n").append(base::quoted(name)).append(base::quoted(value));
  return out;
}

// The entry that leads to a gateway like this one.
bool is_gatehouse(const FoundServer& server) {
  return !server.command.empty() && fs::path(server.command[0]).filename() == "gatehouse" && server.command.size() > 1 &&
         server.command[1] == "stdio";
}

// What the config has already.
struct Present {
  std::set<std::string> ids;
  std::vector<std::pair<std::string, std::vector<std::string>>> commands;  // by id
  std::vector<std::pair<std::string, std::string>> urls;
};

Present present_in(const std::string& text) {
  Present out;
  Findings findings("config");
  auto top = yaml::parse(text, findings);
  const yaml::Value* servers = top ? top->find("servers") : nullptr;
  if (!servers) return out;
  for (const yaml::Member& member : servers->members) {
    out.ids.insert(member.key);
    if (const auto* command = member.value.find("command")) {
      std::vector<std::string> words;
      for (const yaml::Value& word : command->items) words.push_back(word.text);
      out.commands.emplace_back(member.key, std::move(words));
    }
    if (const auto* url = member.value.find("url")) out.urls.emplace_back(member.key, url->text);
  }
  return out;
}

std::string list_text(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "[" : ", ").append(base::quoted(word));
  return out.empty() ? "[]" : out + "]";
}

// Makes one server of one that was found.
class Planner {
 public:
  Planner(const ImportGround& ground, PlannedServer& out, std::set<std::string>& files)
      : ground_(ground), out_(out), files_(files), server_(out.places.front()) {}

  void plan(const Present& present) {
    if (auto bridged = find_bridged(server_)) {
      server_ = *std::move(bridged);
      out_.notes.emplace_back(
          "mcp-remote is not needed: Gatehouse speaks to that address itself; a server that asks for a sign-in there needs one here, too");
    }
    if (server_.problem.empty()) refuse_odd();
    if (!server_.problem.empty()) {
      out_.fate = Fate::left;
      out_.why = server_.problem;
      return;
    }
    if (server_.command.empty())
      plan_url();
    else
      plan_command();
    for (const auto& [id, words] : present.commands)
      if (!server_.command.empty() && words == server_.command) is_there(id);
    for (const auto& [id, url] : present.urls)
      if (!server_.url.empty() && url == server_.url) is_there(id);
    write();
  }

 private:
  void is_there(const std::string& id) {
    out_.fate = Fate::present;
    out_.why = fmt::format("the config has it as {}", id);
    out_.entry.id = id;
    out_.secrets.clear();
  }

  // The first reason counts.
  void switch_off(std::string why) {
    if (out_.fate != Fate::taken) return;
    out_.fate = Fate::off;
    out_.why = std::move(why);
  }

  void refuse_odd() {
    for (const std::string& word : server_.command)
      if (word.empty()) server_.problem = "one of its arguments is empty, which a command of Gatehouse cannot be";
    if (server_.command.empty() && !net::parse_url(server_.url)) server_.problem = "its address is none that Gatehouse can reach";
  }

  std::string keep(std::string where, const std::string& kind, const std::string& name, std::string value) {
    std::string stem = fmt::format("{}-{}", out_.entry.id, small_file_name(name));
    std::string file = "secrets/" + stem;
    for (int n = 2; files_.contains(file) || ground_.exists(ground_.folder + "/" + file); ++n) file = fmt::format("secrets/{}-{}", stem, n);
    files_.insert(file);
    out_.secrets.push_back({std::move(where), kind, file, base::Secret<std::string>(std::move(value))});
    return file;
  }

  // `$${` is how a plain `${` is written; a file has it plain.
  static std::string unescaped(std::string text) {
    for (std::size_t at = text.find("$${"); at != std::string::npos; at = text.find("$${", at + 2)) text.erase(at, 1);
    return text;
  }

  // The values with their secrets in files.
  void move_values(std::string_view what) {
    std::vector<std::pair<std::string, std::string>> kept;
    for (auto& [name, value] : server_.values) {
      if (value.empty()) {
        out_.notes.push_back(fmt::format("{}.{} is empty, and was left out", what, without_controls(name)));
        continue;
      }
      if (auto secret = find_inline_secret(name, value)) {
        const std::string file = keep(fmt::format("{}.{}", what, without_controls(name)), secret->kind, name,
                                      unescaped(value.substr(secret->begin, secret->end - secret->begin)));
        value.replace(secret->begin, secret->end - secret->begin, "${file:" + file + "}");
      }
      kept.emplace_back(name, value);
    }
    server_.values = std::move(kept);
  }

  // A secret where nothing can refer to one.
  bool move_word(std::string& word, std::string_view before, const std::string& where, const std::string& name) {
    auto secret = find_word_secret(before, word);
    if (!secret) return false;
    const std::string file = keep(where, secret->kind, name, word.substr(secret->begin, secret->end - secret->begin));
    word.replace(secret->begin, secret->end - secret->begin, "MOVED-TO-" + file);
    switch_off(fmt::format("{} held a secret, which others can read there and which is now in {}; give it to the server by {}", where, file,
                           server_.command.empty() ? "a header" : "a variable, or a file that it reads"));
    return true;
  }

  void plan_url() {
    std::erase_if(server_.values, [&](const auto& header) {
      const bool ours = std::ranges::any_of(kOurs, [&](std::string_view name) { return net::same_header(name, header.first); });
      if (ours) out_.notes.push_back(fmt::format("headers.{} is set by Gatehouse itself, and was left out", header.first));
      return ours;
    });
    (void)move_word(server_.url, "", "url", "url");
    move_values("headers");
    gateway::ServerConfig judged;
    judged.kind = gateway::ServerConfig::Kind::url;
    judged.url = server_.url;
    out_.package = judge_server(judged, *ground_.known);
  }

  void plan_command() {
    docker_variables(server_);
    fix_version();
    // What stands in the environment first: an argument may be the same secret.
    move_values("env");
    for (std::size_t i = 1; i < server_.command.size(); ++i)
      (void)move_word(server_.command[i], server_.command[i - 1], fmt::format("command[{}]", i), fmt::format("argument-{}", i));
    gateway::ServerConfig judged;
    judged.kind = gateway::ServerConfig::Kind::command;
    judged.command = server_.command;
    out_.package = judge_server(judged, *ground_.known);
    trust::Launch launch{server_.command, {server_.values.begin(), server_.values.end()}, server_.cwd};
    out_.digest = trust::launch_digest(launch);
    out_.verdict = trust::judge(launch, trust::NothingApproved(), trust::FileGround(ground_.folder));
    if (out_.verdict->ruling == trust::Ruling::deny)
      switch_off(fmt::format("{} at {}: {}; {}", out_.verdict->rule, out_.verdict->where, without_controls(out_.verdict->reason),
                             out_.verdict->remedy));
  }

  void fix_version() {
    auto package = trust::find_package(server_.command);
    if (!package || !ground_.versions) return;
    const bool npm = package->ecosystem == trust::Ecosystem::npm;
    if (!npm && package->ecosystem != trust::Ecosystem::pypi) return;
    const trust::PackageSpec spec = npm ? trust::parse_npm_name(package->text) : trust::parse_pypi_name(package->text);
    if (spec.form != trust::PackageSpec::Form::loose) return;
    auto version = ground_.versions(package->ecosystem, package->text);
    if (!version) {
      out_.notes.push_back(
          fmt::format("which version of {} that is could not be found out; write it into the command", without_controls(spec.name)));
      return;
    }
    std::string name = package->text;
    const std::string_view loose = trust::version_of(package->ecosystem, name);
    if (!loose.empty()) name.resize(name.size() - loose.size());
    while (name.ends_with('@') || name.ends_with('=') || name.ends_with('~') || name.ends_with('>')) name.pop_back();
    server_.command[package->place] = fmt::format("{}{}{}", name, npm ? "@" : "==", *version);
    out_.version = *version;
  }

  // What its sandbox has to open for it to go on doing what it did.
  void write_sandbox() {
    std::vector<std::string> folders, network;
    const auto add = [](std::vector<std::string>& list, std::string one) {
      if (std::ranges::find(list, one) == list.end() && list.size() < 32) list.push_back(std::move(one));
    };
    const auto look = [&](const std::string& text) {
      const std::size_t scheme = text.find("://");
      if (scheme != std::string::npos && !text.starts_with("file:")) {
        const std::size_t end = std::min(text.find_first_of("/?#", scheme + 3), text.size());
        std::string host = text.substr(scheme + 3, end - scheme - 3);
        if (const std::size_t at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
        if (!host.empty() &&
            host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") == std::string::npos)
          add(network, host);
      }
      if (!text.starts_with('/') || !ground_.is_folder(text)) return;
      if (text == "/" || text == ground_.home)
        out_.notes.push_back(fmt::format("{} is not opened to it for writing; name folders below it under sandbox.write", text));
      else
        add(folders, text);
    };
    for (std::size_t i = 1; i < server_.command.size(); ++i) look(server_.command[i]);
    bool secret = !out_.secrets.empty();
    for (const auto& [name, value] : server_.values) {
      if (name != "PATH") look(value);
      if (value.starts_with('/') && !ground_.is_folder(value) && ground_.exists(value)) add(folders, value);
      secret = secret || (secret_name(name) && value.find("${env:") != std::string::npos);
    }
    // Who has a key speaks to somebody.
    if (secret) add(network, "*");
    if (folders.empty() && network.empty()) return;
    std::string text = "{ ";
    if (!folders.empty()) text += fmt::format("write: {}{}", list_text(folders), network.empty() ? "" : ", ");
    if (!network.empty()) text += "network: " + list_text(network);
    out_.entry.keys.emplace_back("sandbox", text + " }");
  }

  void write() {
    auto& keys = out_.entry.keys;
    if (std::ranges::none_of(out_.places, [](const FoundServer& place) { return place.enabled; }))
      switch_off(fmt::format("it was switched off in {}", shape_of(server_.client).title));
    if (server_.command.empty())
      keys.emplace_back("url", base::quoted(server_.url));
    else
      keys.emplace_back("command", list_text(server_.command));
    if (!server_.cwd.empty()) keys.emplace_back("cwd", base::quoted(server_.cwd));
    std::string values;
    for (const auto& [name, value] : server_.values)
      values.append(values.empty() ? "{ " : ", ").append(base::quoted(name)).append(": ").append(base::quoted(value));
    if (!values.empty()) keys.emplace_back(server_.command.empty() ? "headers" : "env", values + " }");
    if (!server_.command.empty()) write_sandbox();
    if (!server_.include.empty() || !server_.exclude.empty()) {
      std::string tools = "{ ";
      if (!server_.include.empty()) tools += fmt::format("include: {}{}", list_text(server_.include), server_.exclude.empty() ? "" : ", ");
      if (!server_.exclude.empty()) tools += "exclude: " + list_text(server_.exclude);
      keys.emplace_back("tools", tools + " }");
    }
    if (out_.fate == Fate::off) keys.emplace_back("enabled", "false");
    std::vector<std::string> from;
    for (const FoundServer& place : out_.places)
      if (std::string title(shape_of(place.client).title); std::ranges::find(from, title) == from.end()) from.push_back(std::move(title));
    out_.entry.comment = fmt::format("from {}{}", fmt::join(from, ", "), out_.fate == Fate::off ? "; off: " + out_.why : "");
    std::ranges::replace(out_.entry.comment, '\n', ' ');
  }

  const ImportGround& ground_;
  PlannedServer& out_;
  std::set<std::string>& files_;
  FoundServer server_;
};

}  // namespace

std::string_view fate_name(Fate fate) {
  static constexpr std::array<std::string_view, 4> kNames{"taken", "off", "present", "left"};
  return kNames[static_cast<std::size_t>(fate)];
}

std::string make_server_id(std::string_view name, ClientKind client, const std::function<bool(const std::string&)>& is_taken) {
  std::string id = small_file_name(name).substr(0, kLongestId);
  while (id.ends_with('-')) id.pop_back();
  if (id.empty() || id[0] < 'a' || id[0] > 'z') id = ("s-" + id).substr(0, kLongestId);
  if (id == "s-") id = "server";
  if (id == "tools" || id == "console" || id == "admin") id += "-server";
  if (!is_taken(id)) return id;
  const auto ended = [&id](const std::string& end) {
    std::string out = id.substr(0, kLongestId - std::min(end.size(), kLongestId - 1));
    while (out.ends_with('-')) out.pop_back();
    return out + end;
  };
  if (std::string of_client = ended("-" + std::string(shape_of(client).name)); !is_taken(of_client)) return of_client;
  for (int n = 2;; ++n)
    if (std::string numbered = ended(fmt::format("-{}", n)); !is_taken(numbered)) return numbered;
}

ImportPlan plan_import(const std::vector<FoundServer>& found, const ImportGround& ground) {
  ImportPlan plan;
  std::vector<std::string> identities;
  for (const FoundServer& server : found) {
    if (is_gatehouse(server)) continue;
    const std::string same = identity(server);
    const auto at = std::ranges::find(identities, same);
    if (at != identities.end()) {
      plan.servers[static_cast<std::size_t>(at - identities.begin())].places.push_back(server);
      continue;
    }
    identities.push_back(same);
    plan.servers.emplace_back().places.push_back(server);
  }
  const Present present = present_in(ground.config);
  std::set<std::string> ids = present.ids, files;
  for (PlannedServer& server : plan.servers) {
    const FoundServer& first = server.places.front();
    server.entry.id = make_server_id(first.name, first.client, [&ids](const std::string& id) { return ids.contains(id); });
    server.notes = first.notes;
    Planner(ground, server, files).plan(present);
    if (server.fate == Fate::taken || server.fate == Fate::off) ids.insert(server.entry.id);
  }
  return plan;
}

}  // namespace app
