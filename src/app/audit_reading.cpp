#include "app/audit_reading.h"

#include <utility>

#include "app/key_text.h"
#include "base/json.h"
#include "mcp/json.h"

namespace app {
namespace {

using mcp::Result;

std::string page_json(const observe::AuditPage& page) {
  mcp::JsonWriter out;
  out.object().key("records").array();
  for (const observe::AuditEntry& one : page.entries) {
    out.object().field("seq", one.seq).field("time", time_text(one.at, "%Y-%m-%dT%H:%M:%SZ")).field("kind", one.kind);
    out.field("caller", one.caller).field("server", one.server).field("name", one.name).field("outcome", one.outcome);
    out.field("hash", one.hash);
    if (base::validate_json(one.body)) out.key("record").raw(one.body);
    out.end();
  }
  out.end().field("next", page.cursor).end();
  return std::move(out).text();
}

std::string proof_json(const observe::AuditProof& proof) {
  mcp::JsonWriter out;
  out.object().field("good", proof.good()).field("words", proof.words);
  if (!proof.good()) out.field("broken", observe::audit_break_name(proof.broken)).field("seq", proof.seq);
  out.field("first", proof.first).field("last", proof.last).field("records", proof.records).field("signed_to", proof.signed_to);
  out.field("checkpoints", proof.checkpoints).field("at_sinks", proof.at_sinks);
  out.key("unproved").array();
  for (const std::string& one : proof.unproved) out.value(one);
  out.end().end();
  return std::move(out).text();
}

}  // namespace

AuditReading audit_reading(std::shared_ptr<const observe::AuditTrail> trail) {
  AuditReading out;
  out.search = [trail](const std::string& query, const std::string& cursor, std::size_t limit) -> Result<std::string> {
    observe::AuditQuery wanted;
    wanted.text = query;
    auto page = trail->search(wanted, cursor, limit);
    if (!page) return std::move(page).error();
    return page_json(*page);
  };
  out.verify = [trail]() -> Result<std::string> {
    auto proof = trail->verify();
    if (!proof) return std::move(proof).error();
    return proof_json(*proof);
  };
  return out;
}

}  // namespace app
