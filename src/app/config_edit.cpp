#include "app/config_edit.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "app/yaml.h"
#include "base/json.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;
using mcp::Result;

bool same(const yaml::Value& a, const yaml::Value& b) {
  const auto same_member = [](const yaml::Member& x, const yaml::Member& y) { return x.key == y.key && same(x.value, y.value); };
  return a.kind == b.kind && a.text == b.text && a.quoted == b.quoted && std::ranges::equal(a.items, b.items, same) &&
         std::ranges::equal(a.members, b.members, same_member);
}

// What `before` said, and the server `id` as the last one.
bool says_the_same(const yaml::Value& before, const yaml::Value& after, const std::string& id) {
  const auto* servers = after.find("servers");
  if (!servers || servers->members.empty() || servers->members.back().key != id) return false;
  yaml::Value without = after;
  const auto* old = before.find("servers");
  for (auto at = without.members.begin(); at != without.members.end(); ++at) {
    if (at->key != "servers") continue;
    at->value.members.pop_back();
    if (!old) {
      if (!at->value.members.empty()) return false;
      without.members.erase(at);
    } else if (old->kind == yaml::Value::Kind::null) {
      if (!at->value.members.empty()) return false;
      at->value = *old;
    }
    break;
  }
  if (before.kind == yaml::Value::Kind::null) return without.members.empty();
  return same(before, without);
}

std::optional<yaml::Value> parsed(std::string_view text) {
  Findings findings("config");
  auto value = yaml::parse(text, findings);
  return findings.any_error() ? std::nullopt : std::move(value);
}

// Where line `number`, from 1, begins.
std::size_t line_begin(std::string_view text, int number) {
  std::size_t at = 0;
  for (int line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n', at);
    if (end == text.npos) return text.size();
    at = end + 1;
  }
  return at;
}

bool blank_or_comment(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r\n");
  return first == line.npos || line[first] == '#';
}

// Behind the last line of [begin, end) that says something.
std::size_t behind_last_line(std::string_view text, std::size_t begin, std::size_t end) {
  std::size_t out = begin;
  for (std::size_t at = begin; at < end;) {
    const std::size_t next = std::min(text.find('\n', at), text.size() - 1) + 1;
    if (!blank_or_comment(text.substr(at, next - at))) out = next;
    at = next;
  }
  return out;
}

std::string inserted(std::string_view text, std::size_t at, std::string_view more) {
  std::string out(text.substr(0, at));
  if (!out.empty() && !out.ends_with('\n') && !more.starts_with(',')) out += '\n';
  out += more;
  return out.append(text.substr(at));
}

std::string flow_text(const NewServer& server) {
  std::string out = base::quoted(server.id) + ": { ";
  for (const auto& [key, value] : server.keys) out += fmt::format("{}{}: {}", out.ends_with("{ ") ? "" : ", ", base::quoted(key), value);
  return out + " }";
}

// The brace that closes the one at `open`, or npos.
std::size_t closing_brace(std::string_view text, std::size_t open) {
  int depth = 0;
  char quote = '\0';
  for (std::size_t i = open; i < text.size(); ++i) {
    const char c = text[i];
    if (quote) {
      if (c == '\\' && quote == '"')
        ++i;
      else if (c == quote)
        quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#' && i > 0 && (text[i - 1] == ' ' || text[i - 1] == '\n')) {
      i = std::min(text.find('\n', i), text.size() - 1);
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return i;
    }
  }
  return text.npos;
}

// Into a map in braces, that is `servers` or the whole config.
std::optional<std::string> into_flow(std::string_view text, std::size_t open, bool empty, const std::string& member) {
  const std::size_t close = closing_brace(text, open);
  if (close == text.npos) return std::nullopt;
  std::size_t at = close;
  while (at > open + 1 && (text[at - 1] == ' ' || text[at - 1] == '\n' || text[at - 1] == '\r' || text[at - 1] == '\t')) --at;
  const bool comma = at > open && text[at - 1] == ',';
  std::string out(text.substr(0, at));
  out += empty || comma ? " " : ", ";
  out += member;
  return out.append(text.substr(at));
}

std::size_t place_of(std::string_view text, yaml::Mark mark) {
  return std::min(line_begin(text, mark.line) + static_cast<std::size_t>(mark.column - 1), text.size());
}

// Each way to add it; what comes of it is checked by who asked.
std::optional<std::string> added(std::string_view text, const yaml::Value& top, const NewServer& server) {
  constexpr std::size_t kIndent = 2;
  const auto* servers = top.find("servers");
  const bool flow_top = top.kind == yaml::Value::Kind::map && text.substr(place_of(text, top.mark)).starts_with('{');
  if (!servers) {
    if (flow_top) return into_flow(text, place_of(text, top.mark), top.members.empty(), "\"servers\": { " + flow_text(server) + " }");
    return inserted(text, text.size(), "\nservers:\n" + server_text(server, kIndent));
  }
  const yaml::Member* next = nullptr;  // the key behind servers
  yaml::Mark key;
  for (std::size_t i = 0; i < top.members.size(); ++i) {
    if (top.members[i].key != "servers") continue;
    key = top.members[i].mark;
    if (i + 1 < top.members.size()) next = &top.members[i + 1];
  }
  if (servers->kind == yaml::Value::Kind::null)
    return flow_top ? std::nullopt : std::optional(inserted(text, line_begin(text, key.line + 1), server_text(server, kIndent)));
  if (servers->kind != yaml::Value::Kind::map) return std::nullopt;
  const std::size_t first = place_of(text, servers->mark);
  if (text.substr(first).starts_with('{')) return into_flow(text, first, servers->members.empty(), flow_text(server));
  // Braces behind an anchor.
  if (servers->members.empty()) return std::nullopt;
  const std::size_t end = next ? line_begin(text, next->mark.line) : text.size();
  const std::size_t at = behind_last_line(text, line_begin(text, key.line), end);
  return inserted(text, at, server_text(server, static_cast<std::size_t>(servers->members.front().mark.column - 1)));
}

Error no_file(const std::string& file) { return {Code::unavailable, fmt::format("{} cannot be written: {}", file, std::strerror(errno))}; }

Result<> write_new(const std::string& file, std::string_view text, mode_t mode) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return no_file(file);
  bool good = ::fchmod(fd, mode) == 0;
  while (good && !text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    good = n > 0;
    if (good) text.remove_prefix(static_cast<std::size_t>(n));
  }
  good = good && ::fsync(fd) == 0;
  Error error = no_file(file);
  good = ::close(fd) == 0 && good;
  if (good) return {};
  (void)::unlink(file.c_str());
  return error;
}

}  // namespace

std::string server_text(const NewServer& server, std::size_t indent) {
  std::string out;
  if (!server.comment.empty()) out += fmt::format("{:{}}# {}\n", "", indent, server.comment);
  out += fmt::format("{:{}}{}:\n", "", indent, server.id);
  for (const auto& [key, value] : server.keys) out += fmt::format("{:{}}{}: {}\n", "", indent + 2, key, value);
  return out;
}

Result<std::string> with_server(std::string_view text, const NewServer& server) {
  auto before = parsed(text);
  if (!before) return Error(Code::invalid_argument, "the config cannot be read; gatehouse check says why");
  if (const auto* servers = before->find("servers"); servers && servers->find(server.id))
    return Error(Code::conflict, fmt::format("the config has a server {} already; choose another id with --as", server.id));
  auto out = added(text, *before, server);
  auto after = out ? parsed(*out) : std::nullopt;
  if (!after || !says_the_same(*before, *after, server.id))
    return Error(Code::internal, "the config is written in a way that nothing can be added to without changing more");
  return *std::move(out);
}

Result<> replace_file(const std::string& file, std::string_view text) {
  std::error_code failed;
  const fs::path real = fs::exists(file, failed) ? fs::canonical(file, failed) : fs::path(file);
  if (failed) return Error(Code::unavailable, fmt::format("{} cannot be written: {}", file, failed.message()));
  struct stat is{};
  const bool there = ::stat(real.c_str(), &is) == 0;
  const std::string whole = real.string();
  if (there) {
    fs::copy_file(real, whole + ".bak", fs::copy_options::overwrite_existing, failed);
    if (failed) return Error(Code::unavailable, fmt::format("{}.bak cannot be written: {}", whole, failed.message()));
  }
  const std::string fresh = fmt::format("{}.new-{}", whole, ::getpid());
  if (auto written = write_new(fresh, text, there ? is.st_mode & 07777 : 0600); !written) return written;
  if (::rename(fresh.c_str(), whole.c_str()) == 0) return {};
  Error error = no_file(file);
  (void)::unlink(fresh.c_str());
  return error;
}

}  // namespace app
