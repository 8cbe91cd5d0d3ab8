// The tools of `vault`, as functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mcp/arg.h"
#include "servers/vault/vault.h"

namespace servers {

// What the tools take and give, as a model sees it.
namespace vault_tool {

struct Search {
  mcp::Arg<std::string, "Words; \"exact phrase\"; -word to exclude", 1, 1000> query;
  mcp::Arg<int, "Most notes to return", 1, 20> limit = 5;
  mcp::Arg<std::optional<std::string>, "Only below this folder"> folder;
  mcp::Arg<std::optional<std::string>, "Only with this tag, or one nested in it"> tag;
  mcp::Arg<std::optional<std::string>, "Only with this front matter: key, or key=value"> where;
  mcp::Arg<std::optional<std::string>, "First date: YYYY, YYYY-MM or YYYY-MM-DD"> since;
  mcp::Arg<std::optional<std::string>, "Last date, likewise"> until;
};
struct Hit {
  std::string path, title, date;
  double score;  // of the best hit 1
  std::string excerpt;
  int line;
};

struct ResolveLink {
  mcp::Arg<std::string, "The link: [[Note#Heading|alias]], or only what is in the brackets", 1, 1000> link;
  mcp::Arg<std::optional<std::string>, "Path of the note that holds the link"> from;
};
struct Near {
  std::string path, name;
  double likeness;
};
struct Resolved {
  bool exists;
  std::string match;  // exact, alias, none
  std::optional<std::string> path, write_as;
  std::optional<bool> heading_exists, block_exists;
  std::vector<std::string> others;
  std::vector<Near> candidates;
};

struct Backlinks {
  mcp::Arg<std::string, "Path or name of a note"> path;
  mcp::Arg<int, "Most links to return", 1, 500> limit = 100;
};
struct BacklinkFrom {
  std::string path, title;
  int line;
  std::string link;
};

struct Neighbours {
  mcp::Arg<std::string, "Path or name of a note"> path;
  mcp::Arg<int, "How many links away", 1, 3> steps = 1;
  mcp::Arg<int, "Most notes to return", 1, 200> limit = 50;
};
struct NeighbourNote {
  std::string path, title;
  int steps;
  std::string via, link;  // the note one step nearer; to (it links here), from (this links there) or both
};
struct Nearby {
  std::vector<NeighbourNote> notes;
  std::vector<std::string> missing;
  bool more;
};

struct Read {
  mcp::Arg<std::string, "Path as returned by search or list, or the note's name"> path;
  mcp::Arg<std::optional<std::string>, "Only below this heading (A#B when nested), or this block (^name)"> heading;
};

struct List {
  mcp::Arg<std::optional<std::string>, "Only below this folder"> folder;
  mcp::Arg<std::optional<std::string>, "Only with this tag, or one nested in it"> tag;
  mcp::Arg<std::optional<std::string>, "Only with this front matter: key, or key=value"> where;
  mcp::Arg<int, "Most notes to return", 1, 500> limit = 50;
  mcp::Arg<std::optional<std::string>, "next_cursor of the page before"> cursor;
  mcp::Arg<std::optional<std::string>, "First date: YYYY, YYYY-MM or YYYY-MM-DD"> since;
  mcp::Arg<std::optional<std::string>, "Last date, likewise"> until;
};
struct Listed {
  std::string path, title;
  std::vector<std::string> tags;
  std::string modified;
};
struct Page {
  std::vector<Listed> notes;
  std::optional<std::string> next_cursor;
};

struct CheckLinks {
  mcp::Arg<std::string, "Markdown, such as a draft"> text;
  mcp::Arg<std::optional<std::string>, "Path of an existing note that it replaces; relative links begin there"> from;
};
struct BrokenLink {
  std::string link;
  int line;
  std::string problem;
  std::vector<Near> candidates;
};
struct Checked {
  int links;
  std::vector<BrokenLink> broken;
};

struct Create {
  mcp::Arg<std::string, "Where, such as Folder/Name; .md is added, missing folders are made", 1, 1000> path;
  mcp::Arg<std::string, "The whole note as Markdown, front matter first if any"> text;
};
struct Append {
  mcp::Arg<std::string, "Path or name of a note"> path;
  mcp::Arg<std::string, "Markdown to add", 1> text;
  mcp::Arg<std::optional<std::string>, "Add at the end of what is below this heading, not of the note"> heading;
};
struct Written {
  std::string path;
  int line;
  std::vector<std::string> broken_links;
};

}  // namespace vault_tool

// One function per tool; each blocks.
// Threads: any, at the same time. Errors: those of Vault.
class VaultTools {
 public:
  explicit VaultTools(Vault& vault) : vault_(vault) {}

  Result<std::vector<vault_tool::Hit>> search(vault_tool::Search in);
  Result<vault_tool::Resolved> resolve_link(vault_tool::ResolveLink in);
  Result<std::vector<vault_tool::BacklinkFrom>> backlinks(vault_tool::Backlinks in);
  Result<vault_tool::Nearby> neighbours(vault_tool::Neighbours in);
  Result<std::string> read(vault_tool::Read in);
  Result<vault_tool::Page> list(vault_tool::List in);
  Result<vault_tool::Checked> check_links(vault_tool::CheckLinks in);
  Result<vault_tool::Written> create(vault_tool::Create in);
  Result<vault_tool::Written> append(vault_tool::Append in);

 private:
  Result<vault_tool::Written> written(Placed placed, const std::string& text);

  Vault& vault_;
};

}  // namespace servers
