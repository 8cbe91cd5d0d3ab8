#include "redact/secrets.h"

#include <re2/re2.h>

#include <array>
#include <memory>
#include <string>

namespace redact {
namespace {

struct Form {
  std::string_view kind;
  std::string_view pattern;
};

constexpr std::array<Form, 19> kForms = {{
    {"private-key",
     R"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=,:\s\\.-]*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?)"},
    {"aws-access-key", R"(\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b)"},
    {"github-token", R"(\bgh[pousr]_[A-Za-z0-9]{36,}\b)"},
    {"github-token", R"(\bgithub_pat_[A-Za-z0-9_]{60,}\b)"},
    {"gitlab-token", R"(\bglpat-[A-Za-z0-9_-]{20,64}\b)"},
    {"slack-token", R"(\bxox[abeoprs]-[A-Za-z0-9-]{10,}\b)"},
    {"anthropic-key", R"(\bsk-ant-[A-Za-z0-9_-]{20,})"},
    {"openai-key", R"(\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,})"},
    {"google-key", R"(\bAIza[0-9A-Za-z_-]{35})"},
    {"google-token", R"(\bya29\.[0-9A-Za-z_-]{30,})"},
    {"stripe-key", R"(\b[rs]k_(?:live|test)_[0-9A-Za-z]{16,}\b)"},
    {"npm-token", R"(\bnpm_[A-Za-z0-9]{36}\b)"},
    {"pypi-token", R"(\bpypi-AgEI[A-Za-z0-9_-]{50,})"},
    {"sendgrid-key", R"(\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64})"},
    {"huggingface-token", R"(\bhf_[A-Za-z]{34}\b)"},
    {"digitalocean-token", R"(\bdo[opr]_v1_[a-f0-9]{64}\b)"},
    {"azure-key", R"(\bAccountKey=[A-Za-z0-9+/]{60,100}={0,2})"},
    {"jwt", R"(\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,})"},
    {"card-number", R"(\b(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|3[47]\d\d|6\d{3})(?:[ -]?\d{2,7}){2,4}\b)"},
}};

bool passes_checksum(std::string_view text) {
  int sum = 0, digits = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    if (text[i] < '0' || text[i] > '9') continue;
    int digit = text[i] - '0';
    if (digits++ % 2 == 1) digit = digit > 4 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  // A number of one digit alone is a filler.
  return digits >= 13 && digits <= 19 && sum % 10 == 0 && text.find_first_not_of(text.front()) != std::string_view::npos;
}

// All forms in one, each a group.
const re2::RE2& any_form() {
  static const re2::RE2 kAny = [] {
    std::string all;
    for (const Form& form : kForms) all.append(all.empty() ? "((?:" : ")|(?:").append(form.pattern);
    re2::RE2::Options options;
    options.set_max_mem(32 << 20);
    return re2::RE2(all + "))", options);
  }();
  return kAny;
}

// The same without word borders: nothing that any_form() finds is missed in a text with escapes.
const re2::RE2& nearly_any_form() {
  static const re2::RE2 kNearly = [] {
    std::string all = any_form().pattern();
    for (std::size_t at = all.find("\\b"); at != std::string::npos; at = all.find("\\b", at)) all.erase(at, 2);
    return re2::RE2(all);
  }();
  return kNearly;
}

std::string_view kind_of(std::string_view found) {
  static const std::vector<std::unique_ptr<re2::RE2>> kEach = [] {
    std::vector<std::unique_ptr<re2::RE2>> out;
    for (const Form& form : kForms) out.push_back(std::make_unique<re2::RE2>(re2::StringPiece(form.pattern.data(), form.pattern.size())));
    return out;
  }();
  for (std::size_t i = 0; i < kForms.size(); ++i)
    if (re2::RE2::FullMatch(re2::StringPiece(found.data(), found.size()), *kEach[i])) return kForms[i].kind;
  return "secret";
}

}  // namespace

bool may_have_secrets(std::string_view text) {
  return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), nearly_any_form());
}

std::vector<Secret> find_secrets(std::string_view text, std::size_t most) {
  std::vector<Secret> out;
  re2::StringPiece left(text.data(), text.size());
  re2::StringPiece found;
  while (out.size() < most && re2::RE2::FindAndConsume(&left, any_form(), &found)) {
    const std::string_view what(found.data(), found.size());
    const auto at = static_cast<std::size_t>(what.data() - text.data());
    const std::string_view kind = kind_of(what);
    if (kind == "card-number" && !passes_checksum(what)) continue;
    out.push_back({kind, at, at + what.size()});
  }
  return out;
}

}  // namespace redact
