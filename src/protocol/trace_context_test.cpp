// Trace context, after the examples and the grammar of W3C Trace Context and W3C Baggage.
#include "protocol/trace_context.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace protocol;

TEST(TraceContext, Traceparent) {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_TRUE(valid_traceparent(good));
  EXPECT_TRUE(valid_traceparent("cc" + good.substr(2) + "-what-comes-later"));
  EXPECT_TRUE(valid_traceparent("cc" + good.substr(2)));
  for (const char* tail : {"-a\xa7", "-a b", "-a\r\nb", "-a\tb", "a"})
    EXPECT_FALSE(valid_traceparent("cc" + good.substr(2) + tail)) << tail;
  for (const std::string& bad : {std::string(), std::string("00"), "ff" + good.substr(2), good + "-more", good.substr(1), good + "0",
                                 std::string("00-00000000000000000000000000000000-b7ad6b7169203331-01"),
                                 std::string("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
                                 std::string("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"),
                                 std::string("00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01"),
                                 std::string("00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01"), "cc" + good.substr(2) + ".x"})
    EXPECT_FALSE(valid_traceparent(bad)) << bad;
}

TEST(TraceContext, Tracestate) {
  for (std::string_view good :
       {"", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "a=1, b=2 ,\tc=3", "a=1,,b=2", "fw529a3039@dt=FfAxyz", "a=b c"})
    EXPECT_TRUE(valid_tracestate(good)) << good;
  for (std::string_view bad : {"a", "a=", "=1", "A=1", "1a=1", "a=1,a=2", "a=b=c", "a@=1", "@a=1", "a=\x01", "a=\x7f", "a@1b=1"})
    EXPECT_FALSE(valid_tracestate(bad)) << bad;
  EXPECT_FALSE(valid_tracestate("a=" + std::string(257, 'x')));
  EXPECT_FALSE(valid_tracestate("a=" + std::string(600, 'x')));
  std::string many;
  for (int i = 0; i < 33; ++i) many += "k" + std::to_string(i) + "=1,";
  EXPECT_FALSE(valid_tracestate(many));
}

TEST(TraceContext, Baggage) {
  for (std::string_view good : {"userId=alice", "key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue",
                                "k=", "k=Am%C3%A9lie", "serverNode=DF%2028,isProduction=false"})
    EXPECT_TRUE(valid_baggage(good)) << good;
  for (std::string_view bad : {"", "k", "=v", "k=v,", "k=a b", "k=\"v\"", "k=v;", "k;p=v", "k\\=v", "k=a\\b", "k=\xc3\xa9"})
    EXPECT_FALSE(valid_baggage(bad)) << bad;
  EXPECT_FALSE(valid_baggage("k=" + std::string(9000, 'v')));
}

TEST(TraceContext, OnlyTheThreeKeysAreJudged) {
  EXPECT_TRUE(may_carry_trace("other", "7"));
  EXPECT_TRUE(may_carry_trace("baggage", "\"a=1\""));
  EXPECT_FALSE(may_carry_trace("baggage", "7"));
  EXPECT_FALSE(may_carry_trace("traceparent", "null"));
  EXPECT_FALSE(may_carry_trace("tracestate", "\"A\""));
}

}  // namespace
