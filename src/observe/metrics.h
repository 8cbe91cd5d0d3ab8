// Counters of calls, as families for Prometheus and OTLP.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/record.h"
#include "observe/families.h"
#include "observe/semconv.h"

namespace observe {

// One upstream as a scrape shows it.
struct UpstreamGauge {
  std::string id;
  std::string kind;
  std::string state;  // one of kUpstreamStates
  std::size_t tools = 0;
  std::uint64_t starts = 0;
  std::size_t in_flight = 0;
  std::size_t queued = 0;
  std::uint64_t failures = 0;
  std::size_t held = 0;  // definitions in quarantine
};

inline constexpr std::array<std::string_view, 10> kUpstreamStates{"disabled", "idle",      "starting", "up",      "degraded",
                                                                  "open",     "half-open", "down",     "stopped", "needs sign-in"};

// What is read at the moment of a scrape.
struct Gauges {
  std::vector<UpstreamGauge> upstreams;
  std::size_t open_calls = 0;
  std::size_t open_streams = 0;
  std::size_t open_connections = 0;
  std::uint64_t connections = 0;   // accepted, ever
  std::uint64_t requests = 0;      // HTTP requests handed on, ever
  std::uint64_t refused = 0;       // HTTP requests answered before anybody saw them, ever
  std::uint64_t turned_away = 0;   // HTTP requests and connections for which there was no room, ever
  std::size_t held_bytes = 0;      // of requests, and of answers that wait for slow readers
  std::size_t resident_bytes = 0;  // 0: not known
  std::chrono::seconds uptime{0};
  std::string version, commit;
  std::size_t catalog_tokens = 0;  // of the definitions of all tools, by size; 0: not known
  // What exporters did; nothing: there are none.
  struct Exports {
    std::uint64_t sent = 0;     // calls whose spans were taken by the collector
    std::uint64_t dropped = 0;  // calls whose spans were given up
    std::size_t queued = 0;
  };
  std::optional<Exports> exports;
};

// Counts finished calls by server, method and tool. A series is made for the first kMostSeries pairs of (server, tool) only, and for the
// first kMostCallers pairs of (caller, server); what comes later is counted under "other", so that no caller can make the text grow.
// Threads: any.
class Metrics final : public base::Recorder {
 public:
  static constexpr std::size_t kMostSeries = 1000;
  static constexpr std::size_t kMostCallers = 500;
  // Upper bounds of the duration histogram, in seconds.
  static constexpr std::array<double, 13> kBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60};

  // ... and of what the gateway itself adds to a call.
  static constexpr std::array<double, 13> kOverheadBounds{0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005,
                                                          0.01,    0.02,   0.05,   0.1,    0.5,   1};

  explicit Metrics(std::size_t most_series = kMostSeries) : most_series_(most_series) {}

  void finished(const base::CallRecord& record) override;

  // Everything counted, and `gauges`.
  std::vector<Family> families(const Gauges& gauges) const;
  // The same as exposition text (version 0.0.4). Same state, same text.
  std::string text(const Gauges& gauges) const;
  // What the definitions of all tools have in tokens, from now on: the difference to what a list showed is what disclosure saved.
  void whole_catalog(std::size_t tokens);

 private:
  struct Series {
    std::array<std::uint64_t, 4> by_outcome{};                // as Outcome counts
    std::array<std::uint64_t, kBounds.size() + 1> buckets{};  // not cumulated
    double seconds = 0;
    double upstream_seconds = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
  };
  using Name = std::pair<std::string, std::string>;  // server, tool
  using NameView = std::pair<std::string_view, std::string_view>;
  // Lets a series be found without making strings.
  struct NameLess {
    using is_transparent = void;
    static NameView view(const Name& name) { return {name.first, name.second}; }
    static NameView view(const NameView& name) { return name; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return view(a) < view(b);
    }
  };

  // What the convention's histograms are split by: method, what kind of failure, revision, transport (or server).
  using Operation = std::tuple<std::string_view, std::string, std::string_view, std::string>;
  struct Durations {
    std::array<std::uint64_t, semconv::kBounds.size() + 1> buckets{};
    double seconds = 0;
  };
  struct Tokens {
    std::uint64_t arguments = 0, results = 0, definitions = 0;
  };

  Series& series_of(const base::CallRecord& record);
  void count_operations(const base::CallRecord& record);
  void count_tokens(const base::CallRecord& record);
  void add_operation(std::map<Operation, Durations>& to, Operation of, double seconds) const;
  void add_calls(std::vector<Family>& out) const;
  void add_durations(std::vector<Family>& out) const;
  void add_operations(std::vector<Family>& out) const;
  void add_tokens(std::vector<Family>& out) const;

  std::size_t most_series_;
  mutable std::mutex mutex_;
  std::map<Name, Series, NameLess> series_;
  std::map<std::string_view, std::uint64_t> methods_;  // the names are constants of the protocol
  std::map<std::string_view, std::uint64_t> errors_;   // by the code's name
  std::map<Operation, Durations> server_, client_;
  std::array<std::uint64_t, kOverheadBounds.size() + 1> overhead_{};
  double overhead_seconds_ = 0;
  std::map<Name, Tokens, NameLess> tokens_;                                           // by caller and server
  std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> revisions_;  // of the client's side and the upstream's
  std::uint64_t saved_ = 0;
  std::size_t catalog_tokens_ = 0;
};

// The resident memory of this process, from /proc; 0 where it cannot be read.
std::size_t resident_bytes();

}  // namespace observe
