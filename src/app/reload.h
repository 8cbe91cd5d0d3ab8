// Reads the config again while the gateway runs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/file_watch.h"
#include "base/blocking.h"
#include "base/loop.h"
#include "base/task_group.h"

namespace app {

// Hears of SIGHUP and of changes to the config's files, waits until they have settled, reads the whole config, and hands it over.
// Threads: the loop's. end() before destroying it, unless the loop has stopped.
class Reload {
 public:
  struct Parts {
    base::Loop& loop;
    base::BlockingPool& pool;
    std::string file;
    // Reads the config; runs on the pool.
    std::function<ReadConfig()> read;
    // Takes what was read, good or not. On the loop.
    std::function<void(ReadConfig)> take;
    base::Millis settle{200};      // nothing has changed for so long
    base::Millis patience{2'000};  // and at the latest after this
  };
  // `files` are those that the config in use was read from.
  Reload(Parts parts, std::vector<std::string> files);

  // Reads it now, whether or not it changed.
  void ask();
  // Stops listening and waits for what is under way.
  base::Task<void> end();

 private:
  enum class Why { changed, asked };
  void touched();
  void run(Why why);
  base::Task<void> read(Why why);
  void watch();

  Parts parts_;
  std::vector<std::string> files_;
  std::string state_;
  base::Instant first_{};  // of the changes that have not settled
  bool touched_ = false;
  bool reading_ = false;
  std::optional<Why> again_;
  base::Deadline timer_;
  FileWatch watch_;
  base::TaskGroup work_;
};

class HttpSide;
class Wiring;

// Applies a config that was read while `wiring` runs, and says in one line what changed; or says what is wrong with it, and changes
// nothing. `listen` is what the command line wants in place of the config's; `http` may be null.
void take_config(ReadConfig read, const std::optional<Address>& listen, Wiring& wiring, HttpSide* http);

// The top-level keys in which `next` differs and that only a restart changes. They are then set back to what runs, so that the rest can be
// applied.
std::vector<std::string> keep_what_needs_restart(const AppConfig& now, AppConfig& next);

}  // namespace app
