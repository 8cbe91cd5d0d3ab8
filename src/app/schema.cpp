#include "app/schema.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "app/nearest.h"

namespace app::schema {
namespace {

constexpr Built kNot = Built::not_yet;

constexpr Key kTls[] = {{"cert"}, {"key"}};
constexpr Key kRate[] = {{"per_second"}, {"burst"}};
constexpr Key kLimits[] = {{"body"},   {"head"},  {"rate", Built::yes, {}, {}, kRate}, {"concurrency"}, {"calls"}, {"connections"},
                           {"memory"}, {"result"}};
constexpr Key kServerLimits[] = {{"rate", Built::yes, {}, {}, kRate}, {"body"}, {"result"}};
constexpr Key kIntrospection[] = {{"client"}, {"secret"}};
constexpr Key kIssuer[] = {{"issuer"},     {"audience"},       {"provider"},
                           {"algorithms"}, {"groups_claim"},   {"user_claim"},
                           {"scopes"},     {"allow_loopback"}, {"introspection", Built::yes, {}, {}, kIntrospection}};
constexpr Key kIssuerScope[] = {{"scope"}, {"tools"}};
constexpr Key kAuth[] = {{"issuers"}, {"api_keys"}};
constexpr Key kApprovals[] = {{"ways", kNot}, {"webhook"}, {"ttl"}, {"wait"}};
constexpr Key kApprovalWebhook[] = {{"name"}, {"url"}, {"secret"}, {"ca"}};
constexpr Key kPins[] = {{"mode"}, {"lock"}};
constexpr Key kScanResults[] = {{"orders"}, {"secrets"}};
constexpr Key kScan[] = {{"definitions"}, {"results", Built::yes, {}, {}, kScanResults}};
constexpr Key kBudget[] = {{"call"}, {"session"}, {"hour"}, {"hard"}, {"window"}};
constexpr Key kCode[] = {{"write"}, {"wall"}, {"cpu"}, {"heap"}, {"calls"}, {"allow_degraded"}};
constexpr Key kTokens[] = {{"audiences"}, {"life"}};
constexpr Key kKeys[] = {{"pepper"}, {"tokens", Built::yes, {}, {}, kTokens}, {"vault"}};
constexpr Key kRegistry[] = {{"url"}, {"min_mtf"}};
constexpr Key kOtlp[] = {{"url"}, {"encoding"}, {"compression"}, {"ca"}, {"every"}};
constexpr Key kHelicone[] = {{"key"}, {"url"}};
constexpr Key kTelemetry[] = {{"otlp", Built::yes, {}, {}, kOtlp},        {"headers"}, {"sample"}, {"content"}, {"slow"},
                              {"helicone", Built::yes, {}, {}, kHelicone}};
constexpr Key kAudit[] = {{"mode"}, {"strict"}, {"retain"}, {"sinks"}, {"redact"}};
constexpr Key kAuditSink[] = {{"name"}, {"file"}, {"webhook"}, {"secret"}, {"ca"}, {"syslog"}, {"sends"}};
constexpr Key kProxy[] = {{"url"}, {"direct"}, {"loopback"}};
constexpr Key kAdmin[] = {{"viewers"}, {"approvers"}, {"admins"}};

constexpr Key kTop[] = {
    {"listen"},
    {"public_url"},
    {"threads", kNot, "1"},
    {"tls", Built::yes, {}, {}, kTls},
    {"allowed_hosts"},
    {"allowed_origins"},
    {"strict"},
    {"trusted_proxies", kNot},
    {"metrics_listen"},
    {"i_know_this_is_open"},
    {"store"},
    {"state_keys"},
    {"peers"},
    {"disclosure"},
    {"name_limit"},
    {"limits", Built::yes, {}, {}, kLimits},
    {"servers"},
    {"auth", Built::yes, {}, {}, kAuth},
    {"rules"},
    {"profiles"},
    {"approvals", Built::yes, {}, {}, kApprovals},
    {"pins", Built::yes, {}, {}, kPins},
    {"scan", Built::yes, {}, {}, kScan},
    {"budget", Built::yes, {}, {}, kBudget},
    {"code", Built::yes, {}, {}, kCode},
    {"keys", Built::yes, {}, {}, kKeys},
    {"registry", Built::yes, {}, {}, kRegistry},
    {"telemetry", Built::yes, {}, {}, kTelemetry},
    {"audit", Built::yes, {}, {}, kAudit},
    {"alerts", kNot},
    {"admin", Built::yes, {}, {}, kAdmin},
    {"proxy", Built::yes, {}, {}, kProxy},
};

constexpr Key kSelect[] = {{"tags"}, {"paths"}, {"operations"}, {"methods"}, {"exclude"}};
constexpr Key kAppKey[] = {{"id"}, {"installation"}, {"key"}};
constexpr Key kCredits[] = {{"call"}, {"day"}};
constexpr Key kJwt[] = {{"token_url"}, {"id"}, {"secret"}, {"scope"}, {"audience"}, {"key"}, {"issuer"}, {"subject"}, {"lifetime"}};

constexpr Key kProvider[] = {{"issuer"}, {"client_id"}, {"client_secret"}};
constexpr Key kServerAuth[] = {
    {"oauth"}, {"client_id"}, {"client_secret"}, {"scopes"}, {"issuer"}, {"provider", Built::yes, {}, {}, kProvider}, {"reach"}};

constexpr Key kServer[] = {
    {"builtin"},
    {"command"},
    {"url"},
    {"openapi"},
    {"enabled"},
    {"start"},
    {"required"},
    {"env"},
    {"cwd"},
    {"headers"},
    {"ca"},
    {"auth", Built::yes, {}, {}, kServerAuth},
    {"sandbox"},
    {"state"},
    {"deadline"},
    {"connect_timeout"},
    {"concurrency"},
    {"queue"},
    {"idle_stop"},
    {"limits", Built::yes, {}, {}, kServerLimits},
    {"forward_headers"},
    {"validate", kNot, "false", "true false"},
    {"tools"},
    {"roots"},
    {"allow_hard_links"},
    {"expires", kNot},
    {"key"},
    {"token"},
    {"profile"},
    {"base_url"},
    {"credentials"},
    {"select", Built::yes, {}, {}, kSelect},
    {"trim"},
    {"app", Built::yes, {}, {}, kAppKey},
    {"write"},
    {"repositories"},
    {"cache"},
    {"credits", Built::yes, {}, {}, kCredits},
    {"api"},
    {"values"},
    {"jwt", Built::yes, {}, {}, kJwt},
    {"webhook"},
    {"poll"},
};

constexpr Key kRule[] = {{"who"}, {"tools"}, {"prompts"}, {"resources"}, {"when"}, {"then"}, {"approvers"}, {"limit"}};
constexpr Key kRuleApprovers[] = {{"group"}, {"key"}, {"user"}, {"count"}};
constexpr Key kRuleWho[] = {{"caller"}, {"user"}, {"group"}, {"client"}, {"key"}, {"issuer"}};
constexpr Key kRuleWhen[] = {{"annotation"}, {"arguments"}, {"larger"}, {"disclosure"}};
constexpr Key kRuleArgument[] = {{"is"}, {"above"}, {"below"}, {"present"}};
constexpr Key kTool[] = {{"rename"}, {"description"}, {"always"}, {"annotations"}};
constexpr Key kProfile[] = {{"servers"}, {"tools"}, {"disclosure"}, {"confines"}};
constexpr Key kSandbox[] = {{"read"}, {"write"}, {"network"}, {"allow_degraded"}};
constexpr Key kRoot[] = {{"path"}, {"mode"}};

std::string joined(std::string_view where, std::string_view key) {
  return where.empty() ? std::string(key) : fmt::format("{}.{}", where, key);
}

std::string listed(std::string_view words) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at <= words.size();) {
    std::size_t end = std::min(words.find(' ', at), words.size());
    all.push_back(words.substr(at, end - at));
    at = end + 1;
  }
  std::string out;
  for (std::size_t i = 0; i < all.size(); ++i) (out += i == 0 ? "" : i + 1 == all.size() ? " or " : ", ") += all[i];
  return out;
}

bool among(std::string_view word, std::string_view words) {
  return word.find(' ') == std::string_view::npos && !word.empty() &&
         fmt::format(" {} ", words).find(fmt::format(" {} ", word)) != std::string::npos;
}

void report_unknown(const yaml::Member& member, Table table, std::string_view where, Findings& findings) {
  std::vector<std::string_view> known;
  for (const Key& key : table) known.push_back(key.name);
  std::string place = where.empty() ? "" : fmt::format(" in {}", where);
  if (auto near = find_nearest(member.key, known)) {
    findings.error(member.mark.line, member.mark.column,
                   fmt::format("unknown key {}{}; did you mean \"{}\"?", shown(member.key), place, *near));
    return;
  }
  findings.error(member.mark.line, member.mark.column,
                 fmt::format("unknown key {}{}; known here: {}", shown(member.key), place, fmt::join(known, ", ")));
}

// Reports a key whose feature is not built, unless its value is what is built. True when nothing more is to be said of it.
bool report_not_built(const yaml::Member& member, const Key& key, const std::string& path, Findings& findings) {
  const yaml::Value& value = member.value;
  bool scalar = value.kind == yaml::Value::Kind::scalar;
  if (!key.only.empty() && scalar && value.text == key.only) return true;
  if (!key.values.empty() && !(scalar && among(value.text, key.values))) {
    findings.error(value.mark.line, value.mark.column,
                   fmt::format("{} must be {}, not {}", path, listed(key.values), scalar ? shown(value.text) : value.kind_name()));
    return true;
  }
  if (key.only.empty())
    findings.error(member.mark.line, member.mark.column, fmt::format("{} is not built yet; remove it", path));
  else
    findings.error(
        value.mark.line, value.mark.column,
        fmt::format("{}: {} is not built yet; the only value for now is {}", path, scalar ? value.text : value.kind_name(), key.only));
  return false;
}

// Below a key that is reported as a whole, only unknown names are still worth a word.
void check_names(const yaml::Value& value, Table table, const std::string& path, Findings& findings) {
  for (const yaml::Value& item : value.items) check_names(item, table, path, findings);
  for (const yaml::Member& member : value.members) {
    const Key* known = nullptr;
    for (const Key& key : table)
      if (key.name == member.key) known = &key;
    if (!known)
      report_unknown(member, table, path, findings);
    else if (!known->inside.empty())
      check_names(member.value, known->inside, joined(path, known->name), findings);
  }
}

// A map of features that are not built is fine when every key in it holds the value that is.
bool all_as_built(const yaml::Value& value, Table table) {
  if (value.kind != yaml::Value::Kind::map) return false;
  for (const yaml::Member& member : value.members) {
    bool fine = false;
    for (const Key& key : table)
      fine = fine || (key.name == member.key && !key.only.empty() && member.value.kind == yaml::Value::Kind::scalar &&
                      member.value.text == key.only);
    if (!fine) return false;
  }
  return true;
}

}  // namespace

Table top() { return kTop; }
Table server() { return kServer; }
Table tool() { return kTool; }
Table profile() { return kProfile; }
Table root() { return kRoot; }
Table sandbox() { return kSandbox; }
Table rule() { return kRule; }
Table rule_who() { return kRuleWho; }
Table rule_when() { return kRuleWhen; }
Table rule_argument() { return kRuleArgument; }
Table rule_approvers() { return kRuleApprovers; }
Table approval_webhook() { return kApprovalWebhook; }
Table issuer() { return kIssuer; }
Table issuer_scope() { return kIssuerScope; }
Table audit_sink() { return kAuditSink; }

void check(const yaml::Value& map, Table table, std::string_view where, Findings& findings) {
  for (const yaml::Member& member : map.members) {
    const Key* known = nullptr;
    for (const Key& key : table)
      if (key.name == member.key) known = &key;
    if (!known) {
      report_unknown(member, table, where, findings);
      continue;
    }
    std::string path = joined(where, known->name);
    if (known->built == Built::not_yet) {
      if (!known->inside.empty() && all_as_built(member.value, known->inside)) continue;
      if (!report_not_built(member, *known, path, findings) && !known->inside.empty())
        check_names(member.value, known->inside, path, findings);
    } else if (!known->inside.empty() && member.value.kind == yaml::Value::Kind::map) {
      check(member.value, known->inside, path, findings);
    }
  }
}

}  // namespace app::schema
