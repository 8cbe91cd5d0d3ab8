#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/commands.h"
#include "app/terminal.h"

namespace app {
namespace {

constexpr std::string_view kFirstConfig = R"(# Gatehouse: one address for all of your MCP servers.
#   gatehouse check     says whether this file is right
#   gatehouse serve     runs it, at http://127.0.0.1:8811/mcp
#   gatehouse stdio     runs it for one desktop client
# A relative path is relative to this file.

listen: 127.0.0.1:8811              # this machine only
store: sqlite:./gatehouse.db        # what servers offered when they were last asked; made when it is not there
disclosure: auto                    # many tools are not all shown, but found by searching: all, search or auto

servers:
  # A folder, read only. mode: append lets clients add files, mode: write lets them change everything.
  files:
    builtin: filesystem
    roots: [{ path: ./shared, mode: read }]

  # Notes in Markdown, as Obsidian keeps them, with search, links, headings and tags.
  # vault:
  #   builtin: vault
  #   roots: [./vault]

  # A program that speaks MCP over stdin and stdout. It starts when it is first used.
  # browser:
  #   command: [npx, -y, "@playwright/mcp@0.0.83"]
  #   env: { PLAYWRIGHT_HEADLESS: "1" }

  # A server that speaks MCP over HTTP. Secrets come from outside of this file: ${env:NAME} or ${file:PATH}.
  # internal:
  #   url: https://tools.example.com/mcp
  #   headers: { Authorization: "Bearer ${env:TOOLS_TOKEN}" }

  # Any server may also have:
  #   enabled: false                # keep it here, and leave it out
  #   required: true                # /readyz waits for it
  #   start: eager                  # start it with the gateway, not at its first use
  #   deadline: 60s                 # of one call
  #   tools:
  #     include: ["read_*"]         # only these
  #     exclude: [delete_all]       # not these
  #     search: { rename: find, description: Finds notes by their words. }
)";

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

int init(const InitOptions& options) {
  std::string file = options.config.empty() ? "gatehouse.yaml" : options.config;
  int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    complain(errno == EEXIST ? fmt::format("{} is there already, and is left as it is; move it away or name another with --config", file)
                             : fmt::format("{} cannot be written: {}", file, std::strerror(errno)));
    return kFailed;
  }
  bool written = write_all(fd, kFirstConfig);
  written = ::close(fd) == 0 && written;
  std::filesystem::path shared = std::filesystem::path(file).parent_path() / "shared";
  bool there = ::mkdir(shared.c_str(), 0700) == 0 || errno == EEXIST;
  if (!written || !there) {
    complain(fmt::format("{} cannot be written: {}", written ? shared.string() : file, std::strerror(errno)));
    return kFailed;
  }
  std::string other = options.config.empty() ? "" : " --config " + file;
  print(fmt::format("wrote {}, which shares the folder {}, read only\nnext: gatehouse tools{}\n", file, shared.string(), other));
  return kGood;
}

}  // namespace app
