// Which package a command fetches and runs.
#pragma once
#include <optional>
#include <span>
#include <string>

#include "trust/lookalike/named_package.h"

namespace trust {

struct LaunchedPackage {
  Ecosystem ecosystem = Ecosystem::npm;
  std::string text;       // as the command writes it, with its version
  std::size_t place = 0;  // in the command
};

// The package that npx, bunx, pnpm dlx, npm exec, uvx, uv tool run, pipx run, docker run or podman run fetches; nothing for what is none of
// these or names none. Says nothing of whether the command may run.
std::optional<LaunchedPackage> find_package(std::span<const std::string> command);

}  // namespace trust
