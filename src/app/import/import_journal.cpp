#include "app/import/import_journal.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <ranges>

#include "app/config_edit.h"
#include "base/digest.h"
#include "base/json.h"
#include "mcp/json.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::size_t kLargest = 16 * 1024 * 1024;

std::string free_name(const std::string& file) {
  std::error_code ec;
  std::string name = file + ".before-gatehouse";
  for (int n = 2; fs::exists(name, ec); ++n) name = fmt::format("{}.before-gatehouse-{}", file, n);
  return name;
}

// Puts one file back; gives why not.
std::string put_back(const WrittenFile& one) {
  std::error_code ec;
  auto now = read_file(one.file, kLargest);
  if (!now) return fmt::format("it is not there any more{}", one.backup.empty() ? "" : "; what was there before is " + one.backup);
  if (base::sha256_hex(*now) != one.digest)
    return fmt::format("it was changed since, and is left as it is{}",
                       one.backup.empty() ? "" : "; what was there before is " + one.backup);
  if (one.backup.empty()) {
    fs::remove(one.file, ec);
    return ec ? ec.message() : "";
  }
  auto before = read_file(one.backup, kLargest);
  if (!before) return fmt::format("its backup {} is not there any more", one.backup);
  if (auto written = replace_file(one.file, *before); !written) return written.error().message;
  fs::remove(one.file + ".bak", ec);
  fs::remove(one.backup, ec);
  return "";
}

}  // namespace

Result<std::string> read_file(const std::string& file, std::size_t most) {
  std::error_code ec;
  std::ifstream in(file, std::ios::binary);
  if (!in || !fs::is_regular_file(file, ec)) return Error(Code::not_found, fmt::format("{} cannot be read", file));
  const auto size = fs::file_size(file, ec);
  if (ec || size > most) return Error(Code::too_large, fmt::format("{} is larger than {} bytes", file, most));
  std::string text(static_cast<std::size_t>(size), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Result<> ImportWriter::write(const std::string& given, std::string_view text) {
  std::error_code ec;
  // A link stays one.
  const std::string file = fs::exists(given, ec) ? fs::canonical(given, ec).string() : given;
  const fs::path folder = fs::path(file).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, ec)) {
    fs::create_directories(folder, ec);
    if (ec) return Error(Code::unavailable, fmt::format("{} cannot be made: {}", folder.string(), ec.message()));
    fs::permissions(folder, fs::perms::owner_all, ec);
  }
  WrittenFile one{file, "", base::sha256_hex(text)};
  if (fs::exists(file, ec)) {
    one.backup = free_name(file);
    fs::copy_file(file, one.backup, ec);
    if (ec) return Error(Code::unavailable, fmt::format("{} cannot be written: {}", one.backup, ec.message()));
  }
  const bool kept = fs::exists(file + ".bak", ec);
  if (auto written = replace_file(file, text); !written) {
    if (!one.backup.empty()) fs::remove(one.backup, ec);
    return written;
  }
  // The backup of this import is the one that counts.
  if (!kept) fs::remove(file + ".bak", ec);
  written_.files.push_back(std::move(one));
  return {};
}

void ImportWriter::take_back() {
  (void)app::take_back(written_);
  written_.files.clear();
}

std::string journal_of(const std::string& config) { return config + ".imports.json"; }

Result<std::vector<WrittenImport>> parse_journal(std::string_view text) {
  auto journal = mcp::Json::parse(std::string(text));
  if (!journal) return std::move(journal).error();
  std::vector<WrittenImport> out;
  bool good = (*journal)["imports"].is(mcp::JsonView::Kind::array);
  (*journal)["imports"].each_element([&](mcp::JsonView import) {
    WrittenImport& one = out.emplace_back();
    import["files"].each_element([&](mcp::JsonView file) {
      WrittenFile& written = one.files.emplace_back();
      written.file = file["file"].string_or("");
      written.backup = file["backup"].string_or("");
      written.digest = file["sha256"].string_or("");
      good = good && one.files.back().file.starts_with('/') && one.files.back().digest.size() == 64;
    });
  });
  if (!good) return Error(Code::invalid_argument, "it is no journal of imports");
  return out;
}

std::string journal_text(const std::vector<WrittenImport>& imports) {
  mcp::JsonWriter out;
  out.object().key("imports").array();
  for (const WrittenImport& import : imports) {
    out.object().key("files").array();
    for (const WrittenFile& file : import.files)
      out.object().field("file", file.file).field("backup", file.backup).field("sha256", file.digest).end();
    out.end().end();
  }
  out.end().end();
  return out.text() + "\n";
}

std::vector<TakenBack> take_back(const WrittenImport& import) {
  std::vector<TakenBack> out;
  for (const WrittenFile& one : import.files | std::views::reverse) out.push_back({one.file, put_back(one)});
  return out;
}

}  // namespace app
