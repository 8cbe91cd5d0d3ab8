// Messages between the pool and a worker: bounded frames, and the fields inside of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/script.h"

namespace sandbox {

// A frame is its body's size (4 bytes), its kind (1 byte) and its body. Numbers are in the order of this machine: both ends are on it.
enum class FrameKind : std::uint8_t {
  ready = 1,    // worker: a fresh engine waits; the body says which walls hold (once) or is empty
  call = 2,     // worker: seq, stub's place, arguments
  log = 3,      // worker: a piece of console.log
  waiting = 4,  // worker: nothing to do before the next answer; how many answers it has taken
  done = 5,     // worker: how the code ended; then it makes itself ready again
  run = 6,      // pool: a script
  answer = 7,   // pool: seq, kind, JSON, message, reason
};

struct Frame {
  FrameKind kind{};
  std::string body;
};

// No frame is longer. It leaves room for the largest answer and what stands around it.
inline constexpr std::size_t kMaxFrame = 64 * 1024 * 1024;

std::string frame_bytes(FrameKind kind, std::string_view body);

// Takes frames out of bytes as they come. Holds at most one frame and what was added behind it.
class FrameReader {
 public:
  // Bodies over `limit` are refused.
  explicit FrameReader(std::size_t limit) : limit_(limit) {}
  void add(std::string_view bytes) { buffer_.append(bytes); }
  // The next whole frame, or nothing when more must come first. Error: invalid_argument (a kind that is none, a body that is too long);
  // nothing more is to be read then.
  Result<std::optional<Frame>> next();

 private:
  std::size_t limit_;
  std::string buffer_;
  std::size_t at_ = 0;
};

// Fields of a body, one after the other.
class FieldWriter {
 public:
  FieldWriter& number(std::uint64_t value);
  FieldWriter& text(std::string_view value);
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads what a FieldWriter wrote. After a field that is not whole every further one is 0 or empty, and ok() is false.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}
  std::uint64_t number();
  std::string_view text();
  bool ok() const { return ok_; }
  // Whole, and nothing behind.
  bool ended() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// What the worker needs of a script.
struct Job {
  std::string code;
  std::vector<Stub> stubs;
  std::uint64_t seed = 1;
  std::int64_t now_ms = 0;
  std::uint64_t cpu_us = 0, heap = 0, calls = 0, parallel = 0, arguments = 0, logs = 0, result = 0;
};
std::string job_body(const Script& script);
Result<Job> read_job(std::string_view body);

struct CallFrame {
  std::uint32_t seq = 0;
  std::uint32_t stub = 0;  // its place in Script::stubs; behind them find, describe and read
  std::string_view arguments;
};
std::string call_body(const CallFrame& call);
Result<CallFrame> read_call(std::string_view body);

struct AnswerFrame {
  std::uint32_t seq = 0;
  Answer::Kind kind{};
  std::string_view json, message, reason;
};
std::string answer_body(std::uint32_t seq, const Answer& answer);
Result<AnswerFrame> read_answer(std::string_view body);

struct DoneFrame {
  enum class Form : std::uint8_t { value, nothing, fault };
  Form form{};
  std::uint64_t cpu_us = 0, unawaited = 0, rejections = 0;
  std::string value;
  Fault fault;
};
std::string done_body(const DoneFrame& done);
Result<DoneFrame> read_done(std::string_view body);

}  // namespace sandbox
