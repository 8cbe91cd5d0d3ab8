// Where a package was built, and by whom: attestations of npm, verified without the network.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mcp/result.h"
#include "trust/provenance/bundle.h"
#include "trust/provenance/trusted_root.h"

namespace trust {

// Who signed, as the certificate says it (Fulcio's extensions, 1.3.6.1.4.1.57264.1).
struct Provenance {
  std::string issuer;      // who knew the signer, such as https://token.actions.githubusercontent.com
  std::string identity;    // the subject's alternative name: the workflow and its ref
  std::string repository;  // the source's; empty where the certificate does not say
  std::string workflow;    // the identity without its ref
  std::string commit;
  std::int64_t logged_at = 0;  // seconds since the epoch
};

// A statement whose signature holds.
struct Attested {
  Provenance by;
  std::string statement;  // the payload: an in-toto statement, in JSON
};

// Verifies the signature over the DSSE envelope (ECDSA P-256), the certificate up to one of `root`'s authorities at the time of the log's
// entry, that the certificate is one for signing code, the log's promise and inclusion proof with its signed checkpoint, and that the
// logged entry is about this envelope. Certificate transparency (the SCT in the certificate) is not verified. Errors: denied, with the step
// that failed; invalid_argument for what cannot be read.
mcp::Result<Attested> verify_bundle(const Bundle& bundle, const TrustedRoot& root);

struct ExpectedPackage {
  std::string name, version;  // of npm
  std::string integrity;      // `sha512-…`, as a lock or the registry has it (dist.integrity)
};

// verify_bundle, and that the statement is a provenance of this very package: its name, its version and its archive.
mcp::Result<Provenance> verify_npm_provenance(const Bundle& bundle, const TrustedRoot& root, const ExpectedPackage& package);

// Why a version may not take the place of an earlier one: that one was built in the open, and this one was not, or by another repository or
// workflow. Nothing: it may.
std::optional<std::string> find_downgrade(const std::optional<Provenance>& before, const std::optional<Provenance>& now);

}  // namespace trust
