#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "trust/provenance/attestation.h"

// Whatever the bytes are: attestations and trusted roots are read or refused, and none that was not signed is verified.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)trust::parse_trusted_root(text);
  const trust::ExpectedPackage package{"a", "1.0.0", "sha512-" + trust::base64(std::string(64, 'x'))};
  if (auto bundles = trust::parse_npm_attestations(text))
    for (const trust::Bundle& bundle : *bundles)
      if (trust::verify_npm_provenance(bundle, trust::TrustedRoot::shipped(), package)) std::abort();
  if (auto bundle = trust::parse_bundle(text)) (void)trust::verify_bundle(*bundle, trust::TrustedRoot::shipped());
  if (auto bytes = trust::parse_base64(text); bytes && trust::base64(*bytes).size() != text.size()) std::abort();
  return 0;
}
