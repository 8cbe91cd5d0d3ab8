// The MCP registry at the command line: servers found, shown, and put into the config after they have been judged.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "app/asked_gateway.h"
#include "app/commands.h"
#include "app/config_edit.h"
#include "app/known_names.h"
#include "app/registry_review.h"
#include "app/terminal.h"
#include "base/json.h"
#include "mcp/json.h"
#include "trust/registry/added.h"
#include "trust/registry/client.h"
#include "trust/registry/plan.h"

namespace app {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using trust::RegistryServer;

// What a command works with. Without a config, where none is needed, the official registry is asked.
struct Ground {
  RegistryConfig registry;
  std::string config;  // its file; empty: none
  net::Url url;
};

// Errors have been said where the message is empty.
Result<Ground> find_ground(const RegistryOptions& options) {
  Ground ground;
  if (auto file = find_config(options.config, process_environment)) {
    ReadConfig read = read_config(*file, process_environment);
    if (!read.config) {
      show_findings(read.findings);
      return Error(Code::invalid_argument, "");
    }
    ground.registry = read.config->registry;
    ground.config = *file;
  } else if (!options.config.empty()) {
    return std::move(file).error();
  }
  if (!options.url.empty()) ground.registry.url = options.url;
  auto url = net::parse_url(ground.registry.url);
  if (!url) return std::move(url).error().in("--url");
  ground.url = *std::move(url);
  return ground;
}

int failed(const Error& error) {
  if (!error.message.empty()) complain(error.message);
  return error.code == Code::invalid_argument ? kUsage : kFailed;
}

Result<RegistryServer> fetch(const Ground& ground, const RegistryOptions& options) {
  auto proxies = net::proxies_of(process_environment);
  if (!proxies) return std::move(proxies).error();
  base::Loop loop;
  trust::RegistryClient client(loop, ground.url, *std::move(proxies));
  return loop.block_on(client.show(options.what, options.version.empty() ? "latest" : options.version, {}));
}

void write(mcp::JsonWriter& out, const RegistryServer& server) {
  out.object().field("name", server.name).field("version", server.version).field("status", trust::status_name(server.status));
  out.field("statusMessage", server.status_message).field("title", server.title).field("description", server.description);
  out.field("latest", server.latest).field("publishedAt", server.published_at).field("updatedAt", server.updated_at);
  out.field("repository", server.repository).field("website", server.website).field("digest", server.digest);
  out.key("packages").array();
  for (const trust::RegistryPackage& one : server.packages)
    out.object()
        .field("type", one.type)
        .field("name", one.identifier)
        .field("version", one.version)
        .field("transport", one.transport)
        .end();
  out.end().key("remotes").array();
  for (const trust::RegistryRemote& one : server.remotes) out.object().field("type", one.type).field("url", one.url).end();
  out.end().end();
}

void add_inputs(std::vector<std::vector<std::string>>& rows, std::string_view what, const std::vector<trust::RegistryInput>& inputs) {
  for (const trust::RegistryInput& input : inputs) {
    const char* how = input.secret ? "secret" : input.required ? "required" : "";
    rows.push_back({"", std::string(what), without_controls(input.name), input.fixed ? "= " + without_controls(input.value) : how,
                    without_controls(input.description)});
  }
}

std::string shown_server(const RegistryServer& server) {
  std::string out =
      fmt::format("{} {}{}\n", server.name, without_controls(server.version),
                  server.status == RegistryServer::Status::active ? "" : fmt::format(" ({})", trust::status_name(server.status)));
  if (!server.status_message.empty()) out += fmt::format("  {}\n", without_controls(server.status_message));
  if (!server.description.empty()) out += fmt::format("  {}\n", without_controls(server.description));
  std::vector<std::vector<std::string>> rows;
  if (!server.repository.empty()) rows.push_back({"", "source", without_controls(server.repository)});
  if (!server.updated_at.empty()) rows.push_back({"", "updated", without_controls(server.updated_at)});
  rows.push_back({"", "digest", server.digest});
  for (const trust::RegistryPackage& one : server.packages) {
    rows.push_back({"", "package", without_controls(one.type), without_controls(one.identifier), without_controls(one.version)});
    add_inputs(rows, "variable", one.environment);
    add_inputs(rows, "option", one.runtime_arguments);
    add_inputs(rows, "argument", one.package_arguments);
  }
  for (const trust::RegistryRemote& one : server.remotes) {
    rows.push_back({"", "address", without_controls(one.type), without_controls(one.url)});
    add_inputs(rows, "header", one.headers);
  }
  return out + table(rows);
}

Result<trust::RegistryChoices> choices_of(const std::vector<std::string>& values) {
  trust::RegistryChoices choices;
  for (const std::string& one : values) {
    const std::size_t equal = one.find('=');
    if (equal == one.npos || equal == 0) return Error(Code::invalid_argument, fmt::format("--set {}: write NAME=VALUE", shown(one)));
    if (std::ranges::any_of(one, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
      return Error(Code::invalid_argument, "--set: a value with control characters in it");
    choices[one.substr(0, equal)] = one.substr(equal + 1);
  }
  return choices;
}

// A text of the registry's as it stands in the config: what looks like a reference to a secret is none.
std::string config_text(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] == '{') out += '$';
    out += text[i];
  }
  return base::quoted(out);
}

// A value of the plan as it stands in the config.
std::string value_text(const trust::RegistryPlan& plan, const std::string& name, const std::string& value) {
  auto from = plan.from_environment.find(name);
  return from == plan.from_environment.end() ? config_text(value) : base::quoted("${env:" + from->second + "}");
}

NewServer new_server(const RegistryServer& server, const trust::RegistryPlan& plan, const std::string& id, const Ground& ground) {
  NewServer out;
  out.id = id;
  out.comment = fmt::format("{} {} of {}", server.name, server.version, ground.url.authority);
  if (plan.launch.argv.empty()) {
    out.keys.emplace_back("url", base::quoted(plan.url));
  } else {
    std::string words;
    for (const std::string& word : plan.launch.argv) words.append(words.empty() ? "[" : ", ").append(base::quoted(word));
    out.keys.emplace_back("command", words + "]");
  }
  std::string values;
  const auto add = [&](const std::string& name, const std::string& value) {
    values.append(values.empty() ? "{ " : ", ").append(base::quoted(name)).append(": ").append(value_text(plan, name, value));
  };
  for (const auto& [name, value] : plan.launch.env) add(name, value);
  for (const auto& [name, value] : plan.headers) add(name, value);
  if (!values.empty()) out.keys.emplace_back(plan.launch.argv.empty() ? "headers" : "env", values + " }");
  return out;
}

Result<std::string> read_whole(const std::string& file, std::size_t most) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error(Code::not_found, fmt::format("{} cannot be read", file));
  std::string text(most + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > most) return Error(Code::too_large, fmt::format("{} is larger than {} bytes", file, most));
  return text;
}

Result<trust::AddedServers> read_added(const std::string& file) {
  std::error_code ec;
  if (!std::filesystem::exists(file, ec)) return trust::AddedServers();
  auto text = read_whole(file, 4 * 1024 * 1024);
  if (!text) return std::move(text).error();
  auto added = trust::parse_added(*text);
  if (!added) return std::move(added).error().in(file + ", which gatehouse registry add writes");
  return added;
}

// The config with the server, checked as `gatehouse check` would, but for variables that are not set yet.
Result<std::string> checked_config(const Ground& ground, const NewServer& server, const trust::RegistryPlan& plan) {
  auto before = read_whole(ground.config, 1024 * 1024);
  if (!before) return before;
  auto after = with_server(*before, server);
  if (!after) {
    if (after.error().code == Code::internal)
      after.error().message += fmt::format("; add this under servers: yourself\n{}", server_text(server, 2));
    return after;
  }
  const auto environment = [&plan](const std::string& name) -> std::optional<std::string> {
    if (auto value = process_environment(name)) return value;
    for (const auto& [key, variable] : plan.from_environment)
      if (variable == name) return "unset";
    return std::nullopt;
  };
  std::error_code ec;
  const std::string folder = std::filesystem::absolute(ground.config, ec).lexically_normal().parent_path().string();
  ReadConfig read = parse_config(*after, ground.config, folder, environment);
  if (read.config) return after;
  show_findings(read.findings);
  return Error(Code::conflict, "with this server the config would be wrong; nothing was written");
}

// Everything that speaks against it; what a person must look at, and what nobody can allow.
Result<RegistryReview> review(const Ground& ground, const RegistryOptions& options, const RegistryServer& server,
                              const trust::RegistryPlan& plan) {
  auto list = read_known_names(options.known);
  if (!list) return std::move(list).error();
  RegistryReview out = review_server(server, plan, **list, ground.config);
  if (ground.registry.min_mtf == 0) return out;
  std::optional<trust::Mtf> mtf;
  if (!options.mtf.empty()) {
    auto text = read_whole(options.mtf, 4 * 1024 * 1024);
    if (!text) return std::move(text).error();
    auto read = trust::parse_mtf(*text);
    if (!read) return std::move(read).error().in(options.mtf);
    mtf = *read;
  }
  review_mtf(mtf, ground.registry.min_mtf, plan, out);
  return out;
}

int put(const Ground& ground, const RegistryServer& server, const trust::RegistryPlan& plan, const std::string& id,
        const RegistryReview& seen, const RegistryOptions& options) {
  const std::string beside = trust::added_file_of(ground.config);
  auto added = read_added(beside);
  if (!added) return failed(added.error());
  const NewServer entry = new_server(server, plan, id, ground);
  auto text = checked_config(ground, entry, plan);
  if (!text) return failed(text.error());
  (*added)[id] = {ground.url.text(), server.name, server.version, server.digest};
  // First where it came from: a server that nobody watches would be worse than a line about one that is not there.
  if (auto written = replace_file(beside, trust::added_text(*added)); !written) return failed(written.error());
  if (auto written = replace_file(ground.config, *text); !written) return failed(written.error());
  if (options.output == Output::json) {
    mcp::JsonWriter out;
    out.object().field("id", id).field("name", server.name).field("version", server.version).field("digest", server.digest);
    out.field("launch", seen.launch_digest).field("config", ground.config).end();
    print(out.text() + "\n");
    return kGood;
  }
  print(fmt::format("{}: added {}\n{}", ground.config, id, without_controls(server_text(entry, 2))));
  for (const auto& [name, variable] : plan.from_environment)
    print(fmt::format("set the environment variable {} before it is started\n", variable));
  if (!plan.optional.empty()) print(without_controls(fmt::format("it also knows {}\n", fmt::join(plan.optional, ", "))));
  print("next: gatehouse check\n");
  return kGood;
}

}  // namespace

int registry_search(const RegistryOptions& options) {
  auto ground = find_ground(options);
  if (!ground) return failed(ground.error());
  auto proxies = net::proxies_of(process_environment);
  if (!proxies) return failed(proxies.error());
  base::Loop loop;
  trust::RegistryClient client(loop, ground->url, *std::move(proxies));
  auto found = loop.block_on(client.search(options.what, options.most, {}));
  if (!found) return failed(found.error());
  if (options.output == Output::json) {
    mcp::JsonWriter out;
    out.object().key("servers").array();
    for (const RegistryServer& server : found->servers) write(out, server);
    out.end().field("more", found->more).field("refused", found->refused).end();
    print(out.text() + "\n");
    return kGood;
  }
  std::vector<std::vector<std::string>> rows;
  for (const RegistryServer& server : found->servers) {
    const bool active = server.status == RegistryServer::Status::active;
    rows.push_back({server.name, without_controls(server.version), active ? "" : std::string(trust::status_name(server.status)),
                    without_controls(server.description)});
  }
  print(table(rows));
  if (found->servers.empty()) complain(fmt::format("{} has no server whose name holds {}", ground->url.authority, shown(options.what)));
  if (found->more) complain(fmt::format("there are more than {}; --limit shows more of them", options.most));
  if (found->refused) complain(fmt::format("{} entries are no description of a server, and were passed over", found->refused));
  return found->servers.empty() ? kFailed : kGood;
}

int registry_show(const RegistryOptions& options) {
  auto ground = find_ground(options);
  if (!ground) return failed(ground.error());
  auto server = fetch(*ground, options);
  if (!server) return failed(server.error());
  if (options.output == Output::json) {
    mcp::JsonWriter out;
    write(out, *server);
    print(out.text() + "\n");
  } else {
    print(shown_server(*server));
  }
  return kGood;
}

int registry_add(const RegistryOptions& options) {
  auto ground = find_ground(options);
  if (!ground) return failed(ground.error());
  if (ground->config.empty())
    return failed(Error(Code::invalid_argument, "there is no config to add to; gatehouse init writes one, --config FILE names one"));
  auto choices = choices_of(options.values);
  if (!choices) return failed(choices.error());
  auto server = fetch(*ground, options);
  if (!server) return failed(server.error());
  auto plan = trust::plan_server(*server, *choices);
  if (!plan) {
    complain(fmt::format("{}: {}", server->name, without_controls(plan.error().message)));
    return kFailed;
  }
  auto seen = review(*ground, options, *server, *plan);
  if (!seen) return failed(seen.error());
  for (const std::string& why : seen->denied) complain("refused: " + without_controls(why));
  for (const std::string& why : seen->to_review) complain("review: " + why);
  if (!seen->denied.empty()) return kFailed;
  if (!seen->to_review.empty() && options.reviewed == RegistryOptions::Reviewed::no) {
    complain("nothing was written; look at this, and add --yes when it is what you want");
    return kFailed;
  }
  return put(*ground, *server, *plan, options.id.empty() ? trust::id_for(server->name) : options.id, *seen, options);
}

}  // namespace app
