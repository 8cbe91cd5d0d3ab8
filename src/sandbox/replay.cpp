#include "sandbox/replay.h"

namespace sandbox {

Replay::Replay(std::vector<Entry> record, const std::vector<Entry>& asked) : record_(std::move(record)), old_(record_.size()) {
  for (const Entry& entry : record_) {
    was_.emplace(entry.seq, Was{entry.name, entry.arguments});
    answered_.insert(entry.seq);
  }
  for (const Entry& entry : asked) was_.emplace(entry.seq, Was{entry.name, entry.arguments});
}

Result<Replay::Step> Replay::issued(std::uint32_t seq, const std::string& name, const std::string& arguments) {
  auto was = was_.find(seq);
  if (was == was_.end()) return Step::live;
  const auto& [old_name, old_arguments] = was->second;
  if (old_name != name)
    return Error(Code::conflict, "call " + std::to_string(seq) + " was " + old_name + " before the pause and is " + name + " now");
  if (old_arguments != arguments)
    return Error(Code::conflict, "call " + std::to_string(seq) + " (" + name + ") has other arguments than before the pause");
  if (!answered_.contains(seq)) return Step::live;
  issued_again_.insert(seq);
  return Step::recorded;
}

const Entry* Replay::next() {
  if (caught_up() || !issued_again_.contains(record_[given_].seq)) return nullptr;
  return &record_[given_++];
}

Result<> Replay::waiting() const {
  if (caught_up()) return {};
  const Entry& missing = record_[given_];
  return Error(Code::conflict,
               "call " + std::to_string(missing.seq) + " (" + missing.name + ") was made before the pause and is not made now");
}

}  // namespace sandbox
