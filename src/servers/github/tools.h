// The tools of `github` as functions: what they ask, and what of the answer a model gets.
#pragma once

#include <stop_token>
#include <string>

#include "mcp/content.h"
#include "servers/github/api.h"
#include "servers/github/arguments.h"

namespace servers::github {

// Threads: the client's loop only. Errors of all: those of Api, as errors of the tool.
class Tools {
 public:
  using Answered = base::Task<mcp::ToolResult>;

  explicit Tools(Api& api) : api_(api) {}

  Answered who(arguments::None, std::stop_token stop);
  Answered search(arguments::Search in, std::stop_token stop);
  Answered list_issues(arguments::ListIssues in, std::stop_token stop);
  Answered get_issue(arguments::OneNumber in, std::stop_token stop);
  Answered list_comments(arguments::ListComments in, std::stop_token stop);
  Answered list_pulls(arguments::ListPulls in, std::stop_token stop);
  Answered get_pull(arguments::GetPull in, std::stop_token stop);
  Answered get_file(arguments::GetFile in, std::stop_token stop);
  Answered list_commits(arguments::ListCommits in, std::stop_token stop);
  Answered list_labels(arguments::ListLabels in, std::stop_token stop);

  Answered create_issue(arguments::CreateIssue in, std::stop_token stop);
  Answered update_issue(arguments::UpdateIssue in, std::stop_token stop);
  Answered add_comment(arguments::AddComment in, std::stop_token stop);
  Answered label_issue(arguments::LabelIssue in, std::stop_token stop);
  Answered create_pull(arguments::CreatePull in, std::stop_token stop);
  Answered review_pull(arguments::ReviewPull in, std::stop_token stop);
  Answered merge_pull(arguments::MergePull in, std::stop_token stop);
  // One commit of all files by the Git data API: until the branch is moved at its end, nobody sees anything of it.
  Answered commit_files(arguments::CommitFiles in, std::stop_token stop);

 private:
  Answered checks(std::string repository, int number, std::stop_token stop);
  Answered list(std::string path, Query query, const char* fields, std::stop_token stop);
  // The head of `branch`, or of `from` when the branch is not there. The second is whether it is there.
  struct Base {
    std::string commit, tree;
    enum class Branch { exists, is_new } branch = Branch::exists;
  };
  base::Task<Base> base_of(std::string repository, std::string branch, std::string from, std::stop_token stop);

  Api& api_;
};

}  // namespace servers::github
