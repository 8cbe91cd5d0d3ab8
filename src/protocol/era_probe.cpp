#include "protocol/era_probe.h"

#include "base/json.h"

namespace protocol {
namespace {

using mcp::Code;
using mcp::Error;

// Whether the JSON array `names` has the string `name`.
bool lists(std::string_view names, std::string_view name) {
  base::Elements elements(names);
  while (elements.next()) {
    auto text = base::json_string(elements.value());
    if (text.ok() && *text == name) return true;
  }
  return false;
}

const Revision* shared(const RevisionSet& spoken, Era era, std::string_view supported) {
  for (const Revision* revision : spoken.all()) {
    if (revision->era == era && lists(supported, revision->name)) return revision;
  }
  return nullptr;
}

}  // namespace

EraProbe::Step EraProbe::start() {
  asked_ = spoken_.newest(Era::modern);
  if (asked_) return Discover{asked_};
  return fall_back("no revision is spoken here");
}

EraProbe::Step EraProbe::http_answer(int status, const std::string& body) {
  // Sign-in comes first, and an outage says nothing: neither is a sign of an era.
  bool answers = (status >= 200 && status < 300) || (status >= 400 && status < 500);
  if (!answers || status == 401 || status == 403 || status == 407 || status == 408 || status == 429)
    return Undecided{Error(status == 401 || status == 407 ? Code::unauthenticated
                           : status == 403                ? Code::denied
                                                          : Code::unavailable,
                           "the probe was answered with HTTP " + std::to_string(status))};
  auto message = parse_message(body);
  if (message.ok()) {
    if (auto step = modern_answer(*message)) return std::move(*step);
  }
  Step step = fall_back("the server answers server/discover as legacy servers do");
  if (auto* legacy = std::get_if<Legacy>(&step)) legacy->try_http_sse = status == 400 || status == 404 || status == 405;
  return step;
}

EraProbe::Step EraProbe::http_unreachable(std::string_view why) {
  return Undecided{Error(Code::unavailable, "the probe found nobody: " + std::string(why))};
}

std::optional<EraProbe::Step> EraProbe::stdio_line(const std::string& line, std::string_view id) {
  auto message = parse_message(line);
  if (!message) return std::nullopt;
  bool mine = message->id == id || (message->kind == MessageKind::error && message->id.empty());
  if (!mine || message->kind == MessageKind::request || message->kind == MessageKind::notification) return std::nullopt;
  if (auto step = modern_answer(*message)) return step;
  // Whatever the error is: the code does not matter (stdio, "Backward Compatibility").
  return fall_back("the server answers server/discover as legacy servers do");
}

EraProbe::Step EraProbe::stdio_timeout() { return fall_back("the server does not answer server/discover"); }

EraProbe::Step EraProbe::stdio_exit() {
  Step step = fall_back("the server ended when it was asked server/discover");
  if (auto* legacy = std::get_if<Legacy>(&step)) legacy->restart_process = true;
  return step;
}

std::optional<EraProbe::Step> EraProbe::modern_answer(const Message& message) {
  if (message.kind == MessageKind::response) {
    std::string_view supported = base::find_member(message.result, "supportedVersions");
    if (!base::is_array(supported)) return std::nullopt;
    return choose(supported, std::string(message.result));
  }
  if (message.kind != MessageKind::error) return std::nullopt;
  switch (message.error_code) {
    case kUnsupportedVersion: {
      std::string_view supported =
          base::is_object(message.error_data) ? base::find_member(message.error_data, "supported") : std::string_view();
      return choose(supported, {});
    }
    case kHeaderMismatch:
    case kMissingCapability:
      // Modern, and it will say again what it wants when a real request comes.
      return Modern{asked_, {}};
    default: return std::nullopt;
  }
}

// Of what the server lists, takes what we prefer: a modern revision at once from a DiscoverResult; after a refusal once more by
// asking, since some servers refuse the first request and name the very version it had.
EraProbe::Step EraProbe::choose(std::string_view supported, std::string discover) {
  const Revision* revision = shared(spoken_, Era::modern, supported);
  if (revision && !discover.empty()) return Modern{revision, std::move(discover)};
  if (revision && asked_again_++ == 0) return Discover{asked_ = revision};
  const Revision* legacy = revision ? nullptr : shared(spoken_, Era::legacy, supported);
  if (legacy) return Legacy{legacy};
  std::string theirs = base::is_array(supported) ? base::minified(supported) : std::string("nothing");
  return Incompatible{
      Error(Code::upstream_failed, "no common protocol revision: it supports " + theirs + ", we speak " + spoken_.names_json())};
}

EraProbe::Step EraProbe::fall_back(std::string_view why) const {
  if (const Revision* revision = spoken_.newest(Era::legacy)) return Legacy{revision};
  return Incompatible{Error(Code::upstream_failed, std::string(why) + ", and no legacy revision is spoken here")};
}

}  // namespace protocol
