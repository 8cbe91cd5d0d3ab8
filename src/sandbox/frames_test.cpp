#include "sandbox/frames.h"

#include <gtest/gtest.h>

#include "sandbox/source.h"

namespace sandbox {
namespace {

TEST(FramesTest, ComeWholeFromPieces) {
  const std::string bytes =
      frame_bytes(FrameKind::log, "abc") + frame_bytes(FrameKind::waiting, "") + frame_bytes(FrameKind::done, std::string(1000, 'x'));
  FrameReader reader(1000);
  std::vector<Frame> got;
  for (char c : bytes) {
    reader.add({&c, 1});
    auto frame = reader.next();
    ASSERT_TRUE(frame.ok());
    if (*frame) got.push_back(**frame);
  }
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].body, "abc");
  EXPECT_EQ(got[1].kind, FrameKind::waiting);
  EXPECT_EQ(got[2].body.size(), 1000U);
}

TEST(FramesTest, WhatIsTooLongOrNoKindIsRefused) {
  FrameReader longer(10);
  longer.add(frame_bytes(FrameKind::log, std::string(11, 'x')));
  EXPECT_FALSE(longer.next().ok());
  FrameReader other(10);
  other.add(std::string("\0\0\0\0\x63", 5));
  EXPECT_FALSE(other.next().ok());
}

TEST(FramesTest, BodiesComeBackAsTheyWere) {
  Script script;
  script.code = "return 1";
  script.stubs = {{"a", "b"}, {"c", "d"}};
  script.seed = 7;
  script.now_ms = 123;
  auto job = read_job(job_body(script));
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job->code, "return 1");
  EXPECT_EQ(job->stubs[1].tool, "d");
  EXPECT_EQ(job->cpu_us, 5'000'000U);
  DoneFrame done;
  done.form = DoneFrame::Form::fault;
  done.fault.kind = Fault::Kind::limit;
  done.fault.message = "m";
  done.fault.line = 4;
  auto back = read_done(done_body(done));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->fault.kind, Fault::Kind::limit);
  EXPECT_EQ(back->fault.line, 4);
  Answer answer;
  answer.kind = Answer::Kind::failed;
  answer.reason = "timeout";
  const std::string body = answer_body(3, answer);
  auto read = read_answer(body);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->reason, "timeout");
}

TEST(FramesTest, BrokenBodiesAreErrors) {
  const std::string call = call_body({1, 2, "{}"});
  EXPECT_TRUE(read_call(call).ok());
  for (std::size_t cut = 0; cut < call.size(); ++cut) EXPECT_FALSE(read_call(call.substr(0, cut)).ok());
  EXPECT_FALSE(read_call(call + "x").ok());
  EXPECT_FALSE(read_call(call_body({0, 2, "{}"})).ok());
  EXPECT_FALSE(read_done("").ok());
  EXPECT_FALSE(read_job(std::string(200, '\xff')).ok());
}

TEST(SourceTest, CodeIsTakenOutOfItsFence) {
  EXPECT_EQ(read_source("return 1").code, "return 1");
  auto source = read_source("text\n\n```javascript\nreturn 1;\n```\nmore");
  EXPECT_EQ(source.code, "return 1;\n");
  EXPECT_EQ(source.lines_before, 3);
  EXPECT_EQ(read_source("```\nreturn 1").code, "return 1");
  EXPECT_TRUE(read_source("```ts\nx\n```").typescript);
  EXPECT_EQ(read_source("return `a ``` b`").code, "return `a ``` b`");
}

TEST(SourceTest, JavaScriptShowsNoSignOfTypes) {
  for (const char* code :
       {"const a = { b: stringify(1) };", "return cond ? a : b;", "const type = 1;", "x = { a: String(1) }", "// as said\nreturn 1"})
    EXPECT_EQ(typescript_sign(code), "") << code;
}

}  // namespace
}  // namespace sandbox
