// One upstream as one link, whatever number of sessions it takes.
#pragma once

#include <memory>

#include "gateway/upstream/session_pool.h"

namespace gateway {

// What an audience can be asked for: a session for it has to be able to carry questions.
bool can_be_asked(const Audience& audience);

// Requests to a modern upstream all take `first`, each with its own capabilities. With a legacy one, `first` is the session of nobody
// in particular (lists, subscriptions), and requests of an audience take a session of its own. Where questions of the upstream do not
// say for which request they are, a session carries one request at a time that may lead to one; audiences that cannot be asked
// share `first` there.
// It is alive as long as the first is, or a request runs.
// `never`: each caller has credentials of their own, and so sessions.
enum class Sharing { where_possible, never };
std::unique_ptr<Link> make_sessioned_link(base::Loop& loop, std::unique_ptr<Link> first, OpenSession open, LinkEvents events,
                                          Sharing sharing = Sharing::where_possible);

}  // namespace gateway
