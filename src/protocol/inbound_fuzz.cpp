// Any headers and body against the ladder: an Inbound that keeps its promises, or a refusal that is JSON. The first line of the
// input holds the headers, separated by U+0001.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "protocol/header_value.h"
#include "protocol/inbound.h"
#include "protocol/param_headers.h"
#include "protocol/testing.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void judge(const protocol::Received& received) {
  if (const auto* refusal = std::get_if<protocol::Refusal>(&received)) {
    check(refusal->body.empty() || base::validate_json(std::string_view(refusal->body)).ok());
    return;
  }
  const auto& in = std::get<protocol::Inbound>(received);
  if (in.modern()) check(in.revision && in.revision->era == protocol::Era::modern);
  if (in.kind == protocol::InboundKind::request) check(protocol::valid_id(in.message.id) && in.message.known != protocol::Method::unknown);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace protocol;
  std::string input = protocol::testing::spelled(std::string(reinterpret_cast<const char*>(data), size));
  std::size_t line = std::min(input.find('\n'), input.size());
  std::string head = input.substr(0, line);
  std::string body = line < input.size() ? input.substr(line + 1) : std::string();

  std::array<std::optional<std::string_view>, 7> fields;
  std::string_view rest = head;
  for (auto& field : fields) {
    std::size_t end = rest.find('\x01');
    if (end != 0) field = rest.substr(0, end);
    if (end == std::string_view::npos) break;
    rest = rest.substr(end + 1);
  }
  HttpFacts http{"POST", fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]};
  if (!http.content_type) http.content_type = "application/json";
  static const HttpFront front{FrontOptions{}};
  judge(front.receive(http, body));
  http.method = fields[6].value_or("GET");
  judge(front.receive(http, body));

  StdioFront stdio{FrontOptions{}};
  judge(stdio.receive(body));
  stdio.negotiated(headerless_legacy());
  judge(stdio.receive(body));

  check(decode_header_value(encode_header_value(body)) == body || !base::validate_json(std::string_view(base::quoted(body))).ok() ||
        base::json_string(base::quoted(body)).value_or("") != body);
  auto map = base::validate_json(body).ok() ? tool_header_map(body) : mcp::Result<ToolHeaders>(ToolHeaders{});
  if (map) (void)param_headers(*map, body);
  return 0;
}
