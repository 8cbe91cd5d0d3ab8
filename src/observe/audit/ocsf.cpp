#include "observe/audit/ocsf.h"

#include <fmt/format.h>

#include "base/json.h"

namespace observe {
namespace {

constexpr int kClass = 6003;

// Create, read, update, delete, other. What a tool does is its server's word alone, so a call of one is none of the four.
int activity_of(const AuditEntry& entry, std::string_view method) {
  if (entry.kind != "call")
    return entry.kind.ends_with(".created") ? 1 : entry.kind.ends_with(".revoked") ? 4 : entry.kind.ends_with(".changed") ? 3 : 99;
  return method == "resources/read" || method == "prompts/get" || method.ends_with("/list") ? 2 : 99;
}

std::string_view activity_name(int activity) {
  switch (activity) {
    case 1: return "Create";
    case 2: return "Read";
    case 3: return "Update";
    case 4: return "Delete";
    default: return "Other";
  }
}

std::string text_in(std::string_view body, std::string_view key) { return base::json_string(base::find_member(body, key)).value_or(""); }

}  // namespace

std::string ocsf_line(const AuditEntry& entry, std::string_view version) {
  const std::string_view body = entry.body;
  const std::string method = text_in(body, "method"), address = text_in(body, "address"), agent = text_in(body, "agent");
  const std::string user = text_in(body, "user"), message = text_in(body, "message"), trace = text_in(body, "trace");
  const int activity = activity_of(entry, method);
  const bool good = entry.outcome == "ok" || entry.outcome.empty();
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(entry.at.time_since_epoch()).count();
  std::string out = fmt::format(
      R"({{"class_uid":{},"class_name":"API Activity","category_uid":6,"category_name":"Application Activity","activity_id":{},"activity_name":"{}",)"
      R"("type_uid":{},"type_name":"API Activity: {}","time":{},"severity_id":{},"severity":"{}","status_id":{},"status":"{}","status_code":{},)",
      kClass, activity, activity_name(activity), kClass * 100 + activity, activity_name(activity), time, good ? 1 : 2,
      good ? "Informational" : "Low", good ? 1 : 2, good ? "Success" : "Failure", base::quoted(entry.outcome));
  if (!message.empty()) out += fmt::format(R"("status_detail":{},)", base::quoted(message));
  out += fmt::format(
      R"("metadata":{{"version":"1.6.0","uid":"{}","sequence":{},"product":{{"name":"Gatehouse","vendor_name":"Gatehouse","version":{}}})",
      entry.cursor, entry.seq, base::quoted(version));
  if (!trace.empty()) out += fmt::format(R"(,"correlation_uid":"{}")", trace);
  out += fmt::format(R"(}},"actor":{{"user":{{"uid":{},"name":{}}}}},)", base::quoted(entry.caller),
                     base::quoted(user.empty() ? entry.caller : user));
  out += fmt::format(R"("api":{{"operation":{},"service":{{"name":{}}})", base::quoted(entry.kind == "call" ? method : entry.kind),
                     base::quoted(entry.server.empty() ? "gatehouse" : entry.server));
  if (!agent.empty()) out += fmt::format(R"(,"request":{{"uid":"{}"}})", entry.cursor);
  out += fmt::format(R"(}},"resources":[{{"name":{},"type":{}}}],"src_endpoint":{{)", base::quoted(entry.name),
                     base::quoted(entry.kind == "call" ? "tool, prompt or resource" : "subject"));
  out += address.empty() ? R"("name":"local")" : fmt::format(R"("ip":{})", base::quoted(address));
  if (!agent.empty()) out += fmt::format(R"(}},"http_request":{{"user_agent":{})", base::quoted(agent));
  out += fmt::format(R"(}},"unmapped":{}}})", body);
  return out;
}

}  // namespace observe
