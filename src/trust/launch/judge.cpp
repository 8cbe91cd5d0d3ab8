#include "trust/launch/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "trust/launch/environment.h"
#include "trust/launch/grammars.h"
#include "trust/launch/words.h"

namespace trust {
namespace {

// Beyond this nobody could read it.
constexpr std::size_t kMostWords = 1'000;
constexpr std::size_t kLongestWord = 64 * 1024;

constexpr std::string_view kByPath = "write the absolute path of the server's own program, or start it by npx, uvx or docker";

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_windows_program(std::string_view name) {
  for (std::string_view ending : {".exe", ".cmd", ".bat", ".com", ".ps1", ".vbs", ".msi"})
    if (name.ends_with(ending)) return true;
  return name.contains('\\') || (name.size() > 1 && name[1] == ':');
}

void judge_command_form(Judgement& judgement) {
  const auto words = judgement.words();
  if (words.empty() || words[0].empty()) return judgement.deny("R02", "command", "there is no program to start", std::string(kByPath));
  const std::string& command = words[0];
  if (auto unseen = find_unseen(command))
    return judgement.deny("R02", "command", fmt::format("it holds {}", *unseen), "write the name anew");
  if (find_operator(command) || find_substitution(command))
    return judgement.deny("R02", "command", "it holds characters that are for a shell, and no shell reads it",
                          "write the program and each of its arguments apart");
  const std::string_view name = file_name(command);
  const bool path = command.starts_with('/');
  if (command.contains(' ') && (!path || find_launcher(name.substr(0, name.find(' ')))))
    return judgement.deny("R02", "command", "a space stands in the program's name", "write the program and each of its arguments apart");
  if (!path && !std::ranges::all_of(command, [](char c) { return c > ' ' && c < 0x7F; }))
    return judgement.deny("R02", "command", fmt::format("{} is no plain name", printable(command)), "write the name anew");
  if (is_windows_program(command))
    judgement.deny("R01", "command", fmt::format("{} is a program of Windows", printable(name)),
                   "name the program as it is called on Linux");
}

void judge_words(Judgement& judgement) {
  const auto words = judgement.words();
  if (words.size() > kMostWords)
    return judgement.deny("R02", Judgement::place(kMostWords), fmt::format("there are {} arguments", words.size() - 1),
                          "use a file of settings");
  for (std::size_t i = 1; i < words.size() && !judgement.denied(); ++i) {
    if (words[i].size() > kLongestWord)
      judgement.deny("R02", Judgement::place(i), "it is too long to be read", "use a file of settings");
    else if (auto unseen = find_unseen(words[i]))
      judgement.deny("R02", Judgement::place(i), fmt::format("it holds {}", *unseen), "write it anew, by hand");
    else if (auto found = find_substitution(words[i]))
      judgement.deny("R02", Judgement::place(i), fmt::format("it holds {}, by which a shell would run something", *found),
                     "write the plain value");
  }
}

void judge_folder(Judgement& judgement) {
  namespace fs = std::filesystem;
  const std::string& cwd = judgement.launch().cwd;
  if (cwd.empty()) return;
  const std::string folder = judgement.ground().folder();
  const fs::path at = fs::path(cwd).lexically_normal();
  if (find_unseen(cwd) || find_substitution(cwd))
    return judgement.deny("R08", "cwd", "it holds characters that no folder needs", "write the folder's plain name");
  if (folder.empty() && at.is_relative() && *at.begin() != "..") return;
  const std::string from = at.is_relative() ? at.string() : at.lexically_relative(fs::path(folder).lexically_normal()).string();
  if (folder.empty() || from.empty() || from.starts_with(".."))
    judgement.deny("R08", "cwd", "the folder is not under the config's own",
                   "move the config, or give the server the folder as an argument");
}

void judge_approval(Judgement& judgement, const Approved& approved, Verdict& verdict) {
  if (verdict.ruling == Ruling::deny) return;
  const bool known = approved.knows(launch_digest(judgement.launch()));
  if (known) verdict = {Ruling::allow, "", "", "", ""};
  if (!known && verdict.ruling == Ruling::allow && approved.nothing_else())
    verdict = {Ruling::review, "R09", "command", "this launch is not among those that were approved", std::string(kApprove)};
}

// `perl5.36` is perl.
std::string_view without_version(std::string_view name) { return name.substr(0, name.find_last_not_of("0123456789.-") + 1); }

// A path is from the config's folder, where that is known.
std::string from_folder(const Judgement& judgement, const std::string& command) {
  const std::string folder = judgement.ground().folder();
  if (folder.empty() || command.starts_with('/') || !command.contains('/')) return command;
  return (std::filesystem::path(folder) / command).lexically_normal().string();
}

void judge_launcher(Judgement& judgement, std::size_t program, Launcher launcher) {
  switch (launcher) {
    case Launcher::npx:
    case Launcher::npm:
    case Launcher::pnpm:
    case Launcher::yarn:
    case Launcher::bunx: return judge_npm_runner(judgement, program, launcher);
    case Launcher::bun: return judge_bun(judgement, program);
    case Launcher::node: return judge_node(judgement, program);
    case Launcher::deno: return judge_deno(judgement, program);
    case Launcher::uvx: return judge_uvx(judgement, program);
    case Launcher::uv: return judge_uv(judgement, program);
    case Launcher::pipx: return judge_pipx(judgement, program);
    case Launcher::python: return judge_python(judgement, program);
    case Launcher::container: return judge_container(judgement, program);
    case Launcher::java: return judge_java(judgement, program);
    case Launcher::ruby:
    case Launcher::php:
    case Launcher::dotnet: return judge_plain_interpreter(judgement, program, launcher);
  }
}

}  // namespace

void judge_program(Judgement& judgement, std::size_t program) {
  const std::string command = from_folder(judgement, judgement.words()[program]);
  const std::string_view name = file_name(command);
  const std::string where = Judgement::place(program);
  const auto launcher = find_launcher(name);
  if (is_shell(name))
    return judgement.deny("R01", where, fmt::format("{} runs whatever it is told", printable(name)), std::string(kByPath));
  if (!launcher && (is_system_tool(name) || is_interpreter(without_version(name))))
    return judgement.deny("R01", where, fmt::format("{} is a tool of the system and no server", printable(name)), std::string(kByPath));
  if (command.contains('/') && !command.starts_with('/'))
    return judgement.deny("R01", where, "the program stands in a folder that nobody knows", "write its absolute path");
  if (!command.starts_with('/') && !launcher)
    return judgement.deny("R01", where,
                          fmt::format("{} is no launcher that is known, and any program of that name could be meant", printable(name)),
                          std::string(kByPath));
  if (command.starts_with('/')) {
    if (std::string_view wrong = wrong_place(judgement, command); !wrong.empty())
      return judgement.deny("R01", where, fmt::format("the program stands {}", wrong), "move it into a folder of its owner's");
    const std::string_view folder = std::string_view(command).substr(0, command.rfind('/'));
    if (!launcher || !is_program_folder(folder))
      judgement.review("R09", where, fmt::format("{} is a program of this machine that nobody has approved yet", printable(name)),
                       fmt::format("look at where it comes from, and {}", kApprove));
  }
  if (launcher) return judge_launcher(judgement, program, *launcher);
  judge_arguments(judgement, program + 1);
}

Verdict judge(const Launch& launch, const Approved& approved, const Ground& ground) {
  Judgement judgement(launch, ground);
  judge_command_form(judgement);
  if (!judgement.denied()) judge_words(judgement);
  if (!judgement.denied()) judge_environment(judgement);
  if (!judgement.denied()) judge_folder(judgement);
  if (!judgement.denied()) judge_program(judgement, 0);
  Verdict verdict = judgement.verdict();
  judge_approval(judgement, approved, verdict);
  return verdict;
}

}  // namespace trust
