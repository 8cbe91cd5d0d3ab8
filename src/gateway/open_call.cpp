#include "gateway/open_call.h"

#include "base/digest.h"
#include "base/json.h"
#include "gateway/tracing.h"
#include "net/http_message.h"
#include "sdk/session.h"

namespace gateway {

using base::Code;
using base::Outcome;

namespace {

// Characters of the digest of a session's id. The id itself lets in who knows it.
constexpr std::size_t kSessionDigest = 16;

bool has_contents(std::string_view method) {
  return method == protocol::method_name(protocol::Method::tools_call) || method == protocol::method_name(protocol::Method::prompts_get);
}

// An id of more is a string that nobody counts with.
constexpr std::size_t kLongestId = 128;

std::string request_id(std::string_view raw) {
  if (raw.size() > kLongestId) return {};
  if (!base::is_string(raw)) return std::string(raw);
  auto text = base::json_string(raw);
  return text ? *std::move(text) : std::string();
}

}  // namespace

void CallBook::ended(const base::CallRecord& record) {
  recorder_.finished(record);
  if (--running_ == 0) idle_.wake({});
}

base::Task<void> CallBook::drained(base::Timers& timers, base::Instant deadline) {
  if (running_ > 0) co_await idle_.wait(timers, {}, deadline);
}

OpenCall::OpenCall(CallBook& book, const sdk::Inbound& in, std::string_view server, const base::CallRecord* parent)
    : book_(book), from_(std::chrono::steady_clock::now()) {
  ++book_.running_;
  record.number = ++book_.last_;
  if (parent) {
    record.parent = parent->number;
    record.caller = parent->caller;
    begin_trace_within(record.trace, parent->trace);
  } else {
    begin_trace(record.trace, in, book_.share_);
    record.request_id = request_id(in.rpc.message.id);
  }
  record.transport = !in.http ? "stdio" : in.http->peer_address.empty() ? "socket" : "http";
  if (in.http) record.address = in.http->peer_address;
  record.method = in.method() == protocol::Method::unknown ? "other" : protocol::method_name(in.method());
  record.revision = in.revision().name;
  record.client = in.rpc.client_name;
  if (record.client.empty()) {
    auto name = base::json_string(base::find_member(in.client_info, "name"));
    if (name) record.client = *std::move(name);
  }
  record.server = server;
  record.name = in.rpc.name;
  record.began = std::chrono::system_clock::now();
  record.bytes_in = in.http && !parent ? in.http->body.size() : in.rpc.message.params.size();
  if (in.session) record.session = base::sha256_hex(in.session->id()).substr(0, kSessionDigest);
  if (book_.keeps_contents() && has_contents(record.method))
    record.arguments = std::make_shared<const std::string>(in.rpc.params.arguments);
  begun = book_.recorder_.began(record);
}

OpenCall::~OpenCall() {
  if (!ended_) {
    record.outcome = Outcome::failed;
    record.error = Code::cancelled;
    record.message = "torn down before it ended";
  }
  record.duration = std::chrono::steady_clock::now() - from_;
  book_.ended(record);
}

void OpenCall::ended(const base::Result<sdk::Reply>& outcome) {
  ended_ = true;
  if (!denied.empty()) {
    record.outcome = Outcome::failed;
    record.error = Code::denied;
    record.message = denied;
    record.rpc_code = outcome ? outcome->error() ? outcome->error()->code : 0 : protocol::to_rpc(outcome.error()).code;
    return;
  }
  if (!outcome) {
    record.outcome = Outcome::failed;
    record.error = outcome.error().code;
    record.message = outcome.error().message;
    record.rpc_code = protocol::to_rpc(outcome.error()).code;
    return;
  }
  if (protocol::RpcError* error = outcome->error()) {
    record.outcome = Outcome::rpc_error;
    record.message = error->message;
    record.rpc_code = error->code;
    return;
  }
  std::string_view result = outcome->result();
  record.bytes_out = result.size();
  if (record.arguments) record.result = std::make_shared<const std::string>(result);
  // The flag is rare: look for its bytes before walking the object.
  bool failed = record.method == protocol::method_name(protocol::Method::tools_call) &&
                result.find("\"isError\"") != std::string_view::npos && base::find_member(result, "isError") == "true";
  record.outcome = failed ? Outcome::tool_error : Outcome::ok;
}

}  // namespace gateway
