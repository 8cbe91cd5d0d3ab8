// Sigstore bundles: an attestation, the certificate of who signed it, and its entries in a public log.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mcp/result.h"

namespace trust {

// All but `checkpoint` are the bytes themselves, no longer in base64.
struct LogEntry {
  std::string log_id;           // SHA-256 of the log's key
  std::int64_t log_index = 0;   // in the log as a whole
  std::int64_t integrated = 0;  // seconds since the epoch
  std::string body;             // what was logged
  std::string promise;          // the log's signature over the entry and its time
  std::int64_t leaf = 0;        // the leaf's place in the tree
  std::int64_t tree_size = 0;
  std::string root;
  std::vector<std::string> path;  // from the leaf to the root
  std::string checkpoint;         // a signed note with the tree's size and root
};

struct Bundle {
  std::string payload_type;
  std::string payload;
  std::string signature;
  std::string certificate;  // X.509 in DER; empty: it was signed by a key that stands elsewhere
  std::vector<LogEntry> entries;
};

// Reads a bundle of media type 0.1 to 0.3 that holds a DSSE envelope. Errors: invalid_argument, with the member.
mcp::Result<Bundle> parse_bundle(std::string_view json);

// The bundles of what npm's registry answers for `name@version`: those whose predicate is a provenance (https://slsa.dev/provenance/…).
// Errors: invalid_argument.
mcp::Result<std::vector<Bundle>> parse_npm_attestations(std::string_view json);

// Base64 as RFC 4648 section 4 has it, with its padding and nothing else. Errors: invalid_argument.
mcp::Result<std::string> parse_base64(std::string_view text);
std::string base64(std::string_view bytes);

}  // namespace trust
