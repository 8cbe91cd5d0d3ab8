#include "observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/call_log.h"

namespace {

using base::CallRecord;
using base::Outcome;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

CallRecord call(std::string server, std::string tool, std::chrono::nanoseconds duration, Outcome outcome = Outcome::ok) {
  CallRecord record;
  record.method = "tools/call";
  record.server = std::move(server);
  record.name = std::move(tool);
  record.duration = duration;
  record.upstream = duration / 2;
  record.bytes_in = 10;
  record.bytes_out = 20;
  record.tokens_in = 3;
  record.tokens_out = 5;
  record.outcome = outcome;
  if (outcome == Outcome::failed) record.error = mcp::Code::timeout;
  return record;
}

// `text` without the histograms of the conventions, which have a test of their own.
std::string without_operations(std::string text) {
  const std::size_t from = text.find("# HELP mcp_server"), to = text.find("# HELP gatehouse_tokens");
  return from < to && to != std::string::npos ? text.erase(from, to - from) : text;
}

TEST(Metrics, IsTheWholeTextOfASmallGateway) {
  observe::Metrics metrics;
  metrics.finished(call("files", "read", 2ms));
  metrics.finished(call("files", "read", 500ms, Outcome::failed));
  observe::Gauges gauges;
  gauges.upstreams = {{"files", "builtin", "up", 3, 1, 4, 5, 6, 7}};
  gauges.open_calls = 1;
  gauges.open_streams = 2;
  gauges.open_connections = 3;
  gauges.connections = 4;
  gauges.requests = 5;
  gauges.refused = 6;
  gauges.turned_away = 7;
  gauges.held_bytes = 8;
  gauges.turned_away = 7;
  gauges.held_bytes = 8;
  gauges.resident_bytes = 4096;
  gauges.uptime = 7s;
  gauges.version = "1.2.3";
  gauges.commit = "abc";
  EXPECT_EQ(without_operations(metrics.text(gauges)), R"(# HELP gatehouse_calls_total Calls that ended, by how they ended.
# TYPE gatehouse_calls_total counter
gatehouse_calls_total{server="files",tool="read",outcome="ok"} 1
gatehouse_calls_total{server="files",tool="read",outcome="failed"} 1
# HELP gatehouse_requests_total Calls that ended, by method.
# TYPE gatehouse_requests_total counter
gatehouse_requests_total{method="tools/call"} 2
# HELP gatehouse_errors_total Calls that ended with an error of the gateway, by its code.
# TYPE gatehouse_errors_total counter
gatehouse_errors_total{code="timeout"} 1
# HELP gatehouse_call_duration_seconds From the parsed request to the last byte of its answer.
# TYPE gatehouse_call_duration_seconds histogram
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="0.001"} 0
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="0.0025"} 1
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="0.005"} 1
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="0.01"} 1
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="0.025"} 1
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="0.05"} 1
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="0.1"} 1
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="0.25"} 1
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="0.5"} 2
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="1"} 2
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="2.5"} 2
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="10"} 2
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="60"} 2
gatehouse_call_duration_seconds_bucket{server="files",tool="read",le="+Inf"} 2
gatehouse_call_duration_seconds_sum{server="files",tool="read"} 0.502
gatehouse_call_duration_seconds_count{server="files",tool="read"} 2
# HELP gatehouse_upstream_seconds_total The part of the calls' durations that was spent waiting for the upstream.
# TYPE gatehouse_upstream_seconds_total counter
gatehouse_upstream_seconds_total{server="files",tool="read"} 0.251
# HELP gatehouse_received_bytes_total Bytes of the calls' requests.
# TYPE gatehouse_received_bytes_total counter
gatehouse_received_bytes_total{server="files",tool="read"} 20
# HELP gatehouse_sent_bytes_total Bytes of the calls' answers.
# TYPE gatehouse_sent_bytes_total counter
gatehouse_sent_bytes_total{server="files",tool="read"} 40
# HELP gatehouse_tokens_total Tokens of arguments, results and lists of tools, counted or by size.
# TYPE gatehouse_tokens_total counter
gatehouse_tokens_total{caller="other",server="files",kind="arguments"} 6
gatehouse_tokens_total{caller="other",server="files",kind="results"} 10
# HELP gatehouse_upstream_state 1 for the state that the upstream is in, 0 for the others.
# TYPE gatehouse_upstream_state gauge
gatehouse_upstream_state{server="files",kind="builtin",state="disabled"} 0
gatehouse_upstream_state{server="files",kind="builtin",state="idle"} 0
gatehouse_upstream_state{server="files",kind="builtin",state="starting"} 0
gatehouse_upstream_state{server="files",kind="builtin",state="up"} 1
gatehouse_upstream_state{server="files",kind="builtin",state="degraded"} 0
gatehouse_upstream_state{server="files",kind="builtin",state="open"} 0
gatehouse_upstream_state{server="files",kind="builtin",state="half-open"} 0
gatehouse_upstream_state{server="files",kind="builtin",state="down"} 0
gatehouse_upstream_state{server="files",kind="builtin",state="stopped"} 0
gatehouse_upstream_state{server="files",kind="builtin",state="needs sign-in"} 0
# HELP gatehouse_upstream_tools Tools in the upstream's catalog.
# TYPE gatehouse_upstream_tools gauge
gatehouse_upstream_tools{server="files"} 3
# HELP gatehouse_upstream_starts_total Starts of the upstream that succeeded.
# TYPE gatehouse_upstream_starts_total counter
gatehouse_upstream_starts_total{server="files"} 1
# HELP gatehouse_upstream_in_flight Requests that are with the upstream.
# TYPE gatehouse_upstream_in_flight gauge
gatehouse_upstream_in_flight{server="files"} 4
# HELP gatehouse_upstream_queued Requests that wait for those to end.
# TYPE gatehouse_upstream_queued gauge
gatehouse_upstream_queued{server="files"} 5
# HELP gatehouse_upstream_failures_total Starts, deaths and requests that failed by the upstream's fault.
# TYPE gatehouse_upstream_failures_total counter
gatehouse_upstream_failures_total{server="files"} 6
# HELP gatehouse_upstream_quarantined Definitions of the upstream that are held back until somebody approves them.
# TYPE gatehouse_upstream_quarantined gauge
gatehouse_upstream_quarantined{server="files"} 7
# HELP gatehouse_build_info Always 1; the labels say what runs.
# TYPE gatehouse_build_info gauge
gatehouse_build_info{version="1.2.3",commit="abc"} 1
# HELP gatehouse_uptime_seconds Seconds since the gateway began to listen.
# TYPE gatehouse_uptime_seconds gauge
gatehouse_uptime_seconds 7
# HELP gatehouse_open_calls Calls that run now.
# TYPE gatehouse_open_calls gauge
gatehouse_open_calls 1
# HELP gatehouse_open_streams Event streams open to clients.
# TYPE gatehouse_open_streams gauge
gatehouse_open_streams 2
# HELP gatehouse_open_connections HTTP connections open to clients.
# TYPE gatehouse_open_connections gauge
gatehouse_open_connections 3
# HELP gatehouse_connections_total HTTP connections accepted.
# TYPE gatehouse_connections_total counter
gatehouse_connections_total 4
# HELP gatehouse_http_requests_total HTTP requests that were whole and well formed.
# TYPE gatehouse_http_requests_total counter
gatehouse_http_requests_total 5
# HELP gatehouse_http_turned_away_total HTTP requests and connections for which there was no room.
# TYPE gatehouse_http_turned_away_total counter
gatehouse_http_turned_away_total 7
# HELP gatehouse_http_held_bytes Bytes of requests, and of answers that wait for slow readers.
# TYPE gatehouse_http_held_bytes gauge
gatehouse_http_held_bytes 8
# HELP gatehouse_http_refused_total HTTP requests refused as malformed, too large or too slow.
# TYPE gatehouse_http_refused_total counter
gatehouse_http_refused_total 6
# HELP process_resident_memory_bytes Resident memory in bytes.
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 4096
)");
}

TEST(Metrics, HasTheHistogramsOfTheConventions) {
  observe::Metrics metrics;
  CallRecord good = call("files", "read", 2ms);
  good.transport = "http";
  good.revision = "2026-07-28";
  good.server_revision = "2025-11-25";
  metrics.finished(good);
  metrics.finished(call("files", "read", 500ms, Outcome::failed));
  const std::string text = metrics.text({});
  EXPECT_THAT(text,
              HasSubstr("mcp_server_operation_duration_seconds_bucket{mcp_method_name=\"tools/call\",mcp_protocol_version=\"2026-07-28\","
                        "network_transport=\"tcp\",le=\"0.01\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("mcp_server_operation_duration_seconds_bucket{mcp_method_name=\"tools/call\",error_type=\"timeout\","
                              "network_transport=\"pipe\",le=\"0.5\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("mcp_client_operation_duration_seconds_sum{mcp_method_name=\"tools/call\",error_type=\"timeout\","
                              "gatehouse_server=\"files\"} 0.25\n"));
  EXPECT_THAT(text, HasSubstr("gatehouse_overhead_seconds_bucket{le=\"5e-05\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("gatehouse_overhead_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("gatehouse_revisions_total{client=\"2026-07-28\",upstream=\"2025-11-25\"} 1\n"));
}

TEST(Metrics, CallersAndErrorsWithoutEndAreCountedTogether) {
  observe::Metrics metrics(2);
  for (int i = 0; i < 2'000; ++i) {
    CallRecord record = call("s", "t", 1ms, Outcome::rpc_error);
    record.rpc_code = i + 1;
    auto who = std::make_shared<base::Principal>();
    who->id = fmt::format("caller{}", i);
    record.caller = who;
    metrics.finished(record);
  }
  const std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr("gatehouse_tokens_total{caller=\"other\",server=\"other\",kind=\"arguments\"} 4500\n"));
  EXPECT_THAT(text, Not(HasSubstr("caller500")));
  EXPECT_THAT(text, HasSubstr("error_type=\"other\""));
  EXPECT_THAT(text, Not(HasSubstr("error_type=\"3\"")));
}

TEST(Metrics, WhatAListDidNotHaveWasSaved) {
  observe::Metrics metrics;
  metrics.whole_catalog(1000);
  CallRecord list = call("", "", 1ms);
  list.method = "tools/list";
  list.tokens_in = 0;
  list.tokens_out = 100;
  metrics.finished(list);
  const std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr("gatehouse_disclosure_saved_tokens_total 900\n"));
  EXPECT_THAT(text, HasSubstr("gatehouse_tokens_total{caller=\"other\",server=\"gatehouse\",kind=\"definitions\"} 100\n"));
}

TEST(Metrics, AnEmptyGatewayHasNoEmptyFamilies) {
  std::string text = observe::Metrics().text({});
  EXPECT_THAT(text, Not(HasSubstr("gatehouse_calls_total")));
  EXPECT_THAT(text, Not(HasSubstr("gatehouse_upstream_state")));
  EXPECT_THAT(text, Not(HasSubstr("process_resident")));
}

TEST(Metrics, SeriesAreBounded) {
  observe::Metrics metrics(2);
  for (int i = 0; i < 100; ++i) metrics.finished(call("s", fmt::format("t{}", i), 1ms));
  std::string text = metrics.text({});
  EXPECT_THAT(text, HasSubstr("gatehouse_calls_total{server=\"s\",tool=\"t1\",outcome=\"ok\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("gatehouse_calls_total{server=\"other\",tool=\"other\",outcome=\"ok\"} 98\n"));
  EXPECT_THAT(text, Not(HasSubstr("\"t2\"")));
}

TEST(Metrics, ANameThatWasNotResolvedIsNoLabel) {
  observe::Metrics metrics;
  metrics.finished(call("", "made-up", 1ms, Outcome::failed));
  CallRecord read = call("s", "file:///made-up", 1ms);
  read.method = "resources/read";
  metrics.finished(read);
  std::string text = metrics.text({});
  EXPECT_THAT(text, Not(HasSubstr("made-up")));
  EXPECT_THAT(text, HasSubstr("{server=\"s\",tool=\"resources/read\",outcome=\"ok\"} 1"));
}

TEST(Metrics, LabelsAreEscaped) {
  EXPECT_EQ(observe::label_value("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
  EXPECT_EQ(observe::label_value(std::string(1000, 'x')).size(), 128u);
}

TEST(Metrics, KnowsItsMemory) { EXPECT_GT(observe::resident_bytes(), 100'000u); }

TEST(CallLog, LevelsFollowTheOutcome) {
  using base::log::Level;
  EXPECT_EQ(observe::CallLog::level_of(call("s", "t", 1ms)), Level::debug);
  EXPECT_EQ(observe::CallLog::level_of(call("s", "t", 1ms, Outcome::tool_error)), Level::debug);
  EXPECT_EQ(observe::CallLog::level_of(call("s", "t", 1ms, Outcome::rpc_error)), Level::warn);
  CallRecord failed = call("s", "t", 1ms, Outcome::failed);
  EXPECT_EQ(observe::CallLog::level_of(failed), Level::warn);
  failed.error = mcp::Code::internal;
  EXPECT_EQ(observe::CallLog::level_of(failed), Level::error);
  failed.error = mcp::Code::cancelled;
  EXPECT_EQ(observe::CallLog::level_of(failed), Level::debug);
}

TEST(Recorders, HandsOnToAll) {
  observe::Metrics a;
  observe::Metrics b;
  observe::Recorders both({&a, &b});
  both.finished(call("s", "t", 1ms));
  EXPECT_EQ(a.text({}), b.text({}));
  EXPECT_THAT(a.text({}), HasSubstr("tool=\"t\""));
}

}  // namespace
