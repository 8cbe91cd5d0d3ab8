// What the tools of `filesystem` take, as a model sees it. Field names are those of npm's server-filesystem.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mcp/arg.h"

namespace servers::arguments {

struct ReadText {
  mcp::Arg<std::string, "File to read"> path;
  mcp::Arg<std::optional<int>, "Only the last N lines", 1> tail;
  mcp::Arg<std::optional<int>, "Only the first N lines", 1> head;
  mcp::Arg<std::optional<int>, "Begin at this line, counted from 1; with head, N lines from there", 1> firstLine{};
};
struct ReadMedia {
  mcp::Arg<std::string, "File to read"> path;
};
struct ReadMany {
  mcp::Arg<std::vector<std::string>, "Files to read", 1, 100> paths;
};
struct Write {
  mcp::Arg<std::string, "File to create or replace"> path;
  mcp::Arg<std::string, "The whole new content"> content;
};
struct Append {
  mcp::Arg<std::string, "File to add to; created when missing"> path;
  mcp::Arg<std::string, "Text to add at the end"> content;
};
struct OneEdit {
  mcp::Arg<std::string, "Text that stands in the file once"> oldText;
  mcp::Arg<std::string, "Text to put in its place"> newText;
};
struct EditFile {
  mcp::Arg<std::string, "File to change"> path;
  mcp::Arg<std::vector<OneEdit>, "Replacements, applied in order; all or none", 1, 500> edits;
  mcp::Arg<bool, "Only show the diff, change nothing"> dryRun = false;
};
struct MakeFolder {
  mcp::Arg<std::string, "Folder to create, with those above it"> path;
};
struct List {
  mcp::Arg<std::string, "Folder to list"> path;
};
struct ListSizes {
  mcp::Arg<std::string, "Folder to list"> path;
  mcp::Arg<mcp::Choice<"name", "size">, "Order"> sortBy = "name";
};
struct FolderTree {
  mcp::Arg<std::string, "Folder to show"> path;
  mcp::Arg<std::vector<std::string>, "Names or globs to leave out"> excludePatterns = std::vector<std::string>{};
};
struct Move {
  mcp::Arg<std::string, "File or folder to move"> source;
  mcp::Arg<std::string, "Its new path, which must not exist"> destination;
};
struct SearchFiles {
  mcp::Arg<std::string, "Folder to search"> path;
  mcp::Arg<std::string, "Glob for paths below it: *.md here, **/*.md everywhere"> pattern;
  mcp::Arg<std::vector<std::string>, "Globs to leave out"> excludePatterns = std::vector<std::string>{};
};
struct SearchContent {
  mcp::Arg<std::string, "Folder or file to search"> path;
  mcp::Arg<std::string, "Text to find, within one line", 1, 1000> pattern;
  mcp::Arg<bool, "The pattern is a regular expression (RE2)"> regex = false;
  mcp::Arg<bool, "Upper and lower case are the same"> ignoreCase = false;
  mcp::Arg<std::optional<std::string>, "Only files that match this glob, e.g. **/*.md"> include;
  mcp::Arg<std::vector<std::string>, "Names or globs to leave out"> excludePatterns = std::vector<std::string>{};
  mcp::Arg<int, "Most matches to return", 1, 1000> limit = 100;
};
struct FileInfo {
  mcp::Arg<std::string, "File or folder"> path;
  mcp::Arg<bool, "Add the SHA-256 of a file's content"> hash = false;
};

}  // namespace servers::arguments
