// The audit trail as the admin server reads it.
#pragma once

#include <memory>

#include "app/admin_desk.h"
#include "observe/audit/audit_trail.h"

namespace app {

// Searches by words that stand in a record, the newest first: {records: [{seq, time, kind, caller, server, name, outcome, hash, record}],
// next}; proves as {good, broken, seq, words, …, unproved}. Lifetime: the reading shares the trail; the trail's store outlives both.
AuditReading audit_reading(std::shared_ptr<const observe::AuditTrail> trail);

}  // namespace app
