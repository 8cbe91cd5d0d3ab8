#include "trust/provenance/attestation_testing.h"

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/digest.h"
#include "trust/provenance/merkle.h"

namespace trust {
namespace {

std::string sign(EVP_PKEY* key, std::string_view bytes) {
  const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
  std::string out(256, '\0');
  std::size_t size = out.size();
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, reinterpret_cast<const unsigned char*>(bytes.data()),
                 bytes.size());
  out.resize(size);
  return out;
}

std::string spki(EVP_PKEY* key) {
  unsigned char* bytes = nullptr;
  const int size = i2d_PUBKEY(key, &bytes);
  std::string out(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

std::string pem(X509* certificate) {
  const std::unique_ptr<BIO, Freed<BIO_free>> out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void extend(X509* certificate, X509* issuer, const char* name, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> extension(X509V3_EXT_conf(nullptr, &context, name, value.c_str()));
  X509_add_ext(certificate, extension.get(), -1);
}

Certificate begin(EVP_PKEY* key, X509* issuer, const char* name, std::int64_t from, std::int64_t to) {
  Certificate out(X509_new());
  X509_set_version(out.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), 7);
  ASN1_TIME_set(X509_getm_notBefore(out.get()), static_cast<std::time_t>(from));
  ASN1_TIME_set(X509_getm_notAfter(out.get()), static_cast<std::time_t>(to));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  X509_set_issuer_name(out.get(), X509_get_subject_name(issuer ? issuer : out.get()));
  X509_set_pubkey(out.get(), key);
  return out;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string leaf_hash(std::string_view body) { return sha256_bytes(std::string(1, '\0').append(body)); }
std::string node_hash(const std::string& a, const std::string& b) { return sha256_bytes("\x01" + a + b); }

// The root of these leaves, and the path to the one at `index`, by the definition of RFC 9162 section 2.1.
std::string tree(const std::vector<std::string>& hashes, std::size_t index, std::vector<std::string>* path) {
  if (hashes.size() == 1) return hashes[0];
  std::size_t split = 1;
  while (split * 2 < hashes.size()) split *= 2;
  const auto middle = hashes.begin() + static_cast<std::ptrdiff_t>(split);
  const std::vector<std::string> left(hashes.begin(), middle);
  const std::vector<std::string> right(middle, hashes.end());
  const bool in_left = index < split;
  const std::string one = tree(left, in_left ? index : 0, in_left ? path : nullptr);
  const std::string other = tree(right, in_left ? 0 : index - split, in_left ? nullptr : path);
  if (path) path->push_back(in_left ? other : one);
  return node_hash(one, other);
}

constexpr std::int64_t kYear = 365LL * 86'400;

}  // namespace

Sigstore::Sigstore() : authority_key_(EVP_EC_gen("P-384")), log_key_(EVP_EC_gen("P-256")) {
  authority_ = begin(authority_key_.get(), nullptr, "Harbor CA", 1'600'000'000, 1'600'000'000 + 10 * kYear);
  extend(authority_.get(), authority_.get(), "basicConstraints", "critical,CA:TRUE");
  extend(authority_.get(), authority_.get(), "keyUsage", "critical,keyCertSign");
  X509_sign(authority_.get(), authority_key_.get(), EVP_sha384());
}

std::string Sigstore::archive_hex() { return std::string(128, 'a'); }
std::string Sigstore::integrity() { return "sha512-" + base64(std::string(64, '\xaa')); }

Bundle Sigstore::make(const Making& making) const {
  const PublicKey key(EVP_EC_gen("P-256"));
  Certificate leaf = begin(key.get(), authority_.get(), "", 1'700'000'000 - 60, 1'700'000'000 + 540);
  extend(leaf.get(), authority_.get(), "keyUsage", "critical,digitalSignature");
  extend(leaf.get(), authority_.get(), "extendedKeyUsage", making.usage);
  extend(leaf.get(), authority_.get(), "subjectAltName", "critical,URI:" + making.identity);
  extend(leaf.get(), authority_.get(), "1.3.6.1.4.1.57264.1.8", "ASN1:UTF8String:https://token.actions.githubusercontent.com");
  extend(leaf.get(), authority_.get(), "1.3.6.1.4.1.57264.1.12", "ASN1:UTF8String:" + making.repository);
  extend(leaf.get(), authority_.get(), "1.3.6.1.4.1.57264.1.13", "ASN1:UTF8String:0123abc");
  X509_sign(leaf.get(), authority_key_.get(), EVP_sha384());
  Bundle out;
  out.certificate = der_of(leaf.get());
  out.payload_type = "application/vnd.in-toto+json";
  out.payload =
      fmt::format(R"({{"_type":"{}","subject":[{{"name":"{}","digest":{{"sha512":"{}"}}}}],"predicateType":"{}","predicate":{{}}}})",
                  making.type, making.subject, making.archive_hex.empty() ? archive_hex() : making.archive_hex, making.predicate);
  out.signature =
      sign(key.get(), fmt::format("DSSEv1 {} {} {} {}", out.payload_type.size(), out.payload_type, out.payload.size(), out.payload));
  LogEntry entry;
  entry.log_id = sha256_bytes(spki(log_key_.get()));
  entry.log_index = 1'000'004;
  entry.integrated = making.logged_at;
  entry.body = fmt::format(
      R"({{"apiVersion":"0.0.1","kind":"dsse","spec":{{"payloadHash":{{"algorithm":"sha256","value":"{}"}},"signatures":[{{"signature":"{}","verifier":"{}"}}]}}}})",
      base::sha256_hex(out.payload), base64(out.signature), base64(pem(leaf.get())));
  entry.promise = sign(log_key_.get(), fmt::format(R"({{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}})", base64(entry.body),
                                                   entry.integrated, hex(entry.log_id), entry.log_index));
  std::vector<std::string> leaves;
  for (int i = 0; i < making.leaves_before; ++i) leaves.push_back(leaf_hash(fmt::format("before {}", i)));
  entry.leaf = making.leaves_before;
  leaves.push_back(leaf_hash(entry.body));
  for (int i = 0; i < making.leaves_after; ++i) leaves.push_back(leaf_hash(fmt::format("after {}", i)));
  entry.tree_size = static_cast<std::int64_t>(leaves.size());
  entry.root = tree(leaves, static_cast<std::size_t>(entry.leaf), &entry.path);
  const std::string note = fmt::format("harbor.log - 1\n{}\n{}\n", entry.tree_size, base64(entry.root));
  entry.checkpoint = fmt::format("{}\n\u2014 harbor.log {}\n", note, base64(entry.log_id.substr(0, 4) + sign(log_key_.get(), note)));
  out.entries.push_back(std::move(entry));
  return out;
}

TrustedRoot Sigstore::root() const {
  TrustedRoot out;
  out.authorities.push_back({{der_of(authority_.get())}, {1'600'000'000}});
  const std::string key = spki(log_key_.get());
  out.logs.push_back({sha256_bytes(key), key, {1'600'000'000}});
  return out;
}

std::string attestations_json(const Bundle& bundle) {
  const LogEntry& entry = bundle.entries.at(0);
  std::string hashes;
  for (const std::string& one : entry.path) hashes += fmt::format("{}\"{}\"", hashes.empty() ? "" : ",", base64(one));
  std::string checkpoint;
  for (char c : entry.checkpoint) checkpoint += c == '\n' ? std::string("\\n") : std::string(1, c);
  return fmt::format(
      R"({{"attestations":[{{"predicateType":"https://github.com/npm/attestation/tree/main/specs/publish/v0.1","bundle":{{}}}},)"
      R"({{"predicateType":"https://slsa.dev/provenance/v1","bundle":{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json",)"
      R"("verificationMaterial":{{"certificate":{{"rawBytes":"{}"}},"tlogEntries":[{{"logIndex":"{}","logId":{{"keyId":"{}"}},"integratedTime":"{}",)"
      R"("inclusionPromise":{{"signedEntryTimestamp":"{}"}},"inclusionProof":{{"logIndex":"{}","treeSize":"{}","rootHash":"{}","hashes":[{}],)"
      R"("checkpoint":{{"envelope":"{}"}}}},"canonicalizedBody":"{}"}}]}},"dsseEnvelope":{{"payload":"{}","payloadType":"{}","signatures":[{{"sig":"{}"}}]}}}}}}]}})",
      base64(bundle.certificate), entry.log_index, base64(entry.log_id), entry.integrated, base64(entry.promise), entry.leaf,
      entry.tree_size, base64(entry.root), hashes, checkpoint, base64(entry.body), base64(bundle.payload), bundle.payload_type,
      base64(bundle.signature));
}

}  // namespace trust
