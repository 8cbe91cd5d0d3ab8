#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "app/reader.h"

namespace app {

// Finds the references in `value.text` and replaces them. What is replaced is never looked at again.
std::optional<std::string> Reader::secret(const yaml::Value& value, std::string_view what) {
  if (value.kind != yaml::Value::Kind::scalar) {
    wrong(value, what, "text");
    return {};
  }
  std::string_view rest = value.text;
  std::string out;
  bool good = true;
  for (std::size_t at = rest.find("${"); at != std::string_view::npos; at = rest.find("${")) {
    if (at > 0 && rest[at - 1] == '$') {
      out += rest.substr(0, at - 1);
      out += "${";
      rest.remove_prefix(at + 2);
      continue;
    }
    out += rest.substr(0, at);
    std::size_t end = rest.find('}', at);
    if (end == std::string_view::npos) {
      error(value, fmt::format("{}: ${{ has no }}; close it, or write $${{ for a plain ${{", what));
      return {};
    }
    auto resolved = resolve(value, what, rest.substr(at + 2, end - at - 2));
    good = good && resolved;
    if (resolved) out += *resolved;
    rest.remove_prefix(end + 1);
  }
  out += rest;
  if (!good) return {};
  return out;
}

std::optional<std::string> Reader::resolve(const yaml::Value& value, std::string_view what, std::string_view reference) {
  std::size_t colon = reference.find(':');
  std::string_view source = reference.substr(0, colon);
  std::string_view name = colon == std::string_view::npos ? std::string_view{} : reference.substr(colon + 1);
  if (source == "command" && colon != std::string_view::npos) {
    error(value, fmt::format("{}: ${{command:…}} is not built yet; use ${{env:NAME}} or ${{file:PATH}}", what));
    return {};
  }
  if ((source != "env" && source != "file") || colon == std::string_view::npos) {
    error(value,
          fmt::format("{}: ${{{}}} names no source; write ${{env:NAME}} or ${{file:PATH}}, or $${{ for a plain ${{", what, reference));
    return {};
  }
  if (name.empty()) {
    error(value, fmt::format("{}: ${{{}:}} names nothing; write {}", what, source, source == "env" ? "${env:NAME}" : "${file:PATH}"));
    return {};
  }
  if (source == "file") return read_secret_file(value, what, name);
  auto found = environment_(std::string(name));
  if (!found) error(value, fmt::format("{}: the environment variable {} is not set; set it before starting", what, name));
  return found;
}

std::optional<std::string> Reader::read_secret_file(const yaml::Value& value, std::string_view what, std::string_view name) {
  constexpr std::size_t kLargest = 64 * 1024;
  std::string path = absolute(name);
  read_from(path);
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) {
    error(value, fmt::format("{}: the secret file {} cannot be read: {}", what, path, std::strerror(errno)));
    return {};
  }
  if (!S_ISREG(info.st_mode) || static_cast<std::size_t>(info.st_size) > kLargest) {
    error(value, fmt::format("{}: the secret file {} must be a regular file of at most {} KB", what, path, kLargest / 1024));
    return {};
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    error(value, fmt::format("{}: the secret file {} cannot be read: {}", what, path, std::strerror(errno)));
    return {};
  }
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (info.st_mode & 077) warn(value, fmt::format("the secret file {} can be read by others; run: chmod 600 {}", path, path));
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace app
