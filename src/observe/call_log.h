// Finished calls as lines of the log, and several recorders as one.
#pragma once

#include <algorithm>
#include <vector>

#include "base/log.h"
#include "base/record.h"

namespace observe {

// Writes one line per call: what went well at debug, a failure at warn, a failure of this side at error.
// Threads: any.
class CallLog final : public base::Recorder {
 public:
  void finished(const base::CallRecord& record) override;
  static base::log::Level level_of(const base::CallRecord& record);
};

// Hands each call to several recorders, in their order; one that refuses a call refuses it for all, and all are told of its end.
// Lifetime: the recorders outlive this.
// Threads: any, if the recorders' are.
class Recorders final : public base::Recorder {
 public:
  explicit Recorders(std::vector<base::Recorder*> all) : all_(std::move(all)) {}
  // Before the first call.
  void add(base::Recorder* recorder) { all_.push_back(recorder); }
  mcp::Result<> began(const base::CallRecord& record) override {
    mcp::Result<> out;
    for (base::Recorder* recorder : all_)
      if (auto one = recorder->began(record); !one && out) out = std::move(one);
    return out;
  }
  void finished(const base::CallRecord& record) override {
    for (base::Recorder* recorder : all_) recorder->finished(record);
  }
  bool keeps_contents() const override {
    return std::any_of(all_.begin(), all_.end(), [](const base::Recorder* one) { return one->keeps_contents(); });
  }

 private:
  std::vector<base::Recorder*> all_;
};

}  // namespace observe
