// A lock file of a package manager: known vulnerabilities, programs that run at installation, and where its packages were built.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "app/asked_gateway.h"
#include "app/commands.h"
#include "app/terminal.h"
#include "mcp/json.h"
#include "trust/provenance/attestation.h"
#include "trust/provenance/osv.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using mcp::Code;
using mcp::Error;
using mcp::Result;
using trust::LockedDependency;

// One thing to say of one package. A block fails the command.
struct Remark {
  enum class Level { review, block };
  Level level = Level::review;
  std::string kind;  // vulnerability, malicious, install-script, source, integrity, attestation, downgrade
  const LockedDependency* package = nullptr;
  std::string text;
};

struct Report {
  std::vector<LockedDependency> packages;
  std::vector<Remark> remarks;
  std::size_t records = 0;
  std::size_t attested = 0;

  void add(Remark::Level level, std::string_view kind, const LockedDependency& package, std::string text) {
    remarks.push_back({level, std::string(kind), &package, std::move(text)});
  }
};

Result<std::string> read_whole(const fs::path& file, std::size_t most) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return Error(Code::not_found, fmt::format("{} cannot be read", file.string()));
  const auto size = in.tellg();
  if (size < 0 || static_cast<std::uintmax_t>(size) > most)
    return Error(Code::too_large, fmt::format("{} is larger than {} bytes", file.string(), most));
  std::string text(static_cast<std::size_t>(size), '\0');
  in.seekg(0);
  in.read(text.data(), size);
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

Result<std::vector<LockedDependency>> read_lock(const std::string& file) {
  auto text = read_whole(file, trust::kLargestLock);
  if (!text) return std::move(text).error();
  auto read = trust::parse_lock(*text);
  if (!read) return std::move(read).error().in(file);
  return read;
}

// All *.json below a folder. A record that cannot be read is an error: with it missing, a package would seem good.
Result<> read_records(const std::string& folder, trust::VulnerabilityList& list) {
  std::error_code ec;
  if (!fs::is_directory(folder, ec)) return Error(Code::not_found, fmt::format("{} is no folder", folder));
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at(folder, ec), end; !ec && at != end; at.increment(ec))
    if (at->path().extension() == ".json" && at->is_regular_file(ec)) files.push_back(at->path());
  if (ec) return Error(Code::unavailable, fmt::format("{}: {}", folder, ec.message()));
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    auto text = read_whole(file, trust::VulnerabilityList::kLargestRecord);
    if (!text) return std::move(text).error();
    if (auto added = list.add(*text); !added) return std::move(added).error().in(file.string());
  }
  return {};
}

void add_vulnerabilities(const trust::VulnerabilityList& list, Report& report) {
  for (const LockedDependency& package : report.packages)
    for (const trust::Vulnerability& one : list.find(package)) {
      std::string names = one.id;
      for (const std::string& alias : one.aliases) names.append(", ").append(alias);
      const std::string remedy = one.malicious       ? "remove it"
                                 : one.fixed.empty() ? "no version is known in which it is mended"
                                                     : "mended in " + one.fixed;
      report.add(Remark::Level::block, one.malicious ? "malicious" : "vulnerability", package,
                 fmt::format("{}{}{}; {}", names, one.summary.empty() ? "" : ": ", one.summary, remedy));
    }
}

void add_own(Report& report) {
  for (const LockedDependency& package : report.packages) {
    if (package.install_script)
      report.add(Remark::Level::review, "install-script", package,
                 "runs a program of its own when it is installed; install with --ignore-scripts");
    if (!package.source.empty())
      report.add(Remark::Level::review, "source", package, "does not come from the registry, but from " + package.source);
    if (package.source.empty() && package.integrity.empty())
      report.add(Remark::Level::review, "integrity", package, "has no hash to compare with");
  }
}

// `@owner+name@1.0.0.json`.
fs::path attestation_file(const std::string& folder, const LockedDependency& package) {
  std::string name = package.name;
  std::ranges::replace(name, '/', '+');
  return fs::path(folder) / fmt::format("{}@{}.json", name, package.version);
}

// What was built in the open; nothing where there is no attestation. Errors: one that does not hold.
Result<std::optional<trust::Provenance>> provenance_of(const std::string& folder, const LockedDependency& package) {
  constexpr std::size_t kLargest = 4 * 1024 * 1024;
  std::error_code ec;
  const fs::path file = attestation_file(folder, package);
  if (package.name.find("..") != std::string::npos || !fs::exists(file, ec)) return std::optional<trust::Provenance>();
  auto text = read_whole(file, kLargest);
  if (!text) return std::move(text).error();
  auto bundles = trust::parse_npm_attestations(*text);
  if (!bundles) return std::move(bundles).error();
  std::optional<trust::Provenance> out;
  for (const trust::Bundle& bundle : *bundles) {
    auto verified = trust::verify_npm_provenance(bundle, trust::TrustedRoot::shipped(), {package.name, package.version, package.integrity});
    if (!verified) return std::move(verified).error();
    out = *std::move(verified);
  }
  return out;
}

void add_provenance(const std::string& folder, const std::vector<LockedDependency>& before, Report& report) {
  std::map<std::string, const LockedDependency*> earlier;
  for (const LockedDependency& package : before)
    if (package.ecosystem == trust::Ecosystem::npm) earlier[package.name] = &package;
  for (const LockedDependency& package : report.packages) {
    if (package.ecosystem != trust::Ecosystem::npm) continue;
    auto now = provenance_of(folder, package);
    if (!now) {
      report.add(Remark::Level::block, "attestation", package, "its attestation does not hold: " + now.error().message);
      continue;
    }
    report.attested += now->has_value() ? 1 : 0;
    auto old = earlier.find(package.name);
    if (old == earlier.end() || old->second->version == package.version) continue;
    auto then = provenance_of(folder, *old->second);
    if (!then) continue;
    if (auto why = trust::find_downgrade(*then, *now)) report.add(Remark::Level::block, "downgrade", package, *std::move(why));
  }
}

std::string as_json(const Report& report) {
  mcp::JsonWriter out;
  out.object()
      .field("packages", report.packages.size())
      .field("records", report.records)
      .field("attested", report.attested)
      .key("findings")
      .array();
  for (const Remark& one : report.remarks) {
    out.object().field("level", one.level == Remark::Level::block ? "block" : "review").field("kind", one.kind);
    out.field("ecosystem", trust::ecosystem_name(one.package->ecosystem))
        .field("name", one.package->name)
        .field("version", one.package->version);
    out.field("reason", one.text).end();
  }
  out.end().end();
  return std::move(out).text() + "\n";
}

std::string as_text(const Report& report) {
  std::string out;
  for (const Remark& one : report.remarks)
    out.append(without_controls(fmt::format("{}: {} {} {}: {}", one.level == Remark::Level::block ? "block" : "review", one.kind,
                                            one.package->name, one.package->version, one.text)))
        .append("\n");
  return out + fmt::format("{} package{}, {} to block, {} to review\n", report.packages.size(), report.packages.size() == 1 ? "" : "s",
                           std::ranges::count(report.remarks, Remark::Level::block, &Remark::level),
                           std::ranges::count(report.remarks, Remark::Level::review, &Remark::level));
}

}  // namespace

int check_lock(const CheckOptions& options) {
  const auto wrong = [](const Error& error) {
    complain(error.message);
    return kUsage;
  };
  Report report;
  auto packages = read_lock(options.lock);
  if (!packages) return wrong(packages.error());
  report.packages = *std::move(packages);
  if (!options.osv.empty()) {
    trust::VulnerabilityList list;
    if (auto read = read_records(options.osv, list); !read) return wrong(read.error());
    report.records = list.size();
    add_vulnerabilities(list, report);
  }
  add_own(report);
  if (!options.attestations.empty()) {
    std::vector<LockedDependency> before;
    if (!options.before.empty()) {
      auto read = read_lock(options.before);
      if (!read) return wrong(read.error());
      before = *std::move(read);
    }
    add_provenance(options.attestations, before, report);
  }
  std::ranges::stable_sort(report.remarks, [](const Remark& a, const Remark& b) { return a.level > b.level; });
  print(options.output == Output::json ? as_json(report) : as_text(report));
  return std::ranges::any_of(report.remarks, [](const Remark& one) { return one.level == Remark::Level::block; }) ? kFailed : kGood;
}

}  // namespace app
