// The server core behind an HttpEndpoint, and an HttpConnection in front of it, over loopback.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "mcp/server.h"
#include "net/http_server.h"
#include "sdk/connection.h"
#include "sdk/http_endpoint.h"
#include "sdk/server_core.h"
#include "sdk/session.h"

namespace {

using base::Code;
using base::Loop;
using base::Result;
using base::Task;
using protocol::Method;
using sdk::Reply;

struct Words {
  mcp::Arg<std::string, "Words"> words;
};

// A server whose slow tool waits until somebody opens the gate, so that no test sleeps.
class Place {
 public:
  Place() : server_("place", "1") {
    server_.tool("echo", "Gives back.", [](Words in) { return *in.words; });
    server_.tool("slow", "Waits for the gate.", [this](mcp::Call call) { return slow(this, call); });
    server_.tool("steps", "Reports progress.", [](mcp::Call call) {
      for (int i = 1; i <= 3; ++i) call.progress(i, 3);
      return std::string("done");
    });
    server_.tool("away", "Sends its caller away until the gate.", [this](mcp::Call call) { return away(this, call); });
    server_.tool("late", "Never ends.", [](mcp::Call call) { return forever(call); }, {.deadline = std::chrono::milliseconds(1)});
    server_.tool("worker", "Blocks.", [] { return std::string("worked"); }, {.blocking = true});
    server_.tool("throws", "Throws.", []() -> std::string { throw std::runtime_error("secret"); });
    server_.resource("place://one", {.name = "One", .mime_type = "text/plain"}, [] { return std::string("1"); });
    server_.announces_tool_changes();
    core_ = std::make_unique<sdk::ServerCore>(loop, server_);
    sdk::HttpEndpointOptions options;
    options.front.methods = core_->methods();
    endpoint_ = std::make_unique<sdk::HttpEndpoint>(loop, *core_, sessions, options);
    http_ = std::make_unique<net::HttpServer>(loop, net::HttpServerOptions{}, [this](net::HttpExchange& exchange) {
      if (exchange.request().find("last-event-id")) {
        ++resumed;
        gate.raise();
      }
      return endpoint_->serve(exchange);
    });
    EXPECT_TRUE(http_->listen("127.0.0.1", 0).ok());
    client = std::make_unique<net::HttpClient>(loop, net::HttpClientOptions{});
    url = "http://127.0.0.1:" + std::to_string(http_->port()) + "/mcp";
  }
  ~Place() {
    if (connection) (void)loop.block_on(connection->close(base::Millis(500)));
    connection.reset();
    sessions->clear();
    EXPECT_TRUE(loop.block_on(http_->stop(base::Millis(50))).ok());
    EXPECT_TRUE(loop.block_on(endpoint_->close(base::Millis(50))).ok());
    client.reset();
  }

  void connect(protocol::Era era) {
    sdk::ConnectionOptions options;
    options.identity.info = R"({"name":"test","version":"1"})";
    options.on_notification = [this](Method method, std::string_view) { heard.push_back(method); };
    std::vector<std::string> names;
    for (const auto* revision : protocol::all_revisions())
      if (revision->era == era) names.emplace_back(revision->name);
    options.revisions = protocol::RevisionSet(names);
    auto opened = loop.block_on(sdk::open_http(loop, *client, *net::parse_url(url), std::move(options)));
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    connection = *std::move(opened);
    EXPECT_EQ(connection->revision().era, era);
  }

  Result<std::string> call(std::string params, sdk::CallOptions options = {}) {
    return loop.block_on(result(connection.get(), std::move(params), std::move(options)));
  }
  static Task<std::string> result(sdk::Connection* connection, std::string params, sdk::CallOptions options) {
    Reply reply = co_await connection->request(Method::tools_call, std::move(params), std::move(options));
    if (reply.error()) co_return protocol::from_rpc(*reply.error());
    co_return std::string(reply.result());
  }

  Loop loop;
  std::vector<Method> heard;
  base::Signal gate;
  int waiting = 0, cancelled = 0, resumed = 0;
  base::Signal began, seen;
  std::shared_ptr<sdk::SessionTable> sessions = std::make_shared<sdk::SessionTable>();
  std::unique_ptr<net::HttpClient> client;
  std::unique_ptr<sdk::Connection> connection;
  std::string url;
  mcp::Server server_;

 private:
  static Task<std::string> slow(Place* place, mcp::Call call) {
    ++place->waiting;
    place->began.raise();
    auto wake = [place] { place->gate.raise(); };
    std::stop_callback on_stop(call.stop_token(), wake);
    co_await place->gate.wait();
    if (call.cancelled()) {
      ++place->cancelled;
      place->seen.raise();
    }
    co_return std::string("slow");
  }
  static Task<std::string> away(Place* place, mcp::Call call) {
    call.progress(1);
    call.close_stream(base::Millis(1));
    if (place->connection->modern()) co_return std::string("here");
    co_await place->gate.wait();
    call.progress(2);
    co_return std::string("back");
  }
  static Task<std::string> forever(mcp::Call call) {
    co_await sdk::until_stopped(call.stop_token());
    co_return std::string("never");
  }

  std::unique_ptr<sdk::ServerCore> core_;
  std::unique_ptr<sdk::HttpEndpoint> endpoint_;
  std::unique_ptr<net::HttpServer> http_;
};

class Eras : public testing::TestWithParam<protocol::Era> {};
INSTANTIATE_TEST_SUITE_P(Http, Eras, testing::Values(protocol::Era::modern, protocol::Era::legacy),
                         [](const auto& p) { return p.param == protocol::Era::modern ? "modern" : "legacy"; });

TEST_P(Eras, CallsAToolAndReportsWhatIsWrong) {
  Place place;
  place.connect(GetParam());
  auto good = place.call(R"({"name":"echo","arguments":{"words":"hi"}})");
  ASSERT_TRUE(good.ok()) << good.error().message;
  EXPECT_NE(good->find(R"("text":"hi")"), std::string::npos) << *good;
  EXPECT_EQ(base::find_member(*good, "resultType").empty(), GetParam() == protocol::Era::legacy);

  auto bad = place.call(R"({"name":"echo","arguments":{"word":"hi"}})");
  ASSERT_TRUE(bad.ok());
  EXPECT_NE(bad->find("did you mean 'words'?"), std::string::npos) << *bad;
  EXPECT_EQ(base::find_member(*bad, "isError"), "true");

  auto unknown = place.call(R"({"name":"ecko","arguments":{}})");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Code::invalid_argument);

  auto worked = place.call(R"({"name":"worker"})");
  ASSERT_TRUE(worked.ok()) << worked.error().message;
  EXPECT_NE(worked->find("worked"), std::string::npos);

  auto threw = place.call(R"({"name":"throws"})");
  std::string what = threw ? *threw : threw.error().message;
  EXPECT_EQ(what.find("secret"), std::string::npos) << what;
}

TEST_P(Eras, ProgressComesOnTheRequestsOwnStream) {
  Place place;
  place.connect(GetParam());
  std::vector<std::string> steps;
  sdk::CallOptions options;
  options.on_notification = [&](Method method, std::string_view params) {
    EXPECT_EQ(method, Method::progress);
    steps.emplace_back(base::find_member(params, "progress"));
  };
  auto done = place.call(R"({"name":"steps"})", std::move(options));
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(steps, (std::vector<std::string>{"1", "2", "3"}));
}

Task<int> many(Place* place) {
  base::TaskGroup group;
  std::vector<std::string> order;
  base::Signal answered;
  auto one = [](Place* p, std::string params, std::vector<std::string>* out, base::Signal* told) -> Task<void> {
    std::string text = co_await Place::result(p->connection.get(), std::move(params), sdk::CallOptions{});
    out->push_back(text.find("slow") != std::string::npos ? "slow" : "fast");
    told->raise();
  };
  group.spawn(one(place, R"({"name":"slow"})", &order, &answered));
  for (int i = 0; i < 100; ++i) group.spawn(one(place, R"({"name":"echo","arguments":{"words":"x"}})", &order, &answered));
  while (order.size() < 100) co_await answered.wait();
  place->gate.raise();
  co_await group.join();
  co_return order.back() == "slow" ? static_cast<int>(order.size()) : -1;
}

TEST_P(Eras, AHundredFastCallsOvertakeASlowOne) {
  Place place;
  place.connect(GetParam());
  auto n = place.loop.block_on(many(&place));
  ASSERT_TRUE(n.ok()) << n.error().message;
  EXPECT_EQ(*n, 101);
}

Task<Code> cancel_one(Place* place) {
  base::TaskGroup group;
  std::stop_source stop;
  std::optional<Code> code;
  auto one = [](Place* p, std::stop_token token, std::optional<Code>* out) -> Task<void> {
    sdk::CallOptions options;
    options.stop = token;
    Result<std::string> result = co_await Place::result(p->connection.get(), R"({"name":"slow"})", std::move(options)).result();
    *out = result ? Code::internal : result.error().code;
  };
  group.spawn(one(place, stop.get_token(), &code));
  while (place->waiting == 0) co_await place->began.wait();
  stop.request_stop();
  while (place->cancelled == 0) co_await place->seen.wait();
  co_await group.join();
  co_return *code;
}

TEST_P(Eras, CancellingReachesTheHandler) {
  Place place;
  place.connect(GetParam());
  auto code = place.loop.block_on(cancel_one(&place));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, Code::cancelled);
}

TEST_P(Eras, ADeadlineEndsTheCall) {
  Place place;
  place.connect(GetParam());
  sdk::CallOptions options;
  options.deadline = base::Timers::now() + base::Millis(30);
  auto result = place.call(R"({"name":"slow"})", std::move(options));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::timeout);
  place.gate.raise();
  auto late = place.call(R"({"name":"late"})");
  std::string what = late ? *late : late.error().message;
  EXPECT_NE(what.find("did not answer within 1 ms"), std::string::npos) << what;
}

TEST_P(Eras, ACallMaySendItsCallerAwayAndAnswerWhenItComesBack) {
  Place place;
  place.connect(GetParam());
  const bool legacy = GetParam() == protocol::Era::legacy;
  std::vector<std::string> steps;
  sdk::CallOptions options;
  options.on_notification = [&](Method, std::string_view params) { steps.emplace_back(base::find_member(params, "progress")); };
  auto result = place.call(R"({"name":"away"})", std::move(options));
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_NE(result->find(legacy ? "back" : "here"), std::string::npos) << *result;
  EXPECT_EQ(place.resumed, legacy ? 1 : 0);
  EXPECT_EQ(steps, legacy ? (std::vector<std::string>{"1", "2"}) : std::vector<std::string>{"1"});
}

TEST(Http, ALostSessionIsMadeAnewOnce) {
  Place place;
  place.connect(protocol::Era::legacy);
  EXPECT_EQ(place.sessions->size(), 1u);
  place.sessions->clear();
  auto result = place.call(R"({"name":"echo","arguments":{"words":"again"}})");
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(place.sessions->size(), 1u);
}

Task<std::pair<int, std::string>> raw(Place* place, std::string method, std::string body, std::vector<net::HttpHeader> headers) {
  net::HttpClientRequest request;
  request.method = method;
  net::Url url = *net::parse_url(place->url);
  request.url = &url;
  headers.push_back({"Accept", "application/json, text/event-stream"});
  headers.push_back({"Content-Type", "application/json"});
  request.headers = headers;
  request.body = body;
  std::stop_token none;
  auto response = co_await place->client->send(request, none, base::Timers::now() + base::Millis(5000));
  std::string text = co_await response.body(1 << 20);
  co_return std::pair(response.status(), text);
}

TEST(Http, RefusesForeignPagesAndUnknownSessions) {
  Place place;
  std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  EXPECT_EQ(place.loop.block_on(raw(&place, "POST", ping, {{"Origin", "http://evil.example"}}))->first, 403);
  EXPECT_EQ(place.loop.block_on(raw(&place, "POST", ping, {{"Mcp-Session-Id", "made-up"}}))->first, 404);
  EXPECT_EQ(place.loop.block_on(raw(&place, "POST", ping, {{"Origin", "http://localhost:3000"}}))->first, 400);
  EXPECT_EQ(place.loop.block_on(raw(&place, "PUT", ping, {}))->first, 405);
  auto broken = place.loop.block_on(raw(&place, "POST", "{", {}));
  EXPECT_EQ(broken->first, 400);
  EXPECT_NE(broken->second.find("-32700"), std::string::npos);
}

TEST(Sessions, AreBoundedAndUnguessable) {
  sdk::SessionTable table({.most = 2});
  protocol::LegacySession settled{protocol::RevisionSet()};
  auto a = table.add(settled), b = table.add(settled);
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ((*a)->id().size(), 32u);
  EXPECT_NE((*a)->id(), (*b)->id());
  EXPECT_TRUE((*b)->begin("1", [] {}));
  ASSERT_TRUE(table.add(settled).ok());  // the idle one makes room
  EXPECT_EQ(table.find((*a)->id()), nullptr);
  EXPECT_NE(table.find((*b)->id()), nullptr);
}

}  // namespace
