#include "servers/tasks/tools.h"

#include <fmt/format.h>

#include <algorithm>

#include "oauth/jwt_sign.h"
#include "servers/rest/text.h"
#include "servers/rest/trim.h"

namespace servers::tasks {
namespace {

using mcp::ToolResult;

constexpr std::chrono::milliseconds kLookEvery{5'000};

rest::ApiName api_of(const Profile& profile) { return {fmt::format("the {} API", profile.name), "its token"}; }

ToolResult one_issue(JsonView value, const Profile& profile) {
  mcp::JsonWriter out;
  write_fields(value, profile.issue, out);
  return ToolResult::text(std::move(out).text());
}

}  // namespace

JsonView Tools::at(const mcp::Json& body, const std::string& pointer) { return rest::at_pointer(body.root(), pointer); }

Result<> Tools::good_status(std::string_view status) const {
  const auto& known = setup_.profile.statuses;
  if (known.empty() || std::find(known.begin(), known.end(), status) != known.end()) return {};
  return Error(Code::invalid_argument,
               fmt::format("there is no status '{}'; there are {}", rest::plain_line(status, 40), fmt::join(known, ", ")));
}

base::Task<mcp::Json> Tools::ask(std::string action, Values values, std::string idempotency_key, std::stop_token stop) {
  const Action* found = setup_.profile.find(action);
  if (!found) co_return Error(Code::invalid_argument, fmt::format("the profile {} does not say how to {}", setup_.profile.name, action));
  for (const std::string& name : setup_.profile.needs)
    if (!setup_.values.contains(name))
      co_return Error(Code::invalid_argument, fmt::format("the profile {0} needs '{1}', which is not set; set values.{1}, or --set {1}=…",
                                                          setup_.profile.name, name));
  for (const auto& [name, value] : setup_.values) values.insert_or_assign(name, value);
  Secret token = co_await credential_.token(client_, stop);
  rest::Request request;
  request.method = found->method;
  const std::string target = co_await target_of(*found, values);
  request.url = client_->options().base_url + target;
  request.body = co_await body_of(*found, values);
  for (const auto& [name, value] : setup_.profile.headers) request.headers.emplace_back(name, value);
  if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (request.method != "GET" && !setup_.profile.idempotency_header.empty()) {
    if (idempotency_key.empty()) idempotency_key = oauth::random_token();
    request.headers.emplace_back(setup_.profile.idempotency_header, std::move(idempotency_key));
    request.again = rest::Again::safe;
  }
  request.secrets.emplace_back("Authorization", Secret("Bearer " + token.reveal()));
  const rest::Request kept = request;
  const rest::ApiName api = api_of(setup_.profile);
  rest::Answer answer;
  if (request.method == "GET")
    answer = co_await client_->fetch_known(std::move(request), stop);
  else
    answer = co_await client_->fetch(std::move(request), stop);
  if (answer.status == 401) credential_.forget();
  if (!answer.good()) {
    Error failed = rest::failure_of(answer, api, std::chrono::system_clock::now());
    co_return Error(failed.code, rest::without_secrets(std::move(failed.message), kept));
  }
  if (answer.body.empty()) co_return mcp::Json();
  co_return rest::parse_body(answer, api);
}

Tools::Answered Tools::list(arguments::List in, std::stop_token stop) {
  Values values;
  if (in.status->has_value()) {
    co_await good_status(**in.status);
    values["status"] = **in.status;
  }
  if (in.assignee->has_value()) values["assignee"] = **in.assignee;
  if (in.text->has_value()) values["text"] = **in.text;
  values["limit"] = std::to_string(*in.limit);
  mcp::Json body = co_await ask("list", values, {}, std::move(stop));
  JsonView all = items(body);
  if (!all.is(JsonView::Kind::array))
    co_return Error(Code::upstream_failed, "the API's answer has no list where the profile says it is (api.items)");
  // What the API has no filter for is filtered here.
  const Action& action = *setup_.profile.find("list");
  auto filters = [&action](std::string_view name) {
    const std::string mark = fmt::format("{{{}}}", name);
    return std::any_of(action.query.begin(), action.query.end(), [&mark](const auto& one) { return one.second == mark; });
  };
  const std::string wanted = in.text->has_value() && !filters("text") ? rest::lower(**in.text) : "";
  Fields fields = setup_.profile.issue;
  fields.erase("text");
  mcp::JsonWriter out;
  out.array();
  int shown = 0;
  std::size_t left = 0;
  all.each_element([&](JsonView one) {
    const std::string words =
        rest::lower(field_of(one, setup_.profile.issue, "title") + "\n" + field_of(one, setup_.profile.issue, "text"));
    if (!wanted.empty() && words.find(wanted) == std::string::npos) return;
    if (shown == *in.limit) {
      ++left;
      return;
    }
    ++shown;
    write_fields(one, fields, out);
  });
  out.end();
  std::string text = std::move(out).text();
  if (left > 0) text.append(fmt::format("\n({} more; narrow it, or raise limit)", left));
  co_return ToolResult::text(std::move(text));
}

Tools::Answered Tools::get(arguments::One in, std::stop_token stop) {
  Values values;
  values["id"] = *in.id;
  mcp::Json body = co_await ask("get", values, {}, std::move(stop));
  co_return one_issue(body.root(), setup_.profile);
}

Tools::Answered Tools::comments(arguments::One in, std::stop_token stop) {
  Values values;
  values["id"] = *in.id;
  mcp::Json body = co_await ask("comments", values, {}, std::move(stop));
  mcp::JsonWriter out;
  out.array();
  at(body, setup_.profile.comment_items).each_element([&](JsonView one) { write_fields(one, setup_.profile.comment, out); });
  out.end();
  co_return ToolResult::text(std::move(out).text());
}

Tools::Answered Tools::comment(arguments::Comment in, std::stop_token stop) {
  Values values;
  values["id"] = *in.id;
  values["text"] = *in.text;
  const std::string key = in.idempotency_key->value_or("");
  mcp::Json body = co_await ask("comment", values, key, std::move(stop));
  mcp::JsonWriter out;
  Fields fields = setup_.profile.comment;
  fields.erase("text");
  write_fields(body.root(), fields, out);
  co_return ToolResult::text(std::move(out).text());
}

Tools::Answered Tools::set_status(arguments::SetStatus in, std::stop_token stop) {
  co_await good_status(*in.status);
  Values values;
  values["id"] = *in.id;
  values["status"] = *in.status;
  if (in.text->has_value()) values["text"] = **in.text;
  const bool says_why = setup_.profile.find("status") && setup_.profile.find("status")->body.find("{text}") != std::string::npos;
  mcp::Json body = co_await ask("status", values, {}, stop);
  // An API that takes no words with a status gets them as a comment.
  if (in.text->has_value() && !says_why) (void)co_await ask("comment", values, {}, stop);
  co_return one_issue(body.root(), setup_.profile);
}

Tools::Answered Tools::assign(arguments::Assign in, std::stop_token stop) {
  Values values;
  values["id"] = *in.id;
  values["assignee"] = *in.assignee;
  mcp::Json body = co_await ask("assign", values, {}, std::move(stop));
  co_return one_issue(body.root(), setup_.profile);
}

Tools::Answered Tools::wait(arguments::Wait in, std::stop_token stop) {
  const std::vector<std::string>& wanted = in.statuses->empty() ? setup_.profile.final_statuses : *in.statuses;
  if (wanted.empty()) co_return Error(Code::invalid_argument, "say for which statuses to wait");
  for (const std::string& status : wanted) co_await good_status(status);
  const base::Instant until = base::Timers::now() + std::chrono::seconds(*in.seconds);
  const auto every = std::min<base::Millis>(setup_.poll.count() > 0 ? setup_.poll : kLookEvery, kLookEvery);
  Values values;
  values["id"] = *in.id;
  while (true) {
    mcp::Json body = co_await ask("get", values, {}, stop);
    const std::string status = field_of(body.root(), setup_.profile.issue, "status");
    if (std::find(wanted.begin(), wanted.end(), status) != wanted.end()) co_return one_issue(body.root(), setup_.profile);
    const base::Instant now = base::Timers::now();
    if (now >= until)
      co_return ToolResult::error(
          fmt::format("after {} s it is still '{}'; wait longer, or look again later", *in.seconds, rest::plain_line(status, 60)));
    const auto pause = std::min(every, std::chrono::ceil<base::Millis>(until - now));
    co_await client_->loop().timers().sleep(pause, stop);
    if (stop.stop_requested()) co_return Error(Code::cancelled, "nobody waits any more");
  }
}

base::Task<std::string> Tools::issue(std::string id, std::stop_token stop) {
  Values values;
  values["id"] = std::move(id);
  mcp::Json body = co_await ask("get", values, {}, std::move(stop));
  mcp::JsonWriter out;
  write_fields(body.root(), setup_.profile.issue, out);
  co_return std::move(out).text();
}

base::Task<std::vector<std::string>> Tools::changes(std::stop_token stop) {
  Values values;
  values["limit"] = "100";
  mcp::Json body = co_await ask("list", values, {}, std::move(stop));
  std::vector<std::string> out;
  items(body).each_element([&](JsonView one) {
    std::string id = field_of(one, setup_.profile.issue, "id");
    if (id.empty()) return;
    std::string mark = fmt::format("{}\n{}\n{}", field_of(one, setup_.profile.issue, "status"),
                                   field_of(one, setup_.profile.issue, "assignee"), field_of(one, setup_.profile.issue, "updated"));
    auto known = known_.find(id);
    if (known != known_.end() && known->second == mark) return;
    const bool is_new = known == known_.end();
    if (is_new && known_.size() >= kMostKnown) return;
    known_[id] = std::move(mark);
    if (looked_ || !is_new) out.push_back(std::move(id));
  });
  looked_ = true;
  co_return std::move(out);
}

}  // namespace servers::tasks
