// What a person has approved to be started.
#pragma once
#include <string_view>

namespace trust {

// Asked for one server at a time. Threads: those of whoever judges.
class Approved {
 public:
  virtual ~Approved() = default;
  // Whether a launch with this launch_digest was approved for the server.
  virtual bool knows(std::string_view digest) const = 0;
  // Whether nothing else may run, however exactly it is written: there is a list of all that may.
  virtual bool nothing_else() const { return false; }
};

// Nobody has approved anything.
class NothingApproved final : public Approved {
 public:
  bool knows(std::string_view) const override { return false; }
};

}  // namespace trust
