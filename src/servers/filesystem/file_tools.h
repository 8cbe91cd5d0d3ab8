// The tools of `filesystem`, as functions.
#pragma once

#include <string>

#include "mcp/call.h"
#include "mcp/content.h"
#include "servers/filesystem/arguments.h"
#include "servers/filesystem/tree.h"

namespace servers {

// One function per tool; each blocks, and returns the text that a model reads.
// Threads: any, at the same time. Errors: those of Tree, and too_large when an answer passes limits().result.
class FileTools {
 public:
  explicit FileTools(Tree tree) : tree_(std::move(tree)) {}
  const Tree& tree() const { return tree_; }

  Result<std::string> read_text(arguments::ReadText in);
  Result<mcp::Content> read_media(arguments::ReadMedia in);
  Result<std::string> read_many(arguments::ReadMany in);
  Result<std::string> file_info(arguments::FileInfo in);
  std::string allowed();

  Result<std::string> list(arguments::List in);
  Result<std::string> list_sizes(arguments::ListSizes in);
  Result<std::string> folder_tree(arguments::FolderTree in, mcp::Call call);
  Result<std::string> search_names(arguments::SearchFiles in, mcp::Call call);
  Result<std::string> search_text(arguments::SearchContent in, mcp::Call call);
  // The same for callers that have no Call.
  Result<std::string> show_tree(arguments::FolderTree in, std::stop_token stop);
  Result<std::string> find_names(arguments::SearchFiles in, std::stop_token stop);
  Result<std::string> find_lines(arguments::SearchContent in, std::stop_token stop);

  Result<std::string> write(arguments::Write in);
  Result<std::string> append(arguments::Append in);
  Result<std::string> edit(arguments::EditFile in);
  Result<std::string> make_folder(arguments::MakeFolder in);
  Result<std::string> move(arguments::Move in);

 private:
  Result<std::string> text_of(const std::string& path, std::optional<int> head, std::optional<int> tail,
                              std::optional<int> first = {}) const;

  Tree tree_;
};

}  // namespace servers
