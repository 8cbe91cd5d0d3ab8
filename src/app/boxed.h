// Joins the starting of children (net) to the boxes that they are put in (sandbox).
#pragma once

#include "net/reaper.h"

namespace app {

// What starts confined children: sandbox::child.
net::Confiner boxes();

}  // namespace app
