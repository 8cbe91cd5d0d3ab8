#include "net/sse.h"

#include <gtest/gtest.h>

#include <string>

namespace net {
namespace {

// All events of `stream`, one a line, as type|data|id|retry; fed in pieces of `step` bytes.
std::string events(std::string_view stream, std::size_t step, std::size_t limit = 1000) {
  SseParser parser(limit);
  std::string out;
  SseParser::Sink sink = [&out](SseEvent e) -> mcp::Result<> {
    for (char& c : e.data)
      if (c == '\n') c = '/';
    out += e.event + "|" + (e.has_data ? e.data : "-") + "|" + e.id + "|" + (e.retry ? std::to_string(*e.retry) : "") + "\n";
    return {};
  };
  for (std::size_t at = 0; at < stream.size(); at += step)
    if (auto fine = parser.feed(stream.substr(at, step), sink); !fine) return out + "error\n";
  return out;
}

TEST(SseParser, ReadsAllLineEndsWhateverWayTheyAreCut) {
  std::string stream =
      "\xEF\xBB\xBF"
      "data: one\r\n\r\nevent: x\rdata:two\rdata\rdata: three\r\r: comment\nid: 7\ndata:  four\n\nretry: 50\n\nid\ndata: five\n\ndata: "
      "unfinished";
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    EXPECT_EQ(events(stream, step), "|one||\nx|two//three||\n| four|7|\n|-|7|50\n|five||\n") << step;
  }
}

TEST(SseParser, IgnoresWhatTheStandardIgnores) {
  EXPECT_EQ(events("foo: bar\nretry: 1x\nretry: -1\n\ndata: x\n\n", 100), "|x||\n");
  EXPECT_EQ(events(std::string("id: a\0b\ndata: x\n\n", 17), 100), "|x||\n");
  EXPECT_EQ(events("\xEF\xBB"
                   "data: x\n\ndata: y\n\n",
                   1),
            "|y||\n");
  EXPECT_EQ(events("\n\n\n", 1), "");
}

TEST(SseParser, RefusesAnEventOverItsLimit) {
  EXPECT_EQ(events("data: 1\n\ndata: " + std::string(50, 'x') + "\n\n", 7, 40), "|1||\nerror\n");
  std::string many;
  for (int i = 0; i < 10; ++i) many += "data: 123\n";
  EXPECT_EQ(events(many, 100, 30), "error\n");
}

TEST(SseMessage, IsReadBackAsItWas) {
  EXPECT_EQ(sse_message("a"), "data: a\n\n");
  EXPECT_EQ(events(sse_message("a\nb\r\nc\rd\n", "9", "e"), 3), "e|a/b/c/d/|9|\n");
  EXPECT_EQ(events(sse_message("a", "9\ndata: evil"), 3), "|a||\n");
  EXPECT_EQ(events(sse_comment("a\ndata: evil"), 3), "");
}

}  // namespace
}  // namespace net
