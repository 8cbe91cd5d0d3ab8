#include "trust/launch/packages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "trust/launch/programs.h"
#include "trust/launch/words.h"

namespace trust {
namespace {

using Form = PackageSpec::Form;

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

bool holds_only(std::string_view text, std::initializer_list<std::string_view> sets) {
  const auto in_any = [&sets](char c) { return std::ranges::any_of(sets, [c](std::string_view set) { return set.contains(c); }); };
  return !text.empty() && std::ranges::all_of(text, in_any);
}

PackageSpec broken(std::string problem) { return {Form::broken, "", std::move(problem)}; }

bool is_number(std::string_view text) { return holds_only(text, {kDigits}); }

// `1.2.3`, `1.2.3-beta.1+5`.
bool is_semver(std::string_view text) {
  const std::size_t tail = text.find_first_of("-+");
  if (tail != std::string_view::npos && !holds_only(text.substr(tail + 1), {kLower, kUpper, kDigits, ".-+"})) return false;
  std::string_view numbers = text.substr(0, tail);
  for (int part = 0; part < 3; ++part) {
    const std::size_t end = std::min(numbers.find('.'), numbers.size());
    if (!is_number(numbers.substr(0, end)) || (part < 2) != (end < numbers.size())) return false;
    numbers.remove_prefix(std::min(end + 1, numbers.size()));
  }
  return true;
}

// A tag, or a range that says no more than how far it goes: `latest`, `^1.2.0`, `1.x`.
bool is_loose_semver(std::string_view text) {
  if (text.starts_with('^') || text.starts_with('~') || text.starts_with('=')) text.remove_prefix(1);
  return !text.empty() && text[0] != '.' && text[0] != '-' && holds_only(text, {kLower, kUpper, kDigits, "._-+"});
}

bool is_npm_word(std::string_view text) {
  return text.size() <= 214 && text[0] != '.' && text[0] != '_' && text[0] != '-' && holds_only(text, {kLower, kUpper, kDigits, "._~-"});
}

bool is_archive(std::string_view name) {
  return name.ends_with(".tgz") || name.ends_with(".tar.gz") || name.ends_with(".tar") || name.ends_with(".whl") || name.ends_with(".zip");
}

// What is wrong with a text before anybody asks what kind of package it names.
std::string wrong_form(std::string_view text) {
  if (text.empty()) return "is empty";
  if (!is_plain(text)) return "holds characters that no package has in its name";
  if (is_url(text)) return "is an address and no package of a registry";
  if (text.starts_with("git+") || text.starts_with("git@")) return "is a repository and no package of a registry";
  if (text[0] == '.' || text[0] == '/' || text[0] == '~' || text.contains('\\')) return "is a path and no package of a registry";
  return "";
}

// Python's versions: `1.2.3`, `2.0rc1`, `1!1.0.post2+local`.
bool is_python_version(std::string_view text) {
  return !text.empty() && kDigits.contains(text[0]) && !text.ends_with('.') && holds_only(text, {kLower, kUpper, kDigits, ".!+-_"});
}

// `>=1.0,<2`, `~=1.4`, `!=1.5`.
bool is_python_range(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view part = text.substr(0, end);
    const std::size_t version = part.find_first_not_of("<>=~!");
    const std::string_view how = part.substr(0, version);
    constexpr std::array<std::string_view, 6> kHow{">=", "<=", "~=", "!=", ">", "<"};
    if (version == std::string_view::npos || std::ranges::find(kHow, how) == kHow.end() || !is_python_version(part.substr(version)))
      return false;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

}  // namespace

PackageSpec parse_npm_name(std::string_view text) {
  if (std::string wrong = wrong_form(text); !wrong.empty()) return broken(std::move(wrong));
  if (text.contains(':')) return broken("is an alias, a file or a repository and no package of a registry");
  const std::size_t at = text.find('@', 1);
  const std::string_view name = text.substr(0, at);
  std::string_view last = name;
  if (name.starts_with('@')) {
    const std::size_t slash = name.find('/');
    if (slash == std::string_view::npos || slash < 2 || !is_npm_word(name.substr(1, slash - 1))) return broken("has a scope and no name");
    last = name.substr(slash + 1);
  } else if (name.contains('/')) {
    return broken("is a repository of GitHub or a path, and no package of a registry");
  }
  if (last.empty() || !is_npm_word(last)) return broken("is no name of a package");
  if (is_archive(name)) return broken("is a file and no package of a registry");
  PackageSpec out{Form::loose, std::string(name), ""};
  if (at == std::string_view::npos) return out;
  const std::string_view version = text.substr(at + 1);
  if (is_semver(version))
    out.form = Form::exact;
  else if (!is_loose_semver(version))
    return broken("has a version that is none");
  return out;
}

PackageSpec parse_pypi_name(std::string_view text) {
  if (std::string wrong = wrong_form(text); !wrong.empty()) return broken(std::move(wrong));
  if (text.contains(':') || text.contains('/') || is_archive(text)) return broken("is an address or a file and no package of a registry");
  const std::size_t end =
      std::min(text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"), text.size());
  const std::string_view name = text.substr(0, end);
  const auto edge = [](char c) { return kLower.contains(c) || kUpper.contains(c) || kDigits.contains(c); };
  if (name.empty() || !edge(name.front()) || !edge(name.back())) return broken("is no name of a package");
  std::string_view rest = text.substr(end);
  if (rest.starts_with('[')) {
    const std::size_t close = std::min(rest.find(']'), rest.size());
    if (close == rest.size() || !holds_only(rest.substr(1, close - 1), {kLower, kUpper, kDigits, "._-,"}))
      return broken("has extras that are none");
    rest.remove_prefix(close + 1);
  }
  PackageSpec out{Form::loose, std::string(name), ""};
  if (rest.empty() || rest == "@latest" || is_python_range(rest)) return out;
  const std::size_t sign = rest.starts_with("===") ? 3 : rest.starts_with("==") ? 2 : rest.starts_with('@') ? 1 : 0;
  if (sign == 0 || !is_python_version(rest.substr(sign))) return broken("has a version that is none");
  out.form = Form::exact;
  return out;
}

namespace {

void judge_package(Judgement& judgement, std::size_t word, std::string_view text, const PackageSpec& is, std::string_view exactly) {
  const std::string where = Judgement::place(word);
  if (is.form == Form::broken)
    return judgement.deny("R05", where, fmt::format("{} {}", printable(text), is.problem),
                          fmt::format("name a package of the registry and its version: NAME{}1.2.3", exactly));
  if (is_runner_package(is.name))
    return judgement.deny("R04", where, fmt::format("{} runs whatever its arguments say, and is no server", printable(is.name)),
                          "name the server's own package");
  if (is.form == Form::loose)
    judgement.review("R07", where, fmt::format("{} has no exact version, so that each start may run another program", printable(text)),
                     fmt::format("write {}{}1.2.3 with the version that you looked at, or {}", is.name, exactly, kApprove));
}

}  // namespace

void judge_npm_package(Judgement& judgement, std::size_t word, std::string_view text) {
  judge_package(judgement, word, text, parse_npm_name(text), "@");
}

void judge_pypi_package(Judgement& judgement, std::size_t word, std::string_view text) {
  judge_package(judgement, word, text, parse_pypi_name(text), "==");
}

namespace {

constexpr auto kRegistries = std::to_array<std::string_view>({
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "registry.hub.docker.com",
    "ghcr.io",
    "quay.io",
    "gcr.io",
    "mcr.microsoft.com",
    "public.ecr.aws",
    "registry.gitlab.com",
    "registry.k8s.io",
    "nvcr.io",
    "lscr.io",
    "registry.access.redhat.com",
    "registry.redhat.io",
    "container-registry.oracle.com",
    "docker.elastic.co",
    "cgr.dev",
    "localhost",
});
constexpr auto kRegistryFamilies = std::to_array<std::string_view>({".gcr.io", ".pkg.dev", ".azurecr.io", ".amazonaws.com"});

// Of the catalogue's own images, which have no owner in their name.
constexpr auto kBaseImages = std::to_array<std::string_view>({
    "alpine",      "ubuntu",      "debian", "busybox",    "fedora",   "centos",         "rockylinux",      "almalinux",      "archlinux",
    "amazonlinux", "oraclelinux", "photon", "clearlinux", "bash",     "buildpack-deps", "python",          "pypy",           "node",
    "golang",      "rust",        "ruby",   "perl",       "php",      "openjdk",        "eclipse-temurin", "amazoncorretto", "ibmjava",
    "maven",       "gradle",      "groovy", "swift",      "julia",    "r-base",         "haskell",         "elixir",         "erlang",
    "clojure",     "mono",        "gcc",    "docker",     "composer", "jruby",
});

struct Image {
  std::string_view registry, path, tag, digest;
  bool good = false;
};

Image parse_image(std::string_view text) {
  Image out;
  if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
    out.digest = text.substr(at + 1);
    text = text.substr(0, at);
    constexpr std::string_view kKind = "sha256:";
    if (!out.digest.starts_with(kKind) || out.digest.size() != kKind.size() + 64 ||
        !holds_only(out.digest.substr(kKind.size()), {kDigits, "abcdef"}))
      return out;
  }
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view first = text.substr(0, slash);
    if (first.contains('.') || first.contains(':') || first == "localhost") {
      out.registry = first;
      text.remove_prefix(slash + 1);
    }
  }
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    out.tag = text.substr(colon + 1);
    text = text.substr(0, colon);
    if (out.tag.size() > 128 || !holds_only(out.tag, {kLower, kUpper, kDigits, "._-"})) return out;
  }
  out.path = text;
  const bool host = out.registry.empty() || holds_only(out.registry, {kLower, kUpper, kDigits, ".-:"});
  out.good = host && holds_only(text, {kLower, kDigits, "._-/"}) && !text.starts_with('/') && !text.ends_with('/') &&
             !text.starts_with('-') && !text.starts_with('.') && !text.contains("//") && !text.contains("..");
  return out;
}

bool is_known_registry(std::string_view host) {
  const std::string_view name = host.substr(0, host.find(':'));
  if (std::ranges::find(kRegistries, name) != kRegistries.end()) return true;
  return std::ranges::any_of(kRegistryFamilies, [name](std::string_view family) { return name.ends_with(family); });
}

}  // namespace

std::string_view base_image(std::string_view text) {
  std::string_view name = parse_image(text).path;
  if (name.starts_with("library/")) name.remove_prefix(8);
  const auto found = std::ranges::find(kBaseImages, name);
  return found == kBaseImages.end() ? std::string_view() : *found;
}

void judge_image(Judgement& judgement, std::size_t word, std::string_view text) {
  const std::string where = Judgement::place(word);
  const Image image = parse_image(text);
  if (!image.good)
    return judgement.deny("R05", where, fmt::format("{} is no name of an image", printable(text)),
                          "write it like owner/name@sha256:…, in lower case");
  const std::string remedy = fmt::format("write {}{}{}@sha256:… with the digest of the image that you looked at", image.registry,
                                         image.registry.empty() ? "" : "/", image.path);
  if (!image.registry.empty() && !is_known_registry(image.registry)) {
    if (image.digest.empty())
      return judgement.deny(
          "R06", where,
          fmt::format("{} is no registry that is widely known, and may give another image at each start", printable(image.registry)),
          remedy);
    return judgement.review("R06", where, fmt::format("{} is no registry that is widely known", printable(image.registry)),
                            fmt::format("look at the image; {}", kApprove));
  }
  if (image.digest.empty())
    judgement.review("R07", where, fmt::format("{} has no digest, so that each start may run another program", printable(text)),
                     fmt::format("{}, or {}", remedy, kApprove));
}

}  // namespace trust
