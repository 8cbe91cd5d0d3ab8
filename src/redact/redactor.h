// Texts and JSON as they may be written down: without secrets, card numbers, mail addresses and what the config's own patterns find.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace redact {

// In the place of what it takes out stands `[redacted:KIND]`.
// Immutable. Threads: any.
class Redactor {
 public:
  static constexpr std::size_t kMostPatterns = 64;
  static constexpr std::size_t kLongestPattern = 1'000;

  // `patterns` are RE2; what one finds is taken out as `own`.
  // Errors: invalid_argument (no such pattern, one that fits the empty text, too many or too long), naming the pattern.
  static mcp::Result<Redactor> make(const std::vector<std::string>& patterns);
  Redactor();

  // Plain text. Linear.
  std::string text(std::string_view text) const;
  // JSON, which must have passed base::validate_json: each string by itself, however it is escaped, and whatever stands under a key
  // that says so (`password`, `api_key`, `Authorization`). The result is JSON again. Linear.
  std::string json(std::string_view json) const;

 private:
  struct Patterns;
  std::shared_ptr<const Patterns> patterns_;
};

// Whether what stands under this key is a secret by its name alone.
bool is_secret_key(std::string_view key);

}  // namespace redact
