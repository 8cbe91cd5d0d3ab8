// Interpreters: python, node, deno, bun, java and their like, with a file or a module that a person can read.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "trust/launch/grammars.h"
#include "trust/launch/packages.h"
#include "trust/launch/words.h"

namespace trust {
namespace {

using Takes = Option::Takes;

constexpr std::string_view kNameFile = "name the server's file, and before it no options but harmless ones";

std::string last_place(const Judgement& judgement) { return Judgement::place(judgement.words().size() - 1); }

// An interpreter that is given nothing runs what it reads from whoever speaks to it.
void deny_nothing_named(Judgement& judgement) {
  judgement.deny("R04", last_place(judgement), "an interpreter without a file runs what whoever speaks to it writes",
                 std::string(kNameFile));
}

// `-W ignore`, `-W ignore::DeprecationWarning`; a category with a dot would be imported.
bool is_plain_filter(std::string_view value) {
  const std::string_view action = value.substr(0, value.find(':'));
  constexpr std::array<std::string_view, 6> kActions{"ignore", "default", "error", "always", "module", "once"};
  return std::ranges::find(kActions, action) != kActions.end() && !value.contains('.');
}

bool is_plain_setting(std::string_view value) {
  constexpr std::array<std::string_view, 7> kSettings{
      "utf8", "utf8=1", "utf8=0", "dev", "faulthandler", "no_debug_ranges", "frozen_modules=off"};
  return std::ranges::find(kSettings, value) != kSettings.end();
}

// The words of one call of python.
class PythonCall {
 public:
  PythonCall(Judgement& judgement, std::size_t program) : judgement_(judgement), at_(program + 1) {}

  void judge() {
    const auto words = judgement_.words();
    for (; at_ < words.size(); ++at_) {
      const std::string& word = words[at_];
      if (word == "--") {
        ++at_;
        break;
      }
      if (word.size() < 2 || word[0] != '-') break;
      if (take(std::string_view(word).substr(1))) return;
    }
    if (at_ >= words.size()) return deny_nothing_named(judgement_);
    judge_code(judgement_, at_, words[at_], "the script");
    if (!judgement_.denied()) judge_arguments(judgement_, at_ + 1);
  }

 private:
  // Letters of one word. True: the rest of the words has been judged.
  bool take(std::string_view letters) {
    for (; !letters.empty(); letters.remove_prefix(1)) {
      const char letter = letters[0];
      if (std::string_view("uBEIOPqsSbd").contains(letter)) continue;
      if (letter != 'm' && letter != 'W' && letter != 'X') {
        judgement_.deny("R04", Judgement::place(at_),
                        fmt::format("{} is not among the options that python may get", printable(std::string{'-', letter})),
                        std::string(kNameFile));
        return true;
      }
      std::string_view value = letters.substr(1);
      if (value.empty()) {
        if (at_ + 1 >= judgement_.words().size()) {
          deny_nothing_named(judgement_);
          return true;
        }
        value = judgement_.words()[++at_];
      }
      if (letter == 'm') {
        judge_module(judgement_, at_, value);
        if (!judgement_.denied()) judge_arguments(judgement_, at_ + 1);
        return true;
      }
      if (letter == 'W' ? is_plain_filter(value) : is_plain_setting(value)) return false;
      judgement_.deny("R04", Judgement::place(at_),
                      fmt::format("{} makes python do something else before the server begins", printable(value)), std::string(kNameFile));
      return true;
    }
    return false;
  }

  Judgement& judgement_;
  std::size_t at_;
};

constexpr auto kNode = std::to_array<Option>({
    {"--no-warnings"},
    {"--no-deprecation"},
    {"--trace-warnings"},
    {"--trace-deprecation"},
    {"--trace-uncaught"},
    {"--enable-source-maps"},
    {"--experimental-strip-types"},
    {"--experimental-transform-types"},
    {"--experimental-sqlite"},
    {"--experimental-websocket"},
    {"--experimental-fetch"},
    {"--experimental-vm-modules"},
    {"--experimental-json-modules"},
    {"--experimental-modules"},
    {"--no-experimental-strip-types"},
    {"--use-system-ca"},
    {"--expose-gc"},
    {"--disable-warning", Takes::attached, nullptr},
    {"--max-old-space-size", Takes::attached, nullptr},
    {"--max-semi-space-size", Takes::attached, nullptr},
    {"--stack-size", Takes::attached, nullptr},
    {"--stack-trace-limit", Takes::attached, nullptr},
    {"--unhandled-rejections", Takes::attached, nullptr},
    {"--dns-result-order", Takes::attached, nullptr},
    {"--max-http-header-size", Takes::attached, nullptr},
});

constexpr auto kDeno = std::to_array<Option>({
    {"--allow-all"},
    {"-A"},
    {"--allow-net", Takes::attached, nullptr},
    {"-N", Takes::attached, nullptr},
    {"--allow-read", Takes::attached, nullptr},
    {"-R", Takes::attached, nullptr},
    {"--allow-write", Takes::attached, nullptr},
    {"-W", Takes::attached, nullptr},
    {"--allow-env", Takes::attached, nullptr},
    {"-E", Takes::attached, nullptr},
    {"--allow-sys", Takes::attached, nullptr},
    {"-S", Takes::attached, nullptr},
    {"--allow-hrtime"},
    {"--no-prompt"},
    {"--no-check", Takes::attached, nullptr},
    {"--check", Takes::attached, nullptr},
    {"--quiet"},
    {"-q"},
    {"--no-remote"},
    {"--no-npm"},
    {"--no-config"},
    {"--no-lock"},
    {"--cached-only"},
    {"--frozen", Takes::attached, nullptr},
    {"--node-modules-dir", Takes::attached, nullptr},
    {"--unstable-sloppy-imports"},
});

constexpr auto kBun = std::to_array<Option>({{"--silent"}, {"--smol"}, {"-b"}, {"--bun"}, {"--no-install"}, {"--prefer-offline"}});

void judge_script(Judgement& judgement, std::size_t word) {
  judge_code(judgement, word, judgement.words()[word], "the script");
  if (!judgement.denied()) judge_arguments(judgement, word + 1);
}

bool is_script_name(std::string_view word) {
  if (word.contains('/') || word.contains('\\')) return true;
  for (std::string_view ending : {".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"})
    if (word.ends_with(ending)) return true;
  return false;
}

// `npm:` and `jsr:` packages, which deno takes as modules.
void judge_deno_package(Judgement& judgement, std::size_t word, std::string_view name) {
  // A file within the package may follow the version.
  const std::size_t version = name.find('@', 1);
  const std::size_t slash = version == std::string_view::npos ? version : name.find('/', version);
  const PackageSpec is = parse_npm_name(name.substr(0, slash));
  const std::string where = Judgement::place(word);
  if (is.form != PackageSpec::Form::exact || is_runner_package(is.name) || is_script_package(is.name))
    return judgement.deny("R05", where, fmt::format("{} is no exact package of a registry", printable(judgement.words()[word])),
                          "write npm:NAME@1.2.3 with the version that you looked at");
  judgement.review("R09", where, "deno fetches the package, and nobody has approved it yet", fmt::format("look at it, and {}", kApprove));
}

// Whether this is an option of the Java machine that only sets sizes, collectors and plain properties.
bool is_plain_java_option(std::string_view word) {
  for (std::string_view size : {"-Xmx", "-Xms", "-Xss", "-Xmn"})
    if (word.starts_with(size))
      return word.size() > size.size() && word.find_first_not_of("0123456789kKmMgG", size.size()) == std::string_view::npos;
  if (word.starts_with("-XX:"))
    return word.starts_with("-XX:+Use") || word.starts_with("-XX:MaxRAMPercentage=") || word.starts_with("-XX:TieredStopAtLevel=");
  if (word.starts_with("-D")) {
    const std::string_view name = word.substr(2, word.find('=') - 2);
    if (name == "java.awt.headless" || name.starts_with("java.net.prefer") || name == "file.encoding" || name.starts_with("user."))
      return true;
    for (std::string_view own :
         {"java.", "javax.", "jdk.", "sun.", "com.sun.", "log4j", "logback", "logging.config", "loader.", "spring.config."})
      if (name.starts_with(own)) return false;
    return !name.empty();
  }
  return word == "--enable-preview" || word == "-server" || word == "-client" || word == "--enable-native-access=ALL-UNNAMED";
}

}  // namespace

void judge_python(Judgement& judgement, std::size_t program) { PythonCall(judgement, program).judge(); }

void judge_node(Judgement& judgement, std::size_t program) {
  const auto words = judgement.words();
  const auto file = skip_options(judgement, program + 1, {"node", "R04", kNode, kNameFile});
  if (!file) return;
  if (*file >= words.size()) return deny_nothing_named(judgement);
  if (words[*file] == "inspect")
    return judgement.deny("R04", Judgement::place(*file), "it would start the debugger", std::string(kNameFile));
  judge_script(judgement, *file);
}

void judge_deno(Judgement& judgement, std::size_t program) {
  const auto words = judgement.words();
  if (program + 1 >= words.size() || words[program + 1] != "run")
    return judgement.deny("R04", Judgement::place(std::min(program + 1, words.size() - 1)), "deno starts a server only as deno run",
                          std::string(kNameFile));
  const auto file = skip_options(judgement, program + 2, {"deno run", "R04", kDeno, kNameFile});
  if (!file) return;
  if (*file >= words.size()) return deny_nothing_named(judgement);
  for (std::string_view registry : {"npm:", "jsr:"}) {
    if (!words[*file].starts_with(registry)) continue;
    judge_deno_package(judgement, *file, std::string_view(words[*file]).substr(registry.size()));
    if (!judgement.denied()) judge_arguments(judgement, *file + 1);
    return;
  }
  judge_script(judgement, *file);
}

void judge_bun(Judgement& judgement, std::size_t program) {
  const auto words = judgement.words();
  std::size_t at = program + 1;
  if (at < words.size() && words[at] == "x") return judge_npm_runner(judgement, at, Launcher::bunx);
  const auto verb = skip_options(judgement, at, {"bun", "R04", kBun, kNameFile});
  if (!verb) return;
  at = *verb;
  if (at < words.size() && words[at] == "run") {
    const auto file = skip_options(judgement, at + 1, {"bun run", "R04", kBun, kNameFile});
    if (!file) return;
    at = *file;
  }
  if (at >= words.size()) return deny_nothing_named(judgement);
  if (words[at] != "-" && !is_script_name(words[at]))
    return judgement.deny("R04", Judgement::place(at),
                          fmt::format("{} is no file, but a command or a script of a project, which a shell runs", printable(words[at])),
                          std::string(kNameFile));
  judge_script(judgement, at);
}

void judge_java(Judgement& judgement, std::size_t program) {
  const auto words = judgement.words();
  for (std::size_t at = program + 1; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word == "-jar") {
      if (at + 1 >= words.size()) return deny_nothing_named(judgement);
      judge_code(judgement, at + 1, words[at + 1], "the archive");
      if (!judgement.denied()) judge_arguments(judgement, at + 2);
      return;
    }
    if (word.ends_with(".java") && word[0] != '-' && word[0] != '@') return judge_script(judgement, at);
    if (!is_plain_java_option(word))
      return judgement.deny("R04", Judgement::place(at),
                            fmt::format("{} is not among the options that java may get", printable(word.substr(0, word.find('=')))),
                            "write java -jar FILE.jar");
  }
  deny_nothing_named(judgement);
}

void judge_plain_interpreter(Judgement& judgement, std::size_t program, Launcher launcher) {
  const auto words = judgement.words();
  if (program + 1 >= words.size()) return deny_nothing_named(judgement);
  const std::string_view ending = launcher == Launcher::ruby ? ".rb" : launcher == Launcher::php ? ".php" : ".dll";
  if (words[program + 1][0] == '-' || !words[program + 1].ends_with(ending))
    return judgement.deny("R04", Judgement::place(program + 1),
                          fmt::format("{} starts a server only by a file of the form FILE{}", printable(words[program]), ending),
                          std::string(kNameFile));
  judge_script(judgement, program + 1);
}

}  // namespace trust
