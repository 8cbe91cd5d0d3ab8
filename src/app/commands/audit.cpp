// The audit trail: followed, exported, proved.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "app/asked_gateway.h"
#include "app/build_info.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/terminal.h"
#include "base/json.h"
#include "observe/audit/audit_sinks.h"
#include "observe/audit/audit_trail.h"
#include "observe/audit/cursor.h"
#include "observe/audit/ocsf.h"
#include "store/audit_store.h"

namespace app {
namespace {

constexpr std::size_t kPage = 1'000;
constexpr std::chrono::milliseconds kFollow{250};
// Of a file that is read whole.
constexpr std::uintmax_t kLargestSink = 1ULL << 30;

int failed(const mcp::Error& error) {
  complain(error.message);
  return error.code == mcp::Code::invalid_argument ? kUsage : kFailed;
}

struct Opened {
  std::unique_ptr<store::AuditStore> store;
  std::string public_path;
  std::string log;
};

// Nothing when there is none; what is wrong has been said.
std::optional<Opened> open_trail(const AuditCommand& options, int* status) {
  *status = kUsage;
  observe::AuditOptions names;
  std::string path = options.trail;
  if (path.empty()) {
    auto config = open_config(options.config);
    if (!config) return {};
    names.beside = config->beside();
    path = names.trail_path();
  }
  *status = kFailed;
  std::error_code none;
  if (!std::filesystem::exists(path, none)) {
    complain(
        fmt::format("there is no audit trail {}; a gateway makes it when it starts, unless the config has audit: {{ mode: off }}", path));
    return {};
  }
  auto opened = store::open_audit_store(path);
  if (!opened) {
    complain(opened.error().message);
    return {};
  }
  Opened out{*std::move(opened), path + ".pub", {}};
  auto log = out.store->note("log");
  if (!log) {
    complain(log.error().message);
    return {};
  }
  out.log = *std::move(log);
  return out;
}

std::string row(const observe::AuditEntry& one) {
  auto text = [&](std::string_view key) { return base::json_string(base::find_member(one.body, key)).value_or(""); };
  const std::string what = one.server.empty() ? one.name : one.server + (one.name.empty() ? "" : "__" + one.name);
  const std::string kind = one.kind == "call" ? text("method") : one.kind;
  std::string out =
      fmt::format("{}  {:<12} {:<16} {:<10} {}", text("at").substr(0, 19), one.outcome, one.caller.empty() ? "-" : one.caller, kind, what);
  if (const std::string rule = text("rule"); !rule.empty()) out += fmt::format("  {} by {}", text("decision"), rule);
  if (const std::string message = text("message"); !message.empty()) out += "  " + message;
  return without_controls(out);
}

enum class Form { rows, jsonl, ocsf };

bool write(const observe::AuditEntry& one, Form form) {
  std::string line;
  if (form == Form::rows) line = row(one);
  if (form == Form::ocsf) line = observe::ocsf_line(one, build_version());
  if (form == Form::jsonl)
    line = fmt::format("{},\"hash\":\"{}\",\"cursor\":\"{}\"}}", std::string_view(one.body).substr(0, one.body.size() - 1), one.hash,
                       one.cursor);
  line += '\n';
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
}

mcp::Result<std::string> read_file(const std::string& path) {
  std::error_code none;
  std::ifstream in(path, std::ios::binary);
  if (!in) return mcp::Error(mcp::Code::invalid_argument, path + " cannot be read");
  if (std::filesystem::file_size(path, none) > kLargestSink) return mcp::Error(mcp::Code::invalid_argument, path + " is too large");
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

// Writes all records behind `cursor`, which moves on. False: nobody reads them any more.
mcp::Result<bool> write_after(const observe::AuditTrail& trail, std::string& cursor, Form form) {
  for (;;) {
    auto page = trail.after(cursor, kPage);
    if (!page) return std::move(page).error();
    for (const observe::AuditEntry& one : *page) {
      if (!write(one, form)) return false;
      cursor = one.cursor;
    }
    if (page->size() < kPage) return std::fflush(stdout) == 0;
  }
}

std::string proof_json(const observe::AuditProof& proof) {
  std::string unproved;
  for (const std::string& one : proof.unproved) unproved.append(unproved.empty() ? "" : ",").append(base::quoted(one));
  return fmt::format(
      R"({{"good":{},"broken":"{}","seq":{},"words":{},"first":{},"last":{},"records":{},"signed_to":{},"checkpoints":{},"at_sinks":{},"unproved":[{}]}})",
      proof.good(), observe::audit_break_name(proof.broken), proof.seq, base::quoted(proof.words), proof.first, proof.last, proof.records,
      proof.signed_to, proof.checkpoints, proof.at_sinks, unproved);
}

}  // namespace

int audit_tail(const AuditCommand& options) {
  int status = kGood;
  auto opened = open_trail(options, &status);
  if (!opened) return status;
  const observe::AuditTrail trail(*opened->store, {});
  auto newest = trail.search({}, {}, std::clamp<std::size_t>(options.lines, 1, kPage));
  if (!newest) return failed(newest.error());
  const Form form = options.output == Output::json ? Form::jsonl : Form::rows;
  std::string cursor;
  for (auto one = newest->entries.rbegin(); one != newest->entries.rend(); ++one) {
    if (!write(*one, form)) return kFailed;
    cursor = one->cursor;
  }
  (void)std::fflush(stdout);
  while (options.follow == AuditCommand::Follow::yes) {
    std::this_thread::sleep_for(kFollow);
    auto more = write_after(trail, cursor, form);
    if (!more) return failed(more.error());
    if (!*more) break;
  }
  return kGood;
}

int audit_export(const AuditCommand& options) {
  int status = kGood;
  auto opened = open_trail(options, &status);
  if (!opened) return status;
  std::string cursor = options.after;
  auto done = write_after(observe::AuditTrail(*opened->store, {}), cursor, options.format == "ocsf" ? Form::ocsf : Form::jsonl);
  if (!done) return failed(done.error());
  return *done ? kGood : kFailed;
}

int audit_verify(const AuditCommand& options) {
  int status = kGood;
  auto opened = open_trail(options, &status);
  if (!opened) return status;
  auto key = read_file(options.key.empty() ? opened->public_path : options.key);
  if (!key) return failed(key.error());
  observe::AuditTrail::Evidence evidence;
  for (const std::string& path : options.sinks) {
    auto text = read_file(path);
    if (!text) return failed(text.error());
    for (std::size_t at = 0; at < text->size();) {
      const std::size_t end = std::min(text->find('\n', at), text->size());
      // A syslog line has its own words before the checkpoint.
      const std::string_view line = std::string_view(*text).substr(at, end - at);
      if (const std::size_t begin = line.find("{\"checkpoint\""); begin != std::string_view::npos)
        evidence.sink_lines.emplace_back(line.substr(begin));
      at = end + 1;
    }
  }
  auto proof = observe::AuditTrail(*opened->store, *std::move(key)).verify(evidence);
  if (!proof) return failed(proof.error());
  if (options.output == Output::json) {
    print(proof_json(*proof) + "\n");
  } else {
    std::string out =
        proof->good() ? "good: " : fmt::format("BROKEN ({}) at record {}: ", observe::audit_break_name(proof->broken), proof->seq);
    out += fmt::format("{}\n{} checkpoints, signed to record {}; {} compared with sinks\n", proof->words, proof->checkpoints,
                       proof->signed_to, proof->at_sinks);
    for (const std::string& one : proof->unproved) out += "not proved: " + one + "\n";
    print(out);
  }
  return proof->good() ? kGood : kFailed;
}

}  // namespace app
