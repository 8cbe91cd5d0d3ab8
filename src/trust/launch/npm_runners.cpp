// npx and its kin: `npx -y @scope/name@1.2.3 arguments…`.
#include <fmt/format.h>

#include <array>

#include "trust/launch/grammars.h"
#include "trust/launch/packages.h"
#include "trust/launch/words.h"

namespace trust {
namespace {

using Takes = Option::Takes;

constexpr std::string_view kRemedy = "write npx -y NAME@VERSION and then the server's own arguments";

// What only says how much is told and asked.
constexpr std::array<Option, 8> kNpx{{
    {"-y"},
    {"--yes"},
    {"-q"},
    {"--quiet"},
    {"--silent"},
    {"--prefer-offline"},
    {"--offline"},
    {"--ignore-scripts"},
}};
constexpr std::array<Option, 2> kDlx{{{"-q"}, {"--silent"}}};
constexpr std::array<Option, 5> kBunx{{{"-y"}, {"--yes"}, {"--bun"}, {"--silent"}, {"--no-install"}}};

struct Runner {
  std::string_view name;
  std::span<const Option> options;
  std::string_view verb;        // `exec`, with npm
  std::string_view other_verb;  // that means the same
};

Runner runner_of(Launcher launcher) {
  switch (launcher) {
    case Launcher::npm: return {"npm exec", kNpx, "exec", "x"};
    case Launcher::pnpm: return {"pnpm dlx", kDlx, "dlx", "dlx"};
    case Launcher::yarn: return {"yarn dlx", kDlx, "dlx", "dlx"};
    case Launcher::bunx: return {"bunx", kBunx, "", ""};
    default: return {"npx", kNpx, "", ""};
  }
}

// npm reads options behind the package too, unless a `--` stands before them.
void judge_late_options(Judgement& judgement, std::size_t first) {
  const auto words = judgement.words();
  for (std::size_t i = first; i < words.size() && words[i] != "--"; ++i)
    if (words[i].starts_with('-'))
      return judgement.deny("R04", Judgement::place(i),
                            fmt::format("npm takes {} for itself", printable(words[i].substr(0, words[i].find('=')))),
                            std::string(kRemedy));
}

}  // namespace

void judge_npm_runner(Judgement& judgement, std::size_t program, Launcher launcher) {
  const auto words = judgement.words();
  const Runner runner = runner_of(launcher);
  std::size_t at = program + 1;
  if (!runner.verb.empty()) {
    if (at >= words.size() || (words[at] != runner.verb && words[at] != runner.other_verb))
      return judgement.deny("R04", Judgement::place(std::min(at, words.size() - 1)),
                            fmt::format("{} starts a server only as {}", printable(words[program]), runner.name), std::string(kRemedy));
    ++at;
  }
  const Options options{runner.name, "R04", runner.options, kRemedy};
  const auto package = skip_options(judgement, at, options);
  if (!package) return;
  if (*package >= words.size())
    return judgement.deny("R04", Judgement::place(words.size() - 1), fmt::format("{} is given no package", runner.name),
                          std::string(kRemedy));
  judge_npm_package(judgement, *package, words[*package]);
  if (judgement.denied()) return;
  if (launcher == Launcher::npm) judge_late_options(judgement, *package + 1);
  std::size_t first = *package + 1;
  if (is_script_package(parse_npm_name(words[*package]).name)) {
    if (first >= words.size() || words[first].starts_with('-'))
      return judgement.deny("R04", Judgement::place(std::min(first, words.size() - 1)),
                            "the script is to come first, and nothing before it", "name a file");
    judge_code(judgement, first++, words[*package + 1], "the script");
  }
  judge_arguments(judgement, first);
}

}  // namespace trust
