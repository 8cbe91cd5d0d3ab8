#include "observe/span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_reader.hpp>

#include "base/json.h"
#include "observe/helicone.h"
#include "observe/otlp.h"

namespace {

using base::CallRecord;
using base::Outcome;
using namespace std::chrono_literals;
using observe::Content;
using observe::keeps_spans;
using observe::Span;
using observe::SpanRules;
using observe::spans_of;
using observe::SpanStatus;
using testing::HasSubstr;
using testing::Not;

CallRecord call() {
  CallRecord record;
  record.number = 4;
  record.caller = std::make_shared<base::Principal>();
  record.method = "tools/call";
  record.revision = "2026-07-28";
  record.server_revision = "2025-11-25";
  record.client = "desk";
  record.server = "files";
  record.name = "read";
  record.began = std::chrono::system_clock::time_point(1'700'000'000s);
  record.duration = 5ms;
  record.upstream_at = 1ms;
  record.upstream = 3ms;
  record.request_id = "7";
  record.transport = "http";
  record.address = "127.0.0.1";
  record.session = "s1";
  record.decision = "allow";
  record.rule = "rules[3]";
  record.tokens_in = 5;
  record.tokens_out = 9;
  record.trace.trace.fill(0xab);
  record.trace.span.fill(0x01);
  record.trace.upstream.fill(0x02);
  return record;
}

SpanRules rules() {
  SpanRules out;
  out.upstreams["files"] = {"files.example.com", 443, false};
  return out;
}

// The attributes as text, one a line.
std::string told(const Span& span) {
  std::string out;
  for (const observe::Attribute& one : span.attributes) {
    (out += one.key) += '=';
    if (const auto* text = std::get_if<std::string>(&one.value)) out += *text;
    if (const auto* number = std::get_if<std::int64_t>(&one.value)) out += std::to_string(*number);
    out += '\n';
  }
  return out;
}

TEST(Span, ACallLeavesAServerSpanAndBelowItAClientSpan) {
  const std::vector<Span> spans = spans_of(call(), rules());
  ASSERT_EQ(spans.size(), 2u);
  const Span &server = spans[0], &client = spans[1];
  EXPECT_EQ(server.name, "tools/call read");
  EXPECT_EQ(server.kind, observe::SpanKind::server);
  EXPECT_EQ(server.begin, 1'700'000'000'000'000'000u);
  EXPECT_EQ(server.end, 1'700'000'000'005'000'000u);
  EXPECT_EQ(told(server),
            "mcp.method.name=tools/call\ngen_ai.operation.name=execute_tool\ngen_ai.tool.name=read\ngatehouse.server=files\n"
            "jsonrpc.request.id=7\nmcp.protocol.version=2026-07-28\nmcp.session.id=s1\nnetwork.transport=tcp\nnetwork.protocol.name=http\n"
            "client.address=127.0.0.1\nuser.id=local\ngatehouse.caller=local\nsession.id=s1\ngatehouse.client=desk\ngatehouse.call=4\n"
            "gatehouse.decision=allow\ngatehouse.rule=rules[3]\ngatehouse.tokens.arguments=5\ngatehouse.tokens.result=9\n"
            "openinference.span.kind=TOOL\ntool.name=read\nlangfuse.observation.type=tool\n");
  EXPECT_EQ(client.name, "tools/call read");
  EXPECT_EQ(client.kind, observe::SpanKind::client);
  EXPECT_EQ(client.parent, server.span);
  EXPECT_EQ(client.trace, server.trace);
  EXPECT_EQ(client.begin, 1'700'000'000'001'000'000u);
  EXPECT_EQ(client.end, 1'700'000'000'004'000'000u);
  EXPECT_EQ(told(client),
            "mcp.method.name=tools/call\ngen_ai.operation.name=execute_tool\ngen_ai.tool.name=read\ngatehouse.server=files\n"
            "mcp.protocol.version=2025-11-25\nnetwork.transport=tcp\nnetwork.protocol.name=http\nserver.address=files.example.com\n"
            "server.port=443\nopeninference.span.kind=CHAIN\nlangfuse.observation.type=span\n");
}

TEST(Span, ACallThatNeverReachedAnUpstreamHasNoClientSpan) {
  CallRecord record = call();
  record.upstream = 0ns;
  EXPECT_EQ(spans_of(record, rules()).size(), 1u);
}

TEST(Span, ACallWithinACallIsInternal) {
  CallRecord record = call();
  record.parent = 3;
  record.trace.parent.fill(9);
  const Span span = spans_of(record, rules())[0];
  EXPECT_EQ(span.kind, observe::SpanKind::internal);
  EXPECT_FALSE(span.remote_parent);
  EXPECT_EQ(span.parent, record.trace.parent);
}

TEST(Span, TheHttpRequestIsALink) {
  CallRecord record = call();
  record.trace.linked_trace.fill(7);
  record.trace.linked_span.fill(8);
  const Span span = spans_of(record, rules())[0];
  ASSERT_EQ(span.links.size(), 1u);
  EXPECT_EQ(span.links[0].trace, record.trace.linked_trace);
}

TEST(Span, ErrorsAreToldByTheirKind) {
  CallRecord record = call();
  record.outcome = Outcome::tool_error;
  std::vector<Span> spans = spans_of(record, rules());
  EXPECT_THAT(told(spans[0]), HasSubstr("error.type=tool_error\n"));
  EXPECT_THAT(told(spans[0]), HasSubstr("langfuse.observation.level=ERROR\n"));
  EXPECT_EQ(spans[0].status, SpanStatus::error);
  EXPECT_EQ(spans[1].status, SpanStatus::error);

  record.outcome = Outcome::rpc_error;
  record.rpc_code = -32602;
  record.message = "no such tool";
  spans = spans_of(record, rules());
  EXPECT_THAT(told(spans[0]), HasSubstr("error.type=-32602\n"));
  EXPECT_THAT(told(spans[0]), HasSubstr("rpc.response.status_code=-32602\n"));
  EXPECT_EQ(spans[0].status, SpanStatus::unset) << "the caller's mistake is no error of this server";
  EXPECT_EQ(spans[1].status, SpanStatus::error) << "for who asked it is one";

  record.rpc_code = -32603;
  EXPECT_EQ(spans_of(record, rules())[0].status, SpanStatus::error);
  EXPECT_EQ(spans_of(record, rules())[0].status_text, "no such tool");
}

TEST(Span, ContentLeavesOnlyAsFarAsTheRulesLetIt) {
  CallRecord record = call();
  record.arguments = std::make_shared<std::string>(R"({"key":"hunter2"})");
  record.result = std::make_shared<std::string>(R"({"content":[]})");
  SpanRules with = rules();
  EXPECT_THAT(told(spans_of(record, with)[0]), Not(HasSubstr("hunter2")));
  with.content = Content::redacted;
  EXPECT_THAT(told(spans_of(record, with)[0]), Not(HasSubstr("input.value"))) << "nobody is there who could redact it";
  with.redact = [](std::string_view) { return std::string("[redacted]"); };
  EXPECT_THAT(told(spans_of(record, with)[0]), HasSubstr("input.value=[redacted]\n"));
  EXPECT_THAT(told(spans_of(record, with)[0]), Not(HasSubstr("hunter2")));
  with.content = Content::full;
  const std::string all = told(spans_of(record, with)[0]);
  EXPECT_THAT(all, HasSubstr("gen_ai.tool.call.arguments={\"key\":\"hunter2\"}\n"));
  EXPECT_THAT(all, HasSubstr("input.mime_type=application/json\n"));
  EXPECT_THAT(all, HasSubstr("output.value={\"content\":[]}\n"));
  EXPECT_THAT(told(spans_of(record, with)[1]), Not(HasSubstr("hunter2"))) << "once is enough";
}

TEST(Span, WhatIsLongIsCutWhereACharacterEnds) {
  EXPECT_EQ(observe::bounded("aé", 2), "a");
  EXPECT_EQ(observe::bounded("aé", 3), "aé");
  CallRecord record = call();
  record.client = std::string(5000, 'x');
  EXPECT_LT(told(spans_of(record, rules())[0]).size(), 3000u);
  record.client = "a\xff\xfe";
  EXPECT_THAT(told(spans_of(record, rules())[0]), HasSubstr("gatehouse.client=a??\n")) << "a collector refuses what is no UTF-8";
}

TEST(Span, ErrorsDenialsAndSlowCallsAreKeptAlways) {
  CallRecord record = call();
  EXPECT_FALSE(keeps_spans(record, 0s));
  EXPECT_TRUE(keeps_spans(record, 5ms));
  EXPECT_FALSE(keeps_spans(record, 6ms));
  record.trace.sampled = true;
  EXPECT_TRUE(keeps_spans(record, 0s));
  record.trace.sampled = false;
  record.decision = "deny";
  EXPECT_TRUE(keeps_spans(record, 0s));
  record.decision = "";
  record.outcome = Outcome::tool_error;
  EXPECT_TRUE(keeps_spans(record, 0s));
  record.trace.span.fill(0);
  EXPECT_FALSE(keeps_spans(record, 0s)) << "it has none";
}

observe::Resource resource() { return observe::this_process("1.2.3", "one"); }

TEST(Otlp, IsJsonWithHexIdentifiersAndTextForWideNumbers) {
  const std::string json = observe::traces_as_json(spans_of(call(), rules()), resource());
  EXPECT_TRUE(base::validate_json(json).ok()) << json;
  EXPECT_THAT(
      json,
      HasSubstr(R"("traceId":"abababababababababababababababab","spanId":"0101010101010101","flags":257,"name":"tools/call read","kind":2,)"
                R"("startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000005000000")"));
  EXPECT_THAT(json, HasSubstr(R"("parentSpanId":"0101010101010101")"));
  EXPECT_THAT(json, HasSubstr(R"({"key":"gatehouse.call","value":{"intValue":"4"}})"));
  EXPECT_THAT(json, HasSubstr(R"({"key":"service.name","value":{"stringValue":"gatehouse"}})"));
}

// Every length-delimited field of a message can be walked to its end.
std::string name_of_first_span(const std::string& body) {
  protozero::pbf_reader request(body);
  std::string name;
  request.next(1);
  protozero::pbf_reader outer = request.get_message();
  outer.next(2);
  protozero::pbf_reader scoped = outer.get_message();
  scoped.next(2);
  protozero::pbf_reader span = scoped.get_message();
  while (span.next()) {
    if (span.tag() == 5)
      name = span.get_string();
    else
      span.skip();
  }
  return name;
}

TEST(Otlp, IsProtobuf) {
  EXPECT_EQ(name_of_first_span(observe::traces_as_protobuf(spans_of(call(), rules()), resource())), "tools/call read");
}

TEST(Otlp, GzipIsSmallerAndSaysWhatItIs) {
  const std::string packed = observe::gzipped(std::string(10'000, 'x'));
  EXPECT_LT(packed.size(), 200u);
  EXPECT_EQ(packed.substr(0, 2), "\x1f\x8b");
}

TEST(Helicone, ALogIsAToolWithItsTimes) {
  CallRecord record = call();
  record.arguments = std::make_shared<std::string>(R"({"a":1})");
  SpanRules with = rules();
  with.content = Content::full;
  EXPECT_EQ(observe::helicone_log(record, with),
            R"({"providerRequest":{"url":"custom-model-nopath","json":{"_type":"tool","toolName":"files/read","input":"{\"a\":1}"},)"
            R"("meta":{"Helicone-User-Id":"local","Helicone-Property-Caller":"local","Helicone-Session-Id":"s1",)"
            R"("Helicone-Property-Client":"desk","Helicone-Property-Outcome":"ok"}},"providerResponse":{"json":{"_type":"tool",)"
            R"("toolName":"files/read"},"status":200,"headers":{}},"timing":{"startTime":{"seconds":1700000000,"milliseconds":0},)"
            R"("endTime":{"seconds":1700000000,"milliseconds":5}}})");
}

}  // namespace
