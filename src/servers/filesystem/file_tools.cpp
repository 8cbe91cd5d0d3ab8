#include "servers/filesystem/file_tools.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <utility>

#include "base/digest.h"
#include "servers/filesystem/edit.h"
#include "servers/filesystem/refusal.h"
#include "servers/filesystem/text.h"

namespace servers {

namespace {

std::string time_text(std::int64_t ns) {
  auto seconds = static_cast<std::time_t>(ns / 1'000'000'000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

std::string file_uri(const std::string& path) {
  std::string out = "file://";
  for (char c : path) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 std::string_view("-._~/").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// Text, or the reason why it is none.
Result<> check_text(std::string_view text, std::string_view path, bool at_start) {
  if (at_start && (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")))
    return Error(Code::invalid_argument, in_quotes(path) + " is UTF-16, not UTF-8; read_media_file returns its bytes");
  if (looks_binary(text))
    return Error(Code::invalid_argument,
                 in_quotes(path) + " is a binary file (" + std::string(media_type(path)) + "); read_media_file returns its bytes");
  if (auto bad = find_bad_utf8(text))
    return Error(Code::invalid_argument, in_quotes(path) + " is not UTF-8 text" +
                                             (at_start ? " (byte " + std::to_string(*bad) + " is wrong)" : std::string()) +
                                             "; read_media_file returns its bytes");
  return {};
}

}  // namespace

Result<std::string> FileTools::text_of(const std::string& path, std::optional<int> head, std::optional<int> tail,
                                       std::optional<int> first) const {
  if (head && tail) return Error(Code::invalid_argument, "give head or tail, not both");
  if (first && tail) return Error(Code::invalid_argument, "give firstLine or tail, not both; firstLine goes with head");
  std::size_t most = head ? static_cast<std::size_t>(*head) : std::numeric_limits<std::size_t>::max();
  auto text = first  ? tree_.head(path, most, static_cast<std::size_t>(*first))
              : head ? tree_.head(path, most)
              : tail ? tree_.tail(path, static_cast<std::size_t>(*tail))
                     : tree_.read(path);
  if (!text) return text;
  if (auto fine = check_text(*text, path, !tail && first.value_or(1) == 1); !fine) return std::move(fine).error();
  if (text->size() > tree_.limits().result)
    return Error(Code::too_large, in_quotes(path) + " has " + size_text(text->size()) + ", and an answer at most " +
                                      size_text(tree_.limits().result) +
                                      "; read a part of it with head, tail or firstLine, or search_content");
  return text;
}

Result<std::string> FileTools::read_text(arguments::ReadText in) { return text_of(*in.path, *in.head, *in.tail, *in.firstLine); }

Result<mcp::Content> FileTools::read_media(arguments::ReadMedia in) {
  auto bytes = tree_.read(*in.path);
  if (!bytes) return std::move(bytes).error();
  std::string type(media_type(*in.path));
  if (type.starts_with("image/")) return mcp::Content(mcp::Image{*std::move(bytes), type});
  if (type.starts_with("audio/")) return mcp::Content(mcp::Audio{*std::move(bytes), type});
  auto place = tree_.place(*in.path);
  if (!place) return std::move(place).error();
  mcp::EmbeddedResource blob;
  blob.resource.uri = file_uri(place->full());
  blob.resource.mime_type = type;
  blob.resource.bytes = *std::move(bytes);
  return mcp::Content(std::move(blob));
}

Result<std::string> FileTools::read_many(arguments::ReadMany in) {
  std::string out;
  for (const std::string& path : *in.paths) {
    if (!out.empty()) out += "\n---\n";
    auto text = text_of(path, {}, {});
    if (text && out.size() + text->size() > tree_.limits().result)
      text = Error(Code::too_large, "the answer would be larger than " + size_text(tree_.limits().result) + "; read this file alone");
    out += visible(path) + ":" + (text ? "\n" + *text : " Error - " + text.error().leaving()) + "\n";
  }
  return out;
}

Result<std::string> FileTools::file_info(arguments::FileInfo in) {
  auto info = tree_.info(*in.path);
  if (!info) return std::move(info).error();
  auto yes = [](bool b) { return b ? "true" : "false"; };
  std::string out = fmt::format("size: {}\n", info->size);
  if (info->created_ns) out += "created: " + time_text(info->created_ns) + "\n";
  out += fmt::format("modified: {}\naccessed: {}\nisDirectory: {}\nisFile: {}\npermissions: {:03o}", time_text(info->modified_ns),
                     time_text(info->accessed_ns), yes(info->kind == Kind::folder), yes(info->kind == Kind::file), info->permissions);
  if (info->kind == Kind::file) out += "\nmimeType: " + std::string(media_type(*in.path));
  if (info->kind == Kind::file && info->links > 1) out += fmt::format("\nhardLinks: {}", info->links);
  if (*in.hash) {
    if (info->kind != Kind::file)
      return Error(Code::invalid_argument, in_quotes(*in.path) + " is no file and has no hash; ask without hash");
    auto bytes = tree_.read(*in.path);
    if (!bytes) return std::move(bytes).error();
    out += "\nsha256: " + base::sha256_hex(*bytes);
  }
  return out;
}

std::string FileTools::allowed() {
  std::string out = "Allowed directories:";
  for (const auto& root : tree_.roots()) out += "\n" + visible(root->path()) + " (" + std::string(mode_name(root->mode)) + ")";
  return out;
}

Result<std::string> FileTools::write(arguments::Write in) {
  auto written = tree_.write(*in.path, *in.content);
  if (!written) return std::move(written).error();
  return "Successfully wrote to " + visible(*in.path);
}

Result<std::string> FileTools::append(arguments::Append in) {
  auto added = tree_.append(*in.path, *in.content);
  if (!added) return std::move(added).error();
  return "Successfully appended to " + visible(*in.path);
}

Result<std::string> FileTools::edit(arguments::EditFile in) {
  auto before = tree_.read(*in.path);
  if (!before) return before;
  if (auto fine = check_text(*before, *in.path, true); !fine) return std::move(fine).error();
  std::vector<Edit> edits;
  for (auto& one : *in.edits) edits.push_back({*one.oldText, *one.newText});
  auto after = apply_edits(*before, edits);
  if (!after) return std::move(after).error().in(in_quotes(*in.path));
  std::string diff = unified_diff(visible(*in.path), *before, *after);
  if (!*in.dryRun && *after != *before) {
    auto written = tree_.write(*in.path, *after);
    if (!written) return std::move(written).error();
  }
  if (diff.empty()) return "The edits change nothing.";
  if (diff.size() > tree_.limits().result) diff = std::string(cut(diff, tree_.limits().result)) + "\n… (the diff is cut)\n";
  std::string fence = "```";
  while (diff.find(fence) != std::string::npos) fence += '`';
  return fence + "diff\n" + diff + fence + "\n\n";
}

Result<std::string> FileTools::make_folder(arguments::MakeFolder in) {
  auto made = tree_.make_folder(*in.path);
  if (!made) return std::move(made).error();
  return (*made ? "Successfully created directory " : "Already there: directory ") + visible(*in.path);
}

Result<std::string> FileTools::move(arguments::Move in) {
  auto moved = tree_.move(*in.source, *in.destination);
  if (!moved) return std::move(moved).error();
  return "Successfully moved " + visible(*in.source) + " to " + visible(*in.destination);
}

}  // namespace servers
