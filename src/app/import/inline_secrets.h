// Secrets that stand in a client's config: found by their form, or by what they are called.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace app {

struct InlineSecret {
  std::string kind;  // `github-token`, or `by its name`
  std::size_t begin = 0, end = 0;
};

// A variable or header of this name usually holds a secret: `GITHUB_TOKEN`, `X-Api-Key`, `Authorization`.
bool secret_name(std::string_view name);

// The secret in the value of a variable or header: of an `Authorization`, without its scheme. Nothing where it is none, or refers to one
// already (`${env:NAME}`).
std::optional<InlineSecret> find_inline_secret(std::string_view name, std::string_view value);

// The secret in a word of a command or an address: by its form, as the value of `--token=…` or `?api_key=…`, behind `user:`, or because
// `before`, the word before it, says so: `--api-key`.
std::optional<InlineSecret> find_word_secret(std::string_view before, std::string_view word);

}  // namespace app
