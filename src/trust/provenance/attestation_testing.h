// A certificate authority, a log and attestations of a test's own, made as Sigstore's are.
#pragma once
#include <string>
#include <vector>

#include "trust/provenance/attestation.h"
#include "trust/provenance/signatures.h"

namespace trust {

// What is to be wrong in what is made; all right as it stands.
struct Making {
  std::string subject = "pkg:npm/%40harbor/winches@1.2.0";
  std::string archive_hex;  // sha512
  std::string type = "https://in-toto.io/Statement/v1";
  std::string predicate = "https://slsa.dev/provenance/v1";
  std::string identity = "https://github.com/harbor/winches/.github/workflows/release.yml@refs/tags/v1.2.0";
  std::string repository = "https://github.com/harbor/winches";
  std::string usage = "codeSigning";
  std::int64_t logged_at = 1'700'000'000;
  int leaves_before = 4;  // in the log
  int leaves_after = 3;
};

// Owns: its keys, made anew for each test.
class Sigstore {
 public:
  Sigstore();
  Bundle make(const Making& making) const;
  TrustedRoot root() const;

  static std::string integrity();  // of the archive that Making names when archive_hex is empty
  static std::string archive_hex();

 private:
  PublicKey authority_key_, log_key_;
  Certificate authority_;
};

// The bundle as JSON, as npm's registry would answer it.
std::string attestations_json(const Bundle& bundle);

}  // namespace trust
