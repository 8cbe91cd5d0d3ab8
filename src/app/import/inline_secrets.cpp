#include "app/import/inline_secrets.h"

#include <algorithm>
#include <array>
#include <vector>

#include "redact/secrets.h"

namespace app {
namespace {

constexpr std::size_t kLeast = 6;  // bytes; what is shorter is a flag or a level
constexpr std::string_view kByName = "by its name";

// The parts of a name: `githubApiKey`, `GITHUB_API_KEY` and `X-Api-Key` have `api` and `key`.
std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> out;
  bool fresh = true, was_small = false;
  for (char c : name) {
    const bool big = c >= 'A' && c <= 'Z', small = c >= 'a' && c <= 'z';
    if (!big && !small && !(c >= '0' && c <= '9')) {
      fresh = true;
      continue;
    }
    if (fresh || (big && was_small)) out.emplace_back();
    fresh = false;
    was_small = small;
    out.back() += big ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

// What is no secret whatever it is called: a number, a flag, a path, an address without a password.
bool harmless_value(std::string_view value) {
  if (value.size() < kLeast || value == "false") return true;
  if (value.find_first_not_of("0123456789.") == value.npos) return true;
  if (value.starts_with('/') || value.starts_with("./") || value.starts_with("~/")) return true;
  return value.find(' ') != value.npos && value.find(' ') < kLeast && value.find(' ', value.find(' ') + 1) != value.npos;
}

std::optional<InlineSecret> by_form(std::string_view text) {
  for (const redact::Secret& found : redact::find_secrets(text, 1)) return InlineSecret{std::string(found.kind), found.begin, found.end};
  return std::nullopt;
}

// `postgres://user:secret@host`.
std::optional<InlineSecret> password_of_url(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == text.npos) return std::nullopt;
  const std::size_t end = std::min(text.find_first_of("/?#", scheme + 3), text.size());
  const std::size_t at = text.substr(0, end).rfind('@');
  const std::size_t colon = text.find(':', scheme + 3);
  if (at == text.npos || at < scheme + 3 || colon >= at || at - colon < 2) return std::nullopt;
  return InlineSecret{"password", colon + 1, at};
}

// `?api_key=secret`.
std::optional<InlineSecret> secret_of_query(std::string_view text) {
  for (std::size_t at = text.find('?'); at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("&#", at + 1), text.size());
    const std::size_t equal = text.substr(0, end).find('=', at + 1);
    if (equal != text.npos && secret_name(text.substr(at + 1, equal - at - 1)) && end - equal - 1 >= kLeast)
      return InlineSecret{std::string(kByName), equal + 1, end};
    at = end;
  }
  return std::nullopt;
}

}  // namespace

bool secret_name(std::string_view name) {
  static constexpr std::array<std::string_view, 20> kWords{
      "token",  "secret",      "password",  "passwd", "passphrase", "pwd", "apikey", "pat",  "credential",    "credentials",
      "bearer", "accesstoken", "authtoken", "auth",   "cookie",     "jwt", "dsn",    "pass", "authorization", "apitoken"};
  static constexpr std::array<std::string_view, 10> kBeforeKey{"api",     "access",  "secret",  "private",    "auth",
                                                               "service", "account", "signing", "encryption", "master"};
  const std::vector<std::string> parts = parts_of(name);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (std::ranges::find(kWords, parts[i]) != kWords.end()) {
      // `TOKEN_LIMIT`, `PASSWORD_FILE` and `AUTH_MODE` are about one, and hold none.
      static constexpr std::array<std::string_view, 14> kAbout{"file",  "path", "url", "limit",    "mode", "type",    "method",
                                                               "count", "max",  "ttl", "endpoint", "host", "enabled", "provider"};
      return std::ranges::find(kAbout, parts.back()) == kAbout.end();
    }
    if (parts[i] == "key" &&
        (parts.size() == 1 || (i > 0 && std::ranges::find(kBeforeKey, parts[i - 1]) != kBeforeKey.end()) || i + 1 == parts.size()))
      return true;
  }
  return false;
}

std::optional<InlineSecret> find_inline_secret(std::string_view name, std::string_view value) {
  if (value.find("${env:") != value.npos || value.find("${file:") != value.npos) return std::nullopt;
  const bool named = secret_name(name);
  if (named) {
    for (std::string_view scheme : {"Bearer ", "bearer ", "Basic ", "basic ", "Token ", "token "})
      if (value.starts_with(scheme) && value.size() > scheme.size()) return InlineSecret{std::string(kByName), scheme.size(), value.size()};
  }
  if (auto found = by_form(value)) return found;
  if (auto found = password_of_url(value)) return found;
  if (auto found = secret_of_query(value)) return found;
  if (named && !harmless_value(value) && value.find("://") == value.npos) return InlineSecret{std::string(kByName), 0, value.size()};
  return std::nullopt;
}

std::optional<InlineSecret> find_word_secret(std::string_view before, std::string_view word) {
  if (auto found = by_form(word)) return found;
  if (auto found = password_of_url(word)) return found;
  if (auto found = secret_of_query(word)) return found;
  const std::size_t equal = word.find('=');
  if (word.starts_with('-') && equal != word.npos) {
    if (secret_name(word.substr(0, equal)) && !harmless_value(word.substr(equal + 1)))
      return InlineSecret{std::string(kByName), equal + 1, word.size()};
    return std::nullopt;
  }
  if (before.starts_with("--") && before.find('=') == before.npos && secret_name(before) && !word.starts_with('-') && !harmless_value(word))
    return InlineSecret{std::string(kByName), 0, word.size()};
  return std::nullopt;
}

}  // namespace app
