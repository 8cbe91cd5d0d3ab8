#include "observe/audit/audit_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include "base/digest.h"
#include "base/log.h"

namespace observe {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

namespace fs = std::filesystem;

// How long a record waits before it is brought into the trail, at most. Nobody is woken for it: that would be a system call a record.
constexpr std::chrono::milliseconds kPause{50};
// After a failure of the disk.
constexpr std::chrono::milliseconds kPauseAfterFailure{1'000};
constexpr std::chrono::seconds kLookForOld{60};
constexpr std::chrono::seconds kLookForLetters{1};
constexpr std::size_t kBatch = 4'096;

// The names of notes in the store.
constexpr std::string_view kTaken = "spool.taken";    // the last frame that is in the trail
constexpr std::string_view kClosed = "spool.closed";  // the run whose spool was taken in to its end
constexpr std::string_view kLog = "log";

std::uint64_t random_number() {
  std::uint64_t out = 0;
  std::array<unsigned char, sizeof out> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  for (unsigned char byte : bytes) out = out << 8 | byte;
  // Fits a signed number too.
  return out >> 1;
}

constexpr std::string_view kLetter = ".event";
// Larger ones are no letters of ours.
constexpr std::uintmax_t kLargestLetter = 64 * 1024;

std::int64_t micros_of(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

std::int64_t number_of(const std::string& text) { return text.empty() ? 0 : std::strtoll(text.c_str(), nullptr, 10); }

// A buffer that keeps its room from record to record.
std::string& buffer() {
  thread_local std::string out;
  out.clear();
  return out;
}

}  // namespace

Result<std::unique_ptr<AuditWriter>> AuditWriter::open(AuditOptions options) {
  std::unique_ptr<AuditWriter> out(new AuditWriter(std::move(options)));
  const std::string locked = out->options_.trail_path() + ".lock";
  out->lock_ = ::open(locked.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (out->lock_ < 0) return Error(Code::internal, locked + " cannot be made: " + std::strerror(errno));
  if (::flock(out->lock_, LOCK_EX | LOCK_NB) != 0)
    return Error(Code::conflict, "another process writes the audit trail " + out->options_.trail_path());
  auto store = store::open_audit_store(out->options_.trail_path());
  if (!store) return std::move(store).error();
  out->store_ = *std::move(store);
  auto key = CheckpointKey::open(out->options_.key_path(), out->options_.public_path());
  if (!key) return std::move(key).error();
  out->key_ = *std::move(key);
  if (auto taken = out->take_left(); !taken) return std::move(taken).error();
  auto after = out->store_->note(kTaken);
  if (!after) return std::move(after).error();
  auto spool = Spool::open({out->options_.spool_path(), out->options_.spool_file_bytes, out->options_.spool_files}, random_number(),
                           static_cast<std::uint64_t>(number_of(*after)));
  if (!spool) return std::move(spool).error();
  out->spool_ = *std::move(spool);
  out->signed_at_ = out->looked_at_ = std::chrono::steady_clock::now();
  out->thread_ = std::jthread([writer = out.get()](const std::stop_token& stop) { writer->run(stop); });
  return out;
}

AuditWriter::~AuditWriter() {
  finish();
  if (lock_ >= 0) ::close(lock_);
}

void AuditWriter::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(waking_);
    stopping_ = true;
  }
  thread_.request_stop();
  wake_.notify_all();
  thread_.join();
  // All of it is in the trail now, but for what could not be written; that is taken in by the next run.
  take_letters();
  if (auto settled = settle(); settled) (void)sign_now();
}

// What the trail says of itself, and what a run that did not end left for it.
Result<> AuditWriter::take_left() {
  auto last = store_->last();
  if (!last) return std::move(last).error();
  auto checkpoints = store_->checkpoints();
  if (!checkpoints) return std::move(checkpoints).error();
  hash_.assign(kHashBytes, '\0');
  if (!checkpoints->empty()) {
    last_line_ = checkpoints->back().line;
    auto read = parse_checkpoint(last_line_);
    if (!read) return Error(Code::internal, "the audit trail has a checkpoint that is none; see what gatehouse audit verify says");
    first_ = read->first;
    signed_ = read->seq;
    // Where all records were deleted since their time was over, the chain goes on behind the checkpoint.
    if (!*last) {
      seq_ = read->seq;
      std::string hash;
      for (std::size_t i = 0; i + 1 < read->hash.size(); i += 2) hash += static_cast<char>(std::stoi(read->hash.substr(i, 2), nullptr, 16));
      hash_ = std::move(hash);
    }
  }
  if (*last) {
    seq_ = (*last)->seq;
    hash_ = (*last)->hash;
  }
  auto log = store_->note(kLog);
  if (!log) return std::move(log).error();
  log_ = *std::move(log);
  if (log_.empty()) {
    log_ = fmt::format("{:016x}", random_number());
    if (auto kept = store_->set_note(kLog, log_); !kept) return kept;
  }

  auto left = Spool::left(options_.spool_path());
  if (!left) return std::move(left).error();
  auto taken_text = store_->note(kTaken);
  auto closed = store_->note(kClosed);
  if (!taken_text) return std::move(taken_text).error();
  if (!closed) return std::move(closed).error();
  const auto taken = static_cast<std::uint64_t>(number_of(*taken_text));
  std::uint64_t latest = taken;
  using Call = std::pair<std::uint64_t, std::uint64_t>;  // the run, and the number in it
  std::set<Call> ended, lost;
  for (const SpooledFile& file : left->files)
    for (const Frame& frame : file.frames)
      if (frame.kind == FrameKind::end) ended.emplace(file.boot, frame.number);
  std::vector<store::StoredAudit> records;
  std::string boot;
  for (const SpooledFile& file : left->files) {
    boot = std::to_string(file.boot);
    if (boot == *closed) continue;
    for (const Frame& frame : file.frames) {
      latest = std::max(latest, frame.seq);
      const bool begins = frame.kind == FrameKind::begin || frame.kind == FrameKind::kept;
      const Call call(file.boot, frame.number);
      if (begins ? ended.contains(call) || !lost.insert(call).second : frame.seq <= taken) continue;
      records.push_back(read_spooled_record(frame.payload, begins ? Ending::lost : Ending::known));
    }
  }
  lost_ = lost.size();
  if (!left->files.empty()) {
    store::AuditStore::Notes notes{{std::string(kTaken), std::to_string(latest)}, {std::string(kClosed), boot}};
    chain(records);
    if (auto written = write(records, notes); !written) return written;
  }
  Spool::remove(*left);
  return {};
}

Result<> AuditWriter::began(const base::CallRecord& record) {
  const bool strict = options_.strict == AuditOptions::Strict::yes;
  if (strict && failing_) {
    ++refused_;
    return Error(Code::unavailable, "the audit trail cannot be written, and this gateway makes no call that is not recorded");
  }
  std::string& text = buffer();
  write_call(record, Phase::began, options_.writing, text);
  auto written = spool_->begin(record.number, text);
  if (written || !strict) return {};
  ++refused_;
  base::log::warn("a call was refused", {{"reason", written.error().message}});
  return Error(Code::unavailable, "the audit trail cannot be written, and this gateway makes no call that is not recorded");
}

void AuditWriter::finished(const base::CallRecord& record) {
  std::string& text = buffer();
  write_call(record, Phase::ended, options_.writing, text);
  if (spool_->end(record.number, text)) return;
  if (dropped_++ == 0) base::log::error("a call is not in the audit trail: its spool is full", {{"file", options_.spool_path()}});
}

void AuditWriter::happened(const base::Event& event) {
  base::log::info("event", {{"kind", event.kind},
                            {"subject", event.subject},
                            {"actor", event.actor},
                            {"server", event.server},
                            {"outcome", event.outcome},
                            {"detail", event.detail}});
  std::string& text = buffer();
  write_event(event, now_micros(), options_.writing, text);
  if (!spool_->event(text)) ++dropped_;
}

AuditCounts AuditWriter::counts() const { return {records_, refused_, dropped_, lost_, failing_}; }

void AuditWriter::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const std::lock_guard lock(writing_);
    auto took = take_in();
    if (took) {
      spool_->make_ready();
      const auto now = std::chrono::steady_clock::now();
      if (now - letters_at_ >= kLookForLetters) {
        letters_at_ = now;
        take_letters();
      }
      Result<> done = sign_if_due(now);
      if (done && options_.retain.count() > 0 &&
          now - looked_at_ >= std::min<std::chrono::steady_clock::duration>(kLookForOld, options_.retain)) {
        looked_at_ = now;
        done = delete_old();
      }
      if (done)
        failing_ = false;
      else
        failed(done.error());
    } else {
      failed(took.error());
    }
    if (took && *took) continue;
    std::unique_lock waiting(waking_);
    wake_.wait_for(waiting, took ? kPause : kPauseAfterFailure, [this] { return stopping_; });
  }
}

void AuditWriter::failed(const mcp::Error& error) {
  if (!failing_.exchange(true)) base::log::error("the audit trail cannot be written", {{"reason", error.message}});
}

// Whether there is more.
Result<bool> AuditWriter::take_in() {
  if (pending_to_ == 0) {
    const std::vector<Frame> frames = spool_->next(kBatch);
    if (frames.empty()) return false;
    for (const Frame& frame : frames)
      if (frame.kind == FrameKind::end || frame.kind == FrameKind::event)
        pending_.push_back(read_spooled_record(frame.payload, Ending::known));
    chain(pending_);
    pending_to_ = frames.back().seq;
    more_ = frames.size() == kBatch;
  }
  // What could not be written stays until it can be.
  if (auto done = write(pending_, {{std::string(kTaken), std::to_string(pending_to_)}}); !done) return std::move(done).error();
  spool_->release(std::exchange(pending_to_, 0));
  pending_.clear();
  return more_;
}

// Numbers and hashes what comes behind the last record.
void AuditWriter::chain(std::vector<store::StoredAudit>& records) const {
  std::int64_t seq = seq_;
  std::string_view hash = hash_;
  for (store::StoredAudit& one : records) {
    number_record(one, ++seq);
    one.hash = hash_record(hash, one);
    hash = one.hash;
  }
}

Result<> AuditWriter::write(const std::vector<store::StoredAudit>& records, const store::AuditStore::Notes& notes) {
  if (auto done = store_->append(records, notes); !done) return done;
  if (!records.empty()) {
    seq_ = records.back().seq;
    hash_ = records.back().hash;
  }
  records_ += records.size();
  return {};
}

Result<Checkpoint> AuditWriter::next_checkpoint(std::int64_t seq, const std::string& hash) {
  Checkpoint out;
  out.log = log_;
  out.seq = seq;
  out.hash = hex_of(hash);
  out.first = first_;
  out.at = time_text(now_micros());
  if (!last_line_.empty()) out.previous = base::sha256_hex(last_line_);
  out.signature = key_->sign(signed_text(out));
  if (out.signature.empty()) return Error(Code::internal, "a checkpoint of the audit trail could not be signed");
  return out;
}

Result<> AuditWriter::sign_if_due(std::chrono::steady_clock::time_point now) {
  if (seq_ == signed_) return {};
  const bool due = seq_ - signed_ >= options_.checkpoint_records || now - signed_at_ >= options_.checkpoint_time;
  return due ? sign() : Result<>();
}

Result<> AuditWriter::sign() {
  auto checkpoint = next_checkpoint(seq_, hash_);
  if (!checkpoint) return std::move(checkpoint).error();
  std::string line = checkpoint_line(*checkpoint);
  if (auto kept = store_->add({seq_, now_micros() / 1'000, line}); !kept) return kept;
  signed_ = seq_;
  signed_at_ = std::chrono::steady_clock::now();
  last_line_ = std::move(line);
  return {};
}

// The time of whole segments is over: all up to a checkpoint whose last record is old enough. The checkpoint stays, and so does, signed,
// that they were deleted.
Result<> AuditWriter::delete_old() {
  const std::int64_t before = now_micros() / 1'000 - std::chrono::duration_cast<std::chrono::milliseconds>(options_.retain).count();
  auto last = store_->last_before(before);
  if (!last) return std::move(last).error();
  auto checkpoints = store_->checkpoints();
  if (!checkpoints) return std::move(checkpoints).error();
  std::int64_t through = 0;
  for (const store::StoredCheckpoint& one : *checkpoints)
    if (one.seq <= *last) through = std::max(through, one.seq);
  if (through < first_) return {};
  const std::int64_t was = std::exchange(first_, through + 1);
  auto checkpoint = next_checkpoint(seq_, hash_);
  if (!checkpoint) return std::move(checkpoint).error();
  std::string line = checkpoint_line(*checkpoint);
  if (auto gone = store_->drop(through, {seq_, now_micros() / 1'000, line}); !gone) {
    first_ = was;
    return gone;
  }
  signed_ = seq_;
  last_line_ = std::move(line);
  base::log::info("records of the audit trail were deleted, as their time was over", {{"through", through}});
  return {};
}

Result<> AuditWriter::settle() {
  const std::lock_guard lock(writing_);
  for (;;) {
    auto more = take_in();
    if (!more) return std::move(more).error();
    if (!*more) return {};
  }
}

Result<> AuditWriter::delete_old_now() {
  const std::lock_guard lock(writing_);
  return delete_old();
}

std::int64_t AuditWriter::now_micros() const { return micros_of(options_.now()); }

// A letter that was taken and not removed is taken again: an event may stand in the trail twice, and is never missing.
void AuditWriter::take_letters() {
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(options_.spool_path(), ec)) {
    if (entry.path().extension() != kLetter || entry.file_size(ec) > kLargestLetter) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string payload((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (spool_->event(payload)) fs::remove(entry.path(), ec);
  }
}

mcp::Result<> leave_event(const std::string& beside, const base::Event& event) {
  AuditOptions options;
  options.beside = beside;
  std::string payload;
  write_event(event, micros_of(options.now()), options.writing, payload);
  (void)::mkdir(options.spool_path().c_str(), 0700);
  const std::string path = options.spool_path() + "/" + std::to_string(random_number());
  std::ofstream out(path, std::ios::binary);
  out << payload;
  out.close();
  if (!out || ::rename(path.c_str(), (path + std::string(kLetter)).c_str()) != 0)
    return Error(Code::internal, "nothing could be left for the audit trail in " + options.spool_path() + ": " + std::strerror(errno));
  return {};
}

Result<> AuditWriter::sign_now() {
  const std::lock_guard lock(writing_);
  return seq_ == signed_ ? Result<>() : sign();
}

}  // namespace observe
