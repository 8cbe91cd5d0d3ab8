// The servers of clients taken into a config: found, judged, shown, confirmed, written; and taken back.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "app/asked_gateway.h"
#include "app/commands.h"
#include "app/import/client_edit.h"
#include "app/import/client_servers.h"
#include "app/import/import_journal.h"
#include "app/import/import_plan.h"
#include "app/import/import_text.h"
#include "app/import/sign_in_probe.h"
#include "app/terminal.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;
using mcp::Result;
using Fate = PlannedServer::Fate;

constexpr std::string_view kHead = R"(# Gatehouse: one address for all of your MCP servers.
#   gatehouse check     says whether this file is right
#   gatehouse stdio     runs it for one desktop client
#   gatehouse serve     runs it, at http://127.0.0.1:8811/mcp
# Secrets come from outside of this file: ${env:NAME} or ${file:PATH}. What else may stand here: docs/config.md

listen: 127.0.0.1:8811
store: sqlite:./gatehouse.db
disclosure: auto

servers:
)";
constexpr std::size_t kLargestConfig = 1024 * 1024;

struct ReadFile {
  ClientFile file;
  std::string text;
  std::vector<FoundServer> servers;
};

struct Found {
  std::vector<ReadFile> files;
  std::vector<std::string> warnings;
  std::vector<FoundServer> all() const {
    std::vector<FoundServer> out;
    for (const ReadFile& one : files) out.insert(out.end(), one.servers.begin(), one.servers.end());
    return out;
  }
};

std::string here() {
  std::error_code ec;
  return fs::current_path(ec).string();
}

std::string folder_of(const ClientFile& file) {
  fs::path folder = fs::path(file.file).parent_path();
  const std::string name = folder.filename().string();
  // A project's folder is the one above .vscode and its like.
  return file.reach == ClientFile::Reach::project && name.starts_with('.') ? folder.parent_path().string() : folder.string();
}

Result<ReadFile> read_client(ClientFile file, std::string text, std::vector<std::string>& warnings) {
  auto servers = parse_client_servers(file, text, process_environment, folder_of(file));
  if (!servers) return std::move(servers).error();
  warnings.insert(warnings.end(), servers->warnings.begin(), servers->warnings.end());
  return ReadFile{std::move(file), std::move(text), std::move(servers->servers)};
}

Result<Found> find_servers(const InitOptions& options) {
  Found out;
  for (const std::string& name : options.from) {
    const std::string path = fs::absolute(name).lexically_normal().string();
    auto text = read_file(path, 16 * 1024 * 1024);
    if (!text) return std::move(text).error();
    auto file = tell_client_file(path, *text);
    if (!file)
      return Error(Code::invalid_argument,
                   fmt::format("{} is no config of a client that is known: {}", name, fmt::join(client_names(), ", ")));
    auto read = read_client(*std::move(file), *std::move(text), out.warnings);
    if (!read) return std::move(read).error();
    out.files.push_back(*std::move(read));
  }
  if (!options.from.empty()) return out;
  for (ClientFile& file : find_client_files(process_environment, here())) {
    if (!options.client.empty() && shape_of(file.kind).name != options.client) continue;
    auto text = read_file(file.file, 16 * 1024 * 1024);
    auto read = text ? read_client(std::move(file), *std::move(text), out.warnings) : Result<ReadFile>(std::move(text).error());
    // One file that is broken keeps nobody from the others.
    if (!read)
      out.warnings.push_back(fmt::format("{}; it was passed over", read.error().message));
    else
      out.files.push_back(*std::move(read));
  }
  return out;
}

// Asks at the terminal.
bool agreed(const std::string& question) {
  fmt::print(stderr, "{} [y/N] ", question);
  std::fflush(stderr);
  std::string line;
  return std::getline(std::cin, line) && (line == "y" || line == "Y" || line == "yes");
}

bool at_terminal() { return ::isatty(STDIN_FILENO) == 1; }

// The config with every server of the plan. Errors: conflict, with the config's findings shown.
Result<std::string> config_text(const std::string& before, const ImportPlan& plan) {
  std::string text = before.empty() ? std::string(kHead) : before;
  for (const PlannedServer& server : plan.servers) {
    if (server.fate != Fate::taken && server.fate != Fate::off) continue;
    auto with = with_server(text, server.entry);
    if (!with) return std::move(with).error();
    text = *std::move(with);
  }
  return text;
}

Result<> check_config(const std::string& text, const std::string& file) {
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    auto value = process_environment(name);
    return value ? value : std::optional<std::string>(name == "GATEHOUSE_CONFIG" ? std::nullopt : std::optional<std::string>("unset"));
  };
  ReadConfig read = parse_config(text, file, fs::path(file).parent_path().string(), environment);
  if (read.config) return {};
  show_findings(read.findings);
  return Error(Code::conflict, "with these servers the config would be wrong; nothing was written");
}

Result<> write_all(ImportWriter& writer, const std::string& config, const std::string& before, const ImportPlan& plan) {
  auto text = config_text(before, plan);
  if (!text) return std::move(text).error();
  const std::string folder = fs::path(config).parent_path().string();
  for (const PlannedServer& server : plan.servers)
    for (const MovedSecret& secret : server.secrets)
      if (auto written = writer.write(folder + "/" + secret.file, secret.value.reveal() + "\n"); !written) return written;
  if (auto good = check_config(*text, config); !good) return good;
  return *text == before ? Result<>() : writer.write(config, *text);
}

std::string own_program() {
  std::error_code ec;
  const fs::path program = fs::read_symlink("/proc/self/exe", ec);
  return ec ? "gatehouse" : program.string();
}

// The files of a client that the entry and its old entries concern: its own ones, where it has any.
std::vector<const ReadFile*> files_of(const Found& found, ClientKind kind) {
  std::vector<const ReadFile*> own, project;
  for (const ReadFile& one : found.files)
    if (one.file.kind == kind && !one.file.ignored) (one.file.reach == ClientFile::Reach::own ? own : project).push_back(&one);
  return own.empty() ? project : own;
}

Result<> connect(ImportWriter& writer, const Found& found, ClientKind kind, const std::string& config, const ImportPlan& plan,
                 OldEntries old) {
  std::vector<FoundServer> moved;
  for (const PlannedServer& server : plan.servers)
    if (server.fate == Fate::taken || server.fate == Fate::present) moved.insert(moved.end(), server.places.begin(), server.places.end());
  Entry where = Entry::here;
  for (const ReadFile* one : files_of(found, kind)) {
    auto text = connected_text(one->file, one->text, moved, {own_program(), config}, where, old);
    if (!text) return std::move(text).error();
    where = Entry::elsewhere;
    if (*text == one->text) continue;
    if (auto written = writer.write(one->file.file, *text); !written) return written;
  }
  return {};
}

std::vector<ClientKind> clients_of(const Found& found) {
  std::vector<ClientKind> out;
  for (const ReadFile& one : found.files)
    if (!one.file.ignored && std::ranges::find(out, one.file.kind) == out.end()) out.push_back(one.file.kind);
  return out;
}

// Which clients get the entry: those that were named, or those for which the answer is yes.
Result<std::vector<ClientKind>> to_connect(const InitOptions& options, const Found& found) {
  std::vector<ClientKind> out;
  for (const std::string& name : options.connect) {
    auto kind = find_client(name);
    if (!kind) return Error(Code::invalid_argument, fmt::format("--connect {}: the clients are {}", name, fmt::join(client_names(), ", ")));
    if (files_of(found, *kind).empty())
      return Error(Code::invalid_argument, fmt::format("--connect {}: no config of it was found; name it with --from FILE", name));
    out.push_back(*kind);
  }
  if (!options.connect.empty() || options.agreed == InitOptions::Agreed::yes || options.output == Output::json || !at_terminal())
    return out;
  for (ClientKind kind : clients_of(found))
    if (agreed(fmt::format("Put gatehouse into {} ({}) in place of these servers? A backup is kept beside it.", shape_of(kind).title,
                           files_of(found, kind).front()->file.file)))
      out.push_back(kind);
  return out;
}

Result<> remember(const std::string& config, const ImportWriter& writer) {
  std::vector<WrittenImport> imports;
  if (auto text = read_file(journal_of(config), 16 * 1024 * 1024)) {
    auto before = parse_journal(*text);
    if (!before) return std::move(before).error().in(journal_of(config));
    imports = *std::move(before);
  }
  imports.push_back(writer.written());
  std::error_code ec;
  auto written = replace_file(journal_of(config), journal_text(imports));
  fs::remove(journal_of(config) + ".bak", ec);
  return written;
}

int failed(const Error& error) {
  complain(error.message);
  return error.code == Code::invalid_argument ? kUsage : kFailed;
}

std::string config_file(const InitOptions& options) {
  return fs::absolute(options.config.empty() ? "gatehouse.yaml" : options.config).lexically_normal().string();
}

void say_json(const ImportPlan& plan, const Found& found, const std::string& config, const ImportWriter* writer) {
  mcp::JsonWriter out;
  out.object().field("config", config).field("written", writer != nullptr);
  write_plan(out, plan);
  out.key("warnings").array();
  for (const std::string& warning : found.warnings) out.value(warning);
  out.end().key("files").array();
  if (writer)
    for (const WrittenFile& file : writer->written().files) out.object().field("file", file.file).field("backup", file.backup).end();
  out.end().end();
  print(out.text() + "\n");
}

std::size_t count(const ImportPlan& plan, Fate fate) {
  return static_cast<std::size_t>(std::ranges::count_if(plan.servers, [fate](const PlannedServer& one) { return one.fate == fate; }));
}

// Shown and confirmed; nothing: it shall not be.
bool confirmed(const InitOptions& options, const ImportPlan& plan, const std::string& config, bool there) {
  if (options.agreed == InitOptions::Agreed::yes) return true;
  if (options.output == Output::json) return false;
  if (!at_terminal()) {
    complain("nothing was written; add --yes to do it, or run this at a terminal");
    return false;
  }
  return agreed(fmt::format("{} {} with {} servers, and their secrets in files that only you can read?", there ? "Extend" : "Write", config,
                            count(plan, Fate::taken) + count(plan, Fate::off)));
}

// What is known only from the servers themselves, who are asked after the user has agreed.
void ask_servers(const InitOptions& options, ImportPlan& plan) {
  if (options.asks == InitOptions::Asks::nobody) return;
  auto proxies = net::proxies_of(process_environment);
  if (!proxies) return complain(proxies.error().message);
  for (const std::string& line : add_sign_ins(plan, *std::move(proxies)))
    if (options.output == Output::text) print(line + "\n");
}

int put(const InitOptions& options, const Found& found, const ImportPlan& plan, const std::string& config, const std::string& before) {
  ImportWriter writer;
  const auto undone = [&writer](const Error& error) {
    writer.take_back();
    return failed(error);
  };
  if (auto written = write_all(writer, config, before, plan); !written) return undone(written.error());
  auto clients = to_connect(options, found);
  if (!clients) return undone(clients.error());
  const OldEntries old = options.old == InitOptions::Old::kept ? OldEntries::kept : OldEntries::out;
  for (ClientKind kind : *clients)
    if (auto written = connect(writer, found, kind, config, plan, old); !written) return undone(written.error());
  if (!writer.written().files.empty())
    if (auto noted = remember(config, writer); !noted) return undone(noted.error());
  if (options.output == Output::json) {
    say_json(plan, found, config, &writer);
    return kGood;
  }
  for (const WrittenFile& file : writer.written().files)
    print(fmt::format("wrote {}{}\n", file.file, file.backup.empty() ? "" : fmt::format(" (before: {})", file.backup)));
  for (ClientKind kind : *clients) print(fmt::format("{} now starts gatehouse; restart it\n", shape_of(kind).title));
  const std::string other = options.config.empty() ? "" : " --config " + options.config;
  print(fmt::format("next: gatehouse check{0}, gatehouse tools{0}; back: gatehouse init --undo{0}\n", other));
  return kGood;
}

}  // namespace

int init_import(const InitOptions& options) {
  if (!options.client.empty() && !find_client(options.client))
    return failed(
        Error(Code::invalid_argument, fmt::format("--client {}: the clients are {}", options.client, fmt::join(client_names(), ", "))));
  auto found = find_servers(options);
  if (!found) return failed(found.error());
  for (const std::string& warning : found->warnings) complain(without_controls(warning));
  const std::vector<FoundServer> all = found->all();
  const std::string config = config_file(options);
  std::error_code ec;
  const bool there = fs::exists(config, ec);
  std::string before;
  if (there) {
    auto text = read_file(config, kLargestConfig);
    if (!text) return failed(text.error());
    before = *std::move(text);
  }
  ImportGround ground;
  ground.folder = fs::path(config).parent_path().string();
  ground.home = process_environment("HOME").value_or("");
  ground.config = before;
  ground.known = &trust::KnownList::shipped();
  if (options.asks == InitOptions::Asks::others) ground.versions = ask_package_managers();
  ground.is_folder = [](const std::string& path) {
    std::error_code error;
    return fs::is_directory(path, error);
  };
  ground.exists = [](const std::string& path) {
    std::error_code error;
    return fs::exists(path, error);
  };
  ImportPlan plan = plan_import(all, ground);
  if (plan.servers.empty()) {
    complain(options.from.empty() ? "no client's config with servers was found; name one with --from FILE" : "there is no server in it");
    return kFailed;
  }
  if (options.output == Output::text) {
    print(plan_text(plan));
    print(fmt::format("{} taken, {} taken and switched off, {} there already, {} left\n", count(plan, Fate::taken), count(plan, Fate::off),
                      count(plan, Fate::present), count(plan, Fate::left)));
  }
  if (!confirmed(options, plan, config, there)) {
    if (options.output == Output::json) say_json(plan, *found, config, nullptr);
    return options.output == Output::json ? kGood : kFailed;
  }
  ask_servers(options, plan);
  return put(options, *found, plan, config, before);
}

int init_undo(const InitOptions& options) {
  const std::string config = config_file(options);
  auto text = read_file(journal_of(config), 16 * 1024 * 1024);
  if (!text) return failed(Error(Code::not_found, fmt::format("nothing was imported into {}", config)));
  auto imports = parse_journal(*text);
  if (!imports) return failed(std::move(imports).error().in(journal_of(config)));
  if (imports->empty()) return failed(Error(Code::not_found, fmt::format("nothing was imported into {}", config)));
  const std::vector<TakenBack> all = take_back(imports->back());
  imports->pop_back();
  std::error_code ec;
  if (imports->empty())
    fs::remove(journal_of(config), ec);
  else if (auto written = replace_file(journal_of(config), journal_text(*imports)); !written)
    return failed(written.error());
  fs::remove(journal_of(config) + ".bak", ec);
  bool good = true;
  for (const TakenBack& one : all) {
    if (one.problem.empty()) {
      print(fmt::format("{} is as it was before\n", one.file));
    } else {
      complain(fmt::format("{}: {}", one.file, one.problem));
      good = false;
    }
  }
  return good ? kGood : kFailed;
}

}  // namespace app
