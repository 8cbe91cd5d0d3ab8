#include <fmt/format.h>

#include "app/build_info.h"
#include "app/commands.h"
#include "app/config_shared.h"
#include "app/terminal.h"
#include "base/json.h"
#include "protocol/versions/versions.h"

namespace app {
namespace {

std::string_view era_name(protocol::Era era) { return era == protocol::Era::modern ? "modern" : "legacy"; }

// The store that the config names, or would by default. A config that is missing or wrong is not this command's business.
std::string store_in_use(const std::string& given) {
  auto file = find_config(given, process_environment);
  if (!file) return "sqlite:./gatehouse.db";
  ReadConfig read = read_config(*file, process_environment);
  return read.config ? shown_store(read.config->store.reveal()) : "unknown: the config has errors";
}

std::string as_json(const std::string& store) {
  std::string revisions;
  for (const protocol::Revision* revision : protocol::all_revisions())
    revisions += fmt::format("{}{{\"name\":{},\"era\":\"{}\",\"released\":{}}}", revisions.empty() ? "" : ",", base::quoted(revision->name),
                             era_name(revision->era), base::quoted(revision->released));
  return fmt::format("{{\"version\":{},\"commit\":{},\"revisions\":[{}],\"store\":{},\"sandbox\":null}}\n", base::quoted(build_version()),
                     base::quoted(build_commit()), revisions, base::quoted(store));
}

}  // namespace

int version(const VersionOptions& options) {
  std::string store = store_in_use(options.config);
  if (options.output == Output::json) {
    print(as_json(store));
    return kGood;
  }
  std::string out = fmt::format("gatehouse {} ({})\n", build_version(), build_commit());
  std::vector<std::vector<std::string>> rows;
  for (const protocol::Revision* revision : protocol::all_revisions())
    rows.push_back({rows.empty() ? "revisions" : "", std::string(revision->name), std::string(era_name(revision->era)),
                    fmt::format("released {}", revision->released)});
  rows.push_back({"store", store});
  rows.push_back({"sandbox", "none yet"});
  std::size_t name = 0;
  for (const auto& row : rows) name = std::max(name, row.size() > 2 ? row[1].size() : 0);
  for (const auto& row : rows) {
    out += fmt::format("{:<10} {:<{}}", row[0], row[1], row.size() > 2 ? name : row[1].size());
    for (std::size_t i = 2; i < row.size(); ++i) out += "  " + row[i];
    out += '\n';
  }
  print(out);
  return kGood;
}

}  // namespace app
