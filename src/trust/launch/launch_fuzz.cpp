// Launches of strangers: lines of JSON, judged.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "trust/launch/judge.h"
#include "trust/launch/launch_line.h"
#include "trust/launch/words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const trust::NothingApproved nothing;
  if (auto line = trust::parse_launch_line(text)) {
    const trust::Verdict verdict = trust::judge_line(*line, nothing);
    if (verdict.ruling != trust::Ruling::allow && (verdict.rule.empty() || verdict.reason.empty() || verdict.remedy.empty())) std::abort();
    if (trust::find_unseen(verdict.reason)) std::abort();
  }
  // The same bytes as words, one a line.
  trust::Launch launch;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    launch.argv.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  const trust::Verdict first = trust::judge(launch, nothing);
  // What names no exact version of a package, no digest and nothing to be read is never allowed.
  if (first.ruling == trust::Ruling::allow && launch.argv.size() < 2) std::abort();
  if (trust::find_unseen(first.reason)) std::abort();
  return 0;
}
