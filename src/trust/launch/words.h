// The characters of a launch: what cannot be seen in one, what a shell would take for its own, and what is still to be filled in.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace trust {

// `text` for messages: in quotes, what is not printable ASCII as `\u{200b}`, cut after 60 bytes.
std::string printable(std::string_view text);

// The first thing in `text` that nobody can see, or that is no text at all: `U+200B`, or `bytes that are no UTF-8`.
std::optional<std::string> find_unseen(std::string_view text);

// Printable ASCII without a space.
bool is_plain(std::string_view text);

// What a shell would run or redirect by, wherever it stands: a backtick, `$(`. The name of it, for messages.
std::optional<std::string_view> find_substitution(std::string_view text);
// ... and what it would split or redirect by: `;`, `|`, `&`, `<`, `>`. A URL, JSON and a list of `name=value` may hold what they need, and
// what stands for a value that is still to be filled in counts for nothing.
std::optional<std::string_view> find_operator(std::string_view text);

// `<your token>`, `${workspaceFolder}`, `${input:key}`, `$HOME`: somebody or something still has to fill this in, and the gateway does not.
bool has_placeholder(std::string_view text);

// Whether `text` begins like a URL: `https://`, `git+ssh://`.
bool is_url(std::string_view text);

}  // namespace trust
