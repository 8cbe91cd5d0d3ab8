#include "gateway/trust/result_review.h"

#include <utility>

#include "base/log.h"
#include "protocol/results.h"

namespace gateway {

using base::Code;
using base::Error;
using base::Task;
using protocol::Method;
using sdk::Reply;

namespace {

// Larger results are looked at where the loop does not wait for it.
constexpr std::size_t kLargestHere = 64 * 1024;

struct Reviewed {
  std::vector<trust::ResultFinding> findings;
  trust::ResultVerdict verdict;
};

Reviewed look(std::string_view result, std::string_view server, const trust::Neighbours& neighbours, const trust::ResultRules& rules) {
  Reviewed out;
  out.findings = trust::scan_result(result, server, neighbours, rules);
  if (!out.findings.empty()) out.verdict = trust::judge_result(result, out.findings, rules);
  return out;
}

}  // namespace

std::shared_ptr<const trust::Neighbours> ResultReview::neighbours(const std::shared_ptr<const Catalog>& catalog) {
  if (neighbours_ && of_ == catalog) return neighbours_;
  auto fresh = std::make_shared<trust::Neighbours>();
  if (catalog)
    for (const Entry& entry : catalog->entries(DefinitionKind::tool)) fresh->add(entry.server->id, entry.real());
  of_ = catalog;
  neighbours_ = std::move(fresh);
  return neighbours_;
}

Task<Reply> ResultReview::review(trust::ResultRules rules, Method method, std::string server, std::string name,
                                 std::shared_ptr<const Catalog> catalog, Reply reply) {
  if (rules == trust::ResultRules{trust::OnOrders::off, trust::OnSecrets::off}) co_return std::move(reply);
  const std::shared_ptr<const trust::Neighbours> beside = neighbours(catalog);
  Reviewed reviewed;
  if (reply.result().size() <= kLargestHere) {
    reviewed = look(reply.result(), server, *beside, rules);
  } else {
    auto work = [text = std::string(reply.result()), server, beside, rules] { return look(text, server, *beside, rules); };
    base::Result<Reviewed> done = co_await pool_.run(loop_, std::move(work));
    if (!done) co_return done.error();
    reviewed = *std::move(done);
  }
  if (reviewed.findings.empty()) co_return std::move(reply);
  for (const trust::ResultFinding& one : reviewed.findings)
    base::log::warn("a result was found to be suspicious", {{"server", server},
                                                            {"name", name},
                                                            {"finding", one.finding.id},
                                                            {"tier", std::string(trust::tier_name(one.finding.tier))},
                                                            {"where", one.finding.where}});
  if (reviewed.verdict.refused) {
    const std::string why = "server '" + server + "': " + reviewed.verdict.why;
    if (method == Method::tools_call) co_return Reply(protocol::tool_error_result(why));
    co_await mcp::fail(Error(Code::denied, why, why));
  }
  if (!reviewed.verdict.changed) co_return std::move(reply);
  Reply out(*std::move(reviewed.verdict.changed));
  out.hints = reply.hints;
  out.from = reply.from;
  co_return std::move(out);
}

}  // namespace gateway
