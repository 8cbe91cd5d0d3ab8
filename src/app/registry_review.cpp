#include "app/registry_review.h"

#include <fmt/format.h>

#include <filesystem>

#include "app/asked_gateway.h"
#include "app/known_names.h"
#include "trust/launch/judge.h"

namespace app {
namespace {

using trust::Likeness;

void review_name(const trust::NamedPackage& name, const trust::KnownList& list, RegistryReview& out) {
  JudgedPackage judged{name, trust::judge_name(name, list)};
  if (judged.likeness.kind == Likeness::Kind::review) out.to_review.push_back(likeness_text(judged, "  "));
}

void review_launch(const trust::RegistryPlan& plan, const std::string& config, RegistryReview& out) {
  if (plan.launch.argv.empty()) return;
  trust::Launch launch = plan.launch;
  for (const auto& [name, variable] : plan.from_environment) launch.env[name] = "${env:" + variable + "}";
  out.launch_digest = trust::launch_digest(launch);
  std::error_code ec;
  const trust::FileGround ground(std::filesystem::absolute(config, ec).lexically_normal().parent_path().string());
  const trust::Verdict verdict = trust::judge(launch, trust::NothingApproved(), ground);
  if (verdict.ruling == trust::Ruling::allow) return;
  const std::string text = fmt::format("{} {}: {}; {}", verdict.rule, verdict.where, verdict.reason, verdict.remedy);
  if (verdict.ruling == trust::Ruling::deny)
    out.denied.push_back(text);
  else
    out.to_review.push_back(without_controls(text));
}

}  // namespace

RegistryReview review_server(const trust::RegistryServer& server, const trust::RegistryPlan& plan, const trust::KnownList& list,
                             const std::string& config) {
  RegistryReview out;
  const std::string said = server.status_message.empty() ? std::string() : fmt::format(": {}", server.status_message);
  if (server.status == trust::RegistryServer::Status::deleted)
    out.denied.push_back(fmt::format("{} was deleted from the registry{}", server.name, said));
  if (server.status == trust::RegistryServer::Status::deprecated)
    out.to_review.push_back(without_controls(fmt::format("{} is deprecated{}", server.name, said)));
  if (auto name = trust::parse_package_name(trust::Ecosystem::mcp_registry, server.name)) review_name(*name, list, out);
  review_name(plan.package, list, out);
  review_launch(plan, config, out);
  return out;
}

void review_mtf(const std::optional<trust::Mtf>& mtf, int least, const trust::RegistryPlan& plan, RegistryReview& out) {
  if (!mtf) {
    out.to_review.push_back(
        fmt::format("the level of {} in the mpak Trust Framework is not known, and registry.min_mtf asks for {}; --mtf FILE gives "
                    "what the mpak registry says of it",
                    without_controls(plan.package.plain), least));
    return;
  }
  if (mtf->name != plan.package.plain)
    out.to_review.push_back(without_controls(fmt::format("the file of --mtf is about {}, not {}", mtf->name, plan.package.plain)));
  else if (mtf->level < least)
    out.to_review.push_back(fmt::format("{} is of level {} in the mpak Trust Framework{}, and registry.min_mtf asks for {}",
                                        without_controls(plan.package.plain), mtf->level,
                                        mtf->score.empty() ? "" : fmt::format(" (score {})", without_controls(mtf->score)), least));
}

}  // namespace app
