// Lines to a stdio server, in both eras.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.h"
#include "protocol/inbound.h"
#include "protocol/legacy_session.h"
#include "protocol/testing.h"

namespace {

using namespace protocol;
using protocol::testing::spelled;

const std::string kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"$L","capabilities":{"roots":{}},"clientInfo":{"name":"x","version":"1"}}})";
const std::string kModern = R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{$META}})";

struct Line {
  std::string text;
  int code = 0;         // of the answer; 0: let through
  bool silent = false;  // refused without an answer
  Era era = Era::modern;
};

void check(StdioFront& front, const Line& line) {
  SCOPED_TRACE(line.text);
  std::string text = spelled(line.text);
  Received received = front.receive(text);
  if (auto* refusal = std::get_if<Refusal>(&received)) {
    EXPECT_EQ(refusal->body.empty(), line.silent);
    if (!line.silent) {
      EXPECT_EQ(refusal->error.code, line.code) << refusal->body;
      EXPECT_TRUE(base::single_line(refusal->body));
    }
    return;
  }
  EXPECT_EQ(line.code, 0);
  EXPECT_FALSE(line.silent);
  EXPECT_EQ(std::get<Inbound>(received).era, line.era);
}

TEST(Stdio, ModernNeedsNoHandshake) {
  StdioFront front({});
  check(front, {kModern});
  check(front, {R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,$META}})"});
  check(front, {R"({"jsonrpc":"2.0","id":1,"method":"foo","params":{$META}})", -32601});
  check(front, {R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{$META}})", -32601});
  check(front, {R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{$META}})", -32602});
  check(front,
        {R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"$M"}}})", -32602});
  check(
      front,
      {R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"x","io.modelcontextprotocol/clientCapabilities":{}}}})",
       -32022});
}

TEST(Stdio, InitializeChoosesLegacyAndModernLinesAreStillServed) {
  StdioFront front({});
  LegacySession session{RevisionSet()};
  std::string line = spelled(kInitialize);
  Received received = front.receive(line);
  auto result = session.initialize(std::get<Inbound>(received), {R"({"name":"s","version":"1"})", R"({"tools":{}})", ""});
  ASSERT_TRUE(result.ok());
  front.negotiated(session.revision());
  check(front, {R"({"jsonrpc":"2.0","method":"notifications/initialized"})", 0, false, Era::legacy});
  check(front, {R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})", 0, false, Era::legacy});
  check(front, {kModern});
  check(front, {R"({"jsonrpc":"2.0","id":7,"result":{}})", 0, false, Era::legacy});
  check(front, {R"([{"jsonrpc":"2.0","id":7,"method":"ping"}])", -32600});
}

TEST(Stdio, BatchesOnlyInTheirRevision) {
  StdioFront front({});
  check(front, {R"([{"jsonrpc":"2.0","id":7,"method":"ping"}])", -32600});
  front.negotiated(headerless_legacy());
  check(front, {R"([{"jsonrpc":"2.0","id":7,"method":"ping"}])", 0, false, Era::legacy});
}

TEST(Stdio, BrokenLinesAreAnsweredAndNothingElseIs) {
  StdioFront front({});
  check(front, {"", 0, true});
  check(front, {"  \r", 0, true});
  check(front, {"hello", -32700});
  check(front, {"{\"jsonrpc\":\"2.0\"}", -32600});
  check(front, {R"({"jsonrpc":"2.0","id":7,"result":{}})", 0, true});
  check(front, {R"({"jsonrpc":"2.0","method":"notifications/x","params":{"_meta":1}})", 0, true});
}

TEST(Stdio, AServerWithoutLegacyNamesWhatItSpeaks) {
  std::vector<std::string> names = {std::string(latest_modern().name)};
  StdioFront front({RevisionSet(names), MethodSet::everything()});
  check(front, {kInitialize, -32022});
  check(front, {R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})", -32602});
}

}  // namespace
