// Whether a log's tree holds a leaf (RFC 9162 section 2.1.3, as RFC 6962 has it).
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace trust {

// `path` leads from the leaf with `body`, at `index` of a tree with `size` leaves, to the tree's root hash.
bool is_included(std::string_view body, std::int64_t index, std::int64_t size, std::span<const std::string> path, std::string_view root);

// SHA-256, 32 bytes.
std::string sha256_bytes(std::string_view bytes);

}  // namespace trust
