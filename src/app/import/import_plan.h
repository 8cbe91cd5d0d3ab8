// What an import would put into gatehouse.yaml: one server for each that was found, judged, with its secrets taken out.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config_edit.h"
#include "app/import/client_servers.h"
#include "app/import/package_versions.h"
#include "app/known_names.h"
#include "base/secret.h"
#include "trust/launch/verdict.h"

namespace app {

// A secret of a client's config, and the file beside the new config that it goes to.
struct MovedSecret {
  std::string where;  // `env.GITHUB_TOKEN`, `headers.Authorization`, `command[3]`, `url`
  std::string kind;   // `github-token`, or `by its name`
  std::string file;   // relative to the config: `secrets/github-github-token`
  base::Secret<std::string> value;
};

struct PlannedServer {
  // taken: into the config; off: into it, switched off; present: the config has it; left: not into it.
  enum class Fate { taken, off, present, left };
  Fate fate = Fate::taken;
  std::string why;                  // of all but taken; safe to print
  NewServer entry;                  // with its id; no keys where it is left
  std::vector<FoundServer> places;  // where it was found; one at least
  std::vector<MovedSecret> secrets;
  std::optional<trust::Verdict> verdict;  // of a command
  std::string digest;                     // what an approval of its launch pins
  std::optional<JudgedPackage> package;
  std::string version;  // the exact one that was put in place of a loose one; empty: none was
  std::vector<std::string> notes;
};

struct ImportPlan {
  std::vector<PlannedServer> servers;
};

// What the plan is made by.
struct ImportGround {
  std::string folder;                                      // of the config, absolute
  std::string home;                                        // of the user
  std::string config;                                      // its text; empty: it is not there yet
  const trust::KnownList* known = nullptr;                 // the names that others are judged by
  VersionFinder versions;                                  // empty: nobody is asked
  std::function<bool(const std::string& path)> is_folder;  // whether it is one; asked of absolute paths
  std::function<bool(const std::string& path)> exists;     // whether anything is there
};

// The servers in the order in which they were found; those that several clients have alike are one. Changes nothing.
ImportPlan plan_import(const std::vector<FoundServer>& found, const ImportGround& ground);

// `taken`, `off`, `present` or `left`.
std::string_view fate_name(PlannedServer::Fate fate);

// An id as the config takes it, made of a client's name for a server: `My Server` is `my-server`. `is_taken`: whether another has it.
std::string make_server_id(std::string_view name, ClientKind client, const std::function<bool(const std::string&)>& is_taken);

}  // namespace app
