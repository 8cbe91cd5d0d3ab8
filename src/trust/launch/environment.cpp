#include "trust/launch/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "trust/launch/words.h"

namespace trust {
namespace {

constexpr std::string_view kRule = "R03";
constexpr std::string_view kLeaveOut = "leave it out; what a server needs to know has a name of its own";

// What a loader, an interpreter, a package installer or a client program reads before the server's first line runs: by it another
// program runs, or the same one with other code, other packages or other servers to talk to.
constexpr auto kPrefixes = std::to_array<std::string_view>({
    "LD_",       "DYLD_",       "NODE_",       "PYTHON",    "PERL5",     "PERLIO",    "LOG4J",      "HOMEBREW_", "PERLLIB",    "PERL_",
    "RUBYOPT",   "RUBYLIB",     "RUBY_",       "RUBYGEMS_", "GEM_",      "BUNDLE_",   "BUNDLER_",   "BASH_",     "ZSH_",       "GIT_",
    "NPM_",      "YARN_",       "PNPM_",       "COREPACK_", "NVM_",      "VOLTA_",    "FNM_",       "ASDF_",     "MISE_",      "UV_",
    "PIP_",      "PIPX_",       "PIPENV_",     "POETRY_",   "PDM_",      "HATCH_",    "CONDA_",     "MAMBA_",    "PYENV_",     "RYE_",
    "DOCKER_",   "CONTAINERS_", "CONTAINERD_", "PODMAN_",   "BUILDAH_",  "BUILDKIT_", "BUILDX_",    "NERDCTL_",  "COMPOSE_",   "JAVA_",
    "JDK_",      "JRE_",        "_JAVA",       "JVM_",      "JBANG_",    "MAVEN_",    "MVN_",       "GRADLE_",   "SBT_",       "SCALA_",
    "KOTLIN_",   "GROOVY_",     "CATALINA_",   "DENO_",     "BUN_",      "ELECTRON_", "TS_NODE_",   "TSX_",      "PHP_",       "PHPRC",
    "COMPOSER_", "LUA_",        "TCL_",        "TCLLIB",    "ERL_",      "ELIXIR_",   "MIX_",       "JULIA_",    "OCAML",      "GHC_",
    "RUSTC",     "RUSTDOC",     "RUSTUP_",     "RUSTFLAGS", "CARGO_",    "CMAKE_",    "PKG_CONFIG", "GCC_",      "DOTNET_",    "CORECLR_",
    "COR_",      "COMPLUS_",    "MSBUILD",     "NUGET_",    "MONO_",     "MALLOC_",   "GLIBC_",     "XDG_",      "DBUS_",      "SYSTEMD_",
    "KRB5",      "OPENSSL_",    "SSL_",        "SSLKEY",    "CURL_",     "WGET",      "GTK_",       "GIO_",      "GDK_PIXBUF", "QT_",
    "QML",       "GST_PLUGIN",  "GSETTINGS_",  "LIBGL_",    "LIBVA_",    "OCL_",      "P11_KIT",    "NIX_",      "GUIX_",      "SUDO_",
    "RESOLV_",   "TMUX",        "EMACS",       "R_LIBS",    "R_PROFILE", "R_ENVIRON", "R_HOME",     "RSYNC_",
});

constexpr auto kNames = std::to_array<std::string_view>({
    "PATH",
    "HOME",
    "SHELL",
    "ENV",
    "IFS",
    "SHELLOPTS",
    "BASHOPTS",
    "PROMPT_COMMAND",
    "PS1",
    "PS4",
    "CDPATH",
    "FPATH",
    "ZDOTDIR",
    "TMPDIR",
    "TMP",
    "TEMP",
    "TEMPDIR",
    "PWD",
    "OLDPWD",
    "BROWSER",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "MANPAGER",
    "MANPATH",
    "MANOPT",
    "INPUTRC",
    "CLASSPATH",
    "JAVA",
    "GOFLAGS",
    "GOPATH",
    "GOROOT",
    "GOBIN",
    "GOENV",
    "GOPROXY",
    "GOSUMDB",
    "GONOSUMDB",
    "GONOSUMCHECK",
    "GONOPROXY",
    "GOPRIVATE",
    "GOINSECURE",
    "GOTOOLCHAIN",
    "GOTOOLDIR",
    "GOCACHE",
    "GOMODCACHE",
    "GODEBUG",
    "GOTMPDIR",
    "GOEXPERIMENT",
    "CGO_CFLAGS",
    "CGO_LDFLAGS",
    "CGO_ENABLED",
    "MAKEFLAGS",
    "MAKEFILES",
    "MFLAGS",
    "MAKE",
    "CC",
    "CXX",
    "CPP",
    "LD",
    "AR",
    "AS",
    "RANLIB",
    "CFLAGS",
    "CXXFLAGS",
    "CPPFLAGS",
    "LDFLAGS",
    "CPATH",
    "LIBRARY_PATH",
    "COMPILER_PATH",
    "C_INCLUDE_PATH",
    "CCC_OVERRIDE_OPTIONS",
    "GCONV_PATH",
    "LOCPATH",
    "NLSPATH",
    "TEXTDOMAINDIR",
    "TERMINFO",
    "TERMINFO_DIRS",
    "TERMCAP",
    "TERMPATH",
    "TZDIR",
    "HOSTALIASES",
    "LOCALDOMAIN",
    "HOSTFILE",
    "GETCONF_DIR",
    "LIBPATH",
    "SHLIB_PATH",
    "PERL",
    "RUBY",
    "VIRTUAL_ENV",
    "VIRTUALENV",
    "WORKON_HOME",
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "SSH_SK_PROVIDER",
    "SSH_SK_HELPER",
    "CVS_RSH",
    "SVN_SSH",
    "SVN_EDITOR",
    "HGRCPATH",
    "HGEDITOR",
    "BZR_SSH",
    "NETRC",
    "MAILCAPS",
    "MAILCAP",
    "EXINIT",
    "MYVIMRC",
    "AWKPATH",
    "AWKLIBPATH",
    "SCREENRC",
    "NOTIFY_SOCKET",
    "GNUPGHOME",
    "GPG_AGENT_INFO",
    "ALSA_CONFIG_PATH",
    "LADSPA_PATH",
    "ESBUILD_BINARY_PATH",
    "SASS_BINARY_PATH",
    "CHROME_DEVEL_SANDBOX",
    "ASPNETCORE_HOSTINGSTARTUPASSEMBLIES",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "PSMODULEPATH",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "ALLUSERSPROFILE",
    "PROGRAMFILES",
    "COMMONPROGRAMFILES",
    "PROMPT",
    "AWS_CONFIG_FILE",
    "BOTO_CONFIG",
    "AWS_CA_BUNDLE",
    "KUBE_EDITOR",
    "HISTFILE",
    "VIM",
    "VIMINIT",
    "VIMRUNTIME",
    "LESS",
    "LESSOPEN",
    "LESSCLOSE",
    "LESSKEY",
    "LESSEDIT",
    "ODBCINI",
    "ODBCSYSINI",
    "ODBCINSTINI",
    "VK_LAYER_PATH",
    "VK_ICD_FILENAMES",
    "VK_DRIVER_FILES",
    "VK_INSTANCE_LAYERS",
    "VK_ADD_LAYER_PATH",
    "CONTAINER_HOST",
    "CONTAINER_CONNECTION",
    "CONTAINER_SSHKEY",
    "ANT_OPTS",
    "ANT_ARGS",
    "ANT_HOME",
    "RES_OPTIONS",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
    "GH_PAGER",
    "GH_EDITOR",
    "GH_BROWSER",
    "AWS_PAGER",
    "BAT_PAGER",
    "DELTA_PAGER",
    "PSQL_PAGER",
    "MYSQL_PAGER",
    "PSQL_EDITOR",
    "PKCS11_PROVIDER_MODULE",
    "XAUTHORITY",
    "FCEDIT",
    "GLOBIGNORE",
    "EXECIGNORE",
    "HEAPPROFILE",
    "CPUPROFILE",
    "ASAN_OPTIONS",
    "LSAN_OPTIONS",
    "TSAN_OPTIONS",
    "UBSAN_OPTIONS",
    "MSAN_OPTIONS",
    "GCOV_PREFIX",
    "LLVM_PROFILE_FILE",
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_PATH",
    "PSQLRC",
    "PGSERVICEFILE",
    "PGSYSCONFDIR",
    "MYSQL_HOME",
    "APT_CONFIG",
    "TF_CLI_CONFIG_FILE",
    "ICU_DATA",
    "TAR_OPTIONS",
    "GREP_OPTIONS",
    "RIPGREP_CONFIG_PATH",
    "FZF_DEFAULT_COMMAND",
    "GH_CONFIG_DIR",
    "BAT_CONFIG_PATH",
});

// Whatever program it is of.
constexpr auto kSuffixes = std::to_array<std::string_view>({
    "_PROXY",
    "_CA_BUNDLE",
    "_PRELOAD",
    "_ASKPASS",
    "_SSH_COMMAND",
    "_WRAPPER",
    "_RSH",
    "_STARTUP_HOOKS",
});

// These begin like those above and only say how much is told, which name signs, or that output is not held back.
constexpr auto kHarmless = std::to_array<std::string_view>({
    "NODE_ENV",
    "NODE_NO_WARNINGS",
    "NODE_DISABLE_COLORS",
    "PYTHONUNBUFFERED",
    "PYTHONIOENCODING",
    "PYTHONUTF8",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONHASHSEED",
    "PYTHONLEGACYWINDOWSSTDIO",
    "PYTHONNOUSERSITE",
    "PYTHONFAULTHANDLER",
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_COMMITTER_NAME",
    "GIT_COMMITTER_EMAIL",
    "GIT_TOKEN",
    "GIT_USERNAME",
    "GIT_TERMINAL_PROMPT",
    "NPM_TOKEN",
    "DOTNET_ENVIRONMENT",
    "DOTNET_NOLOGO",
    "DOTNET_CLI_TELEMETRY_OPTOUT",
    "DOCKER_USERNAME",
    "DOCKER_TOKEN",
    "DOCKER_PAT",
    "DENO_DEPLOY_TOKEN",
    "NO_COLOR",
});

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

bool has_good_form(std::string_view name) {
  if (name.empty() || name.size() > 128 || (name[0] >= '0' && name[0] <= '9')) return false;
  return name.find_first_not_of("_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

bool steers_programs(std::string_view folded) {
  if (std::ranges::find(kHarmless, folded) != kHarmless.end()) return false;
  if (std::ranges::find(kNames, folded) != kNames.end()) return true;
  const auto begins = [folded](std::string_view prefix) { return folded.starts_with(prefix); };
  const auto ends = [folded](std::string_view suffix) { return folded.ends_with(suffix); };
  return std::ranges::any_of(kPrefixes, begins) || std::ranges::any_of(kSuffixes, ends);
}

// Why no variable may have this value, or nothing.
std::optional<std::string_view> wrong_value(std::string_view folded, std::string_view value) {
  if (value.contains('\0')) return "its value holds a NUL, where the value ends for the program and not for who read it";
  if (value.starts_with("() {")) return "its value is a function of a shell";
  const bool locale = folded == "LANG" || folded == "LANGUAGE" || folded.starts_with("LC_");
  if (locale && value.contains('/')) return "its value is a path, from which the C library would load";
  if (folded == "TZ" && (value.starts_with('/') || value.starts_with(':'))) return "its value is a path, which the C library would read";
  return {};
}

}  // namespace

void judge_variable(Judgement& judgement, const std::string& where, std::string_view name, std::string_view value) {
  if (!has_good_form(name))
    return judgement.deny(kRule, where, fmt::format("{} is no plain name of a variable", printable(name)), "use letters, digits and _");
  const std::string folded = upper(name);
  if (steers_programs(folded))
    return judgement.deny(kRule, where, fmt::format("{} steers the programs that a server is started by, and not the server", name),
                          std::string(kLeaveOut));
  if (auto why = wrong_value(folded, value)) return judgement.deny(kRule, where, fmt::format("{}: {}", name, *why), "write a plain value");
  if (folded != name)
    judgement.review(kRule, where, fmt::format("{} is not in capitals, as variables of the environment are", name),
                     fmt::format("make sure that the server wants it so; {}", kApprove));
}

void judge_environment(Judgement& judgement) {
  for (const auto& [name, value] : judgement.launch().env) {
    if (judgement.denied()) return;
    judge_variable(judgement, has_good_form(name) ? "env." + name : "env", name, value);
  }
}

}  // namespace trust
