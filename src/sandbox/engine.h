// One JavaScript engine, fresh for one run: QuickJS-ng inside of WebAssembly that was translated to C.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "sandbox/frames.h"

namespace sandbox {

// The code's calls and words come out through Host; answers go in by settle().
// A process has at most one that runs; a trap of the engine ends the process (engine_trap.h).
// Threads: one.
class Engine {
 public:
  class Host {
   public:
    virtual void called(std::uint32_t seq, std::uint32_t stub, std::string_view arguments) = 0;
    virtual void logged(std::string_view text) = 0;

   protected:
    ~Host() = default;
  };

  // Makes the engine ready, up to where the code comes in.
  explicit Engine(Host& host);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Begins to run the job's code, until all it can do without an answer is done. Once only.
  void begin(const Job& job);
  // Gives the answer of a call, and runs what waited for it.
  void settle(const AnswerFrame& answer);

  // The code has ended; how is in result().
  bool done() const;
  // Nothing is left that could be done, and no call is open: say so to the code's author.
  void never_ends();
  const DoneFrame& result() const;

  // The processor time since begin().
  std::uint64_t cpu_us() const;

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// Sets up what all engines of the process share. Once, before the first, and before the walls are up.
void prepare_engines();

}  // namespace sandbox
