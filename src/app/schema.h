// Every key that gatehouse.yaml may have, whether or not its feature is built: one table.
#pragma once

#include <span>
#include <string_view>

#include "app/finding.h"
#include "app/yaml.h"

namespace app::schema {

enum class Built { yes, not_yet };

struct Key;
using Table = std::span<const Key>;

// One known key. Where it is `not_yet`, `only` is the one value that equals what is built and so is accepted. `values`, where
// given, are all that the key will ever take, separated by spaces. `inside` are the keys of the map under it, or of each map in
// the list under it.
struct Key {
  std::string_view name;
  Built built = Built::yes;
  std::string_view only = {};
  std::string_view values = {};
  Table inside = {};
};

Table top();
Table server();
// Under `tools: NAME:` of a server.
Table tool();
// Under `profiles: NAME:`.
Table profile();
// A root of a built-in server written as a map.
Table root();
Table sandbox();
// A line of `rules:`; who it is about, when it holds, and what one argument has to be.
Table rule();
Table rule_who();
Table rule_when();
Table rule_argument();
// Who may approve, under `approvers:` of a line; one of `approvals.webhook`.
Table rule_approvers();
Table approval_webhook();
// One of `auth.issuers`; a scope of it written as a map.
Table issuer();
Table issuer_scope();
Table audit_sink();

// Reports each key of `map` that `table` does not know (with the nearest one that it does), and each one whose feature is not built
// yet, at all depths that the table describes. `where` is the path so far, for messages: "servers.vault".
void check(const yaml::Value& map, Table table, std::string_view where, Findings& findings);

}  // namespace app::schema
