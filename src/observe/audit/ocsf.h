// Records as events of the Open Cybersecurity Schema Framework, class 6003 (API Activity), version 1.6.0.
#pragma once

#include <string>

#include "observe/audit/audit_trail.h"

namespace observe {

// One object, one line. `version`: of this program.
std::string ocsf_line(const AuditEntry& entry, std::string_view version);

}  // namespace observe
