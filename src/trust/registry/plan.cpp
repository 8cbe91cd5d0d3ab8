#include "trust/registry/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace trust {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

Error refused(std::string why) { return {Code::invalid_argument, std::move(why)}; }

// A version that means one thing: no range, no tag that moves.
bool exact(std::string_view version) {
  return !version.empty() && version.size() <= 128 && version.front() >= '0' && version.front() <= '9' &&
         version.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-+_!") == version.npos &&
         version.find('.') != version.npos && !version.ends_with(".x") && !version.ends_with('.');
}

bool environment_name(std::string_view name) {
  return !name.empty() && name.size() <= 128 && !(name.front() >= '0' && name.front() <= '9') &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == name.npos;
}

constexpr std::string_view kPlaceholder = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

// Replaces each {name} by what was chosen for it. Errors: a name that nothing was chosen for.
Result<std::string> filled(std::string_view text, const RegistryChoices& choices) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    const std::size_t close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) break;
    const std::string name(text.substr(open + 1, close - open - 1));
    // Braces around anything else are text.
    if (name.empty() || name.find_first_not_of(kPlaceholder) != std::string::npos) {
      out += text.substr(0, open + 1);
      text.remove_prefix(open + 1);
      continue;
    }
    auto chosen = choices.find(name);
    if (chosen == choices.end()) return refused(fmt::format("it asks for {}; say it with --set {}=VALUE", name, name));
    out.append(text.substr(0, open)).append(chosen->second);
    text.remove_prefix(close + 1);
  }
  out += text;
  return out;
}

Result<> add_arguments(const std::vector<RegistryInput>& inputs, const RegistryChoices& choices, std::vector<std::string>& argv) {
  for (const RegistryInput& input : inputs) {
    std::string key = input.name;
    while (key.starts_with('-')) key.erase(0, 1);
    auto chosen = choices.find(key);
    if (!input.fixed && chosen == choices.end() && !input.required && input.value.empty()) {
      // A flag without a value that nobody asked for is left out, as is an argument that may be.
      continue;
    }
    std::string text = chosen != choices.end() && !input.fixed ? chosen->second : input.value;
    if (text.empty() && input.required && input.kind == RegistryInput::Kind::positional)
      return refused(fmt::format("it asks for {}; say it with --set {}=VALUE", key.empty() ? "an argument without a name" : key, key));
    if (input.secret) return refused(fmt::format("it wants the secret {} as an argument, where every process can read it", key));
    auto value = filled(text, choices);
    if (!value) return std::move(value).error();
    if (input.kind == RegistryInput::Kind::named) argv.push_back(input.name);
    if (!value->empty()) argv.push_back(*std::move(value));
  }
  return {};
}

// Adds the variables or headers. What is secret, or required without a value, comes from the environment.
Result<> add_values(const std::vector<RegistryInput>& inputs, const RegistryChoices& choices, RegistryPlan& plan,
                    const std::function<void(const std::string&, std::string)>& add) {
  for (const RegistryInput& input : inputs) {
    if (input.name.empty()) return refused("it has a variable or a header without a name");
    auto chosen = choices.find(input.name);
    if (!input.fixed && (input.secret || (input.required && input.value.empty() && chosen == choices.end()))) {
      if (!input.required && chosen == choices.end()) {
        plan.optional.push_back(input.name);
        continue;
      }
      std::string variable = chosen != choices.end() && environment_name(chosen->second) ? chosen->second : input.name;
      std::ranges::replace(variable, '-', '_');
      if (!environment_name(variable))
        return refused(
            fmt::format("{} cannot come from the environment; say with --set {}=NAME which variable holds it", input.name, input.name));
      plan.from_environment[input.name] = variable;
      add(input.name, "");
      continue;
    }
    const std::string text = chosen != choices.end() && !input.fixed ? chosen->second : input.value;
    if (text.empty()) {
      plan.optional.push_back(input.name);
      continue;
    }
    auto value = filled(text, choices);
    if (!value) return std::move(value).error();
    add(input.name, *std::move(value));
  }
  return {};
}

Result<RegistryPlan> plan_package(const RegistryPackage& package, Ecosystem ecosystem, const RegistryChoices& choices) {
  RegistryPlan plan;
  auto name = parse_package_name(ecosystem, package.identifier);
  if (!name) return std::move(name).error().in("its package");
  plan.package = *std::move(name);
  const std::string_view written = version_of(ecosystem, package.identifier);
  plan.version = package.version.empty() ? std::string(written) : package.version;
  if (ecosystem != Ecosystem::oci && !exact(plan.version))
    return refused(
        fmt::format("its package {} has no exact version, but {}", package.identifier, plan.version.empty() ? "none" : plan.version));
  if (package.identifier.starts_with('-')) return refused("its package has the name of an option");
  Launch& launch = plan.launch;
  const auto add = [&launch](const std::string& key, std::string value) { launch.env[key] = std::move(value); };
  if (auto added = add_values(package.environment, choices, plan, add); !added) return std::move(added).error();
  if (ecosystem == Ecosystem::npm) {
    launch.argv = {"npx", "-y"};
  } else if (ecosystem == Ecosystem::pypi) {
    launch.argv = {"uvx"};
  } else {
    launch.argv = {"docker", "run", "-i", "--rm"};
    for (const auto& [key, value] : launch.env) launch.argv.insert(launch.argv.end(), {"-e", key});
  }
  if (auto added = add_arguments(package.runtime_arguments, choices, launch.argv); !added) return std::move(added).error();
  if (ecosystem == Ecosystem::npm)
    launch.argv.push_back(fmt::format("{}@{}", plan.package.plain, plan.version));
  else if (ecosystem == Ecosystem::pypi)
    launch.argv.push_back(fmt::format("{}=={}", plan.package.plain, plan.version));
  else
    launch.argv.push_back(written.empty() && !plan.version.empty() ? fmt::format("{}:{}", package.identifier, plan.version)
                                                                   : package.identifier);
  if (auto added = add_arguments(package.package_arguments, choices, launch.argv); !added) return std::move(added).error();
  return plan;
}

Result<RegistryPlan> plan_remote(const RegistryRemote& remote, const RegistryServer& server, const RegistryChoices& choices) {
  RegistryPlan plan;
  auto url = filled(remote.url, choices);
  if (!url) return std::move(url).error();
  plan.url = *std::move(url);
  if (!plan.url.starts_with("https://") && !plan.url.starts_with("http://localhost") && !plan.url.starts_with("http://127.0.0.1"))
    return refused(fmt::format("its address {} is not https", plan.url));
  auto name = parse_package_name(Ecosystem::remote, plan.url);
  if (!name) return std::move(name).error().in("its address");
  plan.package = *std::move(name);
  plan.version = server.version;
  const auto add = [&plan](const std::string& key, std::string value) { plan.headers.emplace_back(key, std::move(value)); };
  if (auto added = add_values(remote.headers, choices, plan, add); !added) return std::move(added).error();
  return plan;
}

}  // namespace

Result<RegistryPlan> plan_server(const RegistryServer& server, const RegistryChoices& choices) {
  for (const RegistryPackage& package : server.packages) {
    const auto ecosystem = find_ecosystem(package.type);
    const bool startable = ecosystem && (*ecosystem == Ecosystem::npm || *ecosystem == Ecosystem::pypi || *ecosystem == Ecosystem::oci);
    if (startable && package.transport == "stdio") return plan_package(package, *ecosystem, choices);
  }
  for (const RegistryRemote& remote : server.remotes)
    if (remote.type == "streamable-http" || remote.type == "sse") return plan_remote(remote, server, choices);
  std::vector<std::string> kinds;
  for (const RegistryPackage& package : server.packages) kinds.push_back(fmt::format("{} over {}", package.type, package.transport));
  return refused(kinds.empty() ? std::string("it has neither a package nor an address")
                               : fmt::format("it can be had only as {}, which cannot be started from here", fmt::join(kinds, ", ")));
}

std::string id_for(std::string_view server_name) {
  constexpr std::size_t kLongestId = 24;
  const std::size_t slash = server_name.rfind('/');
  auto name = parse_package_name(Ecosystem::mcp_registry, slash == server_name.npos ? server_name : server_name.substr(slash + 1));
  std::string out;
  if (name)
    for (const std::string& word : name->words) {
      if (name->core.empty() || !generic_word(word)) out.append(out.empty() ? "" : "-").append(word);
    }
  std::erase_if(out, [](char c) { return !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-'; });
  while (!out.empty() && !(out.front() >= 'a' && out.front() <= 'z')) out.erase(0, 1);
  out = out.substr(0, kLongestId);
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "server" : out;
}

}  // namespace trust
