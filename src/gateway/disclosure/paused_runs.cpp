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

std::optional<std::string> PausedRuns::keep(PausedRun run, base::Instant now) {
  Kept kept;
  kept.id = sdk::random_id();
  kept.bytes = sizeof kept + size_of(run.record) + size_of(run.asked);
  if (!make_room(run.caller, kept.bytes, now)) return std::nullopt;
  kept.run = std::move(run);
  kept.until = now + kLives;
  std::string id = kept.id;
  insert(std::move(kept));
  return id;
}

void PausedRuns::put_back(std::string id, PausedRun run, base::Instant now) {
  Kept kept;
  kept.id = std::move(id);
  kept.bytes = sizeof kept + size_of(run.record) + size_of(run.asked);
  if (by_id_.contains(kept.id) || !make_room(run.caller, kept.bytes, now)) return;
  kept.run = std::move(run);
  kept.until = now + kLives;
  insert(std::move(kept));
}

std::optional<PausedRun> PausedRuns::take(std::string_view id, std::string_view caller, std::string_view code_digest, base::Instant now) {
  while (!runs_.empty() && runs_.front().until <= now) drop_oldest();
  auto found = by_id_.find(id);
  if (found == by_id_.end()) return std::nullopt;
  if (found->second->run.caller != caller || found->second->run.code_digest != code_digest) return std::nullopt;
  std::optional<PausedRun> out(std::move(found->second->run));
  drop(found->second);
  return out;
}

// The calls of a run that is dropped were made all the same: so nobody's runs give way to another's as long as they keep to their share.
bool PausedRuns::make_room(const std::string& caller, std::size_t bytes, base::Instant now) {
  if (bytes > kMostBytesOfCaller) return false;
  while (!runs_.empty() && runs_.front().until <= now) drop_oldest();
  std::size_t count = 1, sum = bytes;
  for (const Kept& kept : runs_) {
    if (kept.run.caller != caller) continue;
    ++count;
    sum += kept.bytes;
  }
  for (At at = runs_.begin(); at != runs_.end() && (count > kMostOfCaller || sum > kMostBytesOfCaller);) {
    const At next = std::next(at);
    if (at->run.caller == caller) {
      --count;
      sum -= at->bytes;
      drop(at);
    }
    at = next;
  }
  while (!runs_.empty() && (runs_.size() >= kMost || bytes_ + bytes > kMostBytes)) drop_oldest();
  return true;
}

void PausedRuns::insert(Kept kept) {
  bytes_ += kept.bytes;
  std::string id = kept.id;
  runs_.push_back(std::move(kept));
  by_id_.emplace(std::move(id), std::prev(runs_.end()));
}

void PausedRuns::drop(At at) {
  bytes_ -= at->bytes;
  by_id_.erase(at->id);
  runs_.erase(at);
}

}  // namespace gateway
