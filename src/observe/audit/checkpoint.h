// Checkpoints: what the chain was at some record, signed, so that whoever rewrites the trail cannot rewrite what others hold of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/result.h"

namespace observe {

struct Checkpoint {
  std::string log;         // the trail's own name
  std::int64_t seq = 0;    // the last record that it is over
  std::string hash;        // of that record, hex
  std::int64_t first = 1;  // the oldest record that is kept; those before it were deleted since their time was over
  std::string at;          // as time_text writes it
  std::string previous;    // SHA-256 of the line of the checkpoint before, hex; empty: it is the first
  std::string signature;   // Ed25519 over all of the above, hex
};

// One line of JSON, `{"checkpoint":…}`, and back; other members are passed over. Errors: invalid_argument.
std::string checkpoint_line(const Checkpoint& one);
mcp::Result<Checkpoint> parse_checkpoint(std::string_view line);
// What is signed.
std::string signed_text(const Checkpoint& one);

// The key of a trail. Owns: the key. Threads: any.
class CheckpointKey {
 public:
  // Reads PATH (PEM, a private key), or makes one there, 0600, and `public_path` beside it. Errors: internal, with the path.
  static mcp::Result<std::unique_ptr<CheckpointKey>> open(const std::string& path, const std::string& public_path);
  ~CheckpointKey();
  CheckpointKey(const CheckpointKey&) = delete;
  CheckpointKey& operator=(const CheckpointKey&) = delete;

  std::string sign(std::string_view text) const;  // hex
  const std::string& public_key() const { return public_; }

 private:
  CheckpointKey(void* key, std::string pem) : key_(key), public_(std::move(pem)) {}
  void* key_;  // OpenSSL's
  std::string public_;
};

// Whether `checkpoint` was signed with the key to this public one (PEM). Errors: invalid_argument (no such key).
mcp::Result<bool> check_signature(const Checkpoint& checkpoint, const std::string& public_key);

}  // namespace observe
