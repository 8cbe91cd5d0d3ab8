// docker run and podman run: R06.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "trust/launch/environment.h"
#include "trust/launch/grammars.h"
#include "trust/launch/packages.h"
#include "trust/launch/words.h"

namespace trust {
namespace {

using Takes = Option::Takes;

constexpr std::string_view kRule = "R06";
constexpr std::string_view kRemedy = "write docker run -i --rm, then -e NAME, mounts of project folders and limits, then the image";
constexpr std::string_view kOtherFolder = "mount the one folder that the server is for";

std::string at(std::size_t word) { return Judgement::place(word); }

void deny(Judgement& judgement, std::size_t word, std::string reason, std::string_view remedy = kRemedy) {
  judgement.deny(kRule, at(word), std::move(reason), std::string(remedy));
}

// Folders of the system itself: with one of them a container is no longer one.
constexpr auto kSystemFolders = std::to_array<std::string_view>({
    "bin", "boot", "dev", "etc",  "lib",    "lib32",   "lib64",        "libx32",  "lost+found", "proc", "run", "sbin",
    "sys", "usr",  "var", "snap", "System", "Library", "Applications", "private", "cores",      "root", "efi",
});
// Where folders of users and of projects are, and which are none themselves.
constexpr auto kParents = std::to_array<std::string_view>({"home", "Users", "mnt", "media", "opt", "srv", "Volumes", "tmp", "host_mnt"});
// In a home folder, what opens other doors.
constexpr auto kCredentials = std::to_array<std::string_view>({
    ".ssh",          ".aws",         ".gnupg",          ".kube",    ".docker", ".azure",        ".netrc",   ".git-credentials",
    ".npmrc",        ".pypirc",      ".password-store", ".mozilla", ".bashrc", ".bash_profile", ".profile", ".zshrc",
    ".zprofile",     ".gitconfig",   ".vault-token",    ".pgpass",  ".boto",   ".terraform.d",  ".cargo",   ".gem",
    ".bash_history", ".zsh_history", ".gcloud",         ".oci",     ".vscode", ".cursor",       ".claude",  ".claude.json",
    ".codex",        ".ethereum",    ".bitcoin",
});

template <class Names>
bool among(std::string_view name, const Names& names) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find_first_of("/\\"), path.size());
    if (end != 0 && path.substr(0, end) != ".") out.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return out;
}

// How many of the parts lead to somebody's home: `/home/ann`, `~`, `$HOME`, `C:/Users/Ann`; 0: none do.
std::size_t home_depth(const std::vector<std::string>& parts) {
  if (parts.empty()) return 0;
  const std::string& first = parts[0];
  if (first == "~" || first == "$HOME" || first == "${HOME}" || first == "%USERPROFILE%" || first == "${userHome}" ||
      first == "${env:HOME}" || first == "$USERPROFILE" || first == "${localEnv:HOME}")
    return 1;
  if (first[0] == '~') return 1;
  // `C:\Users`, or as some shells write it, `/c/Users`.
  const std::size_t from = (first.size() == 2 && first[1] == ':') || first.size() == 1 ? 1 : 0;
  if (parts.size() > from + 1 && (parts[from] == "home" || parts[from] == "Users")) return from + 2;
  return 0;
}

// Folders of settings of many programs, of which some are keys.
bool is_keys_of_programs(const std::vector<std::string>& parts, std::size_t home) {
  if (parts[home] != ".config" && parts[home] != ".local" && parts[home] != ".cache") return false;
  constexpr std::array<std::string_view, 9> kKeys{"gcloud",        "gh",       "git",  "op", "autostart", "systemd",
                                                  "google-chrome", "chromium", "share"};
  return parts.size() == home + 1 || among(parts[home + 1], kKeys);
}

// Why a folder of this machine may not be seen in a container; empty: it may, once a person has looked.
std::string_view wrong_source(std::string_view path) {
  const std::vector<std::string> parts = parts_of(path);
  if (std::ranges::find(parts, "..") != parts.end()) return "leads out of where it seems to be";
  if (path.ends_with(".sock") || path.ends_with(".socket") || path.starts_with("\\\\")) return "is the door to another program";
  const std::size_t drive = !parts.empty() && parts[0].size() == 2 && parts[0][1] == ':' ? 1 : 0;
  if (parts.size() <= drive) return path.starts_with('/') || drive == 1 ? std::string_view("is the whole machine") : std::string_view();
  if (parts.size() == 2 && parts[0].size() == 1 && parts[1] == "Users") return "holds more than one home";
  if (const std::size_t home = home_depth(parts)) {
    if (parts.size() == home) return "is somebody's whole home";
    if (among(parts[home], kCredentials) || is_keys_of_programs(parts, home)) return "holds what opens other doors";
    return {};
  }
  if (path.starts_with('/') && among(parts[0], kSystemFolders)) return "belongs to the system";
  if (drive == 1 && (parts[1].starts_with("Windows") || parts[1].starts_with("Program") || (parts.size() == 2 && parts[1] == "Users")))
    return "belongs to the system";
  if (path.starts_with('/') && parts.size() == 1 && among(parts[0], kParents)) return "holds more than one project";
  return {};
}

bool is_volume_name(std::string_view text) {
  return text.size() > 1 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == std::string_view::npos &&
         text[0] != '.' && text[0] != '-';
}

void judge_source(Judgement& judgement, std::size_t word, std::string_view path) {
  if (path.empty() || find_operator(path)) return deny(judgement, word, "the mount has no plain path", kOtherFolder);
  if (std::string_view wrong = wrong_source(path); !wrong.empty())
    return deny(judgement, word, fmt::format("the folder that is mounted {}", wrong), kOtherFolder);
  judgement.review(kRule, at(word), "a folder of this machine is mounted into the container",
                   fmt::format("see that the server needs it, and {}", kApprove));
}

// `source:target:options`, `name:target`, `target`.
void judge_volume(Judgement& judgement, std::size_t word, std::string_view value) {
  const bool letter = !value.empty() && ((value[0] >= 'a' && value[0] <= 'z') || (value[0] >= 'A' && value[0] <= 'Z'));
  const bool drive = letter && value.size() > 2 && value[1] == ':' && (value[2] == '\\' || value[2] == '/');
  // A colon within `${…}` parts nothing.
  std::size_t search = drive ? 2 : 0;
  if (value.starts_with("${")) search = std::min(value.find('}'), value.size());
  const std::size_t colon = value.find(':', search);
  if (colon == std::string_view::npos) {
    if (!value.starts_with('/')) deny(judgement, word, "the volume has no place in the container");
    return;
  }
  const std::string_view source = value.substr(0, colon);
  const std::size_t next = value.find(':', colon + 1);
  std::string_view options = next == std::string_view::npos ? std::string_view() : value.substr(next + 1);
  constexpr std::array<std::string_view, 8> kFine{"ro", "rw", "z", "Z", "cached", "delegated", "consistent", "nocopy"};
  while (!options.empty()) {
    const std::size_t end = std::min(options.find(','), options.size());
    if (!among(options.substr(0, end), kFine))
      return deny(judgement, word, fmt::format("{} is no harmless option of a volume", printable(options.substr(0, end))));
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  if (!is_volume_name(source)) judge_source(judgement, word, source);
}

// `type=bind,src=…,dst=…,ro`.
void judge_mount(Judgement& judgement, std::size_t word, std::string_view value) {
  std::string_view type = "volume", source;
  constexpr std::array<std::string_view, 7> kFine{"dst", "destination", "target", "readonly", "ro", "consistency", "tmpfs-size"};
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(','), value.size());
    const std::string_view part = value.substr(0, end);
    const std::string_view key = part.substr(0, part.find('='));
    const std::string_view is = part.size() > key.size() ? part.substr(key.size() + 1) : std::string_view();
    if (key == "type")
      type = is;
    else if (key == "src" || key == "source")
      source = is;
    else if (!among(key, kFine))
      return deny(judgement, word, fmt::format("{} is no harmless option of a mount", printable(key)));
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  if (type == "bind" || (type == "volume" && !source.empty() && !is_volume_name(source))) return judge_source(judgement, word, source);
  if (type != "volume" && type != "tmpfs") deny(judgement, word, fmt::format("a mount of the type {} is not for servers", printable(type)));
}

void judge_env(Judgement& judgement, std::size_t word, std::string_view value) {
  const std::string_view name = value.substr(0, value.find('='));
  judge_variable(judgement, at(word), name, value.size() > name.size() ? value.substr(name.size() + 1) : std::string_view());
}

void judge_env_file(Judgement& judgement, std::size_t word, std::string_view value) {
  if (std::string_view wrong = wrong_source(value); !wrong.empty() || value.starts_with("/tmp/"))
    return deny(judgement, word, "the file of variables does not belong to a project",
                "write -e NAME for each variable, and its value into env");
  judgement.review(kRule, at(word), "a file of variables is handed over, and what stands in it can change",
                   fmt::format("write -e NAME for each one, or {}", kApprove));
}

void judge_network(Judgement& judgement, std::size_t word, std::string_view value) {
  if (value == "none" || value == "bridge" || value == "default") return;
  if (value == "host" || value.contains(':') || !is_volume_name(value))
    return deny(judgement, word, fmt::format("the network {} is not the container's own", printable(value)),
                "leave it out, or write --network none");
  judgement.review(kRule, at(word), "the container is put into a network with others",
                   fmt::format("see that the server needs it, and {}", kApprove));
}

void judge_security(Judgement& judgement, std::size_t word, std::string_view value) {
  if (value != "no-new-privileges" && value != "no-new-privileges:true" && value != "no-new-privileges=true")
    deny(judgement, word, fmt::format("{} takes a protection away", printable(value)), "leave it out");
}

void judge_user(Judgement& judgement, std::size_t word, std::string_view value) {
  const std::string_view user = value.substr(0, value.find(':'));
  const std::string_view group = value.size() > user.size() ? value.substr(user.size() + 1) : std::string_view();
  const auto is_root = [](std::string_view name) {
    return name == "root" || (!name.empty() && name.find_first_not_of('0') == std::string_view::npos);
  };
  if (is_root(user) || is_root(group))
    deny(judgement, word, "the server would be root in the container", "leave it out, or write --user 1000:1000");
}

void judge_pull(Judgement& judgement, std::size_t word, std::string_view value) {
  if (value != "missing" && value != "never" && value != "if_not_present")
    deny(judgement, word, "each start would fetch whatever the name then means", "leave it out");
}

void judge_publish(Judgement& judgement, std::size_t word, std::string_view value) {
  if (!value.starts_with("127.0.0.1:") && !value.starts_with("[::1]:"))
    return deny(judgement, word, "a server over standard input has no port for others", "leave it out");
  judgement.review(kRule, at(word), "a port of this machine leads into the container",
                   fmt::format("see that the server needs it, and {}", kApprove));
}

void judge_host_name(Judgement& judgement, std::size_t word, std::string_view value) {
  if (value != "host.docker.internal:host-gateway" && value != "host.docker.internal=host-gateway" &&
      value != "host.containers.internal:host-gateway")
    deny(judgement, word, "a name would lead to another machine than it says", "leave it out");
}

void judge_users(Judgement& judgement, std::size_t word, std::string_view value) {
  if (value != "keep-id" && value != "auto" && value != "nomap")
    deny(judgement, word, "users of the container would be those of this machine", "leave it out");
}

void judge_log(Judgement& judgement, std::size_t word, std::string_view value) {
  if (value != "none") deny(judgement, word, "what the server says would be written elsewhere", "leave it out, or write --log-driver none");
}

void judge_terminal(Judgement& judgement, std::size_t word, std::string_view) {
  judgement.review(kRule, at(word), "a terminal stands between the server and the gateway", "leave -t out");
}

// Judged with what comes behind the image, as its first word.
void judge_entrypoint(Judgement& judgement, std::size_t word, std::string_view value) {
  const std::string_view name = value.substr(value.rfind('/') + 1);
  if (value.empty() || is_system_tool(name))
    return deny(judgement, word, fmt::format("{} runs whatever it is told, in place of the server", printable(name)), "leave it out");
  judgement.review(kRule, at(word), "another program of the image is started than its own", fmt::format("leave it out, or {}", kApprove));
}

constexpr auto kRun = std::to_array<Option>({
    {"-i"},
    {"--interactive"},
    {"--rm"},
    {"--init"},
    {"--read-only"},
    {"-q"},
    {"--quiet"},
    {"--no-healthcheck"},
    {"-t", Takes::nothing, judge_terminal},
    {"--tty", Takes::nothing, judge_terminal},
    {"-e", Takes::value, judge_env},
    {"--env", Takes::value, judge_env},
    {"--env-file", Takes::value, judge_env_file},
    {"-v", Takes::value, judge_volume},
    {"--volume", Takes::value, judge_volume},
    {"--mount", Takes::value, judge_mount},
    {"--network", Takes::value, judge_network},
    {"--net", Takes::value, judge_network},
    {"--security-opt", Takes::value, judge_security},
    {"-u", Takes::value, judge_user},
    {"--user", Takes::value, judge_user},
    {"--userns", Takes::value, judge_users},
    {"--pull", Takes::value, judge_pull},
    {"-p", Takes::value, judge_publish},
    {"--publish", Takes::value, judge_publish},
    {"--add-host", Takes::value, judge_host_name},
    {"--log-driver", Takes::value, judge_log},
    {"--entrypoint", Takes::value, judge_entrypoint},
    {"--cap-drop", Takes::value, nullptr},
    {"--name", Takes::value, nullptr},
    {"-l", Takes::value, nullptr},
    {"--label", Takes::value, nullptr},
    {"-h", Takes::value, nullptr},
    {"--hostname", Takes::value, nullptr},
    {"-w", Takes::value, nullptr},
    {"--workdir", Takes::value, nullptr},
    {"--platform", Takes::value, nullptr},
    {"-m", Takes::value, nullptr},
    {"--memory", Takes::value, nullptr},
    {"--memory-swap", Takes::value, nullptr},
    {"--memory-reservation", Takes::value, nullptr},
    {"--cpus", Takes::value, nullptr},
    {"-c", Takes::value, nullptr},
    {"--cpu-shares", Takes::value, nullptr},
    {"--cpuset-cpus", Takes::value, nullptr},
    {"--pids-limit", Takes::value, nullptr},
    {"--shm-size", Takes::value, nullptr},
    {"--ulimit", Takes::value, nullptr},
    {"--tmpfs", Takes::value, nullptr},
    {"--stop-timeout", Takes::value, nullptr},
    {"--stop-signal", Takes::value, nullptr},
});

// What runs within: the image's own program, or one that stands behind the image's name.
void judge_inside(Judgement& judgement, std::size_t image) {
  const auto words = judgement.words();
  const std::size_t first = image + 1;
  const std::string_view base = base_image(words[image]);
  if (first >= words.size()) {
    if (!base.empty())
      deny(judgement, image, fmt::format("{} holds no server, but a shell or an interpreter for whoever speaks to it", base),
           "name the server's own image");
    return;
  }
  const std::string_view name = std::string_view(words[first]).substr(words[first].rfind('/') + 1);
  const bool tool = base.empty() ? is_interpreter(name) : is_system_tool(name);
  if (!tool) {
    if (!base.empty())
      judgement.review("R09", at(first), "a program of the image is started that nobody has approved yet",
                       fmt::format("look at it, and {}", kApprove));
    return judge_arguments(judgement, first);
  }
  if (!find_launcher(name) || find_launcher(name) == Launcher::container)
    return judgement.deny("R04", at(first), fmt::format("{} runs whatever it is told, in place of the server", printable(name)),
                          "name the server's own image");
  judgement.review("R09", at(first), fmt::format("{} is told within the container what to run", printable(name)),
                   fmt::format("look at it, and {}", kApprove));
  judge_program(judgement, first);
}

}  // namespace

void judge_container(Judgement& judgement, std::size_t program) {
  const auto words = judgement.words();
  std::size_t verb = program + 1;
  if (verb + 1 < words.size() && words[verb] == "container") ++verb;
  if (verb >= words.size() || words[verb] != "run")
    return deny(judgement, std::min(verb, words.size() - 1),
                fmt::format("{} starts a server only as {} run", printable(words[program]), words[program]));
  const auto image = skip_options(judgement, verb + 1, {"docker run", kRule, kRun, kRemedy});
  if (!image) return;
  if (*image >= words.size()) return deny(judgement, words.size() - 1, "there is no image");
  judge_image(judgement, *image, words[*image]);
  if (!judgement.denied()) judge_inside(judgement, *image);
}

}  // namespace trust
