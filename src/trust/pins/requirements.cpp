#include "trust/pins/requirements.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/json.h"

namespace trust {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::string_view kHash = "--hash=";
constexpr std::size_t kMost = 10'000;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\\";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// `sha256:` and the like, and hexadecimal digits.
bool plain_hash(std::string_view text) {
  return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789:") == text.npos;
}

// `NAME==…`, where the name is one: no address, no file.
bool exact_requirement(std::string_view line) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  const std::size_t equal = line.find("==");
  return equal != line.npos && equal > 0 && line.front() != '-' && line.substr(0, equal).find_first_not_of(kLetters) == line.npos &&
         line.find_first_of("@\\") == line.npos && printable(line);
}

struct Requirement {
  std::string line;
  std::vector<std::string> hashes;
};

Result<> put(Requirement&& one, std::map<std::string, std::string>& out) {
  if (one.line.empty()) return {};
  if (!exact_requirement(one.line)) return Error(Code::invalid_argument, fmt::format("{} has no exact version", base::quoted(one.line)));
  if (one.hashes.empty()) return Error(Code::invalid_argument, fmt::format("{} has no hash", base::quoted(one.line)));
  std::string json = R"({"hashes":[)";
  for (const std::string& hash : one.hashes) {
    if (json.back() != '[') json += ',';
    json += base::quoted(hash);
  }
  json.append(R"(],"requirement":)").append(base::quoted(one.line)).append("}");
  // Another line of the same package is for another machine, and has another marker.
  std::string name = "python/" + plain_python_name(std::string_view(one.line).substr(0, one.line.find("==")));
  while (out.contains(name)) name += '+';
  if (out.size() == kMost) return Error(Code::too_large, fmt::format("more than {} packages", kMost));
  out.emplace(std::move(name), std::move(json));
  one = {};
  return {};
}

}  // namespace

std::string plain_python_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == '.') {
      if (out.empty() || out.back() != '-') out += '-';
    } else {
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

Result<std::map<std::string, std::string>> parse_requirements(std::string_view text) {
  std::map<std::string, std::string> out;
  Requirement one;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = trimmed(text.substr(at, end - at));
    at = end + 1;
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with(kHash)) {
      if (one.line.empty()) return Error(Code::invalid_argument, "a hash without a package");
      const std::string_view hash = line.substr(kHash.size());
      if (!plain_hash(hash)) return Error(Code::invalid_argument, fmt::format("{} is no hash", base::quoted(hash)));
      one.hashes.emplace_back(hash);
      continue;
    }
    if (line.front() == '-') return Error(Code::invalid_argument, fmt::format("{} is not known here", base::quoted(line)));
    if (auto done = put(std::move(one), out); !done) return std::move(done).error();
    one = {std::string(line), {}};
  }
  if (auto done = put(std::move(one), out); !done) return std::move(done).error();
  return out;
}

std::string requirements_text(const std::map<std::string, std::string>& resolved) {
  std::string out;
  for (const auto& [name, facts] : resolved) {
    auto line = base::json_string(base::find_member(facts, "requirement"));
    if (!name.starts_with("python/") || !line || !exact_requirement(*line)) continue;
    out += *line;
    for (base::Elements hash(base::find_member(facts, "hashes")); hash.next();) {
      auto text = base::json_string(hash.value());
      if (text && plain_hash(*text)) out.append(" \\\n    ").append(kHash).append(*text);
    }
    out += '\n';
  }
  return out;
}

}  // namespace trust
