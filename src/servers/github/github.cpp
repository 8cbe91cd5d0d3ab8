#include "servers/github/github.h"

#include <utility>

#include "servers/github/tools.h"
#include "servers/rest/service.h"
#include "servers/rest/settings.h"
#include "servers/rest/tool.h"

namespace servers::github {
namespace {

enum class Harm { none, some };
enum class Twice { same, different };

mcp::ToolOptions reads(std::string title) {
  mcp::ToolOptions out;
  out.title = std::move(title);
  out.annotations.read_only = true;
  out.annotations.open_world = true;
  return out;
}
mcp::ToolOptions changes(std::string title, Harm harm, Twice twice) {
  mcp::ToolOptions out;
  out.title = std::move(title);
  out.annotations.read_only = false;
  out.annotations.destructive = harm == Harm::some;
  out.annotations.idempotent = twice == Twice::same;
  out.annotations.open_world = true;
  return out;
}

Result<Setup> read_setup(const BuiltinOptions& options) {
  auto own = rest::own_of(options);
  if (!own) return std::move(own).error();
  rest::Settings settings(own->root());
  Setup out;
  out.client = rest::read_client(settings, options, "https://api.github.com");
  settings.secret("token", out.token);
  settings.text("remedy", out.remedy);
  settings.texts("repositories", out.repositories);
  bool writes = false;
  settings.flag("write", writes);
  if (writes) out.tools = Setup::Tools::all;
  if (mcp::JsonView app = settings.take("app")) {
    rest::Settings inner(app, "app.");
    AppKey key;
    inner.text("id", key.id);
    inner.text("installation", key.installation);
    inner.secret("key", key.key);
    if (auto done = inner.done(); !done) return std::move(done).error();
    out.app = std::move(key);
  }
  if (auto done = settings.done(); !done) return std::move(done).error();
  if (auto good = Api(out).check(); !good) return std::move(good).error();
  return out;
}

class GithubServer final : public Builtin {
 public:
  GithubServer(Setup setup, const BuiltinOptions& options)
      : server_("github", options.version), setup_(std::move(setup)), api_(setup_), tools_(api_), service_(setup_.client, options.loop) {
    api_.use(service_.client());
    server_.title("GitHub");
    server_.instructions(
        "GitHub by its REST API. Repositories are owner/name. Lists come by pages; narrow a list before paging through it.");
    add_reading();
    if (setup_.tools == Setup::Tools::all) add_changing();
  }

  mcp::Server& server() override { return server_; }

 private:
  template <class In>
  void add(std::string name, std::string description, rest::ToolMember<Tools, In> member, mcp::ToolOptions options) {
    server_.tool(std::move(name), std::move(description), rest::on_thread(service_, tools_, member), std::move(options));
  }

  void add_reading() {
    add("search", "Search issues and pull requests, code, repositories or commits.", &Tools::search, reads("Search GitHub"));
    add("list_issues", "List a repository's issues; entries with pull_request are pull requests.", &Tools::list_issues,
        reads("List Issues"));
    add("get_issue", "One issue with its body.", &Tools::get_issue, reads("Get Issue"));
    add("list_comments", "Comments of an issue or pull request.", &Tools::list_comments, reads("List Comments"));
    add("list_pull_requests", "List a repository's pull requests.", &Tools::list_pulls, reads("List Pull Requests"));
    add("get_pull_request", "One pull request: overview, changed files, diff, reviews, comments on lines, or checks of its head.",
        &Tools::get_pull, reads("Get Pull Request"));
    add("get_file", "A text file of a repository, or the entries of a folder.", &Tools::get_file, reads("Get File"));
    add("list_commits", "Commits, newest first.", &Tools::list_commits, reads("List Commits"));
    add("list_labels", "A repository's labels.", &Tools::list_labels, reads("List Labels"));
    add("whoami", "Whose credential is used, when it ends, what it may, and how many calls are left.", &Tools::who, reads("Who Am I"));
  }

  void add_changing() {
    add("create_issue", "Open an issue.", &Tools::create_issue, changes("Create Issue", Harm::none, Twice::different));
    add("update_issue", "Change an issue's title, body, state or assignees.", &Tools::update_issue,
        changes("Update Issue", Harm::some, Twice::same));
    add("add_comment", "Comment on an issue or pull request.", &Tools::add_comment, changes("Add Comment", Harm::none, Twice::different));
    add("label_issue", "Add and remove labels of an issue or pull request.", &Tools::label_issue,
        changes("Label Issue", Harm::none, Twice::same));
    add("create_pull_request", "Open a pull request.", &Tools::create_pull, changes("Create Pull Request", Harm::none, Twice::different));
    add("review_pull_request", "Review a pull request, with comments on lines.", &Tools::review_pull,
        changes("Review Pull Request", Harm::none, Twice::different));
    add("merge_pull_request", "Merge a pull request.", &Tools::merge_pull, changes("Merge Pull Request", Harm::some, Twice::same));
    add("commit_files", "Create, replace and delete files in one commit on a branch.", &Tools::commit_files,
        changes("Commit Files", Harm::some, Twice::different));
  }

  mcp::Server server_;
  Setup setup_;
  Api api_;
  Tools tools_;
  rest::Service service_;  // last: its work uses the rest
};

}  // namespace

Result<std::unique_ptr<Builtin>> make_github(const BuiltinOptions& options) {
  auto setup = read_setup(options);
  if (!setup) return std::move(setup).error();
  return std::unique_ptr<Builtin>(std::make_unique<GithubServer>(*std::move(setup), options));
}

Result<std::vector<std::string>> check_github(const BuiltinOptions& options) {
  auto setup = read_setup(options);
  if (!setup) return std::move(setup).error();
  std::vector<std::string> out;
  if (setup->token.reveal().empty() && !setup->app) out.push_back("there is no token or app; each call will say so");
  return out;
}

}  // namespace servers::github
