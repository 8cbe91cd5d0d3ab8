#include <fmt/format.h>

#include "app/commands.h"
#include "app/terminal.h"

namespace app {
namespace {

std::string bash(std::span<const CommandShape> commands) {
  std::vector<std::string> names;
  for (const CommandShape& command : commands) names.push_back(command.name);
  std::string cases;
  for (const CommandShape& command : commands)
    cases +=
        fmt::format("    {}) words=\"{}\"; first=\"{}\" ;;\n", command.name, fmt::join(command.flags, " "), fmt::join(command.words, " "));
  return fmt::format(R"(# bash completion for gatehouse: source <(gatehouse completion bash)
_gatehouse() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" words="" first=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{} --help --version" -- "$current"))
    return
  fi
  case "$before" in
    --config|--root) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --log-level) COMPREPLY=($(compgen -W "debug info warn error off" -- "$current")); return ;;
    --log-format) COMPREPLY=($(compgen -W "text json" -- "$current")); return ;;
  esac
  case "${{COMP_WORDS[1]}}" in
{}  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$first" -- "$current")) ;;
  esac
}}
complete -o filenames -F _gatehouse gatehouse
)",
                     fmt::join(names, " "), cases);
}

// Text inside single quotes, for zsh and fish.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string zsh(std::span<const CommandShape> commands) {
  std::string list;
  std::string cases;
  for (const CommandShape& command : commands) {
    list += fmt::format("    {}\n", single_quoted(command.name + ":" + command.help));
    cases += fmt::format("    {}) compadd -- {} {} ;;\n", command.name, fmt::join(command.words, " "), fmt::join(command.flags, " "));
  }
  return fmt::format(R"(#compdef gatehouse
# zsh completion for gatehouse: source <(gatehouse completion zsh)
_gatehouse() {{
  local -a commands
  commands=(
{}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "${{words[CURRENT-1]}}" in
    --config|--root) _files; return ;;
    --log-level) compadd -- debug info warn error off; return ;;
    --log-format) compadd -- text json; return ;;
  esac
  case "${{words[2]}}" in
{}  esac
}}
if [ "$funcstack[1]" = "_gatehouse" ]; then _gatehouse "$@"; else compdef _gatehouse gatehouse; fi
)",
                     list, cases);
}

std::string fish(std::span<const CommandShape> commands) {
  std::string out = "# fish completion for gatehouse: gatehouse completion fish | source\ncomplete -c gatehouse -f\n";
  for (const CommandShape& command : commands) {
    out += fmt::format("complete -c gatehouse -n __fish_use_subcommand -a {} -d {}\n", command.name, single_quoted(command.help));
    std::string seen = fmt::format("-n '__fish_seen_subcommand_from {}'", command.name);
    for (const std::string& flag : command.flags) {
      bool takes_file = flag == "--config" || flag == "--root";
      std::string words = flag == "--log-level" ? " -x -a 'debug info warn error off'" : flag == "--log-format" ? " -x -a 'text json'" : "";
      out += fmt::format("complete -c gatehouse {} -l {}{}{}\n", seen, flag.substr(2), takes_file ? " -r -F" : "", words);
    }
    if (!command.words.empty()) out += fmt::format("complete -c gatehouse {} -a '{}'\n", seen, fmt::join(command.words, " "));
  }
  return out;
}

}  // namespace

int completion(std::string_view shell, std::span<const CommandShape> commands) {
  if (shell == "bash") {
    print(bash(commands));
  } else if (shell == "zsh") {
    print(zsh(commands));
  } else if (shell == "fish") {
    print(fish(commands));
  } else {
    complain(fmt::format("no completion for {}; there is bash, zsh and fish", shown(shell)));
    return kUsage;
  }
  return kGood;
}

}  // namespace app
