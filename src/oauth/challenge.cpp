#include "oauth/challenge.h"

namespace oauth {
namespace {

constexpr std::size_t kMostChallenges = 16;
constexpr std::size_t kMostParameters = 32;

bool alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool token_char(char c) { return alphanumeric(c) || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos); }
bool token68_char(char c) { return alphanumeric(c) || (c != '\0' && std::string_view("-._~+/").find(c) != std::string_view::npos); }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return out;
}

class Reader {
 public:
  explicit Reader(std::string_view line) : line_(line) {}

  mcp::Result<std::vector<SeenChallenge>> read() {
    for (;;) {
      skip_commas();
      if (at_end()) return std::move(out_);
      std::string name(token());
      if (name.empty()) return wrong("a name is expected");
      // A name with '=' behind it is one more parameter of the challenge before it; without, it begins a challenge.
      if (!out_.empty() && parameter_follows()) {
        if (auto r = parameter(std::move(name)); !r) return std::move(r).error();
      } else if (auto r = challenge(name); !r) {
        return std::move(r).error();
      }
      skip_space();
      if (!at_end() && line_[at_] != ',') return wrong("a comma is expected");
    }
  }

 private:
  mcp::Result<> challenge(std::string_view scheme) {
    if (out_.size() == kMostChallenges) return wrong("too many challenges");
    out_.push_back({lower(scheme), {}, {}});
    if (at_end() || line_[at_] == ',') return {};
    if (line_[at_] != ' ' && line_[at_] != '\t') return wrong("a space is expected behind the scheme");
    skip_space();
    if (at_end() || line_[at_] == ',') return {};
    const std::size_t here = at_;
    std::string name(token());
    if (!name.empty() && parameter_follows()) return parameter(std::move(name));
    at_ = here;
    while (!at_end() && token68_char(line_[at_])) ++at_;
    while (!at_end() && line_[at_] == '=') ++at_;
    if (at_ == here) return wrong("a parameter is expected");
    out_.back().token68 = line_.substr(here, at_ - here);
    return {};
  }

  // Looks behind a name, without moving: '=', and then a value. The '=' at the end of a token68 has none.
  bool parameter_follows() const {
    std::size_t at = line_.find_first_not_of(" \t", at_);
    if (at == line_.npos || line_[at] != '=') return false;
    at = line_.find_first_not_of(" \t", at + 1);
    return at != line_.npos && (line_[at] == '"' || token_char(line_[at]));
  }

  mcp::Result<> parameter(std::string name) {
    name = lower(name);
    skip_space();
    ++at_;  // '='
    skip_space();
    std::string value;
    if (line_[at_] != '"') {
      value = token();
    } else {
      ++at_;
      for (;; ++at_) {
        if (at_end()) return wrong("a quoted text has no end");
        char c = line_[at_];
        if (c == '"') break;
        if (c == '\\' && ++at_ == line_.size()) return wrong("a quoted text has no end");
        c = line_[at_];
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t') return wrong("a control character");
        value += c;
      }
      ++at_;
    }
    SeenChallenge& challenge = out_.back();
    if (!challenge.token68.empty()) return wrong("a parameter behind a token");
    if (challenge.find(name)) return wrong("the parameter '" + name + "' comes twice");
    if (challenge.parameters.size() == kMostParameters) return wrong("too many parameters");
    challenge.parameters.emplace_back(std::move(name), std::move(value));
    return {};
  }

  std::string_view token() {
    const std::size_t begin = at_;
    while (!at_end() && token_char(line_[at_])) ++at_;
    return line_.substr(begin, at_ - begin);
  }
  void skip_space() {
    while (!at_end() && (line_[at_] == ' ' || line_[at_] == '\t')) ++at_;
  }
  void skip_commas() {
    while (!at_end() && (line_[at_] == ' ' || line_[at_] == '\t' || line_[at_] == ',')) ++at_;
  }
  bool at_end() const { return at_ >= line_.size(); }
  mcp::Error wrong(const std::string& why) const {
    return {mcp::Code::invalid_argument, "WWW-Authenticate, at character " + std::to_string(at_ + 1) + ": " + why};
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::vector<SeenChallenge> out_;
};

}  // namespace

std::optional<std::string_view> SeenChallenge::find(std::string_view name) const {
  for (const auto& [key, value] : parameters)
    if (key == name) return value;
  return {};
}

mcp::Result<std::vector<SeenChallenge>> parse_challenges(std::string_view line) { return Reader(line).read(); }

}  // namespace oauth
