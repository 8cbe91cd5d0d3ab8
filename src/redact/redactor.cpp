#include "redact/redactor.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "base/json.h"
#include "redact/secrets.h"

namespace redact {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

struct Found {
  std::size_t begin, end;
  std::string_view kind;
};

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

const re2::RE2& mail_form() {
  static const re2::RE2 kForm(R"(([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+))");
  return kForm;
}

// What says itself that it is a secret, as in a URL or a header.
const re2::RE2& named_form() {
  static const re2::RE2 kForm(
      R"((?i)(?:\b(?:password|passwd|pwd|secret|[a-z_-]*token|api[_-]?key|access[_-]?key|signature)=|\bBearer\s+|\bBasic\s+)([^\s&"',;]{4,}))");
  return kForm;
}

void find_all(std::string_view text, const re2::RE2& form, std::string_view kind, std::vector<Found>& out) {
  re2::StringPiece left = piece(text), found;
  while (re2::RE2::FindAndConsume(&left, form, &found)) {
    if (found.empty()) continue;
    const auto at = static_cast<std::size_t>(found.data() - text.data());
    out.push_back({at, at + found.size(), kind});
  }
}

// What is found at several places of one stretch is taken out once, under the name of the first.
std::string without(std::string_view text, std::vector<Found>& all) {
  std::stable_sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.begin < b.begin; });
  std::string out;
  std::size_t at = 0;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = all[i].end;
    std::size_t next = i + 1;
    for (; next < all.size() && all[next].begin < end; ++next) end = std::max(end, all[next].end);
    out.append(text.substr(at, all[i].begin - at)).append("[redacted:").append(all[i].kind).append("]");
    at = end;
    i = next;
  }
  return out.append(text.substr(at));
}

std::size_t end_of_string(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at)
    if (json[at] == '\\') ++at;
  return std::min(at + 1, json.size());
}

bool is_key(std::string_view json, std::size_t end) {
  const std::size_t next = json.find_first_not_of(" \t\r\n", end);
  return next != std::string_view::npos && json[next] == ':';
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

struct Redactor::Patterns {
  std::vector<std::unique_ptr<re2::RE2>> own;
};

Redactor::Redactor() : patterns_(std::make_shared<const Patterns>()) {}

Result<Redactor> Redactor::make(const std::vector<std::string>& patterns) {
  if (patterns.size() > kMostPatterns)
    return Error(Code::invalid_argument, "there are more than " + std::to_string(kMostPatterns) + " patterns; join some with |");
  auto made = std::make_shared<Patterns>();
  for (const std::string& pattern : patterns) {
    if (pattern.size() > kLongestPattern)
      return Error(Code::invalid_argument, "a pattern has more than " + std::to_string(kLongestPattern) + " characters");
    auto form = std::make_unique<re2::RE2>("(" + pattern + ")", re2::RE2::Quiet);
    if (!form->ok()) return Error(Code::invalid_argument, "\"" + pattern + "\" is no pattern of RE2: " + form->error());
    if (re2::RE2::FullMatch("", *form))
      return Error(Code::invalid_argument, "\"" + pattern + "\" fits the empty text, which is everywhere");
    made->own.push_back(std::move(form));
  }
  Redactor out;
  out.patterns_ = std::move(made);
  return out;
}

std::string Redactor::text(std::string_view text) const {
  std::vector<Found> all;
  if (may_have_secrets(text))
    for (const Secret& secret : find_secrets(text, text.size())) all.push_back({secret.begin, secret.end, secret.kind});
  if (text.find('@') != std::string_view::npos) find_all(text, mail_form(), "mail", all);
  if (text.find_first_of("= ") != std::string_view::npos) find_all(text, named_form(), "secret", all);
  for (const auto& form : patterns_->own) find_all(text, *form, "own", all);
  return all.empty() ? std::string(text) : without(text, all);
}

std::string Redactor::json(std::string_view json) const {
  std::string out;
  out.reserve(json.size());
  // One for each open object or array: whether all in it is secret by the key it stands under.
  std::vector<bool> open{false};
  bool secret = false;  // of the next value
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const std::size_t end = end_of_string(json, at);
      const std::string_view raw = json.substr(at, end - at);
      auto said = base::json_string(raw);
      const std::string plain = said ? *std::move(said) : std::string();
      if (is_key(json, end)) {
        secret = open.back() || is_secret_key(plain);
        const std::string clean = text(plain);
        clean == plain ? void(out.append(raw)) : base::append_json_string(out, clean);
      } else if (secret || open.back()) {
        out += "\"[redacted:key]\"";
      } else {
        const std::string clean = text(plain);
        clean == plain ? void(out.append(raw)) : base::append_json_string(out, clean);
      }
      at = end;
    } else if (c == '{' || c == '[') {
      open.push_back(open.back() || secret);
      secret = false;
      out += c;
      ++at;
    } else if (c == '}' || c == ']') {
      if (open.size() > 1) open.pop_back();
      secret = false;
      out += c;
      ++at;
    } else if (is_digit(c) || c == '-') {
      const std::size_t end = std::min(json.find_first_not_of("0123456789+-.eE", at), json.size());
      const std::string_view number = json.substr(at, end - at);
      if (secret || open.back()) {
        out += "\"[redacted:key]\"";
      } else {
        const std::string clean = text(number);
        clean == number ? void(out.append(number)) : base::append_json_string(out, clean);
      }
      at = end;
    } else {
      if (c == ',') secret = false;
      out += c;
      ++at;
    }
  }
  return out;
}

bool is_secret_key(std::string_view key) {
  // Names of secrets are short; what is long is a text.
  if (key.size() > 64) return false;
  std::string plain;
  for (char c : key)
    if (c != '_' && c != '-' && c != ' ') plain += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  constexpr std::array<std::string_view, 11> kInside = {"password",   "passwd",           "passphrase",   "secret",
                                                        "apikey",     "accesskey",        "privatekey",   "cookie",
                                                        "credential", "connectionstring", "authorization"};
  for (std::string_view word : kInside)
    if (plain.find(word) != std::string::npos) return true;
  return plain == "pwd" || plain == "pin" || plain == "cvv" || plain == "cvc" || plain == "auth" || plain.ends_with("token");
}

}  // namespace redact
