// The commands: what each takes, and the function that does it. Parsing is cli.cpp's work; what they do is in commands/.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace net {
class Reaper;
}

namespace app {

// Exit status of every command.
inline constexpr int kGood = 0;
inline constexpr int kFailed = 1;  // the answer is "no", or the work failed
inline constexpr int kUsage = 2;   // wrong usage or config

// How a command writes its answer.
enum class Output { text, json };

struct LogOptions {
  base::log::Level level = base::log::Level::info;
  base::log::Format format = base::log::Format::automatic;
};

struct ServeOptions {
  std::string config;
  std::string listen;  // empty: what the config says
  LogOptions log;
};

struct StdioOptions {
  std::string config;
  std::string disclosure;  // empty: what the config says
  LogOptions log{base::log::Level::warn, base::log::Format::automatic};
};

struct ServerOptions {
  std::string name;
  std::vector<std::string> roots;   // DIR, or DIR:append or DIR:write
  std::string http;                 // empty: stdio
  std::string spec;                 // openapi: the file with the description
  std::string base_url;             // of the API, in place of the usual one
  std::string profile;              // tasks: paperclip or github
  std::vector<std::string> values;  // tasks: NAME=VALUE
  enum class Tools { reading, all };
  Tools tools = Tools::reading;  // github, tasks: also those that change something
};

struct CheckOptions {
  std::string config;
  std::string packages;  // a file of names to judge instead of a config; "-": stdin
  std::string known;     // the list of known names to judge by; empty: the shipped one
  enum class Itself { counts, left_out } itself = Itself::counts;
  std::string launch;        // a file of launches to judge instead of a config; "-": stdin
  std::string lock;          // a package manager's lock to check instead of a config
  std::string osv;           // a folder of OSV records
  std::string attestations;  // a folder of npm's attestations, a file per package
  std::string before;        // an earlier lock
  Output output = Output::text;
};

struct ToolsOptions {
  enum class Show { tools, status, tokens };
  std::string config;
  std::string url;
  std::string query;
  Show show = Show::tools;
  Output output = Output::text;
};

struct BudgetOptions {
  std::string config;
  std::string url;
  std::string model;       // empty: o200k_base, counted
  std::size_t window = 0;  // tokens; 0: what the config says
  Output output = Output::text;
};

struct CallOptions {
  std::string config;
  std::string url;
  std::string name;
  std::string arguments = "{}";  // "-": from stdin
  Output output = Output::text;
};

struct InitOptions {
  std::string config;  // the file to write; empty: ./gatehouse.yaml
  enum class Does { begin, import, undo } does = Does::begin;
  std::vector<std::string> from;                           // import: these files of clients; empty: those that are found
  std::string client;                                      // ... of this client alone; empty: of all
  std::vector<std::string> connect;                        // ... clients that get the entry of Gatehouse
  enum class Old { out, kept } old = Old::out;             // ... and what becomes of their entries then
  enum class Asks { others, nobody } asks = Asks::others;  // ... registries for versions, and servers whether they want a sign-in
  enum class Agreed { no, yes } agreed = Agreed::no;
  Output output = Output::text;
};

struct AdviseOptions {
  enum class Asks { use, design, rules } asks = Asks::use;
  std::string config;
  std::string url;
  std::array<std::string, 6> answers;  // design: clients, data, rest, teams, stage, coupling; empty: asked at the terminal
  Output output = Output::text;
};

struct RulesOptions {
  std::string config;
  std::string file;  // test: the cases
  std::string who;   // explain: a caller's id
  std::string what;  // ... `server__tool`
  std::string arguments = "{}";
  std::vector<std::string> annotations;
  std::vector<std::string> groups;  // explain: what a sign-in says of the caller
  std::string key;
  std::string kind = "tool";
  std::string disclosure = "all";
  Output output = Output::text;
};

struct KeysOptions {
  enum class Calendar { no, yes };
  std::string config;
  std::string name;
  std::string owner;  // empty: the account that runs the command
  std::vector<std::string> groups, profiles;
  std::string life = "90d";
  std::string grace = "24h";
  Calendar calendar = Calendar::no;
  Output output = Output::text;
};

struct LoginOptions {
  std::string config;
  std::string server;
  std::string caller = "local";
};

struct ApprovalsOptions {
  std::string config;
  std::string id;
  std::string reason;
  std::string session;  // approve: for all calls of the tool in the session, for so long; empty: once
  Output output = Output::text;
};

struct PinsOptions {
  std::string config;
  std::vector<std::string> names;  // diff: two files, or a server; approve: a server, and names of what it has
  Output output = Output::text;
};

struct ScanOptions {
  enum class Form { text, json, sarif };
  std::string config;
  std::string url;
  std::string server;       // empty: all
  std::string definitions;  // a file of definitions, a JSON object a line; "-": stdin
  bool together = false;    // the lines of the file are one catalog
  Form form = Form::text;
};

struct RegistryOptions {
  std::string config;
  std::string url;   // empty: what the config says
  std::string what;  // search: a text; show, add: a server's name
  std::size_t most = 30;
  std::string version;              // empty: the newest
  std::string id;                   // add: in the config; empty: made of the name
  std::vector<std::string> values;  // add: NAME=VALUE
  std::string known;                // add: the list of known names; empty: the shipped one
  std::string mtf;                  // add: a file with an answer of the mpak registry
  enum class Reviewed { no, yes } reviewed = Reviewed::no;
  Output output = Output::text;
};

// A command as completion sees it.
struct CommandShape {
  std::string name;
  std::string help;
  std::vector<std::string> flags;  // "--json", "-h"
  std::vector<std::string> words;  // what its first argument may be, where that is known
};

struct AuditCommand {
  enum class Follow { no, yes };
  std::string config;
  std::string trail;  // the file; empty: the one of the config's store
  std::size_t lines = 20;
  Follow follow = Follow::no;
  std::string format = "jsonl";
  std::string after;               // export: a cursor
  std::vector<std::string> sinks;  // verify: files with what sinks were sent
  std::string key;                 // ... and the public key; empty: the one beside the trail
  Output output = Output::text;
};

struct DoctorOptions {
  std::string config;
  Output output = Output::text;
};

struct VersionOptions {
  std::string config;
  Output output = Output::text;
};

// Each returns an exit status, and has said on stderr why when it is not kGood.
int serve(const ServeOptions& options, net::Reaper& reaper);
int stdio(const StdioOptions& options, net::Reaper& reaper);
int server(const ServerOptions& options);
int check(const CheckOptions& options);
int check_packages(const CheckOptions& options);
int check_launches(const CheckOptions& options);
int check_lock(const CheckOptions& options);
int tools(const ToolsOptions& options, net::Reaper& reaper);
int budget(const BudgetOptions& options, net::Reaper& reaper);
int scan(const ScanOptions& options, net::Reaper& reaper);
int doctor(const DoctorOptions& options, net::Reaper& reaper);
int call(const CallOptions& options, net::Reaper& reaper);
int advise(const AdviseOptions& options, net::Reaper& reaper);
int init(const InitOptions& options);
int init_import(const InitOptions& options);
// Takes the last import back.
int init_undo(const InitOptions& options);
int rules_test(const RulesOptions& options);
int rules_explain(const RulesOptions& options);
// Compares two files of definitions: kFailed where a pin over the first one does not hold for the second.
int pins_compare(const PinsOptions& options);
int keys_create(const KeysOptions& options);
int keys_list(const KeysOptions& options);
int keys_rotate(const KeysOptions& options);
int keys_revoke(const KeysOptions& options);
int login(const LoginOptions& options, net::Reaper& reaper);
int logout(const LoginOptions& options);
int approvals_list(const ApprovalsOptions& options);
int approvals_approve(const ApprovalsOptions& options);
int approvals_deny(const ApprovalsOptions& options);
int audit_tail(const AuditCommand& options);
int audit_export(const AuditCommand& options);
// kFailed where something is broken.
int audit_verify(const AuditCommand& options);
int registry_search(const RegistryOptions& options);
int registry_show(const RegistryOptions& options);
int registry_add(const RegistryOptions& options);
int pins_list(const PinsOptions& options);
// Of what is held back against what was approved, or of two files.
int pins_diff(const PinsOptions& options);
int pins_approve(const PinsOptions& options);
int pins_lock(const PinsOptions& options, net::Reaper& reaper);
int pins_verify(const PinsOptions& options, net::Reaper& reaper);
int completion(std::string_view shell, std::span<const CommandShape> commands);
int version(const VersionOptions& options);

}  // namespace app
