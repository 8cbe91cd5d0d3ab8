// What real clients do against the specification: served and noted, or refused where strictness is asked for.
#include "protocol/quirks.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/inbound.h"
#include "protocol/testing.h"

namespace {

using namespace protocol;
using protocol::testing::spelled;

const std::string kCall = R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo",$META}})";

HttpFacts modern_call() {
  HttpFacts http;
  http.method = "POST";
  http.protocol_version = latest_modern().name;
  http.mcp_method = "tools/call";
  http.mcp_name = "echo";
  http.accept = "application/json, text/event-stream";
  http.content_type = "application/json";
  return http;
}

// One deviation: what came, and which quirk it is.
struct Odd {
  Quirk quirk;
  HttpFacts http;
  std::string body;
  int refused = 400;
};

std::vector<Odd> oddities() {
  std::vector<Odd> out;
  HttpFacts fine = modern_call(), legacy = modern_call();
  legacy.protocol_version = latest_legacy().name;
  legacy.mcp_method.reset(), legacy.mcp_name.reset();
  legacy.session_id = "s";
  for (const char* accept : {"application/json", "text/event-stream", ""}) {
    HttpFacts http = fine;
    http.accept = accept;
    if (http.accept->empty()) http.accept.reset();
    out.push_back({Quirk::accept_incomplete, http, kCall, 406});
  }
  HttpFacts twice = fine;
  twice.mcp_name = "echo, echo";
  out.push_back({Quirk::name_header_twice, twice, kCall});
  twice.mcp_name = "=?base64?ZWNobw==?=, =?base64?ZWNobw==?=";
  out.push_back({Quirk::name_header_twice, twice, kCall});
  for (const char* params :
       {"null", R"({"cursor":null})", R"({"_meta":null})", R"({"_meta":{"progressToken":null}})", R"({"arguments":null})"})
    out.push_back({Quirk::null_member, legacy, R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":)" + std::string(params) + "}"});
  out.push_back({Quirk::null_id, legacy, R"({"jsonrpc":"2.0","id":null,"method":"notifications/initialized"})"});
  for (const char* meta : {R"("traceparent":"00-1")", R"("tracestate":7)", R"("baggage":"a")"})
    out.push_back(
        {Quirk::broken_trace, legacy, R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{)" + std::string(meta) + "}}}"});
  return out;
}

TEST(Quirks, AreServedAndNotedOrRefused) {
  HttpFront lenient({}), strict({.strictness = Strictness::strict});
  for (const Odd& odd : oddities()) {
    SCOPED_TRACE(std::string(facts(odd.quirk).name) + ": " + odd.body);
    std::string body = spelled(odd.body);
    Received served = lenient.receive(odd.http, body);
    auto* in = std::get_if<Inbound>(&served);
    ASSERT_TRUE(in) << std::get<Refusal>(served).body;
    EXPECT_TRUE(in->quirks.has(odd.quirk));
    Received refused = strict.receive(odd.http, body);
    auto* refusal = std::get_if<Refusal>(&refused);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->http_status, odd.refused);
    EXPECT_TRUE(refusal->quirks.has(odd.quirk));
    EXPECT_NE(refusal->body.find(facts(odd.quirk).remedy), std::string::npos) << refusal->body;
  }
}

TEST(Quirks, AGetWithoutSessionIsNotedAndNeverServed) {
  HttpFront front({});
  HttpFacts http;
  http.method = "GET";
  std::string none;
  Received received = front.receive(http, none);
  EXPECT_EQ(std::get<Refusal>(received).http_status, 405);
  EXPECT_TRUE(std::get<Refusal>(received).quirks.has(Quirk::get_without_session));
}

TEST(Quirks, OverStdioTheyAreServedOrRefusedToo) {
  std::string line = R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":null})";
  StdioFront lenient({}), strict({.strictness = Strictness::strict});
  lenient.negotiated(latest_legacy()), strict.negotiated(latest_legacy());
  Received served = lenient.receive(line), refused = strict.receive(line);
  ASSERT_TRUE(std::holds_alternative<Inbound>(served));
  EXPECT_TRUE(std::get<Inbound>(served).quirks.has(Quirk::null_member));
  EXPECT_NE(std::get<Refusal>(refused).body.find("\"id\":1"), std::string::npos);
}

TEST(Quirks, ARequestWithoutAnyHasNone) {
  HttpFront strict({.strictness = Strictness::strict});
  std::string body = spelled(kCall);
  Received received = strict.receive(modern_call(), body);
  ASSERT_TRUE(std::holds_alternative<Inbound>(received)) << std::get<Refusal>(received).body;
  EXPECT_TRUE(std::get<Inbound>(received).quirks.empty());
}

TEST(Quirks, TheVersionHeaderIsTheSessionsOwn) {
  EXPECT_EQ(version_header_quirk(latest_legacy().name, latest_legacy()), std::nullopt);
  EXPECT_EQ(version_header_quirk(std::nullopt, latest_legacy()), Quirk::version_header_absent);
  EXPECT_EQ(version_header_quirk(headerless_legacy().name, latest_legacy()), Quirk::version_header_other);
  EXPECT_EQ(version_header_quirk(std::nullopt, headerless_legacy()), std::nullopt);
}

TEST(Quirks, TheTableNamesEachOne) {
  for (const QuirkFacts& one : all_quirks()) {
    EXPECT_EQ(&facts(one.quirk), &one);
    EXPECT_FALSE(one.name.empty() || one.does.empty() || one.remedy.empty() || one.where.empty());
  }
  for (const KnownQuirk& one : known_quirks()) {
    EXPECT_TRUE(is_known(one.client, one.newest, one.quirk));
    EXPECT_FALSE(is_known("somebody else", one.newest, one.quirk));
  }
}

}  // namespace
