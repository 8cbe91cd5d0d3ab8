#include "trust/provenance/dependency_lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"

namespace trust {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;
using Packages = std::vector<LockedDependency>;

Error broken(std::string why) { return {Code::invalid_argument, std::move(why)}; }
Error too_many() { return {Code::too_large, fmt::format("a lock of more than {} packages", kMostLocked)}; }

// `node_modules/a/node_modules/@b/c` is @b/c.
std::string_view name_in(std::string_view path) {
  constexpr std::string_view kFolder = "node_modules/";
  const std::size_t at = path.rfind(kFolder);
  return at == path.npos ? std::string_view() : path.substr(at + kFolder.size());
}

// Where the public registry keeps its archives, of the package that is named.
bool from_registry(std::string_view resolved) { return resolved.starts_with("https://registry.npmjs.org/"); }

Result<> read_npm_package(std::string_view path, std::string_view json, Packages& out) {
  LockedDependency package;
  package.name = name_in(path);
  std::string resolved;
  bool link = false;
  auto member = [&](std::string_view key, std::string_view value) -> Result<> {
    if (key == "hasInstallScript") package.install_script = value == "true";
    if (key == "link") link = value == "true";
    std::string* text = key == "version"     ? &package.version
                        : key == "integrity" ? &package.integrity
                        : key == "resolved"  ? &resolved
                        : key == "name"      ? &package.name
                                             : nullptr;
    if (!text) return {};
    auto read = base::json_string(value);
    if (!read) return broken(fmt::format("packages[{}].{} is not text", base::quoted(path), key));
    *text = *std::move(read);
    return {};
  };
  if (auto read = base::each_member(json, member); !read)
    return std::move(read).error().in(fmt::format("packages[{}]", base::quoted(path)));
  // The project itself, and what is linked to a folder of it.
  if (path.empty() || name_in(path).empty()) return {};
  if (link) resolved = "a folder: " + resolved;
  if (package.version.empty() && !link) return broken(fmt::format("packages[{}] has no version", base::quoted(path)));
  if (!resolved.empty() && !from_registry(resolved)) package.source = resolved;
  if (out.size() == kMostLocked) return too_many();
  out.push_back(std::move(package));
  return {};
}

Result<Packages> parse_npm(std::string_view text) {
  if (auto valid = base::validate_json(text); !valid) return std::move(valid).error();
  Packages out;
  std::int64_t version = 0;
  bool any = false;
  auto package = [&out](std::string_view path, std::string_view json) { return read_npm_package(path, json, out); };
  auto top = [&](std::string_view key, std::string_view value) -> Result<> {
    if (key == "lockfileVersion") {
      auto number = base::json_integer(value);
      if (!number) return broken("lockfileVersion is no number");
      version = *number;
    }
    if (key != "packages") return {};
    any = true;
    return base::each_member(value, package);
  };
  if (auto read = base::each_member(text, top); !read) return std::move(read).error();
  if (version != 2 && version != 3)
    return broken(fmt::format("lockfileVersion {}; known are 2 and 3, which npm install --package-lock-only writes", version));
  if (!any) return broken("a package-lock.json without packages");
  return out;
}

// The part of TOML that uv writes: tables in arrays, strings, numbers, flags, and inline tables and arrays, which may go over several
// lines.
class UvLock {
 public:
  explicit UvLock(std::string_view text) : text_(text) {}

  Result<Packages> read() {
    while (at_ < text_.size()) {
      const std::string_view line = next_line();
      if (line.empty() || line.front() == '#') continue;
      if (line.front() == '[') {
        if (auto done = finish(); !done) return std::move(done).error();
        in_package_ = line == "[[package]]";
        inside_ = line.starts_with("[package.") || line.starts_with("[[package.");
        begun_ = in_package_ || (begun_ && inside_);
        continue;
      }
      if (auto read = read_key(line); !read) return std::move(read).error();
    }
    if (auto done = finish(); !done) return std::move(done).error();
    if (version_ != 1) return broken(fmt::format("uv.lock of version {}; known is 1", version_));
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kLongestValue = 4 * 1024 * 1024;

  static std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\r')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return text;
  }

  std::string_view next_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = trimmed(text_.substr(at_, end - at_));
    at_ = end + 1;
    ++line_;
    return line;
  }

  // How many brackets stay open behind `line`, whose strings may hold any.
  static Result<int> opened(std::string_view line) {
    int depth = 0;
    char quote = '\0';
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char c = line[i];
      if (quote) {
        if (c == '\\' && quote == '"')
          ++i;
        else if (c == quote)
          quote = '\0';
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '#') {
        break;
      } else if (c == '[' || c == '{') {
        ++depth;
      } else if (c == ']' || c == '}') {
        --depth;
      }
    }
    if (quote) return broken("a text without an end");
    return depth;
  }

  Result<> read_key(std::string_view line) {
    const auto here = [this](Error error) { return std::move(error).in(fmt::format("line {}", line_)); };
    const std::size_t equal = line.find('=');
    if (equal == line.npos) return here(broken("neither a table nor a key with a value"));
    const std::string_view key = trimmed(line.substr(0, equal));
    std::string value(trimmed(line.substr(equal + 1)));
    auto depth = opened(value);
    if (!depth) return here(std::move(depth).error());
    int open = *depth;
    while (open > 0) {
      if (at_ >= text_.size() || value.size() > kLongestValue) return here(broken("a list without an end"));
      const std::string_view more = next_line();
      auto step = opened(more);
      if (!step) return here(std::move(step).error());
      open += *step;
      value.append(" ").append(more);
    }
    if (open < 0) return here(broken("a bracket that closes nothing"));
    take(key, value);
    return {};
  }

  static std::string text_of(std::string_view value) {
    if (value.size() < 2 || (value.front() != '"' && value.front() != '\'')) return {};
    return std::string(value.substr(1, value.find(value.front(), 1) - 1));
  }

  void take(std::string_view key, const std::string& value) {
    if (!begun_) {
      if (key == "version") (void)std::from_chars(value.data(), value.data() + value.size(), version_);
      return;
    }
    if (!in_package_) return;
    if (key == "name") package_.name = text_of(value);
    if (key == "version") package_.version = text_of(value);
    if (key == "source" && value.find("registry = \"https://pypi.org/simple") == value.npos) package_.source = value;
    if (key == "sdist" || key == "wheels") add_hashes(value);
  }

  void add_hashes(std::string_view value) {
    constexpr std::string_view kKey = "hash = \"";
    for (std::size_t at = value.find(kKey); at != value.npos; at = value.find(kKey, at)) {
      at += kKey.size();
      const std::size_t end = std::min(value.find('"', at), value.size());
      package_.integrity.append(package_.integrity.empty() ? "" : " ").append(value.substr(at, end - at));
      at = end;
    }
  }

  Result<> finish() {
    if (!in_package_) return {};
    in_package_ = false;
    LockedDependency package = std::exchange(package_, {});
    package.ecosystem = Ecosystem::pypi;
    // The project itself.
    if (package.source.find("virtual = ") != std::string::npos || package.source.find("editable = ") != std::string::npos) return {};
    if (package.name.empty() || package.version.empty()) return broken(fmt::format("line {}: a package without name and version", line_));
    if (out_.size() == kMostLocked) return too_many();
    out_.push_back(std::move(package));
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 0;
  int version_ = 0;
  bool begun_ = false;       // some package was begun
  bool in_package_ = false;  // the keys are its own, and not of a table in it
  bool inside_ = false;
  LockedDependency package_;
  Packages out_;
};

}  // namespace

Result<Packages> parse_lock(std::string_view text) {
  if (text.size() > kLargestLock) return Error(Code::too_large, fmt::format("a lock of over {} bytes", kLargestLock));
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return broken("an empty lock");
  if (text[first] == '{') return parse_npm(text);
  return UvLock(text).read();
}

}  // namespace trust
