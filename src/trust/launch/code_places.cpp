// Files, modules and arguments: what a server's own code is, and what it is told.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "trust/launch/grammars.h"
#include "trust/launch/judge.h"
#include "trust/launch/words.h"

namespace trust {
namespace {

// The standard library of Python. None of it is an MCP server, and much of it runs, fetches or serves what its arguments say.
constexpr auto kStandardModules = std::to_array<std::string_view>({
    "abc",
    "aifc",
    "antigravity",
    "argparse",
    "array",
    "ast",
    "asynchat",
    "asyncio",
    "asyncore",
    "atexit",
    "audioop",
    "base64",
    "bdb",
    "binascii",
    "binhex",
    "bisect",
    "builtins",
    "bz2",
    "calendar",
    "cgi",
    "cgitb",
    "chunk",
    "cmath",
    "cmd",
    "code",
    "codecs",
    "codeop",
    "collections",
    "colorsys",
    "compileall",
    "compression",
    "concurrent",
    "configparser",
    "contextlib",
    "contextvars",
    "copy",
    "copyreg",
    "cProfile",
    "crypt",
    "csv",
    "ctypes",
    "curses",
    "dataclasses",
    "datetime",
    "dbm",
    "decimal",
    "difflib",
    "dis",
    "distutils",
    "doctest",
    "email",
    "encodings",
    "ensurepip",
    "enum",
    "errno",
    "faulthandler",
    "fcntl",
    "filecmp",
    "fileinput",
    "fnmatch",
    "formatter",
    "fractions",
    "ftplib",
    "functools",
    "gc",
    "genericpath",
    "getopt",
    "getpass",
    "gettext",
    "glob",
    "graphlib",
    "grp",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http",
    "idlelib",
    "imaplib",
    "imghdr",
    "imp",
    "importlib",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "json",
    "keyword",
    "lib2to3",
    "linecache",
    "locale",
    "logging",
    "lzma",
    "mailbox",
    "mailcap",
    "marshal",
    "math",
    "mimetypes",
    "mmap",
    "modulefinder",
    "msilib",
    "multiprocessing",
    "netrc",
    "nis",
    "nntplib",
    "ntpath",
    "nturl2path",
    "numbers",
    "opcode",
    "operator",
    "optparse",
    "os",
    "ossaudiodev",
    "parser",
    "pathlib",
    "pdb",
    "pickle",
    "pickletools",
    "pipes",
    "pkgutil",
    "platform",
    "plistlib",
    "poplib",
    "posix",
    "posixpath",
    "pprint",
    "profile",
    "pstats",
    "pty",
    "pwd",
    "py_compile",
    "pyclbr",
    "pydoc",
    "pydoc_data",
    "pyexpat",
    "queue",
    "quopri",
    "random",
    "re",
    "readline",
    "reprlib",
    "resource",
    "rlcompleter",
    "runpy",
    "sched",
    "secrets",
    "select",
    "selectors",
    "shelve",
    "shlex",
    "shutil",
    "signal",
    "site",
    "smtpd",
    "smtplib",
    "sndhdr",
    "socket",
    "socketserver",
    "spwd",
    "sqlite3",
    "sre_compile",
    "sre_constants",
    "sre_parse",
    "ssl",
    "stat",
    "statistics",
    "string",
    "stringprep",
    "struct",
    "subprocess",
    "sunau",
    "symbol",
    "symtable",
    "sys",
    "sysconfig",
    "syslog",
    "tabnanny",
    "tarfile",
    "telnetlib",
    "tempfile",
    "termios",
    "test",
    "textwrap",
    "this",
    "threading",
    "time",
    "timeit",
    "tkinter",
    "token",
    "tokenize",
    "tomllib",
    "trace",
    "traceback",
    "tracemalloc",
    "tty",
    "turtle",
    "turtledemo",
    "types",
    "typing",
    "unicodedata",
    "unittest",
    "urllib",
    "uu",
    "uuid",
    "venv",
    "warnings",
    "wave",
    "weakref",
    "webbrowser",
    "winreg",
    "winsound",
    "wsgiref",
    "xdrlib",
    "xml",
    "xmlrpc",
    "zipapp",
    "zipfile",
    "zipimport",
    "zlib",
    "zoneinfo",
});

std::string_view first_part(std::string_view name, char mark) { return name.substr(0, name.find(mark)); }

// Names of packages are, and those of modules may not be, in small letters.
std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

bool is_network_share(std::string_view path) { return path.starts_with("\\\\") || (path.starts_with("//") && !path.starts_with("///")); }

// `npm:`, `data:`, `jsr:`: a scheme, and no drive of Windows.
bool has_scheme(std::string_view path) {
  const std::size_t colon = path.find(':');
  if (colon == std::string_view::npos || colon < 2) return false;
  return path.substr(0, colon).find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-") ==
         std::string_view::npos;
}

// A word that names a shell, and behind it the option that gives it a command.
bool gives_shell_a_command(std::string_view word, std::string_view next) {
  constexpr std::array<std::string_view, 9> kOrders{"-c", "-lc", "-ic", "-ec", "/c", "/C", "-Command", "-EncodedCommand", "-e"};
  return is_shell(word.substr(word.rfind('/') + 1)) && std::ranges::find(kOrders, next) != kOrders.end();
}

// Options by which a server is told to start another program, in one text.
bool takes_command(std::string_view option) {
  constexpr std::array<std::string_view, 7> kNames{"--stdio", "--exec", "--command", "--cmd", "--shell", "--run", "--spawn"};
  return std::ranges::find(kNames, option) != kNames.end();
}

Launch split_command(std::string_view text) {
  Launch out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end != 0) out.argv.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void judge_inner_command(Judgement& judgement, std::size_t word, std::string_view option, std::string_view value) {
  if (!takes_command(option) || !value.contains(' ')) return;
  const Launch inner = split_command(value);
  // One command in another is all that anybody could want.
  if (std::ranges::any_of(inner.argv, takes_command))
    return judgement.deny("R04", Judgement::place(word), "a command within a command within a command", "start the server itself");
  judgement.take(judge(inner, NothingApproved(), judgement.ground()), Judgement::place(word));
  judgement.review("R09", Judgement::place(word), fmt::format("{} starts another program", option),
                   fmt::format("look at it, and {}", kApprove));
}

}  // namespace

std::string_view wrong_place(const Judgement& judgement, std::string_view path) {
  if (is_network_share(path)) return "on another machine, which may give another one each time";
  namespace fs = std::filesystem;
  fs::path at(path);
  if (at.is_relative()) {
    // An absolute cwd takes the place of the folder.
    at = fs::path(judgement.ground().folder()) / judgement.launch().cwd / at;
    if (at.is_relative()) return {};
  }
  const std::string normal = at.lexically_normal().string();
  for (std::string_view folder : {"/dev/", "/proc/", "/sys/"})
    if (normal.starts_with(folder) && !normal.starts_with("/dev/shm")) return "where no file is, but what the system makes of it";
  if (!shared_folder_of(normal).empty() && !judgement.ground().is_own(normal)) return "in a folder where anybody may write";
  return {};
}

void judge_code(Judgement& judgement, std::size_t word, std::string_view path, std::string_view what) {
  const std::string where = Judgement::place(word);
  if (path.empty() || path == "-")
    return judgement.deny("R04", where, fmt::format("{} would be read from whoever speaks to the server", what), "name a file");
  if (is_url(path) || has_scheme(path))
    return judgement.deny("R05", where, fmt::format("{} would be fetched anew at each start", what),
                          "keep it in a file of this machine, and name that");
  if (std::string_view wrong = wrong_place(judgement, path); !wrong.empty())
    return judgement.deny("R04", where, fmt::format("{} stands {}", what, wrong), "move it into a folder of its owner's");
  if (auto found = find_operator(path))
    return judgement.deny("R02", where, fmt::format("it holds {}, which is for a shell", *found), "write the plain path");
  if (has_placeholder(path)) return judgement.review("R02", where, "something in it is still to be filled in", "write the path");
  judgement.review("R09", where, fmt::format("{} is code of this machine that nobody has approved yet", what),
                   fmt::format("read it, and {}", kApprove));
}

void judge_module(Judgement& judgement, std::size_t word, std::string_view name) {
  const std::string where = Judgement::place(word);
  const auto in_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  };
  if (name.empty() || name[0] == '-' || name[0] == '.' || !std::ranges::all_of(name, in_name))
    return judgement.deny("R04", where, fmt::format("{} is no name of a module", printable(name)), "name the server's module");
  const std::string_view top = first_part(name, '.');
  if (top[0] == '_' || std::ranges::find(kStandardModules, top) != kStandardModules.end() || is_runner_package(lower(top)) ||
      is_system_tool(top))
    return judgement.deny("R04", where, fmt::format("{} comes with Python or installs for it, and is no server", printable(name)),
                          "name the server's module");
  judgement.review("R09", where, fmt::format("the module {} is code of this machine that nobody has approved yet", printable(name)),
                   fmt::format("read it, and {}", kApprove));
}

void judge_arguments(Judgement& judgement, std::size_t first) {
  const auto words = judgement.words();
  for (std::size_t i = first; i < words.size() && !judgement.denied(); ++i) {
    const std::string& word = words[i];
    const std::string where = Judgement::place(i);
    const std::string_view next = i + 1 < words.size() ? std::string_view(words[i + 1]) : std::string_view();
    const std::string_view before = i > first ? std::string_view(words[i - 1]) : std::string_view();
    const std::size_t equals = word.find('=');
    const bool own_value = word.starts_with("--") && equals != std::string::npos;
    if (auto found = find_operator(word))
      judgement.deny("R02", where, fmt::format("it holds {}, which is for a shell", *found),
                     "write the plain value, or put it into a variable");
    else if (gives_shell_a_command(word, next))
      judgement.deny("R04", where, fmt::format("{} is given a command to run", printable(word)), "start the server itself");
    else if (own_value)
      judge_inner_command(judgement, i, std::string_view(word).substr(0, equals), std::string_view(word).substr(equals + 1));
    else
      judge_inner_command(judgement, i, before, word);
    if (has_placeholder(word))
      judgement.review("R02", where, "something in it is still to be filled in, which the gateway does not", "write the value");
  }
}

}  // namespace trust
