#include "servers/filesystem/filesystem.h"

#include <utility>

#include "servers/filesystem/file_tools.h"

namespace servers {

namespace {

using mcp::ToolOptions;

ToolOptions reads(std::string title) {
  return {.title = std::move(title), .annotations = {.read_only = true, .open_world = false}, .blocking = true};
}
enum class Harm { none, some };
enum class Twice { same, different };
ToolOptions changes(std::string title, Harm harm, Twice twice) {
  return {.title = std::move(title),
          .annotations = {.read_only = false, .destructive = harm == Harm::some, .idempotent = twice == Twice::same, .open_world = false},
          .blocking = true};
}

class Filesystem final : public Builtin {
 public:
  Filesystem(Tree tree, const std::string& version) : tools_(std::move(tree)), server_("filesystem", version) {
    server_.title("Files");
    server_.instructions("Files below the folders that list_allowed_directories names. Paths are absolute, or relative to such a folder.");
    add_reading();
    add_searching();
    if (tools_.tree().mode() >= RootMode::append) add_adding();
    if (tools_.tree().mode() == RootMode::write) add_replacing();
  }

  mcp::Server& server() override { return server_; }

 private:
  void add_reading() {
    server_.tool("read_file", "Deprecated: the same as read_text_file.", tools_, &FileTools::read_text, reads("Read File (Deprecated)"));
    server_.tool("read_text_file", "Read a UTF-8 text file, whole or its first (head) or last (tail) lines, or a range (firstLine, head).",
                 tools_, &FileTools::read_text, reads("Read Text File"));
    server_.tool("read_media_file", "Read an image, audio or any binary file as base64 with its media type.", tools_,
                 &FileTools::read_media, reads("Read Media File"));
    server_.tool("read_multiple_files", "Read several text files at once. A file that cannot be read does not stop the others.", tools_,
                 &FileTools::read_many, reads("Read Multiple Files"));
    server_.tool("get_file_info", "Size, times, type and permissions of a file or folder.", tools_, &FileTools::file_info,
                 reads("Get File Info"));
    server_.tool("list_allowed_directories", "The folders that may be used, and what may be done in each: read, append or write.", tools_,
                 &FileTools::allowed, reads("List Allowed Directories"));
  }
  void add_searching() {
    server_.tool("list_directory", "List a folder: [DIR], [FILE], [LINK] and the name, one per line.", tools_, &FileTools::list,
                 reads("List Directory"));
    server_.tool("list_directory_with_sizes", "List a folder with the sizes of its files and a total.", tools_, &FileTools::list_sizes,
                 reads("List Directory with Sizes"));
    server_.tool("directory_tree", "Everything below a folder as JSON: name, type (file or directory), children.", tools_,
                 &FileTools::folder_tree, reads("Directory Tree"));
    server_.tool("search_files", "Find files and folders below a folder by a glob for their path. Returns full paths.", tools_,
                 &FileTools::search_names, reads("Search Files"));
    server_.tool("search_content", "Find lines in files below a folder by text or regular expression. Returns path:line: text.", tools_,
                 &FileTools::search_text, reads("Search Content"));
  }
  void add_adding() {
    bool replaces = tools_.tree().mode() == RootMode::write;
    server_.tool("write_file",
                 replaces ? "Create a file, or replace all of its content." : "Create a new file; one that exists is left alone.", tools_,
                 &FileTools::write, changes("Write File", replaces ? Harm::some : Harm::none, Twice::same));
    server_.tool("append_file", "Add text to the end of a file.", tools_, &FileTools::append,
                 changes("Append to File", Harm::none, Twice::different));
    server_.tool("create_directory", "Create a folder and those above it. Fine when it exists.", tools_, &FileTools::make_folder,
                 changes("Create Directory", Harm::none, Twice::same));
  }
  void add_replacing() {
    server_.tool("edit_file", "Replace pieces of a text file and return a diff. Each oldText must stand in the file exactly once.", tools_,
                 &FileTools::edit, changes("Edit File", Harm::some, Twice::different));
    server_.tool("move_file", "Move or rename a file or folder. Fails when the destination exists.", tools_, &FileTools::move,
                 changes("Move File", Harm::some, Twice::different));
  }

  FileTools tools_;
  mcp::Server server_;  // last: its handlers point to the tools
};

}  // namespace

Result<std::unique_ptr<Builtin>> make_filesystem(const BuiltinOptions& options) {
  auto tree = Tree::open(options.roots, options.limits);
  if (!tree) return std::move(tree).error();
  return std::unique_ptr<Builtin>(std::make_unique<Filesystem>(*std::move(tree), options.version));
}

}  // namespace servers
