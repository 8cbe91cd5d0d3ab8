// How a server of the registry would stand in a config.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "trust/launch/launch.h"
#include "trust/lookalike/named_package.h"
#include "trust/registry/record.h"

namespace trust {

// Texts are as they are meant: nothing in them refers to a secret but `from_environment`.
struct RegistryPlan {
  // A program to start, or, where argv is empty, a URL.
  Launch launch;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  // Of `launch.env` or `headers`: whose values are to be taken from the environment, by its name there.
  std::map<std::string, std::string> from_environment;
  std::vector<std::string> optional;  // variables that it also knows
  NamedPackage package;               // what is fetched; of the URL where there is none
  std::string version;                // exact
};

// What a person says of the values that a server asks for, by name.
using RegistryChoices = std::map<std::string, std::string>;

// Chooses the first package that npx, uvx or docker can start over stdio, else the first remote, and fills in its values: fixed ones, those
// of `choices`, defaults. Secrets are never written: they become references to the environment, as do required variables without a value.
// Nothing that is not an exact version is planned.
// Errors: invalid_argument (nothing that can be started, no exact version, or a value that is missing: says which, and how to give it).
mcp::Result<RegistryPlan> plan_server(const RegistryServer& server, const RegistryChoices& choices);

// An id for the config made of the server's name: a letter, then at most 23 of a-z, 0-9 and -.
std::string id_for(std::string_view server_name);

}  // namespace trust
