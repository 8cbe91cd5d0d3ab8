// What every endpoint does the same way, whatever its transport: the methods that are the protocol's own, and the answer's text.
#pragma once

#include <string>
#include <string_view>

#include "protocol/inbound.h"
#include "sdk/handler.h"

namespace sdk {

// An answer as it leaves. The status is for HTTP, where nothing has been sent yet.
struct Answer {
  std::string message;
  int status = 200;
  unsigned retry_after = 0;  // seconds, with 429 and 503; 0: nothing is said
};

// What an answer needs to know of its request, kept while the request itself is away with its handler.
struct Question {
  explicit Question(const Inbound& in) : id(in.rpc.message.id), method(in.method()), revision(in.rpc.revision) {}
  std::string_view id;
  protocol::Method method;
  const protocol::Revision* revision;
};

// True for server/discover, ping and logging/setLevel, which no handler sees. (initialize is the endpoint's: it makes the session.)
bool is_own(protocol::Method method);
// Answers one of these.
Task<Reply> answer_own(Handler& handler, const protocol::RevisionSet& spoken, Inbound in);

// What a message of a batch names: its tool, prompt, resource or task.
std::string batch_name(const protocol::Inbound& in);

// The whole JSON-RPC message, in the caller's revision.
Answer encode_answer(const Question& question, Result<Reply> reply, std::string_view server_info);

}  // namespace sdk
