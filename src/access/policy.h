// May this caller do this, and may this answer leave.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "access/confinement.h"
#include "access/rules.h"
#include "access/subject.h"
#include "base/record.h"
#include "mcp/task.h"

namespace authz {

// The one place that decides, for lists, searches and calls alike. Without rules everybody who was identified may do everything.
// Threads: one loop only.
class Policy {
 public:
  // Whether callers come with API keys, each of which may be confined.
  enum class Keyed { no, yes };
  void use(Keyed keyed) { keyed_ = keyed; }
  // Null: no rules; nobody is confined but by their key.
  void use(std::shared_ptr<const RuleSet> rules, std::shared_ptr<const Confinement> confinement = {});
  const std::shared_ptr<const RuleSet>& rules() const { return rules_; }

  // What lists need to know of both; as RuleSet and Confinement say it.
  Sight sight(const Principal& who, std::string_view server, Subject::Kind kind) const;
  bool sees_any(const Principal& who, std::string_view server) const;
  std::string standing(const Principal& who) const;
  // Whether there is nothing that could hide anything from `who`.
  bool shows_everything(const Principal& who) const;
  // Whether it depends on the caller what is seen.
  bool by_caller() const;

  // `arguments` is JSON text or empty. What is denied has to look as if it were not there; `ask` wants the consent of the caller's own
  // person before every call.
  Decision decide(const Principal& who, const Subject& subject, std::string_view arguments) const;

  // Looks at an answer before it leaves. `result` is JSON text.
  // Errors: denied, too_large.
  mcp::Result<> review(const Principal& who, const Subject& subject, std::string_view result) const;

  // No result larger than this leaves, in bytes.
  static constexpr std::size_t kLargestResult = 64 * 1024 * 1024;

 private:
  Keyed keyed_ = Keyed::no;
  std::shared_ptr<const RuleSet> rules_;
  std::shared_ptr<const Confinement> confinement_ = std::make_shared<const Confinement>(std::vector<Part>());
};

}  // namespace authz
