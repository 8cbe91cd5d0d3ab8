// Names of programs: which of them start servers, and which run whatever they are told.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace trust {

// What a launcher is, whatever name it goes by here (`python3.12` is python).
enum class Launcher { npx, npm, pnpm, yarn, bunx, bun, node, deno, uvx, uv, pipx, python, container, java, ruby, php, dotnet };

// By the name without a folder. Nothing: the name of no launcher.
std::optional<Launcher> find_launcher(std::string_view name);
// A shell, or what starts one.
bool is_shell(std::string_view name);
// An interpreter or a launcher: what runs a program that its arguments name or hold.
bool is_interpreter(std::string_view name);
// One of these, or another program of a system that reads, changes, sends or starts what its arguments say.
bool is_system_tool(std::string_view name);
// A package of npm or PyPI whose command is an interpreter, an installer or another launcher.
bool is_runner_package(std::string_view name);
// A package of npm that runs the script its first argument names, as node does.
bool is_script_package(std::string_view name);

// Where this launcher is: the first folder of `search` (as in PATH) that is absolute, that nobody but its owner can change, and that has
// it; then /usr/local/bin, /usr/bin and /bin. Looks at the file system. Nothing: nowhere.
std::optional<std::string> find_program(std::string_view name, std::string_view search);

// Whether programs of the system, or of its package managers, stand in this folder.
bool is_program_folder(std::string_view folder);

}  // namespace trust
