#include "app/config_audit.h"

#include <fmt/format.h>

#include <array>
#include <memory>

#include "app/schema.h"
#include "net/url.h"
#include "redact/redactor.h"

namespace app {
namespace {

using observe::AuditContents;
using observe::AuditOptions;
using observe::AuditSink;
using yaml::Value;

constexpr std::chrono::hours kDay{24};

void read_syslog(const Value& value, const std::string& text, const std::string& path, Reader& reader) {
  const bool local = text.starts_with("unix:/");
  const std::size_t colon = text.rfind(':');
  const bool far = text.starts_with("udp:") && colon > 4 && parse_address(text.substr(4));
  if (!local && !far) reader.error(value, fmt::format("{}.syslog must be like unix:/dev/log or udp:192.0.2.1:514", path));
}

void read_sink(const Value& value, std::size_t number, Reader& reader, AppConfig& config) {
  const std::string path = fmt::format("audit.sinks[{}]", number);
  if (!reader.is_map(value, path)) return;
  schema::check(value, schema::audit_sink(), path, reader.findings());
  AuditSink sink;
  sink.name = std::to_string(number + 1);
  if (const auto* name = value.find("name")) sink.name = reader.plain(*name, path + ".name").value_or(sink.name);
  int kinds = 0;
  if (const auto* file = value.find("file")) {
    ++kinds;
    sink.where = reader.path(*file, path + ".file").value_or("");
  }
  if (const auto* hook = value.find("webhook")) {
    ++kinds;
    sink.kind = AuditSink::Kind::webhook;
    if (auto text = reader.plain(*hook, path + ".webhook")) {
      auto url = net::parse_url(*text);
      if (!url) reader.error(*hook, fmt::format("{}.webhook: {}", path, url.error().message));
      sink.where = *text;
    }
    const auto* secret = value.find("secret");
    if (secret)
      sink.secret = base::Secret(reader.secret(*secret, path + ".secret").value_or(""));
    else
      reader.error(value, fmt::format("{} needs a secret to sign what it sends, as in secret: ${{env:AUDIT_SECRET}}", path));
    if (const auto* ca = value.find("ca")) sink.ca = reader.path(*ca, path + ".ca").value_or("");
  }
  if (const auto* log = value.find("syslog")) {
    ++kinds;
    sink.kind = AuditSink::Kind::syslog;
    sink.where = reader.plain(*log, path + ".syslog").value_or("");
    if (!sink.where.empty()) read_syslog(*log, sink.where, path, reader);
  }
  if (kinds != 1) return reader.error(value, fmt::format("{} needs one of file, webhook and syslog", path));
  if (const auto* sends = value.find("sends"))
    if (auto word = reader.word(*sends, path + ".sends", {"checkpoints", "all"}))
      sink.sends = *word == 1 ? AuditSink::Sends::all : AuditSink::Sends::checkpoints;
  for (const AuditSink& other : config.audit.options.sinks)
    if (other.name == sink.name) return reader.error(value, fmt::format("{}: there are two sinks named {}", path, shown(sink.name)));
  config.audit.options.sinks.push_back(std::move(sink));
}

}  // namespace

void read_audit(const Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, "audit")) return;
  AuditOptions& options = config.audit.options;
  if (const auto* mode = value.find("mode"))
    if (auto word = reader.word(*mode, "audit.mode", {"off", "digests", "redacted", "whole"})) {
      config.audit.on = *word != 0;
      options.writing.contents = *word == 2 ? AuditContents::redacted : *word == 3 ? AuditContents::whole : AuditContents::digests;
    }
  if (const auto* strict = value.find("strict"))
    if (reader.flag(*strict, "audit.strict").value_or(false)) {
      options.strict = AuditOptions::Strict::yes;
      if (!config.audit.on) reader.error(*strict, "audit.strict: nothing is recorded with mode: off");
    }
  if (const auto* retain = value.find("retain"))
    if (auto time = reader.duration(*retain, "audit.retain", std::chrono::hours(1), kDay * 36'500))
      options.retain = std::chrono::duration_cast<std::chrono::seconds>(*time);
  if (const auto* sinks = value.find("sinks"))
    if (reader.is_list(*sinks, "audit.sinks"))
      for (std::size_t i = 0; i < sinks->items.size(); ++i) read_sink(sinks->items[i], i, reader, config);
  const auto* redact = value.find("redact");
  if (!redact) return;
  auto redactor = redact::Redactor::make(reader.texts(*redact, "audit.redact"));
  if (!redactor)
    reader.error(*redact, "audit.redact: " + redactor.error().message);
  else
    options.writing.redactor = std::make_shared<const redact::Redactor>(*std::move(redactor));
}

}  // namespace app
