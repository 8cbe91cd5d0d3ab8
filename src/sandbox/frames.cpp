#include "sandbox/frames.h"

#include <cstring>

namespace sandbox {
namespace {

constexpr std::size_t kHead = 5;

Error broken(const char* what) { return Error(Code::invalid_argument, std::string("a frame of the sandbox is broken: ") + what); }

// Of a text that may be shown or logged: what is longer is cut.
constexpr std::size_t kMaxWords = 8 * 1024;

}  // namespace

std::string frame_bytes(FrameKind kind, std::string_view body) {
  std::string out;
  out.reserve(kHead + body.size());
  auto size = static_cast<std::uint32_t>(body.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size);
  out += static_cast<char>(kind);
  out += body;
  return out;
}

Result<std::optional<Frame>> FrameReader::next() {
  const std::size_t held = buffer_.size() - at_;
  if (held < kHead) return std::optional<Frame>();
  std::uint32_t size = 0;
  std::memcpy(&size, buffer_.data() + at_, sizeof size);
  const auto kind = static_cast<std::uint8_t>(buffer_[at_ + 4]);
  if (kind < static_cast<std::uint8_t>(FrameKind::ready) || kind > static_cast<std::uint8_t>(FrameKind::answer))
    return broken("no such kind");
  if (size > limit_) return broken("too long");
  if (held - kHead < size) {
    buffer_.erase(0, at_);
    at_ = 0;
    return std::optional<Frame>();
  }
  Frame out{static_cast<FrameKind>(kind), buffer_.substr(at_ + kHead, size)};
  at_ += kHead + size;
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  }
  return std::optional<Frame>(std::move(out));
}

FieldWriter& FieldWriter::number(std::uint64_t value) {
  out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  return *this;
}

FieldWriter& FieldWriter::text(std::string_view value) {
  number(value.size());
  out_ += value;
  return *this;
}

std::uint64_t FieldReader::number() {
  std::uint64_t value = 0;
  if (rest_.size() < sizeof value) {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::memcpy(&value, rest_.data(), sizeof value);
  rest_.remove_prefix(sizeof value);
  return value;
}

std::string_view FieldReader::text() {
  const std::uint64_t size = number();
  if (size > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  auto out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::string job_body(const Script& script) {
  FieldWriter out;
  out.text(script.code).number(script.seed).number(static_cast<std::uint64_t>(script.now_ms));
  const Limits& limits = script.limits;
  out.number(static_cast<std::uint64_t>(limits.cpu.count()) * 1000).number(limits.heap).number(limits.calls).number(limits.parallel);
  out.number(limits.arguments).number(limits.logs).number(limits.result);
  out.number(script.stubs.size());
  for (const Stub& stub : script.stubs) out.text(stub.server).text(stub.tool);
  return out.take();
}

Result<Job> read_job(std::string_view body) {
  FieldReader in(body);
  Job out;
  out.code = in.text();
  out.seed = in.number();
  out.now_ms = static_cast<std::int64_t>(in.number());
  out.cpu_us = in.number();
  out.heap = in.number();
  out.calls = in.number();
  out.parallel = in.number();
  out.arguments = in.number();
  out.logs = in.number();
  out.result = in.number();
  for (auto left = in.number(); left && in.ok(); --left) {
    Stub stub;
    stub.server = in.text();
    stub.tool = in.text();
    out.stubs.push_back(std::move(stub));
  }
  if (!in.ended()) return broken("a script");
  return out;
}

std::string call_body(const CallFrame& call) { return FieldWriter().number(call.seq).number(call.stub).text(call.arguments).take(); }

Result<CallFrame> read_call(std::string_view body) {
  FieldReader in(body);
  CallFrame out;
  const std::uint64_t seq = in.number(), stub = in.number();
  out.arguments = in.text();
  if (!in.ended() || seq == 0 || seq > UINT32_MAX || stub > UINT32_MAX) return broken("a call");
  out.seq = static_cast<std::uint32_t>(seq);
  out.stub = static_cast<std::uint32_t>(stub);
  return out;
}

std::string answer_body(std::uint32_t seq, const Answer& answer) {
  FieldWriter out;
  out.number(seq).number(static_cast<std::uint64_t>(answer.kind)).text(answer.json).text(answer.message).text(answer.reason);
  return out.take();
}

Result<AnswerFrame> read_answer(std::string_view body) {
  FieldReader in(body);
  AnswerFrame out;
  out.seq = static_cast<std::uint32_t>(in.number());
  const std::uint64_t kind = in.number();
  out.json = in.text();
  out.message = in.text();
  out.reason = in.text();
  if (!in.ended() || kind > static_cast<std::uint64_t>(Answer::Kind::failed)) return broken("an answer");
  out.kind = static_cast<Answer::Kind>(kind);
  return out;
}

std::string done_body(const DoneFrame& done) {
  FieldWriter out;
  out.number(static_cast<std::uint64_t>(done.form)).number(done.cpu_us).number(done.unawaited).number(done.rejections).text(done.value);
  const Fault& fault = done.fault;
  out.number(static_cast<std::uint64_t>(fault.kind)).text(fault.message).text(fault.hint).text(fault.tool);
  out.number(static_cast<std::uint64_t>(fault.line)).number(static_cast<std::uint64_t>(fault.column));
  return out.take();
}

Result<DoneFrame> read_done(std::string_view body) {
  FieldReader in(body);
  DoneFrame out;
  const std::uint64_t form = in.number();
  out.cpu_us = in.number();
  out.unawaited = in.number();
  out.rejections = in.number();
  out.value = in.text();
  const std::uint64_t kind = in.number();
  out.fault.message = in.text().substr(0, kMaxWords);
  out.fault.hint = in.text().substr(0, kMaxWords);
  out.fault.tool = in.text().substr(0, kMaxWords);
  const std::uint64_t line = in.number(), column = in.number();
  const bool known = form <= static_cast<std::uint64_t>(DoneFrame::Form::fault) && kind <= static_cast<std::uint64_t>(Fault::Kind::engine);
  if (!in.ended() || !known) return broken("an end");
  out.form = static_cast<DoneFrame::Form>(form);
  out.fault.kind = static_cast<Fault::Kind>(kind);
  constexpr std::uint64_t kFar = 1'000'000'000;
  out.fault.line = line < kFar ? static_cast<int>(line) : 0;
  out.fault.column = column < kFar ? static_cast<int>(column) : 0;
  return out;
}

}  // namespace sandbox
