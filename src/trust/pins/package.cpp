#include "trust/pins/package.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

#include "base/digest.h"
#include "base/json.h"

namespace trust {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::size_t kMostFiles = 200'000;
constexpr std::uintmax_t kLargestFile = std::uintmax_t{1} << 30;

bool exact_version(std::string_view text) {
  const std::size_t plain = std::min(text.find_first_of("-+"), text.size());
  std::size_t numbers = 0;
  for (std::string_view rest = text.substr(0, plain);; ++numbers) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view number = rest.substr(0, dot);
    if (number.empty() || number.find_first_not_of("0123456789") != std::string_view::npos) return false;
    if (dot == rest.size())
      return numbers == 2 &&
             text.find_first_not_of("0123456789.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-+") == std::string_view::npos;
    rest.remove_prefix(dot + 1);
  }
}

bool package_name(std::string_view name) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
  if (name.starts_with('@')) {
    const std::size_t slash = name.find('/');
    return slash != std::string_view::npos && slash > 1 &&
           name.substr(1, slash - 1).find_first_not_of(kLetters) == std::string_view::npos && package_name(name.substr(slash + 1));
  }
  return !name.empty() && !name.starts_with('.') && name.find_first_not_of(kLetters) == std::string_view::npos;
}

Result<std::string> content_line(const fs::path& path, const fs::file_status& status, std::error_code& ec) {
  const std::string kind = (status.permissions() & fs::perms::owner_exec) != fs::perms::none ? "x" : "f";
  const std::uintmax_t size = fs::file_size(path, ec);
  if (ec || size > kLargestFile)
    return Error(ec ? Code::internal : Code::too_large, path.string() + (ec ? ": " + ec.message() : " is too large"));
  std::string content(size, '\0');
  std::ifstream in(path, std::ios::binary);
  if (!in.read(content.data(), static_cast<std::streamsize>(size)) && size > 0)
    return Error(Code::internal, path.string() + " cannot be read");
  return kind + base::sha256_hex(content);
}

// A release of PEP 440 without wildcards: numbers with dots, and what may follow them.
bool exact_release(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9' && text.back() != '.' && text.find("..") == std::string_view::npos &&
         text.find_first_not_of("0123456789.abcdefghijklmnopqrstuvwxyz+-") == std::string_view::npos;
}

// `name==1.2` and, where uvx reads it as the same, `name@1.2`.
std::optional<PackageCommand> find_release(const std::string& word, std::size_t place) {
  const std::size_t at = word.find_first_of("=@");
  if (at == std::string::npos) return std::nullopt;
  const std::size_t sign = word[at] == '@' ? 1 : 2;
  if (sign == 2 && !word.substr(at).starts_with("==")) return std::nullopt;
  PackageCommand out{"uv", word.substr(0, at), word.substr(std::min(at + sign, word.size())), place, word.substr(0, at)};
  if (!package_name(out.name) || out.name.starts_with('-') || out.name.find('~') != std::string::npos || !exact_release(out.version))
    return std::nullopt;
  return out;
}

std::optional<PackageCommand> find_uvx(std::span<const std::string> command) {
  std::optional<PackageCommand> from;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (word == "-q" || word == "--quiet") continue;
    if (word == "--from" && !from && i + 1 < command.size()) {
      ++i;
      from = find_release(command[i], i);
      if (!from) return std::nullopt;
      continue;
    }
    if (!from) return find_release(word, i);
    if (!package_name(word) || word.starts_with('-')) return std::nullopt;
    from->place = i;
    from->program = word;
    return from;
  }
  return std::nullopt;
}

}  // namespace

std::optional<PackageCommand> find_package_command(std::span<const std::string> command) {
  if (command.empty()) return std::nullopt;
  if (fs::path(command[0]).filename() == "uvx") return find_uvx(command);
  if (fs::path(command[0]).filename() != "npx") return std::nullopt;
  for (std::size_t i = 1; i < command.size(); ++i) {
    const std::string& word = command[i];
    if (word == "-y" || word == "--yes" || word == "-q" || word == "--quiet") continue;
    const std::size_t at = word.rfind('@');
    if (at == std::string::npos || at == 0) return std::nullopt;
    PackageCommand out{"npm", word.substr(0, at), word.substr(at + 1), i, {}};
    if (!package_name(out.name) || !exact_version(out.version)) return std::nullopt;
    return out;
  }
  return std::nullopt;
}

Result<std::string> tree_digest(const std::string& folder) {
  std::error_code ec;
  if (!fs::is_directory(folder, ec)) return Error(Code::not_found, folder + " is not there");
  std::map<std::string, std::string> lines;
  for (fs::recursive_directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    const fs::file_status status = it->symlink_status(ec);
    if (ec) break;
    const std::string name = it->path().lexically_relative(folder).generic_string();
    if (fs::is_directory(status)) continue;
    if (lines.size() >= kMostFiles) return Error(Code::too_large, folder + " has more than 200000 files");
    if (fs::is_symlink(status)) {
      lines.emplace(name, "l" + base::sha256_hex(fs::read_symlink(it->path(), ec).generic_string()));
      if (ec) break;
      continue;
    }
    if (!fs::is_regular_file(status)) return Error(Code::internal, it->path().string() + " is no file");
    auto line = content_line(it->path(), status, ec);
    if (!line) return std::move(line).error();
    lines.emplace(name, *std::move(line));
  }
  if (ec) return Error(Code::internal, folder + ": " + ec.message());
  std::string all;
  for (const auto& [name, line] : lines) all.append(std::to_string(name.size())).append(":").append(name).append(line).append("\n");
  return base::sha256_hex(all);
}

std::optional<std::string> find_entry(std::string_view package_json, std::string_view name) {
  if (!base::validate_json(package_json) || !base::is_object(package_json)) return std::nullopt;
  const std::string_view bin = base::find_member(package_json, "bin");
  const std::size_t slash = name.find('/');
  const std::string_view own = slash == std::string_view::npos ? name : name.substr(slash + 1);
  std::string_view entry = bin;
  if (base::is_object(bin)) {
    entry = base::find_member(bin, own);
    std::size_t count = 0;
    std::string_view only;
    for (base::Members one(bin); one.next(); ++count) only = one.value();
    if (entry.empty() && count == 1) entry = only;
  }
  auto path = base::json_string(entry);
  if (!path || path->empty()) return std::nullopt;
  const fs::path plain = fs::path(*path).lexically_normal();
  if (plain.is_absolute() || plain.empty() || *plain.begin() == "..") return std::nullopt;
  return plain.generic_string();
}

}  // namespace trust
