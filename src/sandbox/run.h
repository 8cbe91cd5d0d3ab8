// One run of a script in one worker, from the host's side.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/loop.h"
#include "sandbox/frames.h"
#include "sandbox/process.h"
#include "sandbox/replay.h"
#include "sandbox/script.h"

namespace sandbox {

// Owns: the calls under way. Lives until drive() has ended.
// Threads: one loop only.
class Run {
 public:
  Run(base::Loop& loop, std::shared_ptr<Process> process, Script script, HostCall host);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Runs it to its end. Everything that can happen is an Outcome. Errors: none.
  Task<Outcome> drive(std::stop_token stop);
  // After drive(): the worker is as good as new, and may serve this owner again.
  bool clean() const { return clean_; }

 private:
  struct Open {
    Entry entry;
    std::stop_source stop;
    base::Deadline deadline;
    bool person = false;
  };

  void look();
  void on_frame(const Frame& frame);
  void on_call(std::string_view body);
  void on_waiting(std::string_view body);
  void on_done(std::string_view body);
  void on_gone();
  void begin(Entry entry);
  void set_clock(std::uint32_t seq);
  void set_wall(Millis left);
  void person(std::uint32_t seq, bool asked);
  Task<void> carry_out(Call call);
  void finished(std::uint32_t seq, Answer answer);
  void give(Entry entry);
  void send(const Entry& entry);
  void replay_on();
  void freeze();
  void over(Fault::Kind kind, std::string message, std::string hint = {});
  void misbehaved(std::string what) { over(Fault::Kind::engine, "the worker broke its rules: " + std::move(what)); }
  std::string name_of(std::uint32_t stub) const;
  void finish();

  base::Loop& loop_;
  std::shared_ptr<Process> process_;
  Script script_;
  HostCall host_;
  Replay replay_;
  base::TaskGroup calls_;
  base::Signal changed_;
  std::map<std::uint32_t, Open> open_;
  std::deque<Entry> held_;  // live answers that came before the record was given
  Outcome out_;
  base::Instant began_ = base::Timers::now();
  base::Deadline wall_;
  base::Instant wall_until_{};
  Millis wall_left_{};
  std::size_t persons_ = 0;  // that are asked
  std::uint32_t issued_ = 0;
  std::uint64_t sent_ = 0;  // answers
  bool ended_ = false;      // the code has: what is open may still end
  bool over_ = false;       // nothing is waited for
  bool idle_ = false;       // the engine has taken all answers and done what it could
  bool asking_ = false;     // a call asks: no answer is given any more
  bool frozen_ = false;     // and no call begins
  bool late_ = false, stopped_ = false, clean_ = false;
};

}  // namespace sandbox
