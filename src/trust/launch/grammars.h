// The grammars of launchers: what each may be told, so that what runs is what the config names.
#pragma once
#include <cstddef>
#include <string_view>

#include "trust/launch/judgement.h"
#include "trust/launch/programs.h"

namespace trust {

// Each judges the words from `program`, the launcher's own place, to the end.
// npx, npm exec, pnpm dlx, yarn dlx, bunx.
void judge_npm_runner(Judgement& judgement, std::size_t program, Launcher launcher);
// uvx, uv run, pipx run.
void judge_uvx(Judgement& judgement, std::size_t program);
void judge_uv(Judgement& judgement, std::size_t program);
void judge_pipx(Judgement& judgement, std::size_t program);
// Interpreters, with a file or module that a person can read.
void judge_python(Judgement& judgement, std::size_t program);
void judge_node(Judgement& judgement, std::size_t program);
void judge_deno(Judgement& judgement, std::size_t program);
void judge_bun(Judgement& judgement, std::size_t program);
void judge_java(Judgement& judgement, std::size_t program);
// ruby, php, dotnet: the file comes first.
void judge_plain_interpreter(Judgement& judgement, std::size_t program, Launcher launcher);
// docker, podman.
void judge_container(Judgement& judgement, std::size_t program);

// What the words from `program` on start: a launcher, judged by its grammar; or a program of its own, judged by its place. `command`: as
// it is called here. Also for what a launcher starts in its turn.
void judge_program(Judgement& judgement, std::size_t program);

// The words that the server itself gets, from `first` on: R02, and commands hidden in them.
void judge_arguments(Judgement& judgement, std::size_t first);

// A file or folder of this machine that code is run from, in this word: R04 where nobody can read and pin it, else R09.
void judge_code(Judgement& judgement, std::size_t word, std::string_view path, std::string_view what);

// Whether what is denied for its place is denied at this path: a device, a pipe, a network share or a folder where anybody may write.
// Gives why, or nothing.
std::string_view wrong_place(const Judgement& judgement, std::string_view path);

// A module of Python by its name: R04 for one of the standard library and for installers.
void judge_module(Judgement& judgement, std::size_t word, std::string_view name);

}  // namespace trust
