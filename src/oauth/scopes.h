// Sets of scopes (RFC 6749 section 3.3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oauth {

// Each scope once, in the order in which they came.
using Scopes = std::vector<std::string>;

// The scopes of a space-separated list. What is no scope by its characters is left out; so is what comes after the 100th.
Scopes read_scopes(std::string_view text);
// The list as it is sent.
std::string scope_text(const Scopes& scopes);

bool holds(const Scopes& scopes, std::string_view one);
// Whether `scopes` has all of `others`.
bool holds_all(const Scopes& scopes, const Scopes& others);
// Adds those of `more` that are not there.
void unite(Scopes& scopes, const Scopes& more);

}  // namespace oauth
