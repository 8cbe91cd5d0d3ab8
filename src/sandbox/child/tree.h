// The tree of files that a confined child sees: made of pieces of this machine's, and of memory.
#pragma once

#include <string>
#include <vector>

#include "sandbox/child/plan.h"

namespace sandbox::child {

// Takes pieces of this machine's tree as they are to be mounted, while it can still be seen.
// Owns: a descriptor for each.
class Pieces {
 public:
  Pieces() = default;
  Pieces(const Pieces&) = delete;
  Pieces& operator=(const Pieces&) = delete;
  ~Pieces();

  // As root, before the child has a user namespace: pieces outside of the system's folders are taken so that their owner is `outer_id`
  // there, since that is who the child is. Where the file system cannot do that they are left as they are. Errors: none.
  void take_mapped(const Plan& plan);

  // The rest, in the child's own mount namespace. Errors: unavailable, which names the piece.
  Result<> take(const Plan& plan);

  // Puts the tree together and makes it this process's root; nothing else is left of the old one. Needs the mount and pid namespaces.
  // A /proc that cannot be mounted is told in `no_proc`, and left out. Errors: unavailable, which names what.
  Result<> make_root(const Plan& plan, std::string& no_proc);

 private:
  std::vector<int> taken_;  // one for each of plan.mounts; -1: not yet
};

}  // namespace sandbox::child
