// The names that were probably meant by one that is not there.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace disclosure {

// Up to `most` of `known` that are like `name`, the most like first, and nothing for a name like which there is none: by words
// that both have (`list_issues`, `github.issues-list`, `ListIssues` are alike), by pieces of words, and by slips of the finger. Of equal
// ones the lower. Only the first 64 bytes of a name count. 10,000 names take a few milliseconds, however long they are.
std::vector<std::string_view> nearest_names(std::string_view name, std::span<const std::string_view> known, std::size_t most = 3);

}  // namespace disclosure
