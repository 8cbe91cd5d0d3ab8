// The launch policy: whether what a config says may be started as a server.
#pragma once
#include "trust/launch/approved.h"
#include "trust/launch/ground.h"
#include "trust/launch/launch.h"
#include "trust/launch/verdict.h"

namespace trust {

// Judges one launch by its words, in linear time. Only `ground` looks at the machine, and only below shared folders. Never throws for
// what stands in the launch.
// Rules: R01 a known launcher, or an absolute path; R02 no characters that are for a shell or for nobody's eyes; R03 plain variables;
// R04 no code and no options in place of the server; R05 a package of a registry; R06 options of containers; R07 exact versions; R08 no
// shell, no other transport, no folder outside; R09 what a person has approved. (R10, that a changed launch is approved anew, is what
// launch_digest is for; R11, who may change configs, and R12, the sandbox, are not decided here.)
Verdict judge(const Launch& launch, const Approved& approved, const Ground& ground = Ground());

}  // namespace trust
