#include "observe/helicone.h"

#include <chrono>

#include "base/json.h"

namespace observe {
namespace {

void add(std::string& out, std::string_view key, std::string_view value) {
  if (!out.ends_with('{')) out += ',';
  base::append_json_string(out, key);
  out += ':';
  out += value;
}

void add_text(std::string& out, std::string_view key, std::string_view text) {
  if (!text.empty()) add(out, key, base::quoted(text));
}

std::string time_of(std::chrono::system_clock::time_point when) {
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
  std::string out = "{";
  add(out, "seconds", std::to_string(millis / 1000));
  add(out, "milliseconds", std::to_string(millis % 1000));
  out += '}';
  return out;
}

int status_of(const base::CallRecord& record) {
  if (record.outcome == base::Outcome::ok) return 200;
  if (record.error == mcp::Code::denied) return 403;
  if (record.error == mcp::Code::rate_limited) return 429;
  if (record.error == mcp::Code::timeout) return 504;
  return record.outcome == base::Outcome::failed ? 502 : 500;
}

}  // namespace

bool is_logged(const base::CallRecord& record) { return record.method == "tools/call"; }

std::string helicone_log(const base::CallRecord& record, const SpanRules& rules) {
  const std::string tool = record.server.empty() ? record.name : record.server + "/" + record.name;
  auto arguments = content_of(record.arguments, rules);
  auto result = content_of(record.result, rules);

  std::string asked = "{\"_type\":\"tool\"";
  add_text(asked, "toolName", tool);
  add(asked, "input", arguments ? base::quoted(*arguments) : std::string("{}"));
  asked += '}';
  std::string meta = "{";
  if (record.caller) {
    add_text(meta, "Helicone-User-Id", record.caller->user.empty() ? record.caller->id : record.caller->user);
    add_text(meta, "Helicone-Property-Caller", record.caller->id);
  }
  add_text(meta, "Helicone-Session-Id", record.session);
  add_text(meta, "Helicone-Property-Client", record.client);
  add_text(meta, "Helicone-Property-Outcome", base::outcome_name(record.outcome));
  meta += '}';
  std::string request = R"({"url":"custom-model-nopath")";
  add(request, "json", asked);
  add(request, "meta", meta);
  request += '}';

  std::string answered = "{\"_type\":\"tool\"";
  add_text(answered, "toolName", tool);
  if (result) add_text(answered, "output", *result);
  add_text(answered, "error", record.message);
  answered += '}';
  std::string response = "{";
  add(response, "json", answered);
  add(response, "status", std::to_string(status_of(record)));
  add(response, "headers", "{}");
  response += '}';

  std::string timing = "{";
  add(timing, "startTime", time_of(record.began));
  const auto spent = std::chrono::duration_cast<std::chrono::system_clock::duration>(record.duration);
  add(timing, "endTime", time_of(record.began + spent));
  timing += '}';
  std::string out = "{";
  add(out, "providerRequest", request);
  add(out, "providerResponse", response);
  add(out, "timing", timing);
  out += '}';
  return out;
}

}  // namespace observe
