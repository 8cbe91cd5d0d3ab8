// The launches of stdio servers, as pins.
#include <array>

#include "base/json.h"
#include "gateway/trust/pinning.h"
#include "trust/launch/judge.h"
#include "trust/pins/canonical.h"

namespace gateway {
namespace {

using trust::Pin;
using trust::PinKind;
using trust::PinMode;

// For people: no values of variables, which may be secrets, but the digest of all of it.
std::string words_of(const trust::Launch& launch) {
  std::string out = "{\"command\":[";
  for (std::size_t i = 0; i < launch.argv.size(); ++i) out.append(i > 0 ? "," : "").append(base::quoted(launch.argv[i]));
  out.append("],\"env\":[");
  bool first = true;
  for (const auto& [name, value] : launch.env) {
    out.append(first ? "" : ",").append(base::quoted(name));
    first = false;
  }
  out.append("]");
  out.append(",\"sha256\":").append(base::quoted(trust::launch_digest(launch)));
  if (!launch.cwd.empty()) out.append(",\"cwd\":").append(base::quoted(launch.cwd));
  return trust::canonical_json(out.append("}"));
}

}  // namespace

bool Pinning::knows(std::string_view server, std::string_view digest) const {
  if (config_.lock && config_.mode == PinMode::enforce) return true;
  const trust::Ledger* book = find(server);
  const trust::LedgerPin* approved = book ? book->approved(PinKind::launch, "") : nullptr;
  return approved && base::find_member(approved->pin.text, "sha256") == base::quoted(digest);
}

bool Pinning::takes_at_first_sight(std::string_view server, const trust::Launch& launch) {
  std::string words = words_of(launch);
  std::string digest = trust::pin_digest(words);
  const std::array<Pin, 1> seen{Pin{PinKind::launch, "", std::move(digest), std::move(words)}};
  trust::Ledger& book = ledger(server);
  note(std::string(server), book.judge(config_.mode, "", PinKind::launch, seen));
  return config_.mode == PinMode::warn || book.shows(config_.mode, PinKind::launch, "", seen[0].digest);
}

}  // namespace gateway
