#include "trust/scan/words.h"

#include <re2/re2.h>

#include <algorithm>

namespace trust::scan {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_upper(c) || is_lower(c); }
bool is_alnum(char c) { return is_letter(c) || is_digit(c); }
bool is_inner(char c) { return is_alnum(c) || c == '_' || c == '\'' || static_cast<unsigned char>(c) >= 0x80; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

constexpr std::string_view kAssets[] = {
    ".ssh",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    ".aws",
    "/etc/passwd",
    "/etc/shadow",
    "mcp.json",
    "claude_desktop_config",
    ".npmrc",
    ".netrc",
    ".pypirc",
    ".git-credentials",
    ".kube/",
    ".docker/config",
    ".bashrc",
    ".zshrc",
    ".bash_profile",
    ".bash_history",
    "authorized_keys",
    "known_hosts",
    "wallet.dat",
    ".gnupg",
    "/proc/",
    ".config/gcloud",
    "/etc/hosts",
    ".pgpass",
};

bool is_asset(std::string_view lower) {
  for (std::string_view asset : kAssets) {
    const std::size_t at = lower.find(asset);
    if (at == std::string_view::npos) continue;
    const std::size_t end = at + asset.size();
    if (asset.back() == '/' || end == lower.size() || !is_alnum(lower[end])) return true;
  }
  if (lower.ends_with(".pem")) return true;
  const std::size_t env = lower.find(".env");
  return env != std::string_view::npos && (env == 0 || lower[env - 1] == '/') && (env + 4 == lower.size() || lower[env + 4] == '.');
}

bool is_account(std::string_view word) {
  if (word.size() == 42 && word.starts_with("0x"))
    return std::ranges::all_of(word.substr(2), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
  if (!std::ranges::all_of(word, is_alnum)) return false;
  if (word.starts_with("bc1") && word.size() >= 24 && word.size() <= 64) return true;
  if (word.size() < 15 || word.size() > 34) return false;
  const bool iban = is_upper(word[0]) && is_upper(word[1]) && is_digit(word[2]) && is_digit(word[3]);
  if (iban) return std::ranges::none_of(word, is_lower) && std::ranges::count_if(word, is_digit) >= 10;
  const bool mixed = std::ranges::any_of(word, is_lower) && std::ranges::any_of(word, is_upper) && std::ranges::any_of(word, is_digit);
  return word.size() >= 26 && (word[0] == '1' || word[0] == '3') && mixed;
}

// Cuts `text` into words, from left to right.
class Cutter {
 public:
  Cutter(std::string_view text, Words& out) : text_(text), out_(out) {}

  void run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' && paragraph()) continue;
      if (c == '.' || c == '!' || c == '?') {
        if (full_stop()) continue;
      }
      const bool begins = at_ == 0 || !is_alnum(text_[at_ - 1]);
      if ((c == '/' || c == '~' || c == '.') && begins && path()) continue;
      if (c == '+' && begins && phone()) continue;
      if (is_alnum(c) || static_cast<unsigned char>(c) >= 0x80) {
        word();
        continue;
      }
      ++at_;
    }
    out_.sentences = out_.words.empty() ? 0 : out_.words.back().sentence + 1;
  }

 private:
  char peek(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }

  // The next word begins a sentence.
  void end_sentence() {
    if (!out_.words.empty()) next_ = out_.words.back().sentence + 1;
  }

  bool paragraph() {
    std::size_t at = at_ + 1;
    while (at < text_.size() && (text_[at] == ' ' || text_[at] == '\t' || text_[at] == '\r')) ++at;
    const char c = peek(at);
    if (c == '\n' || c == '-' || c == '*' || c == '#' || c == '<' || is_digit(c)) end_sentence();
    at_ = at;
    return true;
  }

  bool full_stop() {
    std::size_t at = at_;
    while (at < text_.size() && (text_[at] == '.' || text_[at] == '!' || text_[at] == '?')) ++at;
    const char next = peek(at);
    if (at < text_.size() && !is_space(next) && !is_quote(next) && next != ')') return false;
    const std::string_view before = out_.words.empty() ? std::string_view() : out_.words.back().text;
    const bool abbreviated = out_.words.size() && out_.words.back().end == at_ &&
                             (before == "e.g" || before == "i.e" || before == "etc" || before == "vs" || before == "incl");
    if (!abbreviated) end_sentence();
    at_ = at;
    return true;
  }

  bool path() {
    std::size_t at = at_;
    while (at < text_.size() && (text_[at] == '.' || text_[at] == '~')) ++at;
    const bool dotted = text_[at_] == '.' && at == at_ + 1 && is_letter(peek(at));
    if (!dotted && peek(at) != '/') return false;
    if (peek(at) == '/' && !is_inner(peek(at + 1)) && peek(at + 1) != '.' && peek(at + 1) != '~' && peek(at + 1) != '*') return false;
    while (at < text_.size() &&
           (is_inner(text_[at]) || text_[at] == '/' || text_[at] == '.' || text_[at] == '-' || text_[at] == '*' || text_[at] == '~') &&
           text_[at] != '\'')
      ++at;
    while (at > at_ && (text_[at - 1] == '.' || text_[at - 1] == '-')) --at;
    if (at < at_ + 3) return false;
    add(at, kPath);
    return true;
  }

  bool phone() {
    std::size_t at = at_ + 1;
    while (is_digit(peek(at)) || peek(at) == '-') ++at;
    if (at < at_ + 5 || !is_digit(text_[at_ + 1])) return false;
    add(at, kPhone);
    return true;
  }

  void word() {
    std::size_t at = at_;
    bool digits = true;
    while (at < text_.size()) {
      const char c = text_[at];
      const bool joint = (c == '-' || c == '.') && is_inner(peek(at + 1)) && peek(at + 1) != '\'';
      if (!is_inner(c) && !joint && !(c == ',' && digits && is_digit(peek(at + 1)))) break;
      digits = digits && (is_digit(c) || c == '.' || c == ',' || (c == '-' && at > at_));
      ++at;
    }
    if (peek(at) == ':' && peek(at + 1) == '/' && peek(at + 2) == '/') {
      at += 3;
      while (at < text_.size() && !is_space(text_[at]) && !is_quote(text_[at]) && text_[at] != '<' && text_[at] != '>' &&
             text_[at] != ')' && text_[at] != ']')
        ++at;
      while (at > at_ && (text_[at - 1] == '.' || text_[at - 1] == ',' || text_[at - 1] == ';')) --at;
      add(at, kUrl);
      return;
    }
    if (peek(at) == '@' && (is_alnum(peek(at + 1)) || (at - at_ >= 3 && (at + 1 == text_.size() || is_space(peek(at + 1)))))) {
      ++at;
      while (is_alnum(peek(at)) || ((peek(at) == '.' || peek(at) == '-') && is_alnum(peek(at + 1)))) ++at;
      add(at, kEmail);
      return;
    }
    while (at > at_ + 1 && text_[at - 1] == '\'') --at;
    // Four numbers are an address of a machine.
    const bool address = digits && std::ranges::count(text_.substr(at_, at - at_), '.') == 3;
    add(at, address ? kUrl : digits ? kNumber : 0);
  }

  void add(std::size_t end, unsigned marks) {
    const std::string_view as_is = text_.substr(at_, end - at_);
    const std::string_view lower = std::string_view(*out_.lower).substr(at_, end - at_);
    if (marks == 0) {
      const std::size_t line = as_is.find('_');
      bool identifier = line != std::string_view::npos && line > 0 && line + 1 < as_is.size();
      for (std::size_t i = 1; i < as_is.size() && !identifier; ++i) identifier = is_upper(as_is[i]) && is_lower(as_is[i - 1]);
      if (identifier) marks |= kIdentifier;
      if (as_is.size() >= 15 && is_account(as_is)) marks |= kAccount;
    }
    if (at_ > 0 && is_quote(text_[at_ - 1])) marks |= kQuoted;
    if (as_is.size() > 3 && lower.find_first_of("./_") != std::string_view::npos && is_asset(lower)) marks |= kAssetPath;
    out_.words.push_back(
        {lower, static_cast<std::uint32_t>(at_), static_cast<std::uint32_t>(end), next_, static_cast<std::uint16_t>(marks)});
    at_ = end;
  }

  std::string_view text_;
  Words& out_;
  std::size_t at_ = 0;
  std::uint32_t next_ = 0;
};

// Each match of `pattern` marks the word at it or behind it.
void mark(std::string_view text, const re2::RE2& pattern, Mark as, Words& words) {
  re2::StringPiece left(text.data(), text.size());
  re2::StringPiece found;
  std::size_t word = 0;
  while (!words.words.empty() && re2::RE2::FindAndConsume(&left, pattern, &found)) {
    const auto at = static_cast<std::size_t>(found.data() - text.data());
    while (word + 1 < words.words.size() && words.words[word].end <= at) ++word;
    words.words[word].marks |= as;
  }
}

}  // namespace

Words words_of(std::string_view text) {
  static const re2::RE2 kFakeRoles(
      R"re((?i)(</?\s*(?:system|hidden|secret|admin|instructions?|sys|override|developer|assistant|inst|im_start|prompt)\s*>|<\|[a-z_]+\|>|\[\s*/?(?:system|admin|inst|developer|override|hidden|instructions?)(?: \w+)?\s*\]|#{2,}\s*(?:new )?(?:system|admin|hidden)(?: \w+)*|(?:^|\n)\s*(?:system|assistant)\s*:\s))re");
  static const re2::RE2 kLoudTags(
      R"re((?i)(<\s*/?\s*(?:important|critical|urgent|mandatory|required|note|attention)\s*>|\[(?:important|critical|mandatory)\]))re");
  static const re2::RE2 kShellLines(
      R"re((?i)(\brm -rf? |\|\s*(?:ba|z)?sh\b|\bchmod (?:-R )?0?[67]{3}\b|\bnc -e|/dev/tcp/|\bbase64 -d|LD_PRELOAD|\bpowershell(?:\.exe)? -e|\bmkfifo\b))re");
  Words out;
  out.lower = std::make_unique<std::string>(text);
  for (char& c : *out.lower)
    if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
  Cutter(text, out).run();
  const std::string_view lower = *out.lower;
  if (text.find_first_of("<[#") != std::string_view::npos || lower.find("system") != std::string_view::npos ||
      lower.find("assistant") != std::string_view::npos) {
    mark(text, kFakeRoles, kFakeRole, out);
    mark(text, kLoudTags, kLoudTag, out);
  }
  if (text.find_first_of("|-_/") != std::string_view::npos || lower.find("mkfifo") != std::string_view::npos ||
      lower.find("chmod") != std::string_view::npos)
    mark(text, kShellLines, kShellLine, out);
  return out;
}

}  // namespace trust::scan
