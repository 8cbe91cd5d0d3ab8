#include "app/import/import_text.h"

#include <fmt/format.h>

#include "app/asked_gateway.h"

namespace app {
namespace {

using Fate = PlannedServer::Fate;

std::string place_text(const FoundServer& place) {
  return fmt::format("{} ({}{})", shape_of(place.client).title, without_controls(place.file),
                     place.path.size() > 1 && place.path[0] == "projects" ? ", for " + without_controls(place.path[1]) : "");
}

void add_line(std::string& out, std::string_view what, std::string_view text) { out += fmt::format("  {:<9} {}\n", what, text); }

}  // namespace

std::string plan_text(const ImportPlan& plan) {
  std::string out;
  for (const PlannedServer& server : plan.servers) {
    const std::string& found = server.places.front().name;
    out += server.entry.id == found || server.fate == Fate::left ? without_controls(found)
                                                                 : fmt::format("{} (as {})", without_controls(found), server.entry.id);
    out += server.fate == Fate::taken ? "\n"
                                      : fmt::format(": {}, {}\n", server.fate == Fate::off ? "taken, switched off" : fate_name(server.fate),
                                                    without_controls(server.why));
    for (const FoundServer& place : server.places) add_line(out, "from", place_text(place));
    if (server.fate == Fate::present || server.fate == Fate::left) continue;
    for (const auto& [key, value] : server.entry.keys) add_line(out, key, without_controls(value));
    if (server.verdict) {
      const bool allowed = server.verdict->ruling == trust::Ruling::allow;
      add_line(out, "launch",
               allowed ? "allow"
                       : fmt::format("{}: {} at {}: {}", trust::ruling_name(server.verdict->ruling), server.verdict->rule,
                                     server.verdict->where, without_controls(server.verdict->reason)));
      add_line(out, "pin", "sha256:" + server.digest);
    }
    if (server.package) add_line(out, "name", likeness_text(*server.package, "            "));
    if (!server.version.empty())
      add_line(out, "version", fmt::format("{}, the newest now, in place of one that each start could choose", server.version));
    for (const MovedSecret& secret : server.secrets)
      add_line(out, "secret", fmt::format("{} ({}) goes to {}", secret.where, secret.kind, secret.file));
    for (const std::string& note : server.notes) add_line(out, "note", note);
  }
  return out;
}

void write_plan(mcp::JsonWriter& out, const ImportPlan& plan) {
  out.key("servers").array();
  for (const PlannedServer& server : plan.servers) {
    out.object()
        .field("name", server.places.front().name)
        .field("id", server.entry.id)
        .field("fate", fate_name(server.fate))
        .field("why", server.why);
    out.key("from").array();
    for (const FoundServer& place : server.places)
      out.object().field("client", shape_of(place.client).name).field("file", place.file).field("name", place.name).end();
    out.end().key("config").object();
    for (const auto& [key, value] : server.entry.keys) out.field(key, value);
    out.end();
    if (server.verdict) {
      out.key("launch").object().field("verdict", trust::ruling_name(server.verdict->ruling)).field("rule", server.verdict->rule);
      out.field("where", server.verdict->where).field("reason", server.verdict->reason).field("digest", server.digest).end();
    }
    if (server.package) {
      const trust::Likeness& like = server.package->likeness;
      out.key("package").object().field("name", server.package->name.plain).field("verdict", trust::likeness_name(like.kind));
      out.field("nearest", like.nearest).field("reason", like.reason).end();
    }
    out.field("version", server.version).key("secrets").array();
    for (const MovedSecret& secret : server.secrets)
      out.object().field("where", secret.where).field("kind", secret.kind).field("file", secret.file).end();
    out.end().key("notes").array();
    for (const std::string& note : server.notes) out.value(note);
    out.end().end();
  }
  out.end();
}

}  // namespace app
