#include "gateway/disclosure/paused_runs.h"

#include "base/digest.h"
#include "sdk/seal.h"
#include "sdk/session.h"

namespace gateway {
namespace {

std::size_t size_of(const std::vector<sandbox::Entry>& entries) {
  std::size_t out = 0;
  for (const auto& entry : entries)
    out += sizeof entry + entry.name.size() + entry.arguments.size() + entry.answer.json.size() + entry.answer.message.size();
  return out;
}

}  // namespace

std::string PausedRun::digest() const {
  std::string text = code_digest;
  auto add = [&text](std::string_view part) { text.append(std::to_string(part.size())).append(":").append(part); };
  for (const auto* list : {&record, &asked}) {
    text += '\n';
    for (const sandbox::Entry& entry : *list) {
      add(std::to_string(entry.seq));
      add(entry.name);
      add(entry.arguments);
      add(entry.answer.json);
      add(entry.answer.message);
    }
  }
  return base::sha256_hex(text);
}

std::string PausedRuns::keep(PausedRun run, base::Instant now) {
  Kept kept;
  kept.id = sdk::random_id();
  kept.bytes = sizeof kept + size_of(run.record) + size_of(run.asked);
  kept.run = std::move(run);
  kept.until = now + kLives;
  while (!runs_.empty() && (runs_.front().until <= now || runs_.size() >= kMost || bytes_ + kept.bytes > kMostBytes)) drop_oldest();
  bytes_ += kept.bytes;
  std::string id = kept.id;
  runs_.push_back(std::move(kept));
  by_id_.emplace(id, std::prev(runs_.end()));
  return id;
}

std::optional<PausedRun> PausedRuns::take(std::string_view id, std::string_view caller, std::string_view code_digest, base::Instant now) {
  while (!runs_.empty() && runs_.front().until <= now) drop_oldest();
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  auto at = found->second;
  if (at->run.caller != caller || at->run.code_digest != code_digest) return std::nullopt;
  std::optional<PausedRun> out(std::move(at->run));
  bytes_ -= at->bytes;
  by_id_.erase(found);
  runs_.erase(at);
  return out;
}

void PausedRuns::drop_oldest() {
  bytes_ -= runs_.front().bytes;
  by_id_.erase(runs_.front().id);
  runs_.pop_front();
}

}  // namespace gateway
