// The tools of `filesystem` that list and search.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "servers/filesystem/content_search.h"
#include "servers/filesystem/file_tools.h"
#include "servers/filesystem/glob.h"
#include "servers/filesystem/refusal.h"
#include "servers/filesystem/text.h"

namespace servers {

namespace {

std::string_view mark(Kind kind) {
  switch (kind) {
    case Kind::folder: return "[DIR]";
    case Kind::link: return "[LINK]";
    case Kind::file: return "[FILE]";
    case Kind::other: break;
  }
  return "[SPECIAL]";
}

Result<> check_count(std::string_view path, std::size_t count, std::size_t limit) {
  if (count <= limit) return {};
  return Error(Code::too_large,
               fmt::format("{} holds {} entries, and an answer at most {}; use search_files with a pattern, or a folder below it",
                           in_quotes(path), count, limit));
}

// `text` as a JSON string.
std::string json_name(std::string_view text) {
  std::string out = "\"";
  for (char c : repaired(text)) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out + '"';
}

// Writes the nested lists of a walk, which comes depth first.
class TreeText {
 public:
  void add(const std::string& path, const Entry& entry) {
    auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
    close_to(depth);
    if (counts_.size() == depth) counts_.push_back(0);
    indent(out_ += counts_[depth]++ ? ",\n" : "\n", depth) += "{\n";
    indent(out_, depth) += "  \"name\": " + json_name(entry.name) + ",\n";
    indent(out_, depth) += "  \"type\": ";
    out_ += entry.kind == Kind::folder ? "\"directory\",\n" : "\"file\"\n";
    if (entry.kind != Kind::folder) {
      indent(out_, depth) += "}";
      return;
    }
    indent(out_, depth) += "  \"children\": [";
    open_ = depth + 1;
  }
  std::size_t size() const { return out_.size(); }
  std::string finish() {
    close_to(0);
    return std::move(out_) + (counts_.empty() ? "]" : "\n]");
  }

 private:
  // Each depth is two steps in: the list, and the object in it.
  static std::string& indent(std::string& out, std::size_t depth) { return out.append(depth * 4 + 2, ' '); }
  void close_to(std::size_t depth) {
    while (open_ > depth) {
      --open_;
      bool empty = counts_.size() <= open_ + 1;
      if (!empty) {
        counts_.resize(open_ + 1);
        indent(out_ += "\n", open_) += "  ";
      }
      indent(out_ += "]\n", open_) += "}";
    }
  }

  std::string out_ = "[";
  std::vector<std::size_t> counts_;  // entries written so far, by depth
  std::size_t open_ = 0;             // folders whose list is open
};

}  // namespace

Result<std::string> FileTools::list(arguments::List in) {
  auto entries = tree_.list(*in.path);
  if (!entries) return std::move(entries).error();
  if (auto fine = check_count(*in.path, entries->size(), tree_.limits().entries); !fine) return std::move(fine).error();
  std::string out;
  for (const Entry& entry : *entries) out += fmt::format("{}{} {}", out.empty() ? "" : "\n", mark(entry.kind), visible(entry.name));
  return out.empty() ? "The folder is empty." : out;
}

Result<std::string> FileTools::list_sizes(arguments::ListSizes in) {
  auto entries = tree_.list(*in.path, Tree::With::sizes);
  if (!entries) return std::move(entries).error();
  if (auto fine = check_count(*in.path, entries->size(), tree_.limits().entries); !fine) return std::move(fine).error();
  if (*in.sortBy == "size")
    std::stable_sort(entries->begin(), entries->end(), [](const Entry& a, const Entry& b) { return a.size > b.size; });
  std::string out;
  std::size_t files = 0, folders = 0, total = 0;
  for (const Entry& entry : *entries) {
    bool file = entry.kind == Kind::file;
    files += file;
    folders += entry.kind == Kind::folder;
    total += entry.size;
    out += fmt::format("{} {:<30} {:>10}\n", mark(entry.kind), visible(entry.name), file ? size_text(entry.size) : "");
  }
  return out + fmt::format("\nTotal: {} files, {} directories\nCombined size: {}", files, folders, size_text(total));
}

Result<std::string> FileTools::folder_tree(arguments::FolderTree in, mcp::Call call) { return show_tree(std::move(in), call.stop_token()); }
Result<std::string> FileTools::search_names(arguments::SearchFiles in, mcp::Call call) {
  return find_names(std::move(in), call.stop_token());
}
Result<std::string> FileTools::search_text(arguments::SearchContent in, mcp::Call call) {
  return find_lines(std::move(in), call.stop_token());
}

Result<std::string> FileTools::show_tree(arguments::FolderTree in, std::stop_token stop) {
  auto excludes = Globs::parse_excludes(*in.excludePatterns);
  if (!excludes) return std::move(excludes).error();
  TreeText text;
  std::size_t count = 0;
  bool too_many = false;
  auto walked = tree_.walk(*in.path, Tree::With::names, stop, [&](const Visit& visit) {
    if (excludes->matches(visit.path)) return Onward::pass;
    too_many = ++count > tree_.limits().entries || text.size() > tree_.limits().result;
    if (too_many) return Onward::stop;
    text.add(visit.path, visit.entry);
    return Onward::enter;
  });
  if (!walked) return std::move(walked).error();
  if (too_many)
    return Error(Code::too_large, fmt::format("{} holds more than fits one answer ({} entries, {}); choose a folder below it, or leave "
                                              "some out with excludePatterns",
                                              in_quotes(*in.path), tree_.limits().entries, size_text(tree_.limits().result)));
  return text.finish();
}

Result<std::string> FileTools::find_names(arguments::SearchFiles in, std::stop_token stop) {
  auto glob = Glob::parse(*in.pattern);
  if (!glob) return std::move(glob).error();
  auto excludes = Globs::parse_excludes(*in.excludePatterns);
  if (!excludes) return std::move(excludes).error();
  auto place = tree_.place(*in.path);
  if (!place) return std::move(place).error();
  std::string base = place->full();
  if (!base.ends_with('/')) base += '/';
  std::string out;
  std::size_t count = 0;
  bool complete = true;
  auto walked = tree_.walk(*in.path, Tree::With::names, stop, [&](const Visit& visit) {
    if (excludes->matches(visit.path)) return Onward::pass;
    if (!glob->matches(visit.path)) return Onward::enter;
    complete = count < tree_.limits().entries && out.size() < tree_.limits().result;
    if (!complete) return Onward::stop;
    ++count;
    out += (out.empty() ? "" : "\n") + visible(base + visit.path);
    return Onward::enter;
  });
  if (!walked) return std::move(walked).error();
  if (out.empty()) return std::string("No matches found");
  if (!complete) out += fmt::format("\n(stopped after {} matches; narrow the pattern or the folder)", count);
  return out;
}

Result<std::string> FileTools::find_lines(arguments::SearchContent in, std::stop_token stop) {
  ContentQuery query;
  query.pattern = *in.pattern;
  query.syntax = *in.regex ? ContentQuery::Syntax::regex : ContentQuery::Syntax::literal;
  query.letters = *in.ignoreCase ? ContentQuery::Case::ignored : ContentQuery::Case::sensitive;
  query.limit = static_cast<std::size_t>(*in.limit);
  if (*in.include) {
    auto include = Globs::parse({**in.include});
    if (!include) return std::move(include).error();
    query.include = *std::move(include);
  }
  auto excludes = Globs::parse_excludes(*in.excludePatterns);
  if (!excludes) return std::move(excludes).error();
  query.exclude = *std::move(excludes);
  auto found = search_content(tree_, *in.path, query, stop);
  if (!found) return std::move(found).error();
  auto place = tree_.place(*in.path);
  if (!place) return std::move(place).error();
  std::string base = place->full();
  std::string out;
  for (const ContentMatch& match : found->matches) {
    std::string path = match.path == "." ? base : (base.ends_with('/') ? base : base + "/") + match.path;
    out += fmt::format("{}:{}: {}\n", visible(path), match.line, match.text);
  }
  if (out.empty()) out = "No matches found";
  out += fmt::format("\n({} files searched", found->searched);
  if (found->skipped) out += fmt::format(", {} binary, large or unreadable ones skipped", found->skipped);
  out += found->complete ? ")" : fmt::format("; stopped after {} matches, narrow the search for the rest)", found->matches.size());
  return out;
}

}  // namespace servers
