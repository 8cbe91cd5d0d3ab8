#include "app/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <string>
#include <vector>

#include "app/build_info.h"
#include "app/commands.h"
#include "app/finding.h"
#include "app/nearest.h"
#include "app/terminal.h"

namespace app {
namespace {

// Everything that the command line can say. The subcommands' callbacks set `run`.
struct CommandLine {
  CLI::App app{"Gatehouse: a gateway between AI clients and MCP servers.", "gatehouse"};
  ServeOptions serve;
  StdioOptions stdio;
  ServerOptions server;
  CheckOptions check;
  ToolsOptions tools;
  BudgetOptions budget;
  CallOptions call;
  InitOptions init;
  AdviseOptions advise;
  RulesOptions rules;
  PinsOptions pins;
  KeysOptions keys;
  LoginOptions login;
  ApprovalsOptions approvals;
  AuditCommand audit;
  ScanOptions scan;
  RegistryOptions registry;
  DoctorOptions doctor;
  VersionOptions version;
  std::string shell;
  std::function<int(net::Reaper&)> run;
};

void add_config(CLI::App& command, std::string& config) {
  command.add_option("--config", config, "the config; else $GATEHOUSE_CONFIG, ./gatehouse.yaml, ~/.config/gatehouse/gatehouse.yaml")
      ->type_name("FILE");
}

void add_json(CLI::App& command, Output& output) {
  command.add_flag_callback("--json", [&output] { output = Output::json; }, "answer as JSON");
}

void add_log(CLI::App& command, LogOptions& log) {
  static const std::map<std::string, base::log::Level> kLevels{{"debug", base::log::Level::debug},
                                                               {"info", base::log::Level::info},
                                                               {"warn", base::log::Level::warn},
                                                               {"error", base::log::Level::error},
                                                               {"off", base::log::Level::off}};
  static const std::map<std::string, base::log::Format> kFormats{{"text", base::log::Format::text}, {"json", base::log::Format::json}};
  auto level = [&log](const std::string& word) { log.level = kLevels.at(word); };
  auto format = [&log](const std::string& word) { log.format = kFormats.at(word); };
  command.add_option_function<std::string>("--log-level", level, "debug, info, warn, error or off")
      ->type_name("LEVEL")
      ->check(CLI::IsMember(kLevels));
  command.add_option_function<std::string>("--log-format", format, "text or json; else text on a terminal, json on a pipe")
      ->type_name("FORMAT")
      ->check(CLI::IsMember(kFormats));
}

void add_serving(CommandLine& line) {
  CLI::App& serve_command = *line.app.add_subcommand("serve", "the gateway over HTTP");
  add_config(serve_command, line.serve.config);
  serve_command.add_option("--listen", line.serve.listen, "where to listen instead of where the config says")->type_name("ADDR");
  add_log(serve_command, line.serve.log);
  serve_command.callback([&line] { line.run = [&line](net::Reaper& reaper) { return serve(line.serve, reaper); }; });

  CLI::App& stdio_command = *line.app.add_subcommand("stdio", "the same gateway as one stdio server, for desktop clients");
  add_config(stdio_command, line.stdio.config);
  stdio_command.add_option("--disclosure", line.stdio.disclosure, "all, search, code or auto, instead of what the config says")
      ->type_name("MODE");
  add_log(stdio_command, line.stdio.log);
  stdio_command.callback([&line] { line.run = [&line](net::Reaper& reaper) { return stdio(line.stdio, reaper); }; });

  CLI::App& server_command = *line.app.add_subcommand("server", "one built-in server alone, over stdio or HTTP");
  server_command.add_option("name", line.server.name, "filesystem, vault, openapi, github, tavily or tasks")->type_name("NAME")->required();
  server_command.add_option("--root", line.server.roots, "a folder it may read; DIR:append or DIR:write lets it change files; repeatable")
      ->type_name("DIR")
      ->allow_extra_args(false);
  server_command.add_option("--http", line.server.http, "serve Streamable HTTP at /mcp there, instead of stdio")->type_name("ADDR");
  server_command.add_option("--spec", line.server.spec, "openapi: the file with the description; its credential is in OPENAPI_TOKEN")
      ->type_name("FILE");
  server_command.add_option("--base-url", line.server.base_url, "the API's address, in place of its usual one")->type_name("URL");
  server_command.add_option("--profile", line.server.profile, "tasks: which API it is, paperclip or github")->type_name("NAME");
  server_command.add_option("--set", line.server.values, "tasks: what the profile needs, such as company=ID; repeatable")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  server_command.add_flag_callback(
      "--write", [&line] { line.server.tools = ServerOptions::Tools::all; }, "github, tasks: also the tools that change something");
  server_command.callback([&line] { line.run = [&line](net::Reaper&) { return server(line.server); }; });
}

void add_asking(CommandLine& line) {
  CLI::App& tools_command = *line.app.add_subcommand("tools", "lists or searches the tools, or shows how each server is");
  add_config(tools_command, line.tools.config);
  tools_command.add_option("query", line.tools.query, "what the tool should do, or its name; the 20 that fit best are shown")
      ->type_name("QUERY");
  tools_command.add_option("--url", line.tools.url, "ask the gateway or server there")->type_name("URL");
  tools_command.add_flag_callback("--status", [&line] { line.tools.show = ToolsOptions::Show::status; }, "how each server is");
  add_json(tools_command, line.tools.output);
  tools_command.add_flag_callback(
      "--tokens", [&line] { line.tools.show = ToolsOptions::Show::tokens; }, "what each definition costs a model");
  tools_command.callback([&line] { line.run = [&line](net::Reaper& reaper) { return tools(line.tools, reaper); }; });

  CLI::App& budget_command =
      *line.app.add_subcommand("budget", "tokens: what each way to show the tools costs, and what calls took and gave");
  add_config(budget_command, line.budget.config);
  budget_command.add_option("--url", line.budget.url, "ask the gateway or server there")->type_name("URL");
  budget_command.add_option("--model", line.budget.model, "estimate for this model, such as claude-sonnet-4; else o200k_base, counted")
      ->type_name("NAME");
  budget_command.add_option("--window", line.budget.window, "the model's window in tokens; else budget.window of the config")
      ->type_name("N");
  add_json(budget_command, line.budget.output);
  budget_command.callback([&line] { line.run = [&line](net::Reaper& reaper) { return budget(line.budget, reaper); }; });

  CLI::App& call_command = *line.app.add_subcommand("call", "calls one tool as a client would");
  add_config(call_command, line.call.config);
  call_command.add_option("name", line.call.name, "the tool's public name, as `gatehouse tools` shows it")->type_name("NAME")->required();
  call_command.add_option("arguments", line.call.arguments, "the arguments, a JSON object; - reads it from stdin")->type_name("JSON");
  call_command.add_option("--url", line.call.url, "call the gateway or server there")->type_name("URL");
  add_json(call_command, line.call.output);
  call_command.callback([&line] { line.run = [&line](net::Reaper& reaper) { return call(line.call, reaper); }; });
}

// Names of packages in bulk, or a lock file, instead of a config.
void add_packages(CommandLine& line, CLI::App& command) {
  command.add_option("--packages", line.check.packages, "judge these names, a JSON object {ecosystem, name} a line; - reads stdin")
      ->type_name("FILE");
  command.add_option("--known", line.check.known, "the list of known names to judge by, instead of the shipped one")->type_name("FILE");
  command.add_flag_callback(
      "--leave-out", [&line] { line.check.itself = CheckOptions::Itself::left_out; },
      "judge each name as if it were not on the list itself");
  CLI::Option* lock = command.add_option("--lock", line.check.lock, "check this package-lock.json or uv.lock")->type_name("FILE");
  command.add_option("--osv", line.check.osv, "a folder of OSV records: known vulnerabilities")->type_name("DIR")->needs(lock);
  CLI::Option* attestations =
      command.add_option("--attestations", line.check.attestations, "a folder with what npm's registry attests, NAME@VERSION.json")
          ->type_name("DIR")
          ->needs(lock);
  command.add_option("--before", line.check.before, "the lock as it was, to see what was built in the open and no longer is")
      ->type_name("FILE")
      ->needs(attestations);
}

int run_check(const CheckOptions& options) {
  if (!options.packages.empty()) return check_packages(options);
  if (!options.lock.empty()) return check_lock(options);
  return check(options);
}

void add_advise(CommandLine& line) {
  AdviseOptions& options = line.advise;
  CLI::App& command = *line.app.add_subcommand("advise", "where MCP is the wrong tool: for each server, or for one that is not there yet");
  add_config(command, options.config);
  command.add_option("--url", options.url, "ask the gateway there for its record")->type_name("URL");
  CLI::Option* design = command.add_flag_callback(
      "--new", [&options] { options.asks = AdviseOptions::Asks::design; }, "asks six questions before there is a server");
  command.add_flag_callback(
             "--rules", [&options] { options.asks = AdviseOptions::Asks::rules; }, "the rules of thumb, as a table")
      ->excludes(design);
  static constexpr std::array<std::pair<const char*, const char*>, 6> kAnswers{{{"--clients", "one or several"},
                                                                                {"--data", "live or static"},
                                                                                {"--rest", "yes or no: there is a REST API"},
                                                                                {"--teams", "one or several"},
                                                                                {"--stage", "prototype or product"},
                                                                                {"--coupling", "loose or tight"}}};
  for (std::size_t i = 0; i < kAnswers.size(); ++i)
    command.add_option(kAnswers[i].first, options.answers[i], kAnswers[i].second)->type_name("WORD")->needs(design);
  add_json(command, options.output);
  command.callback([&line] { line.run = [&line](net::Reaper& reaper) { return advise(line.advise, reaper); }; });
}

int run_init(const InitOptions& options) {
  if (options.does == InitOptions::Does::begin) return init(options);
  return options.does == InitOptions::Does::undo ? init_undo(options) : init_import(options);
}

void add_init(CommandLine& line) {
  InitOptions& options = line.init;
  CLI::App& command = *line.app.add_subcommand("init", "writes a gatehouse.yaml to begin with, or one with the servers of your clients");
  command.add_option("--config", options.config, "the file to write; else ./gatehouse.yaml")->type_name("FILE");
  CLI::Option* import = command.add_flag_callback(
      "--import", [&options] { options.does = InitOptions::Does::import; }, "takes the servers from the configs of clients");
  command.add_flag_callback(
             "--undo", [&options] { options.does = InitOptions::Does::undo; }, "takes the last import back")
      ->excludes(import);
  command.add_option("--from", options.from, "import this config of a client, instead of those that are found; repeatable")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->needs(import);
  command.add_option("--client", options.client, "import from this client alone, such as cursor or claude-code")
      ->type_name("NAME")
      ->needs(import);
  command.add_option("--connect", options.connect, "put gatehouse into this client in place of its servers; repeatable")
      ->type_name("CLIENT")
      ->allow_extra_args(false)
      ->needs(import);
  command.add_flag_callback(
             "--keep", [&options] { options.old = InitOptions::Old::kept; }, "with --connect: leave its servers there, too")
      ->needs(import);
  command
      .add_flag_callback(
          "--as-written", [&options] { options.asks = InitOptions::Asks::nobody; },
          "ask no registry for the version of a package, and no server whether it wants a sign-in")
      ->needs(import);
  command.add_flag_callback("--yes", [&options] { options.agreed = InitOptions::Agreed::yes; }, "do it without asking")->needs(import);
  add_json(command, options.output);
  command.callback([&line] { line.run = [&line](net::Reaper&) { return run_init(line.init); }; });
}

void add_config_commands(CommandLine& line) {
  CLI::App& check_command = *line.app.add_subcommand("check", "validates a config without running anything");
  add_config(check_command, line.check.config);
  add_json(check_command, line.check.output);
  check_command.add_option("--launch", line.check.launch, "judge these launches, a JSON object {command, args, env} a line; - reads stdin")
      ->type_name("FILE");
  add_packages(line, check_command);
  check_command.callback([&line] { line.run = [&line](net::Reaper&) { return run_check(line.check); }; });

  CLI::App& doctor_command =
      *line.app.add_subcommand("doctor", "is this machine able: sandbox layers, port, clock, store, and each server reachable");
  add_config(doctor_command, line.doctor.config);
  add_json(doctor_command, line.doctor.output);
  doctor_command.callback([&line] { line.run = [&line](net::Reaper& reaper) { return doctor(line.doctor, reaper); }; });

  add_init(line);
  add_advise(line);
}

void add_rules(CommandLine& line) {
  CLI::App& rules = *line.app.add_subcommand("rules", "tries the rules of a config");
  rules.require_subcommand(1);
  CLI::App& test = *rules.add_subcommand("test", "runs cases against the rules");
  add_config(test, line.rules.config);
  test.add_option("file", line.rules.file, "the cases: a list of { tool, who?, arguments?, annotation?, expect }")
      ->type_name("FILE")
      ->required();
  add_json(test, line.rules.output);
  test.callback([&line] { line.run = [&line](net::Reaper&) { return rules_test(line.rules); }; });

  CLI::App& explain = *rules.add_subcommand("explain", "says which line decides a call, and why");
  add_config(explain, line.rules.config);
  explain.add_option("user", line.rules.who, "the caller; without sign-in it is local")->type_name("USER")->required();
  explain.add_option("tool", line.rules.what, "the tool: server__tool, both under their own names")->type_name("TOOL")->required();
  explain.add_option("arguments", line.rules.arguments, "the arguments, a JSON object")->type_name("ARGS");
  explain
      .add_option("--annotation", line.rules.annotations, "what the tool says of itself: destructive, read-only, idempotent or open-world")
      ->type_name("WORD")
      ->allow_extra_args(false);
  explain.add_option("--group", line.rules.groups, "a group of the caller; repeatable")->type_name("GROUP")->allow_extra_args(false);
  explain.add_option("--key", line.rules.key, "the name of the caller's API key; its groups and profiles are looked up in the store")
      ->type_name("NAME");
  explain.add_option("--kind", line.rules.kind, "what TOOL names: tool, prompt or resource")
      ->type_name("KIND")
      ->check(CLI::IsMember({"tool", "prompt", "resource"}));
  explain.add_option("--disclosure", line.rules.disclosure, "how the call comes: all, search or code")
      ->type_name("WAY")
      ->check(CLI::IsMember({"all", "search", "code"}));
  add_json(explain, line.rules.output);
  explain.callback([&line] { line.run = [&line](net::Reaper&) { return rules_explain(line.rules); }; });
}

void add_pins(CommandLine& line) {
  CLI::App& pins = *line.app.add_subcommand("pins", "what was approved of each server, and what changed since");
  pins.require_subcommand(1);
  CLI::App& diff =
      *pins.add_subcommand("diff", "what changed, side by side; between two files of definitions, exit status 1 where a pin breaks");
  add_config(diff, line.pins.config);
  diff.add_option("what", line.pins.names, "two JSON files of definitions, or a server")->type_name("BEFORE AFTER|SERVER")->expected(0, 2);
  add_json(diff, line.pins.output);
  diff.callback([&line] { line.run = [&line](net::Reaper&) { return pins_diff(line.pins); }; });

  CLI::App& list = *pins.add_subcommand("list", "what is trusted of each server, and what is held back");
  add_config(list, line.pins.config);
  list.add_option("server", line.pins.names, "of this one alone")->type_name("SERVER")->expected(0, 1);
  add_json(list, line.pins.output);
  list.callback([&line] { line.run = [&line](net::Reaper&) { return pins_list(line.pins); }; });

  CLI::App& approve = *pins.add_subcommand("approve", "approves what is held back of a server, or what is named of it");
  add_config(approve, line.pins.config);
  approve.add_option("what", line.pins.names, "the server, and the names of what is approved; else all of it")
      ->type_name("SERVER NAME")
      ->required();
  approve.callback([&line] { line.run = [&line](net::Reaper&) { return pins_approve(line.pins); }; });

  CLI::App& lock = *pins.add_subcommand("lock", "writes gatehouse.lock: every launch, package and definition as it is now");
  add_config(lock, line.pins.config);
  lock.add_option("servers", line.pins.names, "of these alone")->type_name("SERVER");
  lock.callback([&line] { line.run = [&line](net::Reaper& reaper) { return pins_lock(line.pins, reaper); }; });

  CLI::App& verify =
      *pins.add_subcommand("verify", "whether every launch, package and definition is still as the lock has it; else exit status 1");
  add_config(verify, line.pins.config);
  verify.add_option("servers", line.pins.names, "of these alone")->type_name("SERVER");
  add_json(verify, line.pins.output);
  verify.callback([&line] { line.run = [&line](net::Reaper& reaper) { return pins_verify(line.pins, reaper); }; });
}

void add_login(CommandLine& line) {
  auto add = [&line](const char* name, const char* help) -> CLI::App& {
    CLI::App& command = *line.app.add_subcommand(name, help);
    add_config(command, line.login.config);
    command.add_option("server", line.login.server, "the server of the config")->type_name("SERVER")->required();
    command.add_option("--caller", line.login.caller, "for this caller, instead of the user of this machine")->type_name("ID");
    return command;
  };
  add("login", "signs in to a server that wants it, in a browser").callback([&line] {
    line.run = [&line](net::Reaper& reaper) { return login(line.login, reaper); };
  });
  add("logout", "forgets the sign-in to a server").callback([&line] { line.run = [&line](net::Reaper&) { return logout(line.login); }; });
}

void add_keys(CommandLine& line) {
  CLI::App& keys = *line.app.add_subcommand("keys", "API keys for internal callers");
  keys.require_subcommand(1);
  auto add = [&](const std::string& name, const std::string& help, int (*run)(const KeysOptions&)) -> CLI::App& {
    CLI::App& command = *keys.add_subcommand(name, help);
    add_config(command, line.keys.config);
    add_json(command, line.keys.output);
    command.callback([&line, run] { line.run = [&line, run](net::Reaper&) { return run(line.keys); }; });
    return command;
  };
  auto named = [&](CLI::App& command) {
    command.add_option("name", line.keys.name, "what the key is called")->type_name("NAME")->required();
  };
  CLI::App& create = add("create", "makes a key, and shows it this once", keys_create);
  named(create);
  create.add_option("--owner", line.keys.owner, "who answers for it; else the account that runs this")->type_name("WHO");
  create.add_option("--group", line.keys.groups, "a group that rules may name; repeatable")->type_name("GROUP")->allow_extra_args(false);
  create.add_option("--profile", line.keys.profiles, "confines it to this profile; repeatable")->type_name("NAME")->allow_extra_args(false);
  create.add_option("--expires", line.keys.life, "how long it lives: 90d, 36h, 30m")->type_name("TIME");
  CLI::App& list = add("list", "lists all keys", keys_list);
  list.add_flag_callback("--ics", [&line] { line.keys.calendar = KeysOptions::Calendar::yes; }, "when they end, as a calendar");
  CLI::App& rotate = add("rotate", "gives a key another secret, and another life", keys_rotate);
  named(rotate);
  rotate.add_option("--grace", line.keys.grace, "how long the old one is still good: 24h, 0s")->type_name("TIME");
  rotate.add_option("--expires", line.keys.life, "how long it lives from now: 90d, 36h, 30m")->type_name("TIME");
  named(add("revoke", "ends a key at once", keys_revoke));
}

void add_approvals(CommandLine& line) {
  CLI::App& approvals = *line.app.add_subcommand("approvals", "calls that wait for a person");
  approvals.require_subcommand(1);
  auto add = [&](const std::string& name, const std::string& help, int (*run)(const ApprovalsOptions&)) -> CLI::App& {
    CLI::App& command = *approvals.add_subcommand(name, help);
    add_config(command, line.approvals.config);
    add_json(command, line.approvals.output);
    command.callback([&line, run] { line.run = [&line, run](net::Reaper&) { return run(line.approvals); }; });
    return command;
  };
  auto decided = [&](CLI::App& command) {
    command.add_option("id", line.approvals.id, "as `gatehouse approvals list` shows it")->type_name("ID")->required();
    command.add_option("--reason", line.approvals.reason, "what the caller is told, and what is kept")->type_name("TEXT");
  };
  add("list", "lists what waits, and what was allowed for a session", approvals_list);
  CLI::App& approve = add("approve", "lets a call happen", approvals_approve);
  decided(approve);
  approve.add_option("--for", line.approvals.session, "every call of this tool in the caller's session, for so long: 30m, 2h")
      ->type_name("TIME");
  decided(add("deny", "refuses a call, or takes an approval back", approvals_deny));
}

void add_audit(CommandLine& line) {
  CLI::App& audit = *line.app.add_subcommand("audit", "the audit trail: what was called, by whom, with whose rights");
  audit.require_subcommand(1);
  auto add = [&](const std::string& name, const std::string& help, int (*run)(const AuditCommand&)) -> CLI::App& {
    CLI::App& command = *audit.add_subcommand(name, help);
    add_config(command, line.audit.config);
    command.add_option("--trail", line.audit.trail, "the file of the trail, in place of the one beside the config's store")
        ->type_name("FILE");
    command.callback([&line, run] { line.run = [&line, run](net::Reaper&) { return run(line.audit); }; });
    return command;
  };
  CLI::App& tail = add("tail", "shows the last records", audit_tail);
  tail.add_option("-n,--lines", line.audit.lines, "how many")->type_name("N")->check(CLI::Range(1, 1000));
  tail.add_flag_callback("-f,--follow", [&line] { line.audit.follow = AuditCommand::Follow::yes; }, "goes on with those that come");
  add_json(tail, line.audit.output);
  CLI::App& exported = add("export", "writes all records, a line each; each has a cursor to go on behind it", audit_export);
  exported.add_option("--format", line.audit.format, "jsonl, or ocsf: API Activity (6003) of the Open Cybersecurity Schema Framework")
      ->type_name("FORM")
      ->check(CLI::IsMember({"jsonl", "ocsf"}));
  exported.add_option("--after", line.audit.after, "only those behind this cursor")->type_name("CURSOR");
  CLI::App& verify =
      add("verify", "proves that nothing was changed, deleted or reordered; with a sink, that nothing was cut", audit_verify);
  verify.add_option("--sink", line.audit.sinks, "a file with what a sink was sent; repeatable")->type_name("FILE")->allow_extra_args(false);
  verify.add_option("--key", line.audit.key, "the public key, from a place that is safer than beside the trail")->type_name("FILE");
  add_json(verify, line.audit.output);
}

void add_scan(CommandLine& line) {
  CLI::App& command = *line.app.add_subcommand("scan", "scans definitions for orders to a model, hidden text and look-alikes");
  add_config(command, line.scan.config);
  command.add_option("server", line.scan.server, "only the tools of this server")->type_name("SERVER");
  command.add_option("--url", line.scan.url, "scan what the gateway there shows")->type_name("URL");
  command.add_option("--definitions", line.scan.definitions, "scan a file, a JSON object a line in and out; - is stdin")->type_name("FILE");
  command.add_flag("--together", line.scan.together, "with --definitions: the lines are one catalog, and must not name one another");
  command.add_flag_callback("--json", [&line] { line.scan.form = ScanOptions::Form::json; }, "answer as JSON");
  command.add_flag_callback("--sarif", [&line] { line.scan.form = ScanOptions::Form::sarif; }, "answer as SARIF 2.1.0");
  command.callback([&line] { line.run = [&line](net::Reaper& reaper) { return scan(line.scan, reaper); }; });
}

void add_registry(CommandLine& line) {
  CLI::App& registry = *line.app.add_subcommand("registry", "finds servers in the MCP registry, and adds them to the config");
  registry.require_subcommand(1);
  RegistryOptions& options = line.registry;
  const auto command = [&](const char* name, const char* help, const char* what, const char* about,
                           int (*run)(const RegistryOptions&)) -> CLI::App& {
    CLI::App& one = *registry.add_subcommand(name, help);
    add_config(one, options.config);
    one.add_option("what", options.what, about)->type_name(what)->required();
    one.add_option("--url", options.url, "the registry to ask, instead of the one that the config names")->type_name("URL");
    add_json(one, options.output);
    one.callback([&line, run] { line.run = [&line, run](net::Reaper&) { return run(line.registry); }; });
    return one;
  };
  CLI::App& search = command("search", "servers whose name holds a text", "TEXT", "a part of the name", registry_search);
  search.add_option("--limit", options.most, "the most that are shown; 30 otherwise")->type_name("N")->check(CLI::Range(1, 1000));
  CLI::App& show = command("show", "what the registry says of a server", "NAME", "the server, such as io.github.owner/name", registry_show);
  CLI::App& add =
      command("add", "checks a server, and puts it into the config", "NAME", "the server, such as io.github.owner/name", registry_add);
  for (CLI::App* one : {&show, &add}) one->add_option("--version", options.version, "a version of it; else the newest")->type_name("V");
  add.add_option("--as", options.id, "its id in the config; else made of its name")->type_name("ID");
  add.add_option("--set", options.values, "a value that it asks for, as NAME=VALUE; repeatable")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  add.add_option("--known", options.known, "the list of known names to judge by, instead of the shipped one")->type_name("FILE");
  add.add_option("--mtf", options.mtf, "what the mpak registry says of the package, for registry.min_mtf")->type_name("FILE");
  add.add_flag_callback(
      "--yes", [&options] { options.reviewed = RegistryOptions::Reviewed::yes; }, "you have looked at what is to be reviewed");
}

// What completion offers: the commands with their visible flags, and the words of those whose arguments are known.
std::vector<CommandShape> shapes(CLI::App& app) {
  std::vector<CommandShape> out;
  for (CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    CommandShape shape{command->get_name(), command->get_description(), {}, {}};
    for (const CLI::Option* option : command->get_options())
      if (!option->get_positional() && !option->get_group().empty())
        for (const std::string& name : option->get_lnames()) shape.flags.push_back("--" + name);
    if (shape.name == "server") shape.words = {"filesystem", "vault", "openapi", "github", "tavily", "tasks"};
    if (shape.name == "pins") shape.words = {"list", "diff", "approve", "lock", "verify"};
    if (shape.name == "rules") shape.words = {"test", "explain"};
    if (shape.name == "keys") shape.words = {"create", "list", "rotate", "revoke"};
    if (shape.name == "approvals") shape.words = {"list", "approve", "deny"};
    if (shape.name == "registry") shape.words = {"search", "show", "add"};
    if (shape.name == "completion") shape.words = {"bash", "zsh", "fish"};
    out.push_back(std::move(shape));
  }
  return out;
}

void add_about(CommandLine& line) {
  CLI::App& completion_command = *line.app.add_subcommand("completion", "completion for a shell, to be sourced");
  completion_command.add_option("shell", line.shell, "bash, zsh or fish")->type_name("SHELL")->required();
  completion_command.callback([&line] { line.run = [&line](net::Reaper&) { return completion(line.shell, shapes(line.app)); }; });

  CLI::App& version_command = *line.app.add_subcommand("version", "version, commit, revisions spoken, store in use");
  add_config(version_command, line.version.config);
  add_json(version_command, line.version.output);
  version_command.callback([&line] { line.run = [&line](net::Reaper&) { return version(line.version); }; });
}

// Says what is wrong with a command that nobody knows.
int unknown_command(CommandLine& line, const std::string& word) {
  std::vector<std::string> names;
  for (CLI::App* command : line.app.get_subcommands([](CLI::App*) { return true; })) names.push_back(command->get_name());
  std::vector<std::string_view> known(names.begin(), names.end());
  auto near = find_nearest(word, known);
  complain(fmt::format("unknown command {}{}; gatehouse --help lists the commands", shown(word),
                       near ? fmt::format("; did you mean {}?", *near) : ""));
  return kUsage;
}

// The command that was begun, or the whole program.
CLI::App& begun(CommandLine& line) {
  std::vector<CLI::App*> parsed = line.app.get_subcommands();
  return parsed.empty() ? line.app : *parsed.front();
}

int wrong_usage(CommandLine& line, const std::string& what) {
  CLI::App& command = begun(line);
  complain(fmt::format("{}; see gatehouse {}--help", what, &command == &line.app ? "" : command.get_name() + " "));
  return kUsage;
}

// Says what is wrong with an argument that the command does not take.
int unknown_argument(CommandLine& line) {
  std::vector<std::string> names;
  for (const CLI::Option* option : begun(line).get_options())
    if (!option->get_group().empty())
      for (const std::string& flag : option->get_lnames()) names.push_back("--" + flag);
  std::vector<std::string_view> known(names.begin(), names.end());
  std::vector<std::string> extra = line.app.remaining(true);
  std::string word = extra.empty() ? "" : extra.front();
  bool option = word.starts_with('-');
  auto near = option ? find_nearest(word.substr(0, word.find('=')), known) : std::optional<std::string_view>();
  return wrong_usage(line, fmt::format("unknown {} {}{}", option ? "option" : "argument", shown(word),
                                       near ? fmt::format("; did you mean {}?", *near) : ""));
}

}  // namespace

int run_cli(int argc, char** argv, net::Reaper& reaper) {
  CommandLine line;
  line.app.require_subcommand(1);
  line.app.set_version_flag("--version", fmt::format("gatehouse {}", build_version()));
  add_serving(line);
  add_asking(line);
  add_config_commands(line);
  add_rules(line);
  add_pins(line);
  add_keys(line);
  add_login(line);
  add_approvals(line);
  add_audit(line);
  add_scan(line);
  add_registry(line);
  add_about(line);
  if (argc < 2) {
    fmt::print(stderr, "{}", line.app.help());
    return kUsage;
  }
  std::string first = argv[1];
  bool known = first.starts_with('-');
  for (CLI::App* command : line.app.get_subcommands([](CLI::App*) { return true; })) known = known || command->get_name() == first;
  if (!known) return unknown_command(line, first);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return line.app.exit(e);
  } catch (const CLI::ExtrasError&) {
    return unknown_argument(line);
  } catch (const CLI::ParseError& e) {
    return wrong_usage(line, e.what());
  }
  return line.run(reaper);
}

}  // namespace app
