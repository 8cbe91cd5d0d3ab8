// What the tools of `github` take, as a model sees it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mcp/arg.h"

namespace servers::github::arguments {

using Repository = mcp::Arg<std::string, "owner/name">;
using Page = mcp::Arg<int, "Page">;
using PerPage = mcp::Arg<int, "Per page", 1, 100>;
using Number = mcp::Arg<int, "Number">;

struct None {};
struct Search {
  mcp::Arg<mcp::Choice<"issues", "code", "repositories", "commits">, "What to find; issues are pull requests too"> kind;
  mcp::Arg<std::string, "GitHub search syntax, e.g. is:open label:bug"> query;
  mcp::Arg<std::optional<std::string>, "Only in owner/name"> repository;
  Page page = 1;
  PerPage per_page = 20;
};
struct ListIssues {
  Repository repository;
  mcp::Arg<mcp::Choice<"open", "closed", "all">, "State"> state = "open";
  mcp::Arg<std::optional<std::string>, "Labels, with commas; all must be there"> labels;
  mcp::Arg<std::optional<std::string>, "A login, none or *"> assignee;
  mcp::Arg<std::optional<std::string>, "Changed since, as 2030-01-31T00:00:00Z"> since;
  mcp::Arg<mcp::Choice<"created", "updated", "comments">, "Order, largest first"> sort = "created";
  Page page = 1;
  PerPage per_page = 30;
};
struct OneNumber {
  Repository repository;
  Number number;
};
struct ListComments {
  Repository repository;
  Number number;
  Page page = 1;
  PerPage per_page = 30;
};
struct ListPulls {
  Repository repository;
  mcp::Arg<mcp::Choice<"open", "closed", "all">, "State"> state = "open";
  mcp::Arg<std::optional<std::string>, "Branch it goes into"> base;
  mcp::Arg<std::optional<std::string>, "owner:branch it comes from"> head;
  Page page = 1;
  PerPage per_page = 30;
};
struct GetPull {
  Repository repository;
  Number number;
  mcp::Arg<mcp::Choice<"overview", "files", "diff", "reviews", "review_comments", "checks">, "What of it"> part = "overview";
  Page page = 1;
};
struct GetFile {
  Repository repository;
  mcp::Arg<std::string, "File or folder; empty is the root"> path = "";
  mcp::Arg<std::optional<std::string>, "Branch, tag or commit"> ref;
};
struct ListCommits {
  Repository repository;
  mcp::Arg<std::optional<std::string>, "Branch, tag or commit"> ref;
  mcp::Arg<std::optional<std::string>, "Only those that touch this path"> path;
  Page page = 1;
  PerPage per_page = 20;
};
struct ListLabels {
  Repository repository;
  Page page = 1;
};

struct CreateIssue {
  Repository repository;
  mcp::Arg<std::string, "Title"> title;
  mcp::Arg<std::string, "Markdown"> body = "";
  mcp::Arg<std::vector<std::string>, "Labels"> labels = std::vector<std::string>{};
  mcp::Arg<std::vector<std::string>, "Logins"> assignees = std::vector<std::string>{};
};
struct UpdateIssue {
  Repository repository;
  Number number;
  mcp::Arg<std::optional<std::string>, "New title"> title;
  mcp::Arg<std::optional<std::string>, "New body"> body;
  mcp::Arg<std::optional<mcp::Choice<"open", "closed">>, "New state"> state;
  mcp::Arg<std::optional<mcp::Choice<"completed", "not_planned", "reopened">>, "Why"> state_reason;
  mcp::Arg<std::optional<std::vector<std::string>>, "Logins, in place of those it has"> assignees;
};
struct AddComment {
  Repository repository;
  Number number;
  mcp::Arg<std::string, "Markdown"> body;
};
struct LabelIssue {
  Repository repository;
  Number number;
  mcp::Arg<std::vector<std::string>, "Labels to add"> add = std::vector<std::string>{};
  mcp::Arg<std::vector<std::string>, "Labels to take away"> remove = std::vector<std::string>{};
};
struct CreatePull {
  Repository repository;
  mcp::Arg<std::string, "Title"> title;
  mcp::Arg<std::string, "Branch it comes from, or owner:branch"> head;
  mcp::Arg<std::string, "Branch it goes into"> base;
  mcp::Arg<std::string, "Markdown"> body = "";
  mcp::Arg<bool, "As a draft"> draft = false;
};
struct ReviewComment {
  mcp::Arg<std::string, "File"> path;
  mcp::Arg<int, "Line in the new file", 1> line;
  mcp::Arg<std::string, "Markdown", 1> body;
};
struct ReviewPull {
  Repository repository;
  Number number;
  mcp::Arg<mcp::Choice<"COMMENT", "APPROVE", "REQUEST_CHANGES">, "Verdict"> event;
  mcp::Arg<std::string, "Markdown; needed unless it approves"> body = "";
  mcp::Arg<std::vector<ReviewComment>, "On lines"> comments = std::vector<ReviewComment>{};
};
struct MergePull {
  Repository repository;
  Number number;
  mcp::Arg<mcp::Choice<"merge", "squash", "rebase">, "How"> method = "merge";
  mcp::Arg<std::optional<std::string>, "Only if its head is this commit"> head_sha;
};
struct ChangedFile {
  mcp::Arg<std::string, "Path"> path;
  mcp::Arg<std::optional<std::string>, "Whole new text; absent: the file is deleted"> content;
};
struct CommitFiles {
  Repository repository;
  mcp::Arg<std::string, "Branch to commit to"> branch;
  mcp::Arg<std::string, "Commit message"> message;
  mcp::Arg<std::vector<ChangedFile>, "All go into one commit", 1, 100> files;
  mcp::Arg<std::optional<std::string>, "Branch to begin from, when the branch is new"> from;
};

}  // namespace servers::github::arguments
