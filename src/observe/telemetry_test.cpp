#include "observe/telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>

#include "base/json.h"
#include "net/http_server.h"
#include "net/net_test_support.h"

namespace {

using base::CallRecord;
using base::Millis;
using namespace std::chrono_literals;
using observe::Telemetry;
using observe::TelemetryOptions;
using testing::HasSubstr;

// A collector that keeps what it gets and answers as it is told.
class Collector {
 public:
  Collector() {
    thread_.call([this] {
      server_ = std::make_unique<net::HttpServer>(thread_.loop, net::HttpServerOptions{},
                                                  [this](net::HttpExchange& exchange) { return serve(&exchange); });
      ASSERT_TRUE(server_->listen("127.0.0.1", 0).ok());
    });
  }
  ~Collector() {
    (void)thread_.run(server_->stop(Millis(0)));
    thread_.call([this] { server_.reset(); });
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  struct Got {
    std::string path, type, encoding, authorization, body;
  };
  // Waits until there are so many.
  std::vector<Got> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait(lock, [&] { return got_.size() >= count; });
    return got_;
  }
  std::size_t count() {
    std::lock_guard lock(mutex_);
    return got_.size();
  }
  // The statuses of the next answers; then 200.
  void answer(std::vector<int> statuses) {
    std::lock_guard lock(mutex_);
    statuses_ = std::move(statuses);
  }

 private:
  base::Task<void> serve(net::HttpExchange* exchange) {
    const net::HttpRequest& request = exchange->request();
    auto header = [&](std::string_view name) { return std::string(request.find(name).value_or("")); };
    Got got{std::string(request.path), header("Content-Type"), header("Content-Encoding"), header("Authorization"), request.body};
    int status = 200;
    {
      std::lock_guard lock(mutex_);
      if (!statuses_.empty()) {
        status = statuses_.front();
        statuses_.erase(statuses_.begin());
      }
      got_.push_back(std::move(got));
    }
    came_.notify_all();
    const net::HttpHeader type{"Content-Type", "application/json"};
    const net::HeaderLines headers(type);
    co_await exchange->respond(status, headers, "{}");
  }

  net::test::LoopThread thread_;
  std::unique_ptr<net::HttpServer> server_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<Got> got_;
  std::vector<int> statuses_;
};

CallRecord sampled() {
  CallRecord record;
  record.method = "tools/call";
  record.name = "read";
  record.server = "files";
  record.trace.trace.fill(1);
  record.trace.span.fill(2);
  record.trace.sampled = true;
  return record;
}

TelemetryOptions to(const std::string& url) {
  TelemetryOptions out;
  out.otlp = url;
  out.encoding = observe::OtlpEncoding::json;
  out.compression = observe::Compression::none;
  out.resource = observe::this_process("1", "test");
  out.every = Millis(20);
  out.first_pause = Millis(20);
  return out;
}

TEST(Telemetry, SendsSpansWithTheConfiguredHeaders) {
  Collector collector;
  TelemetryOptions options = to(collector.url() + "/");
  options.headers.emplace_back("Authorization", base::Secret(std::string("Basic eA==")));
  Telemetry telemetry(std::move(options));
  telemetry.finished(sampled());
  const Collector::Got got = collector.wait_for(1)[0];
  EXPECT_EQ(got.path, "/v1/traces");
  EXPECT_EQ(got.type, "application/json");
  EXPECT_EQ(got.encoding, "");
  EXPECT_EQ(got.authorization, "Basic eA==");
  EXPECT_THAT(got.body, HasSubstr(R"("name":"tools/call read")"));
  EXPECT_TRUE(base::validate_json(got.body).ok());
}

TEST(Telemetry, PacksAndWritesProtobufWhereItIsToldTo) {
  Collector collector;
  TelemetryOptions options = to(collector.url());
  options.encoding = observe::OtlpEncoding::protobuf;
  options.compression = observe::Compression::gzip;
  Telemetry telemetry(std::move(options));
  telemetry.finished(sampled());
  const Collector::Got got = collector.wait_for(1)[0];
  EXPECT_EQ(got.type, "application/x-protobuf");
  EXPECT_EQ(got.encoding, "gzip");
  EXPECT_EQ(got.body.substr(0, 2), "\x1f\x8b");
}

TEST(Telemetry, WhatIsNotKeptIsNotSent) {
  Collector collector;
  Telemetry telemetry(to(collector.url()));
  CallRecord record = sampled();
  record.trace.sampled = false;
  telemetry.finished(record);
  telemetry.stop(5s);
  EXPECT_EQ(collector.count(), 0u);
}

TEST(Telemetry, TriesAgainWhereThatMayHelp) {
  Collector collector;
  collector.answer({503, 429});
  Telemetry telemetry(to(collector.url()));
  telemetry.finished(sampled());
  EXPECT_EQ(collector.wait_for(3).size(), 3u);
  telemetry.stop(5s);
  EXPECT_EQ(telemetry.counters().sent, 1u);
  EXPECT_EQ(collector.count(), 3u);
}

TEST(Telemetry, WhatIsRefusedIsDroppedAndCounted) {
  Collector collector;
  collector.answer({400});
  Telemetry telemetry(to(collector.url()));
  telemetry.finished(sampled());
  collector.wait_for(1);
  telemetry.stop(5s);
  EXPECT_EQ(telemetry.counters().dropped, 1u);
  EXPECT_EQ(collector.count(), 1u);
}

TEST(Telemetry, ACollectorThatHangsCostsNothingButItsQueue) {
  // It takes connections, by its backlog, and never answers.
  net::test::Listening hanging;
  TelemetryOptions options = to("http://127.0.0.1:" + std::to_string(hanging.port));
  options.queue = 10;
  options.batch = 5;
  Telemetry telemetry(std::move(options));
  for (int i = 0; i < 1'000; ++i) telemetry.finished(sampled());
  // Ten wait, and at most five are on their way.
  EXPECT_GE(telemetry.counters().dropped, 985u);
  EXPECT_LE(telemetry.counters().queued, 10u);
  telemetry.stop(0ms);
  EXPECT_EQ(telemetry.counters().sent, 0u);
}

TEST(Telemetry, AnAddressWhereNobodyListensIsGivenUp) {
  std::uint16_t port = 0;
  {
    net::test::Listening gone;
    port = gone.port;
  }
  TelemetryOptions options = to("http://127.0.0.1:" + std::to_string(port));
  options.tries = 2;
  Telemetry telemetry(std::move(options));
  telemetry.finished(sampled());
  telemetry.stop(5s);
  EXPECT_EQ(telemetry.counters().dropped, 1u);
}

TEST(Telemetry, WhatWaitsIsSentAtTheEnd) {
  Collector collector;
  TelemetryOptions options = to(collector.url());
  options.every = 1h;
  Telemetry telemetry(std::move(options));
  telemetry.finished(sampled());
  telemetry.stop(5s);
  EXPECT_EQ(collector.count(), 1u);
}

TEST(Telemetry, NumbersGoBesideTheSpans) {
  Collector collector;
  Telemetry telemetry(to(collector.url()));
  std::vector<observe::Family> families;
  families.push_back({"gatehouse_open_calls", observe::Family::Kind::gauge, "Calls.", {{{}, std::uint64_t{3}}}, {}, {}});
  telemetry.push(std::move(families), {1, 2});
  const Collector::Got got = collector.wait_for(1)[0];
  EXPECT_EQ(got.path, "/v1/metrics");
  EXPECT_THAT(got.body, HasSubstr(R"("name":"gatehouse_open_calls")"));
  EXPECT_THAT(got.body, HasSubstr(R"("asInt":"3")"));
}

TEST(Telemetry, HeliconeGetsOneLogForEachCallOfATool) {
  Collector collector;
  TelemetryOptions options = to("");
  options.helicone = collector.url() + "/custom/v1/log";
  options.helicone_key = base::Secret(std::string("sk-x"));
  Telemetry telemetry(std::move(options));
  CallRecord list = sampled();
  list.method = "tools/list";
  telemetry.finished(list);
  telemetry.finished(sampled());
  telemetry.finished(sampled());
  telemetry.stop(5s);
  const std::vector<Collector::Got> got = collector.wait_for(2);
  EXPECT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].path, "/custom/v1/log");
  EXPECT_EQ(got[0].authorization, "Bearer sk-x");
  EXPECT_TRUE(base::validate_json(got[0].body).ok()) << got[0].body;
}

TEST(Telemetry, ReadsRetryAfter) {
  EXPECT_EQ(observe::parse_retry_after("3"), Millis(3'000));
  EXPECT_EQ(observe::parse_retry_after("999999"), Millis(3'600'000));
  EXPECT_EQ(observe::parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), std::nullopt);
  EXPECT_EQ(observe::parse_retry_after("-1"), std::nullopt);
  EXPECT_EQ(observe::parse_retry_after(""), std::nullopt);
}

}  // namespace
