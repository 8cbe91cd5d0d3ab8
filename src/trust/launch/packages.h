// Names of packages as npm, PyPI and container registries write them: R05, and whether a version is exact: R07.
#pragma once
#include <string>
#include <string_view>

#include "trust/launch/judgement.h"

namespace trust {

struct PackageSpec {
  // exact: one version; loose: what that is, is decided at each start; broken: no package of a registry.
  enum class Form { exact, loose, broken };
  Form form = Form::broken;
  std::string name;     // with its scope, without extras
  std::string problem;  // of a broken one: a part of a sentence
};

// `@scope/name@1.2.3`. A URL, a file, a repository or an alias is broken.
PackageSpec parse_npm_name(std::string_view text);
// `name[extra]==1.2.3`, or `name@1.2.3` as uvx takes it.
PackageSpec parse_pypi_name(std::string_view text);

// These judge the package in this word: R05 where it is broken, R04 where its command is an interpreter or an installer, R07 where it is
// loose.
void judge_npm_package(Judgement& judgement, std::size_t word, std::string_view text);
void judge_pypi_package(Judgement& judgement, std::size_t word, std::string_view text);
// `ghcr.io/owner/name:tag@sha256:…`. A tag alone is loose; of a registry that is not widely known it is refused.
void judge_image(Judgement& judgement, std::size_t word, std::string_view text);

// The name of an image without registry, tag and digest, when it is one of those that hold an operating system or an interpreter and no
// server: `alpine`, `python`. Else empty.
std::string_view base_image(std::string_view text);

}  // namespace trust
