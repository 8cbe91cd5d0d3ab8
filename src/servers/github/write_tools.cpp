#include <fmt/format.h>

#include "servers/github/shown.h"
#include "servers/github/tools.h"
#include "servers/rest/text.h"

namespace servers::github {
namespace {

using mcp::ToolResult;

// What a change came to, shortly: its number and address.
ToolResult done(const mcp::Json& body, const char* wanted = "/number\n/id\n/state\n/html_url") {
  return shown(body.root(), fields(wanted));
}

void add_list(mcp::JsonWriter& out, std::string_view name, const std::vector<std::string>& values) {
  out.key(name).array();
  for (const std::string& value : values) out.value(value);
  out.end();
}

// A branch's name as the end of a path. Errors: invalid_argument.
Result<std::string> branch_path(std::string_view branch) {
  const bool wrong = branch.empty() || branch.starts_with('/') || branch.ends_with('/') || branch.find("..") != std::string_view::npos ||
                     branch.find_first_of(" ~^:?*[\\") != std::string_view::npos || !rest::fits_a_header(branch);
  if (wrong) return Error(Code::invalid_argument, fmt::format("'{}' is no name of a branch", rest::plain_line(branch, 80)));
  return rest::encoded(branch, "/");
}

}  // namespace

Tools::Answered Tools::create_issue(arguments::CreateIssue in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  mcp::JsonWriter body;
  body.object().field("title", *in.title).field("body", *in.body);
  if (!in.labels->empty()) add_list(body, "labels", *in.labels);
  if (!in.assignees->empty()) add_list(body, "assignees", *in.assignees);
  body.end();
  mcp::Json made = co_await api_.send_json("POST", path + "/issues", body.text(), std::move(stop));
  co_return done(made);
}

Tools::Answered Tools::update_issue(arguments::UpdateIssue in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  mcp::JsonWriter body;
  body.object();
  if (in.title->has_value()) body.field("title", **in.title);
  if (in.body->has_value()) body.field("body", **in.body);
  if (in.state->has_value()) body.field("state", (*in.state)->text());
  if (in.state_reason->has_value()) body.field("state_reason", (*in.state_reason)->text());
  if (in.assignees->has_value()) add_list(body, "assignees", **in.assignees);
  body.end();
  if (body.text() == "{}")
    co_return Error(Code::invalid_argument, "there is nothing to change; give title, body, state, state_reason or assignees");
  mcp::Json made = co_await api_.send_json("PATCH", fmt::format("{}/issues/{}", path, *in.number), body.text(), std::move(stop));
  co_return done(made);
}

Tools::Answered Tools::add_comment(arguments::AddComment in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  mcp::JsonWriter body;
  body.object().field("body", *in.body).end();
  mcp::Json made = co_await api_.send_json("POST", fmt::format("{}/issues/{}/comments", path, *in.number), body.text(), std::move(stop));
  co_return done(made);
}

Tools::Answered Tools::label_issue(arguments::LabelIssue in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  if (in.add->empty() && in.remove->empty()) co_return Error(Code::invalid_argument, "give labels to add or to remove");
  const std::string labels = fmt::format("{}/issues/{}/labels", path, *in.number);
  if (!in.add->empty()) {
    mcp::JsonWriter body;
    body.object();
    add_list(body, "labels", *in.add);
    body.end();
    (void)co_await api_.send_json("POST", labels, body.text(), stop);
  }
  for (const std::string& label : *in.remove) {
    Result<mcp::Json> gone = co_await api_.send_json("DELETE", labels + "/" + rest::encoded(label), {}, stop).result();
    // One that is not there needs no removing.
    if (!gone && gone.error().code != Code::not_found) co_return std::move(gone).error();
  }
  mcp::Json now = co_await api_.get_json(labels, {}, stop);
  const rest::Trim trim = fields("/name", "/*");
  co_return shown(now.root(), trim);
}

Tools::Answered Tools::create_pull(arguments::CreatePull in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  mcp::JsonWriter body;
  body.object()
      .field("title", *in.title)
      .field("head", *in.head)
      .field("base", *in.base)
      .field("body", *in.body)
      .field("draft", *in.draft)
      .end();
  mcp::Json made = co_await api_.send_json("POST", path + "/pulls", body.text(), std::move(stop));
  co_return done(made);
}

Tools::Answered Tools::review_pull(arguments::ReviewPull in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  const std::string_view event = (*in.event).text();
  if (in.body->empty() && event != "APPROVE") co_return Error(Code::invalid_argument, "a review that does not approve needs a body");
  mcp::JsonWriter body;
  body.object().field("event", event);
  if (!in.body->empty()) body.field("body", *in.body);
  body.key("comments").array();
  for (const arguments::ReviewComment& one : *in.comments)
    body.object().field("path", *one.path).field("line", *one.line).field("side", "RIGHT").field("body", *one.body).end();
  body.end().end();
  mcp::Json made = co_await api_.send_json("POST", fmt::format("{}/pulls/{}/reviews", path, *in.number), body.text(), std::move(stop));
  co_return done(made);
}

Tools::Answered Tools::merge_pull(arguments::MergePull in, std::stop_token stop) {
  std::string path = co_await api_.repository(*in.repository);
  mcp::JsonWriter body;
  body.object().field("merge_method", (*in.method).text());
  if (in.head_sha->has_value()) body.field("sha", **in.head_sha);
  body.end();
  mcp::Json made = co_await api_.send_json("PUT", fmt::format("{}/pulls/{}/merge", path, *in.number), body.text(), std::move(stop));
  co_return done(made, "/merged\n/sha\n/message");
}

base::Task<Tools::Base> Tools::base_of(std::string repository, std::string branch, std::string from, std::stop_token stop) {
  Base out;
  std::string path = co_await branch_path(branch);
  Result<mcp::Json> ref = co_await api_.get_json(fmt::format("{}/git/ref/heads/{}", repository, path), {}, stop).result();
  if (!ref) {
    if (ref.error().code != Code::not_found) co_return std::move(ref).error();
    if (from.empty())
      co_return Error(Code::not_found,
                      fmt::format("there is no branch '{}'; to make it, say in `from` which branch it begins from", branch));
    out.branch = Base::Branch::is_new;
    std::string old = co_await branch_path(from);
    ref = co_await api_.get_json(fmt::format("{}/git/ref/heads/{}", repository, old), {}, stop).result();
    if (!ref) co_return std::move(ref).error();
  }
  out.commit = (*ref)["object"]["sha"].string_or("");
  mcp::Json commit = co_await api_.get_json(fmt::format("{}/git/commits/{}", repository, rest::encoded(out.commit)), {}, stop);
  out.tree = commit["tree"]["sha"].string_or("");
  if (out.commit.empty() || out.tree.empty()) co_return Error(Code::upstream_failed, "GitHub named no commit for the branch");
  co_return std::move(out);
}

Tools::Answered Tools::commit_files(arguments::CommitFiles in, std::stop_token stop) {
  const std::string repository = co_await api_.repository(*in.repository);
  const std::string from = in.from->value_or("");
  const Base base = co_await base_of(repository, *in.branch, from, stop);
  mcp::JsonWriter tree;
  tree.object().field("base_tree", base.tree).key("tree").array();
  for (const arguments::ChangedFile& file : *in.files) {
    tree.object().field("path", *file.path).field("mode", "100644").field("type", "blob");
    if (file.content->has_value())
      tree.field("content", **file.content);
    else
      tree.key("sha").null();
    tree.end();
  }
  tree.end().end();
  mcp::Json made_tree = co_await api_.send_json("POST", repository + "/git/trees", tree.text(), stop);
  mcp::JsonWriter commit;
  commit.object()
      .field("message", *in.message)
      .field("tree", made_tree["sha"].string_or(""))
      .key("parents")
      .array()
      .value(base.commit)
      .end()
      .end();
  mcp::Json made = co_await api_.send_json("POST", repository + "/git/commits", commit.text(), stop);
  const std::string sha(made["sha"].string_or(""));
  if (sha.empty()) co_return Error(Code::upstream_failed, "GitHub made no commit; nothing has changed");
  std::string branch = co_await branch_path(*in.branch);
  mcp::JsonWriter ref;
  ref.object().field("sha", sha);
  Result<mcp::Json> moved = Error();
  if (base.branch == Base::Branch::is_new) {
    ref.field("ref", "refs/heads/" + *in.branch).end();
    moved = co_await api_.send_json("POST", repository + "/git/refs", ref.text(), stop).result();
  } else {
    // Not by force: what came in between stays.
    ref.field("force", false).end();
    moved = co_await api_.send_json("PATCH", fmt::format("{}/git/refs/heads/{}", repository, branch), ref.text(), stop).result();
  }
  if (!moved)
    co_return Error(moved.error().code, fmt::format("the branch was not moved, so nothing has changed: {}", moved.error().message));
  mcp::JsonWriter out;
  out.object()
      .field("commit", sha)
      .field("branch", *in.branch)
      .field("files", in.files->size())
      .field("url", made["html_url"].string_or(""))
      .end();
  co_return ToolResult::text(std::move(out).text());
}

}  // namespace servers::github
