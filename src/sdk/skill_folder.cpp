#include "sdk/skill_folder.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <utility>

namespace sdk {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::size_t kDeepest = 32;
constexpr std::size_t kMostEntries = 20'000;

constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kMediaTypes = {{
    {".md", "text/markdown"},     {".txt", "text/plain"},        {".html", "text/html"},        {".css", "text/css"},
    {".csv", "text/csv"},         {".js", "text/javascript"},    {".mjs", "text/javascript"},   {".ts", "text/typescript"},
    {".py", "text/x-python"},     {".sh", "text/x-shellscript"}, {".json", "application/json"}, {".yaml", "application/yaml"},
    {".yml", "application/yaml"}, {".xml", "application/xml"},   {".svg", "image/svg+xml"},     {".png", "image/png"},
    {".jpg", "image/jpeg"},       {".jpeg", "image/jpeg"},       {".gif", "image/gif"},         {".webp", "image/webp"},
    {".pdf", "application/pdf"},  {".zip", "application/zip"},
}};

struct Entry {
  fs::path path;
  bool folder = false;
};

// What to do about a link or a device: in a skill it is an error, since what it leads to is not the skill's.
enum class Others { refuse, skip };

// What is in one folder, by name.
Result<std::vector<Entry>> entries_of(const fs::path& folder, Others others) {
  std::vector<Entry> all;
  std::error_code ec;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    if (it->path().filename().string().starts_with('.')) continue;
    std::error_code status_error;
    auto type = it->symlink_status(status_error).type();
    bool known = type == fs::file_type::regular || type == fs::file_type::directory;
    if (!known && others == Others::skip) continue;
    if (!known)
      return Error(Code::invalid_argument,
                   it->path().string() + " is neither a file nor a folder (links are not followed): put a copy there");
    all.push_back({it->path(), type == fs::file_type::directory});
    if (all.size() > kMostEntries) return Error(Code::too_large, folder.string() + " has too many entries");
  }
  if (ec) return Error(Code::not_found, folder.string() + ": " + ec.message());
  std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.path < b.path; });
  return all;
}

Result<std::string> read_file(const fs::path& path, std::size_t room) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error(Code::not_found, path.string() + " cannot be read");
  std::string bytes;
  std::array<char, 65536> block{};
  while (in.read(block.data(), block.size()), in.gcount() > 0) {
    bytes.append(block.data(), static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > room)
      return Error(Code::too_large, "with " + path.string() + " the skill has more than " + std::to_string(kMostSkillBytes >> 20) + " MiB");
  }
  return bytes;
}

Result<> walk(const fs::path& folder, const std::string& prefix, std::size_t depth, std::size_t& bytes, SkillFolder& out) {
  if (depth > kDeepest) return Error(Code::too_large, folder.string() + " is nested too deep");
  auto entries = entries_of(folder, Others::refuse);
  if (!entries) return std::move(entries).error();
  for (const Entry& entry : *entries) {
    std::string path = prefix + entry.path.filename().string();
    if (entry.folder) {
      out.directories.push_back(path);
      if (auto done = walk(entry.path, path + "/", depth + 1, bytes, out); !done) return done;
      continue;
    }
    auto read = read_file(entry.path, kMostSkillBytes - bytes);
    if (!read) return std::move(read).error();
    bytes += read->size();
    out.files.push_back({std::move(path), *std::move(read)});
    if (out.files.size() > kMostSkillFiles)
      return Error(Code::too_large, "the skill has more than " + std::to_string(kMostSkillFiles) + " files");
  }
  return {};
}

Result<> find(const fs::path& folder, const std::string& path, std::size_t depth, std::vector<std::string>& out) {
  if (depth > kDeepest) return Error(Code::too_large, folder.string() + " is nested too deep");
  auto entries = entries_of(folder, Others::skip);
  if (!entries) return std::move(entries).error();
  for (const Entry& entry : *entries)
    if (!entry.folder && entry.path.filename() == "SKILL.md") out.push_back(path);
  for (const Entry& entry : *entries) {
    if (!entry.folder) continue;
    std::string below = path;
    if (!below.empty()) below += '/';
    below += entry.path.filename().string();
    if (auto done = find(entry.path, below, depth + 1, out); !done) return done;
    if (out.size() > kMostEntries) return Error(Code::too_large, folder.string() + " has too many skills");
  }
  return {};
}

}  // namespace

Result<SkillFolder> read_skill_folder(const std::string& folder) {
  SkillFolder out;
  std::size_t bytes = 0;
  if (auto done = walk(folder, "", 0, bytes, out); !done) return std::move(done).error();
  bool skill = std::any_of(out.files.begin(), out.files.end(), [](const auto& file) { return file.path == "SKILL.md"; });
  if (!skill) return Error(Code::not_found, folder + " has no SKILL.md");
  return out;
}

Result<std::vector<std::string>> find_skill_folders(const std::string& folder) {
  std::vector<std::string> out;
  if (auto done = find(folder, "", 0, out); !done) return std::move(done).error();
  return out;
}

std::string encode_path(std::string_view path) {
  static constexpr std::string_view kPlain = "-._~!$&'()*+,;=:@/";
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : path) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos;
    auto byte = static_cast<unsigned char>(c);
    if (plain)
      out += c;
    else
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
  return out;
}

bool is_text(std::string_view bytes) { return simdjson::validate_utf8(bytes.data(), bytes.size()); }

std::string media_type(std::string_view path, std::string_view bytes) {
  for (const auto& [ending, type] : kMediaTypes)
    if (path.ends_with(ending)) return std::string(type);
  return is_text(bytes) ? "text/plain" : "application/octet-stream";
}

std::string skill_name_problem(std::string_view name) {
  bool good =
      !name.empty() && name.size() <= 64 && !name.starts_with('-') && !name.ends_with('-') && name.find("--") == std::string_view::npos;
  for (char c : name) good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
  return good ? "" : "the name of a skill is 1 to 64 of a-z 0-9 and single hyphens between them";
}

}  // namespace sdk
