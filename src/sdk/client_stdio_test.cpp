// mcp::Client over the stdin and stdout of children: eras, questions, subscriptions, deaths.
#include <filesystem>

#include "sdk/client_testing.h"

namespace {

using sdk::client_testing::Code;
using sdk::client_testing::Desk;
using sdk::client_testing::Result;
using sdk::client_testing::Task;

// A server as a shell script. For each line that comes, `on` runs with $line, and $id where it has one; `say JSON` writes a line, and
// `answer RESULT` the answer to it.
class Shell : public Desk {
 public:
  Result<bool> open(const std::string& on, mcp::ClientOptions options = {}) {
    options.environment["PATH"] = "/usr/bin:/bin";
    options.on_notice = [this](std::string_view text) { notices.emplace_back(text); };
    std::vector<std::string> command = {"/bin/sh", "-c", kLoop + on + "\ndone"};
    auto opened = loop.block_on(mcp::Client::open_command(command, std::move(options)));
    if (!opened) return opened.error();
    client = std::make_unique<mcp::Client>(*std::move(opened));
    return true;
  }
  ~Shell() { close(); }

  std::string call(const std::string& tool) {
    auto result = run(client->call_tool(tool));
    if (!result) return std::string(mcp::code_name(result.error().code)) + ": " + result.error().message;
    return std::get<mcp::Text>(result->content[0]).text;
  }

  static inline const std::string kModern = std::string(protocol::latest_modern().name);
  static inline const std::string kLegacy = std::string(protocol::latest_legacy().name);
  // The answers of a server of each era to what a client begins with.
  static inline const std::string kIsModern =
      R"(case $line in *'"server/discover"'*) answer '{"resultType":"complete","ttlMs":0,"cacheScope":"private","supportedVersions":[")" +
      kModern +
      R"("],"capabilities":{"tools":{"listChanged":true}}}'; continue;; esac
)";
  static inline const std::string kIsLegacy = R"(case $line in *'"initialize"'*) answer '{"protocolVersion":")" + kLegacy +
                                              R"(","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}'; continue;;
*'"server/discover"'*) say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":-32601,\"message\":\"no\"}}"; continue;;
*'"notifications/'*) continue;; esac
)";

 private:
  static inline const std::string kLoop = R"(say() { printf '%s\n' "$1"; }
answer() { printf '{"jsonrpc":"2.0","id":%s,"result":%s}\n' "$id" "$1"; }
while read -r line; do
id=$(printf '%s' "$line" | sed -n 's/^{"jsonrpc":"2.0","id":\([0-9]*\),.*/\1/p')
)";
};

const std::string kList =
    R"(case $line in *'"tools/list"'*) answer '{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[]}';; esac
)";

TEST(ClientStdio, EachEraIsFoundOut) {
  {
    Shell modern;
    ASSERT_TRUE(modern.open(Shell::kIsModern + kList).ok());
    EXPECT_EQ(modern.client->revision(), Shell::kModern);
    EXPECT_TRUE(modern.run(modern.client->list_tools()).ok());
  }
  Shell legacy;
  ASSERT_TRUE(legacy.open(Shell::kIsLegacy + kList).ok());
  EXPECT_EQ(legacy.client->revision(), Shell::kLegacy);
  EXPECT_TRUE(legacy.run(legacy.client->list_tools()).ok());
  EXPECT_EQ(legacy.client->server().name, "sh");
}

// Some old servers end at once when the first line is no handshake, and some say nothing.
TEST(ClientStdio, AServerThatEndsOrKeepsSilentIsAskedTheOldWay) {
  {
    Shell dies;
    ASSERT_TRUE(dies.open("case $line in *'\"server/discover\"'*) exit 1;; esac\n" + Shell::kIsLegacy + kList).ok());
    EXPECT_EQ(dies.client->revision(), Shell::kLegacy);
  }
  Shell silent;
  mcp::ClientOptions options;
  options.connect_timeout = std::chrono::milliseconds(1500);
  ASSERT_TRUE(silent.open("case $line in *'\"server/discover\"'*) continue;; esac\n" + Shell::kIsLegacy + kList, options).ok());
  EXPECT_EQ(silent.client->revision(), Shell::kLegacy);
  EXPECT_TRUE(silent.run(silent.client->list_tools()).ok());
}

TEST(ClientStdio, ALegacyServerAsksInTheMiddleOfACall) {
  Shell shell;
  mcp::ClientOptions options;
  options.deadline = std::chrono::milliseconds(300);
  options.answer_time = std::chrono::seconds(20);
  base::Loop* loop = &shell.loop;
  options.on_elicit = [loop](mcp::Form) -> Task<mcp::ElicitAnswer> {
    loop->timers().pass(base::Millis(500));  // longer than the call may take when nobody is asked
    co_await loop->timers().sleep(base::Millis(0));
    co_return mcp::ElicitAnswer::accept().set("n", 7);
  };
  ASSERT_TRUE(shell
                  .open(Shell::kIsLegacy + R"(case $line in
*'"tools/call"'*) call=$id; say '{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"m","requestedSchema":{"type":"object","properties":{"n":{"type":"integer"}}}}}';;
*'"id":"q"'*'"n":7'*) id=$call; answer '{"content":[{"type":"text","text":"seven"}]}';;
esac)",
                        options)
                  .ok());
  EXPECT_EQ(shell.call("t"), "seven");
}

TEST(ClientStdio, ADeadServerIsStartedAgainAndOnlyWhatReadsIsSentAgain) {
  auto mark = std::filesystem::temp_directory_path() / ("client_stdio_test." + std::to_string(::getpid()));
  std::filesystem::remove(mark);
  Shell shell;
  mcp::ClientOptions options;
  options.most_restarts = 2;
  options.environment["MARK"] = mark.string();
  ASSERT_TRUE(shell
                  .open(Shell::kIsModern + R"(case $line in
*'"tools/call"'*) exit 3;;
*'"tools/list"'*) if [ ! -e "$MARK" ]; then : > "$MARK"; exit 4; fi; answer '{"resultType":"complete","tools":[]}';;
esac)",
                        options)
                  .ok());
  EXPECT_TRUE(shell.run(shell.client->list_tools()).ok());  // died once, and was asked again
  std::string died = shell.call("t");
  EXPECT_TRUE(died.starts_with("unavailable")) << died;
  EXPECT_NE(died.find("exited with 3"), std::string::npos) << died;
  EXPECT_TRUE(shell.run(shell.client->list_tools()).ok());
  EXPECT_FALSE(shell.call("t").starts_with("answered"));
  std::string enough = shell.call("t");
  EXPECT_NE(enough.find("started 2 times"), std::string::npos) << enough;
  std::filesystem::remove(mark);
}

Task<void> heard(base::Signal* signal, std::vector<mcp::Change>* changes, std::size_t n) {
  while (changes->size() < n) co_await signal->wait();
}

TEST(ClientStdio, ASubscriptionIsToldByItsIdAndAskedForAgainWhenTheServerEndsIt) {
  Shell shell;
  ASSERT_TRUE(shell
                  .open(Shell::kIsModern + R"(case $line in
*'"subscriptions/listen"'*)
  meta="\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":$id}"
  say "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{$meta,\"notifications\":{\"toolsListChanged\":true}}}"
  say "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":99}}}"
  if [ -z "$again" ]; then
    again=1
    say "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":{$meta}}"
    say "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":$id}}"
  fi;;
esac)")
                  .ok());
  std::vector<mcp::Change> changes;
  base::Signal signal;
  mcp::ListenFilter wanted;
  wanted.tools = true;
  auto subscription = shell.run(shell.client->listen(wanted, [&](const mcp::Change& change) {
    changes.push_back(change);
    signal.raise();
  }));
  ASSERT_TRUE(subscription.ok()) << subscription.error().message;
  ASSERT_TRUE(shell.run(heard(&signal, &changes, 2)).ok());
  EXPECT_EQ(changes.size(), 2u);  // one that came, one for the break
  EXPECT_TRUE(subscription->alive());
}

}  // namespace
