#include "gateway/bridge/questions.h"

#include "base/json.h"
#include "protocol/inbound.h"
#include "protocol/splice.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Result;
using protocol::Method;

namespace {

bool is_visit(std::string_view params) {
  if (!base::is_object(params)) return false;
  return base::json_string(base::find_member(params, "mode")).value_or("") == "url";
}

Error no_sense(std::string_view why) {
  return Error(Code::upstream_failed, "what it asks of the client makes no sense: " + std::string(why));
}

std::string_view capability_of(Method method, std::string_view params) {
  switch (method) {
    case Method::sampling_create_message: return "sampling";
    case Method::roots_list: return "roots";
    default: return is_visit(params) ? "elicitation.url" : "elicitation.form";
  }
}

}  // namespace

bool is_client_question(Method method) {
  return method == Method::elicitation_create || method == Method::sampling_create_message || method == Method::roots_list;
}

bool client_can(std::string_view capabilities, Method method, std::string_view params) {
  return is_client_question(method) && base::is_object(capabilities) &&
         protocol::declares_capability(capabilities, capability_of(method, params));
}

std::string needed_capability(Method method, std::string_view params) {
  switch (method) {
    case Method::sampling_create_message: return R"({"sampling":{}})";
    case Method::roots_list: return R"({"roots":{}})";
    default: return is_visit(params) ? R"({"elicitation":{"url":{}}})" : R"({"elicitation":{}})";
  }
}

Result<std::vector<ClientQuestion>> read_questions(std::string_view result) {
  std::vector<ClientQuestion> out;
  if (!base::is_object(result)) return no_sense("the result is no object");
  std::string_view requests = base::find_member(result, "inputRequests");
  if (requests.empty()) return out;
  if (!base::is_object(requests)) return no_sense("inputRequests is no object");
  base::Members all(requests);
  while (all.next()) {
    if (out.size() >= kMostQuestions) return no_sense("more than " + std::to_string(kMostQuestions) + " questions");
    if (!base::is_object(all.value())) return no_sense("a question is no object");
    ClientQuestion one;
    one.key = all.key();
    auto method = base::json_string(base::find_member(all.value(), "method"));
    if (method) one.method = protocol::find_method(*method);
    if (!is_client_question(one.method)) return no_sense("a question's method is unknown");
    if (std::string_view params = base::find_member(all.value(), "params"); base::is_object(params)) one.params = params;
    out.push_back(std::move(one));
  }
  if (all.error()) return no_sense(all.error());
  return out;
}

std::string input_required(const std::vector<ClientQuestion>& questions, std::string_view state) {
  std::string out = R"({"resultType":"input_required","inputRequests":{)";
  bool first = true;
  for (const ClientQuestion& one : questions) {
    if (!std::exchange(first, false)) out += ',';
    out.append(base::quoted(one.key)).append(R"(:{"method":)").append(base::quoted(protocol::method_name(one.method)));
    // Progress and tasks of a question have no place in the modern era; a visit has no name there.
    std::string params = protocol::without_members(one.params, {"elicitationId", "task"});
    params = protocol::with_meta(params, {}, {"progressToken"});
    if (!params.empty() && (params != "{}" || one.method != Method::roots_list)) out.append(",\"params\":").append(params);
    out += '}';
  }
  return out.append("},\"requestState\":").append(base::quoted(state)).append("}");
}

std::string legacy_question(const protocol::Revision& revision, const ClientQuestion& question, std::string_view id) {
  if (question.method != Method::elicitation_create) return question.params;
  if (is_visit(question.params)) {
    if (!revision.features.elicitation_id || !base::find_member(question.params, "elicitationId").empty()) return question.params;
    return protocol::with_members(question.params, {{"elicitationId", base::quoted(id)}});
  }
  // Revisions that know only forms have no word for it.
  if (!revision.features.elicitation_url) return protocol::without_members(question.params, {"mode"});
  return question.params;
}

std::string cancelled_answer(Method method) {
  return method == Method::elicitation_create ? std::string(R"({"action":"cancel"})") : std::string();
}

Result<std::vector<ClientQuestion>> read_visits(const protocol::RpcError& error) {
  std::vector<ClientQuestion> out;
  std::string_view visits = base::is_object(error.data) ? base::find_member(error.data, "elicitations") : std::string_view();
  if (!base::is_array(visits)) return no_sense("no list of pages to visit");
  base::Elements all(visits);
  while (all.next()) {
    if (out.size() >= kMostQuestions) return no_sense("more than " + std::to_string(kMostQuestions) + " pages to visit");
    std::string_view visit = all.value();
    if (!base::is_object(visit) || !base::is_string(base::find_member(visit, "url"))) return no_sense("a visit without a url");
    ClientQuestion one;
    one.key = "visit" + std::to_string(out.size() + 1);
    one.method = Method::elicitation_create;
    std::string_view message = base::find_member(visit, "message");
    std::string_view said = base::is_string(message) ? message : std::string_view(R"("This needs a visit to a page.")");
    one.params = R"({"mode":"url","message":)";
    one.params.append(said).append(",\"url\":").append(base::find_member(visit, "url")).append("}");
    out.push_back(std::move(one));
  }
  if (out.empty()) return no_sense("an empty list of pages to visit");
  return out;
}

}  // namespace gateway
