#include "servers/github/tools.h"

#include <fmt/format.h>

#include <algorithm>

#include "sdk/contents.h"
#include "servers/github/shown.h"
#include "servers/rest/text.h"

namespace servers::github {
namespace {

using mcp::JsonView;
using mcp::ToolResult;

constexpr std::size_t kMostText = 60'000;
const rest::ApiName kApi{"GitHub", "the token"};

std::string given(const std::optional<std::string>& text) { return text.value_or(""); }

std::string more_of(const rest::Answer& answer) {
  auto next = rest::next_link(answer);
  if (!next) return {};
  auto page = rest::query_value(*next, "page");
  return page ? fmt::format("More: call again with page {}", rest::plain_line(*page, 10)) : std::string();
}

std::string cut_text(std::string_view text) {
  const std::string_view kept = rest::cut(text, kMostText);
  std::string out(kept);
  if (kept.size() < text.size()) out.append(fmt::format("\n({} more bytes were left out)", text.size() - kept.size()));
  return out;
}

// A path of a file, segment by segment. Errors: invalid_argument.
Result<std::string> file_path(std::string_view path) {
  std::string out;
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
    if (segment.empty() || segment == "." || segment == "..")
      return Error(Code::invalid_argument, "the path must not have empty, '.' or '..' segments");
    out.append("/").append(rest::encoded(segment));
  }
  return out;
}

bool is_text(std::string_view bytes) { return bytes.find('\0') == std::string_view::npos; }

}  // namespace

Tools::Answered Tools::list(std::string path, Query query, const char* wanted, std::stop_token stop) {
  rest::Answer answer = co_await api_.get(std::move(path), std::move(query), {}, std::move(stop));
  mcp::Json body = co_await rest::parse_body(answer, kApi);
  const rest::Trim trim = fields(wanted, "/*");
  const std::string more = more_of(answer);
  co_return shown(body.root(), trim, more);
}

Tools::Answered Tools::who(arguments::None, std::stop_token stop) {
  // An installation is nobody; the limits are there for both.
  Result<mcp::Json> user = co_await api_.get_json("/user", {}, stop).result();
  if (!user && user.error().code != Code::denied && user.error().code != Code::not_found) co_return std::move(user).error();
  mcp::JsonWriter out;
  out.object();
  if (user) out.field("login", (*user)["login"].string_or("")).field("name", (*user)["name"].string_or(""));
  out.key("credential").raw(api_.standing());
  if (!api_.setup().repositories.empty()) {
    out.key("repositories").array();
    for (const std::string& one : api_.setup().repositories) out.value(one);
    out.end();
  }
  out.end();
  co_return ToolResult::text(std::move(out).text());
}

Tools::Answered Tools::search(arguments::Search in, std::stop_token stop) {
  std::string query = *in.query;
  const bool confined = !api_.setup().repositories.empty();
  const std::string lower = rest::lower(query);
  for (std::string_view word : {"repo:", "org:", "user:"})
    if (confined && lower.find(word) != std::string::npos)
      co_return Error(Code::denied, fmt::format("'{}' is not for this server's query; name the repository by `repository`", word));
  if (in.repository->has_value()) {
    (void)co_await api_.repository(**in.repository);
    query.append(" repo:").append(**in.repository);
  } else if (confined) {
    co_return Error(Code::invalid_argument,
                    fmt::format("`repository` is needed here: one of {}", fmt::join(api_.setup().repositories, ", ")));
  }
  const std::string kind((*in.kind).text());
  Query parameters{{"q", query}, {"page", std::to_string(*in.page)}, {"per_page", std::to_string(*in.per_page)}};
  rest::Answer answer = co_await api_.get("/search/" + kind, std::move(parameters), {}, std::move(stop));
  mcp::Json body = co_await rest::parse_body(answer, kApi);
  const char* wanted = kIssueFields;
  if (kind == "code") wanted = "/name\n/path\n/repository/full_name\n/html_url";
  if (kind == "repositories") wanted = "/full_name\n/description\n/language\n/stargazers_count\n/archived\n/updated_at\n/html_url";
  if (kind == "commits") wanted = "/sha\n/commit/message\n/commit/author/name\n/commit/author/date\n/repository/full_name\n/html_url";
  rest::Trim trim = fields(wanted, "/items/*");
  trim.keep.insert(trim.keep.begin(), {"/total_count", "/incomplete_results"});
  trim.longest_text = 600;
  const std::string more = more_of(answer);
  co_return shown(body.root(), trim, more);
}

Tools::Answered Tools::list_issues(arguments::ListIssues in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  Query query{{"state", std::string((*in.state).text())}, {"labels", given(*in.labels)},
              {"assignee", given(*in.assignee)},          {"since", given(*in.since)},
              {"sort", std::string((*in.sort).text())},   {"page", std::to_string(*in.page)},
              {"per_page", std::to_string(*in.per_page)}};
  co_return co_await list(path + "/issues", std::move(query), kIssueFields, std::move(stop));
}

Tools::Answered Tools::get_issue(arguments::OneNumber in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  mcp::Json body = co_await api_.get_json(fmt::format("{}/issues/{}", path, *in.number), {}, std::move(stop));
  const rest::Trim trim = fields(kIssueFields);
  co_return shown(body.root(), trim);
}

Tools::Answered Tools::list_comments(arguments::ListComments in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  Query query{{"page", std::to_string(*in.page)}, {"per_page", std::to_string(*in.per_page)}};
  co_return co_await list(fmt::format("{}/issues/{}/comments", path, *in.number), std::move(query), kCommentFields, std::move(stop));
}

Tools::Answered Tools::list_pulls(arguments::ListPulls in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  Query query{{"state", std::string((*in.state).text())},
              {"base", given(*in.base)},
              {"head", given(*in.head)},
              {"page", std::to_string(*in.page)},
              {"per_page", std::to_string(*in.per_page)}};
  co_return co_await list(path + "/pulls", std::move(query), kPullFields, std::move(stop));
}

Tools::Answered Tools::get_pull(arguments::GetPull in, std::stop_token stop) {
  const std::string repository = co_await api_.repository(*in.repository);
  const std::string path = fmt::format("{}/pulls/{}", repository, *in.number);
  const std::string_view part = (*in.part).text();
  Query query{{"page", std::to_string(*in.page)}, {"per_page", "50"}};
  if (part == "files")
    co_return co_await list(path + "/files", std::move(query), "/filename\n/status\n/additions\n/deletions\n/previous_filename\n/patch",
                            stop);
  if (part == "reviews")
    co_return co_await list(path + "/reviews", std::move(query), "/user/login\n/state\n/submitted_at\n/commit_id\n/body", stop);
  if (part == "review_comments")
    co_return co_await list(path + "/comments", std::move(query), "/id\n/user/login\n/path\n/line\n/in_reply_to_id\n/created_at\n/body",
                            stop);
  if (part == "checks") co_return co_await checks(repository, *in.number, stop);
  if (part == "diff") {
    rest::Answer answer = co_await api_.get(path, {}, "application/vnd.github.diff", stop);
    co_return ToolResult::text(cut_text(answer.body));
  }
  mcp::Json body = co_await api_.get_json(path, {}, stop);
  const rest::Trim trim = fields(kPullFields);
  co_return shown(body.root(), trim);
}

Tools::Answered Tools::checks(std::string repository, int number, std::stop_token stop) {
  mcp::Json pull = co_await api_.get_json(fmt::format("{}/pulls/{}", repository, number), {}, stop);
  const std::string sha(pull["head"]["sha"].string_or(""));
  if (sha.empty()) co_return Error(Code::upstream_failed, "GitHub named no head commit of the pull request");
  Query query{{"per_page", "100"}};
  mcp::Json runs = co_await api_.get_json(fmt::format("{}/commits/{}/check-runs", repository, sha), query, stop);
  // Older services report by statuses; a token may be let see only one of the two.
  Result<mcp::Json> status = co_await api_.get_json(fmt::format("{}/commits/{}/status", repository, sha), query, stop).result();
  mcp::JsonWriter out;
  out.object().field("head", sha).key("checks").array();
  runs["check_runs"].each_element([&out](JsonView run) {
    out.object().field("name", run["name"].string_or("")).field("status", run["status"].string_or(""));
    if (auto conclusion = run["conclusion"].string()) out.field("conclusion", *conclusion);
    if (auto title = run["output"]["title"].string()) out.field("title", rest::plain_line(*title, 200));
    out.field("url", run["html_url"].string_or("")).end();
  });
  if (status)
    (*status)["statuses"].each_element([&out](JsonView one) {
      out.object().field("name", one["context"].string_or("")).field("status", one["state"].string_or(""));
      out.field("title", rest::plain_line(one["description"].string_or(""), 200)).field("url", one["target_url"].string_or("")).end();
    });
  out.end().end();
  co_return ToolResult::text(std::move(out).text());
}

Tools::Answered Tools::get_file(arguments::GetFile in, std::stop_token stop) {
  const std::string repository = co_await api_.repository(*in.repository);
  const std::string path = co_await file_path(*in.path);
  Query query{{"ref", given(*in.ref)}};
  mcp::Json body = co_await api_.get_json(repository + "/contents" + path, query, stop);
  if (body.root().is(JsonView::Kind::array)) {
    rest::Trim trim = fields("/name\n/type\n/size", "/*");
    co_return shown(body.root(), trim);
  }
  const std::string_view type = body["type"].string_or("");
  if (type != "file") {
    const rest::Trim trim = fields("/name\n/type\n/target\n/submodule_git_url\n/sha");
    co_return shown(body.root(), trim);
  }
  std::string bytes;
  if (body["encoding"].string_or("") == "base64") {
    std::string packed;
    for (char c : body["content"].string_or(""))
      if (c != '\n' && c != '\r') packed.push_back(c);
    bytes = co_await sdk::from_base64(packed);
  } else {
    // Above a megabyte the content comes only raw.
    rest::Answer answer = co_await api_.get(repository + "/contents" + path, query, "application/vnd.github.raw+json", stop);
    bytes = std::move(answer.body);
  }
  if (!is_text(bytes)) co_return ToolResult::text(fmt::format("{} bytes that are no text", bytes.size()));
  co_return ToolResult::text(cut_text(bytes));
}

Tools::Answered Tools::list_commits(arguments::ListCommits in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  Query query{
      {"sha", given(*in.ref)}, {"path", given(*in.path)}, {"page", std::to_string(*in.page)}, {"per_page", std::to_string(*in.per_page)}};
  co_return co_await list(path + "/commits", std::move(query),
                          "/sha\n/commit/message\n/commit/author/name\n/commit/author/date\n/author/login", std::move(stop));
}

Tools::Answered Tools::list_labels(arguments::ListLabels in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  Query query{{"page", std::to_string(*in.page)}, {"per_page", "100"}};
  co_return co_await list(path + "/labels", std::move(query), "/name\n/description", std::move(stop));
}

}  // namespace servers::github
