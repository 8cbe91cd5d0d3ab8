#include "gateway/tracing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/gateway_testing.h"
#include "net/http_message.h"

namespace {

using base::TraceContext;
using gateway::begin_trace;
using gateway::begin_trace_within;
using gateway::traced_params;
using gateway::upstream_traceparent;
using gateway::testing_world::builtin;
using gateway::testing_world::World;
using protocol::Method;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
constexpr const char* kOther = "00-11111111111111111111111111111111-2222222222222222-00";

// A request with this `_meta`, and perhaps headers of HTTP.
struct Request {
  explicit Request(const std::string& meta) : params("{\"name\":\"x\",\"_meta\":" + meta + "}") {
    in.rpc.params = *protocol::read_params(params);
  }
  void header(const char* name, const char* value) {
    http.headers.add(name, value);
    in.http = &http;
  }
  TraceContext begin(std::optional<double> share) {
    TraceContext out;
    begin_trace(out, in, share);
    return out;
  }
  std::string params;
  net::HttpRequest http;
  sdk::Inbound in;
};

std::string meta(const std::string& parent, const std::string& more = "") { return "{\"traceparent\":\"" + parent + "\"" + more + "}"; }

TEST(Tracing, TheParentIsTheOneInMeta) {
  Request request(meta(kParent, R"(,"tracestate":"a=1","baggage":"k=v")"));
  const TraceContext trace = request.begin(0.0);
  EXPECT_EQ(trace.trace[0], 0x0a);
  EXPECT_EQ(trace.trace[15], 0x9c);
  EXPECT_EQ(trace.parent[0], 0xb7);
  EXPECT_EQ(trace.parent[7], 0x31);
  EXPECT_TRUE(trace.sampled) << "the parent decides, not the share";
  EXPECT_EQ(trace.state, "a=1");
  EXPECT_EQ(trace.baggage, "k=v");
  EXPECT_NE(trace.span, TraceContext().span);
  EXPECT_NE(trace.upstream, trace.span);
}

TEST(Tracing, AParentThatIsNotSampledIsNotSampledHere) {
  Request request(meta(kOther));
  EXPECT_FALSE(request.begin(1.0).sampled);
}

TEST(Tracing, TheHeaderIsALinkAndTheParentOnlyWhereMetaNamesNone) {
  Request both(meta(kParent));
  both.header("traceparent", kOther);
  TraceContext trace = both.begin(1.0);
  EXPECT_EQ(trace.trace[0], 0x0a);
  EXPECT_EQ(trace.linked_trace[0], 0x11);
  EXPECT_EQ(trace.linked_span[0], 0x22);

  Request alone("{}");
  alone.header("traceparent", kOther);
  alone.header("tracestate", "b=2");
  trace = alone.begin(1.0);
  EXPECT_EQ(trace.trace[0], 0x11);
  EXPECT_EQ(trace.parent[0], 0x22);
  EXPECT_EQ(trace.linked_span[0], 0x22);
  EXPECT_EQ(trace.state, "b=2");
  EXPECT_FALSE(trace.sampled);

  Request twice("{}");
  twice.header("traceparent", kOther);
  twice.header("traceparent", kParent);
  EXPECT_EQ(twice.begin({}).trace, TraceContext().trace) << "which of the two would be anybody's guess";
}

TEST(Tracing, WhatIsMalformedIsNotThere) {
  for (const char* bad :
       {"00-1", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    TraceContext trace;
    EXPECT_FALSE(gateway::read_traceparent(bad, trace)) << bad;
    EXPECT_EQ(trace.trace, TraceContext().trace);
  }
}

TEST(Tracing, TheShareOfNewTracesIsSampled) {
  Request request("{}");
  EXPECT_FALSE(request.begin(0.0).sampled);
  EXPECT_TRUE(request.begin(1.0).sampled);
  int sampled = 0;
  for (int i = 0; i < 10'000; ++i) sampled += request.begin(0.1).sampled ? 1 : 0;
  EXPECT_NEAR(sampled, 1000, 200);
}

TEST(Tracing, WithoutSpansOfItsOwnTheContextPassesAsItCame) {
  Request request(meta(kParent));
  const TraceContext trace = request.begin({});
  EXPECT_EQ(trace.trace[0], 0x0a) << "the record knows the trace all the same";
  EXPECT_EQ(traced_params(request.params, trace), "");
}

TEST(Tracing, TheUpstreamHearsOfTheSpanOfItsRequest) {
  Request request(meta(kParent, R"(,"tracestate":"a=1","progressToken":7)"));
  const TraceContext trace = request.begin(1.0);
  const std::string parent = upstream_traceparent(trace);
  EXPECT_THAT(parent, testing::MatchesRegex("00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01"));
  EXPECT_THAT(parent, Not(HasSubstr("b7ad6b7169203331")));
  const std::string params = traced_params(request.params, trace);
  EXPECT_THAT(params, HasSubstr("\"traceparent\":\"" + parent + "\""));
  EXPECT_THAT(params, HasSubstr(R"("tracestate":"a=1")"));
  EXPECT_THAT(params, HasSubstr(R"("progressToken":7)"));
  EXPECT_THAT(traced_params("", trace), HasSubstr("{\"_meta\":{\"traceparent\":"));
}

TEST(Tracing, AStateWithoutItsParentGoesNoFurther) {
  Request request(R"({"tracestate":"a=1"})");
  EXPECT_THAT(traced_params(request.params, request.begin(1.0)), Not(HasSubstr("tracestate")));
}

TEST(Tracing, ACallWithinACallIsItsChild) {
  Request request(meta(kParent));
  const TraceContext outer = request.begin(1.0);
  TraceContext inner;
  begin_trace_within(inner, outer);
  EXPECT_EQ(inner.trace, outer.trace);
  EXPECT_EQ(inner.parent, outer.span);
  EXPECT_TRUE(inner.sampled);
  EXPECT_NE(inner.span, outer.span);
  TraceContext untraced;
  begin_trace_within(untraced, request.begin({}));
  EXPECT_EQ(untraced.parent[0], 0xb7);
  EXPECT_EQ(untraced.span, TraceContext().span);
}

TEST(Tracing, ACallIsRecordedWithItsTraceAndItsTokens) {
  gateway::Config config;
  config.servers = {builtin("one")};
  config.trace_share = 1.0;
  World world(std::move(config));
  world.text(Method::tools_call, std::string(R"({"name":"one__echo","arguments":{"text":"hello world"},"_meta":)") + meta(kParent) + "}");
  ASSERT_EQ(world.book.calls.size(), 1u);
  const base::CallRecord& record = world.book.calls[0];
  EXPECT_EQ(record.trace.trace[0], 0x0a);
  EXPECT_EQ(record.request_id, "7");
  EXPECT_EQ(record.tokens_in, 6u);
  EXPECT_GT(record.tokens_out, 10u);
  EXPECT_GT(record.upstream_at.count(), 0);
  EXPECT_LT(record.upstream_at, record.duration);
  world.text(Method::tools_call, R"({"name":"one__none"})");
  EXPECT_EQ(world.book.calls.back().rpc_code, -32602);
}

}  // namespace
