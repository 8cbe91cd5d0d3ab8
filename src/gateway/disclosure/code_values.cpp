#include "gateway/disclosure/code_values.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.h"
#include "protocol/errors.h"
#include "protocol/results.h"

namespace gateway {

using base::Code;
using sandbox::Answer;
using sandbox::Outcome;

namespace {

constexpr std::size_t kShownArguments = 200;
constexpr std::size_t kShownMessage = 300;

bool is_text(std::string_view block) { return base::json_string(base::find_member(block, "type")).value_or("") == "text"; }

// Pictures, sound and files are not for code: it gets their kind and size.
std::string named_only(std::string_view block) {
  std::string out = "{";
  for (base::Members each(block); each.next();) {
    if (out.size() > 1) out += ',';
    const bool bulk = (each.key() == "data" || each.key() == "blob") && base::is_string(each.value());
    if (each.key() == "resource" && base::is_object(each.value()))
      out += "\"resource\":" + named_only(each.value());
    else if (bulk)
      out += fmt::format("\"omitted\":\"{} bytes of base64\"", each.value().size() - 2);
    else
      out += each.raw();
  }
  return out + "}";
}

std::string texts_of(std::string_view content) {
  std::string out;
  for (base::Elements each(content); each.next();) {
    if (!is_text(each.value())) continue;
    if (!out.empty()) out += '\n';
    out += base::json_string(base::find_member(each.value(), "text")).value_or("");
  }
  return out;
}

std::string value_of(std::string_view result) {
  std::string_view structured = base::find_member(result, "structuredContent");
  if (base::is_object(structured)) return std::string(structured);
  std::string_view content = base::find_member(result, "content");
  if (!base::is_array(content)) return std::string(result);
  bool all_text = true;
  for (base::Elements each(content); each.next();) all_text = all_text && is_text(each.value());
  if (!all_text) {
    std::string out = "[";
    for (base::Elements each(content); each.next();) {
      if (out.size() > 1) out += ',';
      out += base::is_object(each.value()) ? named_only(each.value()) : std::string(each.value());
    }
    return out + "]";
  }
  std::string text = texts_of(content);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool compound = first != std::string::npos && (text[first] == '{' || text[first] == '[');
  if (compound && base::validate_json(std::string_view(text)).ok()) return text;
  return base::quoted(text);
}

std::string clipped(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  return std::string(text.substr(0, page_end(text, 0, most))) + "…";
}

std::string_view word_of(const Answer& answer) {
  switch (answer.kind) {
    case Answer::Kind::value: return "done";
    case Answer::Kind::tool_error: return "the tool failed";
    case Answer::Kind::denied: return "denied";
    default: return "failed";
  }
}

// What no server heard of had no effect.
bool was_made(const sandbox::Entry& entry) {
  return entry.answer.kind != Answer::Kind::denied && !(entry.answer.kind == Answer::Kind::failed && entry.answer.reason == kUnfit);
}

void append_calls(std::string& out, const Outcome& outcome) {
  if (std::ranges::none_of(outcome.record, was_made) && outcome.unfinished.empty()) return;
  out += "\n\nCalls that were made, which a new run would repeat:";
  for (const sandbox::Entry& entry : outcome.record) {
    if (!was_made(entry)) continue;
    out += fmt::format("\n{}. {}({}): {}", entry.seq, entry.name, clipped(entry.arguments, kShownArguments), word_of(entry.answer));
    if (!entry.answer.message.empty()) out += ": " + clipped(entry.answer.message, kShownMessage);
  }
  for (const sandbox::Entry& entry : outcome.unfinished)
    out += fmt::format("\n{}. {}({}): not known whether it took effect", entry.seq, entry.name, clipped(entry.arguments, kShownArguments));
}

std::string fault_text(const Outcome& outcome) {
  const sandbox::Fault& fault = outcome.fault;
  std::string out = std::string(sandbox::kind_name(fault.kind)) + " error";
  if (fault.line > 0) out += fmt::format(" at line {}", fault.line);
  if (fault.line > 0 && fault.column > 0) out += fmt::format(", column {}", fault.column);
  if (!fault.tool.empty()) out += " in " + fault.tool;
  out += ": " + fault.message;
  if (!fault.hint.empty()) out += "\nHint: " + fault.hint;
  append_calls(out, outcome);
  return out;
}

}  // namespace

sandbox::Answer code_failure(std::string_view reason, std::string message) {
  Answer out;
  out.kind = Answer::Kind::failed;
  out.reason = reason;
  out.message = std::move(message);
  return out;
}

sandbox::Answer code_answer(mcp::Result<sdk::Reply> reply) {
  Answer out;
  if (!reply) {
    out = code_failure(mcp::code_name(reply.error().code), reply.error().leaving());
    if (reply.error().code == Code::denied) out.kind = Answer::Kind::denied;
    return out;
  }
  if (const protocol::RpcError* error = reply->error()) {
    out = code_failure("failed", error->message);
    if (error->code == protocol::kMissingCapability) {
      out.kind = Answer::Kind::denied;
      out.message = "this needs an answer of a person, and the client cannot ask for one: " + error->message;
    }
    return out;
  }
  std::string_view result = reply->result();
  if (protocol::result_type(result) == protocol::ResultType::input_required) {
    out.kind = Answer::Kind::pause;
    out.json = result;
    return out;
  }
  if (base::find_member(result, "isError") == "true") {
    out.kind = Answer::Kind::tool_error;
    out.message = texts_of(base::find_member(result, "content"));
    if (out.message.empty()) out.message = "the tool failed and does not say why";
    std::string_view structured = base::find_member(result, "structuredContent");
    if (base::is_object(structured)) out.json = structured;
    return out;
  }
  out.json = value_of(result);
  return out;
}

std::string code_text(const Outcome& outcome) {
  std::string out;
  if (outcome.kind == Outcome::Kind::value) {
    if (outcome.value.empty())
      out = "(the code returned nothing; `return` what is to be seen)";
    else if (auto text = base::json_string(outcome.value))
      out = *std::move(text);
    else
      out = outcome.value;
  } else {
    out = fault_text(outcome);
  }
  if (outcome.unawaited > 0)
    out += fmt::format("\n\n[{} calls were not awaited, and were not made before the code ended]", outcome.unawaited);
  if (outcome.rejections > 0) out += fmt::format("\n\n[{} promises failed and nothing looked at them]", outcome.rejections);
  if (!outcome.logs.empty()) out += "\n\nconsole:\n" + outcome.logs;
  return out;
}

std::size_t page_end(std::string_view text, std::size_t from, std::size_t limit) {
  if (from >= text.size() || text.size() - from <= limit) return text.size();
  std::size_t end = from + limit;
  const std::size_t line = text.rfind('\n', end - 1);
  if (line != text.npos && line > from + limit / 2) return line + 1;
  while (end > from + 1 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return end;
}

}  // namespace gateway
