#include "trust/provenance/attestation.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/json/value.hpp>
#include <charconv>

#include "base/digest.h"
#include "base/json.h"
#include "trust/provenance/merkle.h"
#include "trust/provenance/signatures.h"

namespace trust {
namespace {

namespace bj = boost::json;
using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::string_view kStatement = "application/vnd.in-toto+json";
constexpr std::string_view kFulcio = "1.3.6.1.4.1.57264.1.";

Error denied(std::string why) { return {Code::denied, std::move(why)}; }

const bj::value* find(const bj::value* from, std::string_view name) {
  const auto* object = from ? from->if_object() : nullptr;
  return object ? object->if_contains(bj::string_view(name.data(), name.size())) : nullptr;
}

const bj::value* first(const bj::value* from) {
  const auto* array = from ? from->if_array() : nullptr;
  return array && !array->empty() ? &array->front() : nullptr;
}

std::string_view text(const bj::value* value) {
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string_view(string->data(), string->size()) : std::string_view();
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
  return out;
}

// What DSSE signs of a payload (Pre-Authentication Encoding).
std::string encoded(std::string_view type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} ", type.size(), type, payload.size()).append(payload);
}

using Store = std::unique_ptr<X509_STORE, Freed<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Freed<X509_STORE_CTX_free>>;

struct Chain {
  STACK_OF(X509) * stack = sk_X509_new_null();
  Chain() = default;
  Chain(const Chain&) = delete;
  Chain& operator=(const Chain&) = delete;
  ~Chain() { sk_X509_pop_free(stack, X509_free); }
};

// One authority, and the time at which the certificate had to be good.
bool chains_to(X509* leaf, const TrustedRoot::Authority& authority, std::int64_t when) {
  const Store store(X509_STORE_new());
  const StoreContext context(X509_STORE_CTX_new());
  const Chain between;
  if (!store || !context || !between.stack) return false;
  for (std::size_t i = 0; i < authority.chain.size(); ++i) {
    Certificate one = read_certificate(authority.chain[i]);
    if (!one) return false;
    if (i + 1 == authority.chain.size()) {
      if (X509_STORE_add_cert(store.get(), one.get()) != 1) return false;
    } else if (sk_X509_push(between.stack, one.get()) > 0) {
      (void)one.release();  // the stack's now
    } else {
      return false;
    }
  }
  if (X509_STORE_CTX_init(context.get(), store.get(), leaf, between.stack) != 1) return false;
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<std::time_t>(when));
  const bool good = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  return good;
}

bool signs_code(X509* leaf) {
  return (X509_get_extension_flags(leaf) & EXFLAG_CA) == 0 && (X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) != 0 &&
         (X509_get_extended_key_usage(leaf) & XKU_CODE_SIGN) != 0;
}

// The extension's text: DER since 1.3.6.1.4.1.57264.1.8, the bytes themselves before.
std::string extension_text(X509_EXTENSION* extension, int number) {
  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
  const unsigned char* at = ASN1_STRING_get0_data(value);
  const int size = ASN1_STRING_length(value);
  if (number < 7) return {reinterpret_cast<const char*>(at), static_cast<std::size_t>(size)};
  const std::unique_ptr<ASN1_UTF8STRING, Freed<ASN1_UTF8STRING_free>> inside(d2i_ASN1_UTF8STRING(nullptr, &at, size));
  ERR_clear_error();
  if (!inside) return {};
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(inside.get())), static_cast<std::size_t>(ASN1_STRING_length(inside.get()))};
}

void free_names(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }

std::string identity_of(X509* leaf) {
  const std::unique_ptr<GENERAL_NAMES, Freed<free_names>> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  if (!names || sk_GENERAL_NAME_num(names.get()) != 1) return {};
  const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), 0);
  if (name->type != GEN_URI && name->type != GEN_EMAIL) return {};
  const ASN1_IA5STRING* value = name->d.ia5;
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), static_cast<std::size_t>(ASN1_STRING_length(value))};
}

Provenance provenance_of(X509* leaf) {
  Provenance out;
  out.identity = identity_of(leaf);
  out.workflow = out.identity.substr(0, out.identity.rfind('@'));
  for (int i = 0; i < X509_get_ext_count(leaf); ++i) {
    X509_EXTENSION* extension = X509_get_ext(leaf, i);
    std::array<char, 128> oid{};
    const int size = OBJ_obj2txt(oid.data(), static_cast<int>(oid.size()), X509_EXTENSION_get_object(extension), 1);
    const std::string_view name(oid.data(), static_cast<std::size_t>(std::max(0, std::min(size, static_cast<int>(oid.size()) - 1))));
    if (!name.starts_with(kFulcio)) continue;
    int number = 0;
    (void)std::from_chars(name.data() + kFulcio.size(), name.data() + name.size(), number);
    std::string* place = number == 8 || (number == 1 && out.issuer.empty()) ? &out.issuer
                         : number == 12                                     ? &out.repository
                         : number == 13                                     ? &out.commit
                                                                            : nullptr;
    if (place) *place = extension_text(extension, number);
  }
  return out;
}

// The log's promise: its signature over the entry and the time.
bool promise_holds(const LogEntry& entry, EVP_PKEY* key) {
  const std::string signed_text = fmt::format(R"({{"body":"{}","integratedTime":{},"logID":"{}","logIndex":{}}})", base64(entry.body),
                                              entry.integrated, hex(entry.log_id), entry.log_index);
  return verifies(key, entry.promise, signed_text);
}

// A signed note: origin, size, root; an empty line; signatures, each of 4 bytes of the key's id and the signature itself.
bool checkpoint_holds(const LogEntry& entry, EVP_PKEY* key) {
  const std::string_view note = entry.checkpoint;
  const std::size_t end = note.find("\n\n");
  if (end == note.npos) return false;
  const std::string_view body = note.substr(0, end + 1);
  const std::size_t origin = body.find('\n');
  const std::size_t size = body.find('\n', origin + 1);
  if (size == body.npos) return false;
  const std::size_t root = body.find('\n', size + 1);
  if (root == body.npos) return false;
  if (body.substr(origin + 1, size - origin - 1) != std::to_string(entry.tree_size)) return false;
  if (body.substr(size + 1, root - size - 1) != base64(entry.root)) return false;
  std::string_view lines = note.substr(end + 2);
  constexpr std::size_t kHint = 4;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    auto bytes = parse_base64(line.substr(std::min(line.rfind(' ') + 1, line.size())));
    if (!line.starts_with("\u2014 ") || !bytes || bytes->size() <= kHint || bytes->substr(0, kHint) != entry.log_id.substr(0, kHint))
      continue;
    if (verifies(key, std::string_view(*bytes).substr(kHint), body)) return true;
  }
  return false;
}

bool same_certificate(std::string_view pem_base64, std::string_view der) {
  auto pem = parse_base64(pem_base64);
  if (!pem) return false;
  Certificate one = read_pem_certificate(*pem);
  return one && der_of(one.get()) == der;
}

// The entry is about this envelope: its payload, its signature and who signed.
bool is_about(const LogEntry& entry, const Bundle& bundle) {
  auto body = base::parse_json(entry.body);
  if (!body) return false;
  const std::string payload = base::sha256_hex(bundle.payload);
  const std::string signature = base64(bundle.signature);
  const bj::value* spec = find(&*body, "spec");
  const std::string_view kind = text(find(&*body, "kind"));
  if (kind == "dsse") {
    const bj::value* one = first(find(spec, "signatures"));
    return text(find(find(spec, "payloadHash"), "value")) == payload && text(find(one, "signature")) == signature &&
           same_certificate(text(find(one, "verifier")), bundle.certificate);
  }
  if (kind == "intoto") {
    const bj::value* content = find(spec, "content");
    const bj::value* one = first(find(find(content, "envelope"), "signatures"));
    // The signature is in base64 twice.
    auto logged = parse_base64(text(find(one, "sig")));
    return text(find(find(content, "payloadHash"), "value")) == payload && logged && *logged == signature &&
           same_certificate(text(find(one, "publicKey")), bundle.certificate);
  }
  return false;
}

Result<> verify_entry(const LogEntry& entry, const Bundle& bundle, const TrustedRoot& root) {
  for (const TrustedRoot::Log& log : root.logs) {
    if (log.id != entry.log_id || !log.valid.holds(entry.integrated)) continue;
    PublicKey key = read_public_key(log.key);
    if (sha256_bytes(log.key) != log.id || !promise_holds(entry, key.get())) return denied("the log's promise does not hold");
    if (!is_included(entry.body, entry.leaf, entry.tree_size, entry.path, entry.root))
      return denied("the log's proof of inclusion does not hold");
    if (!checkpoint_holds(entry, key.get())) return denied("the log's checkpoint is not signed, or is about another tree");
    if (!is_about(entry, bundle)) return denied("what was logged is another attestation");
    return {};
  }
  return denied("it stands in no log that is trusted");
}

// `sha512-…` as hex.
std::string integrity_hex(std::string_view integrity) {
  constexpr std::string_view kKind = "sha512-";
  if (!integrity.starts_with(kKind)) return {};
  auto bytes = parse_base64(integrity.substr(kKind.size()));
  return bytes && bytes->size() == 64 ? hex(*bytes) : std::string();
}

// `pkg:npm/%40owner/name@version`, as npm names the subject.
std::string purl(const ExpectedPackage& package) {
  std::string name = package.name;
  if (name.starts_with('@')) name.replace(0, 1, "%40");
  return fmt::format("pkg:npm/{}@{}", name, package.version);
}

}  // namespace

Result<Attested> verify_bundle(const Bundle& bundle, const TrustedRoot& root) {
  if (bundle.payload_type != kStatement) return denied("its payload is not an in-toto statement");
  Certificate leaf = read_certificate(bundle.certificate);
  if (!leaf) return denied("it has no certificate of who signed it");
  EVP_PKEY* key = X509_get0_pubkey(leaf.get());
  if (!is_p256(key) || !verifies(key, bundle.signature, encoded(bundle.payload_type, bundle.payload)))
    return denied("its signature does not hold");
  if (bundle.entries.empty()) return denied("it stands in no log");
  for (const LogEntry& entry : bundle.entries)
    if (auto good = verify_entry(entry, bundle, root); !good) return std::move(good).error();
  const std::int64_t when = bundle.entries.front().integrated;
  bool chained = false;
  for (const TrustedRoot::Authority& authority : root.authorities)
    chained = chained || (authority.valid.holds(when) && chains_to(leaf.get(), authority, when));
  if (!chained) return denied("its certificate is of no trusted authority, or was not good when it was logged");
  if (!signs_code(leaf.get())) return denied("its certificate is not for signing code");
  Attested out{provenance_of(leaf.get()), bundle.payload};
  out.by.logged_at = when;
  if (out.by.identity.empty() || out.by.issuer.empty()) return denied("its certificate does not say who signed");
  return out;
}

Result<Provenance> verify_npm_provenance(const Bundle& bundle, const TrustedRoot& root, const ExpectedPackage& package) {
  auto attested = verify_bundle(bundle, root);
  if (!attested) return std::move(attested).error();
  auto statement = base::parse_json(attested->statement);
  if (!statement) return denied("its statement cannot be read");
  if (!text(find(&*statement, "_type")).starts_with("https://in-toto.io/Statement/")) return denied("its statement is none of in-toto");
  if (!text(find(&*statement, "predicateType")).starts_with("https://slsa.dev/provenance/"))
    return denied("its statement is not a provenance");
  const bj::value* subjects = find(&*statement, "subject");
  const bj::value* subject = first(subjects);
  if (!subject || subjects->get_array().size() != 1) return denied("its statement is not about one thing");
  const std::string wanted = integrity_hex(package.integrity);
  if (wanted.empty()) return Error(Code::invalid_argument, fmt::format("{} has no sha512 integrity to compare with", package.name));
  if (text(find(subject, "name")) != purl(package)) return denied("its statement is about another package or version");
  if (text(find(find(subject, "digest"), "sha512")) != wanted) return denied("its statement is about another archive");
  return std::move(attested->by);
}

std::optional<std::string> find_downgrade(const std::optional<Provenance>& before, const std::optional<Provenance>& now) {
  if (!before) return std::nullopt;
  if (!now) return fmt::format("an earlier version was built in the open by {}, and this one has no provenance", before->workflow);
  if (now->issuer != before->issuer || now->repository != before->repository || now->workflow != before->workflow)
    return fmt::format("an earlier version was built by {}, and this one by {}", before->workflow, now->workflow);
  return std::nullopt;
}

}  // namespace trust
