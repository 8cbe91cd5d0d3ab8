#include "trust/provenance/bundle.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "base/json.h"

namespace trust {
namespace {

namespace bj = boost::json;
using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::size_t kMostEntries = 8;
constexpr std::size_t kMostHashes = 64;

// Reads members by path; the first that is wrong is the error.
class Reading {
 public:
  const bj::value* find(const bj::value* from, std::string_view name) {
    const auto* object = from ? from->if_object() : nullptr;
    const bj::value* value = object ? object->if_contains(bj::string_view(name.data(), name.size())) : nullptr;
    return value && !value->is_null() ? value : nullptr;
  }
  const bj::value* need(const bj::value* from, std::string_view name) {
    const bj::value* value = find(from, name);
    if (!value) wrong(name, "is missing");
    return value;
  }
  std::string text(const bj::value* from, std::string_view name) {
    const bj::value* value = need(from, name);
    const auto* string = value ? value->if_string() : nullptr;
    if (value && !string) wrong(name, "is not text");
    return string ? std::string(string->data(), string->size()) : std::string();
  }
  std::string bytes(const bj::value* from, std::string_view name) {
    auto read = parse_base64(text(from, name));
    if (!read) wrong(name, "is not base64");
    return read ? *std::move(read) : std::string();
  }
  // Numbers of 64 bits are written as text.
  std::int64_t number(const bj::value* from, std::string_view name) {
    const bj::value* value = need(from, name);
    std::int64_t out = -1;
    if (value && value->is_int64()) out = value->get_int64();
    if (const auto* string = value ? value->if_string() : nullptr) {
      const auto [end, failed] = std::from_chars(string->data(), string->data() + string->size(), out);
      if (failed != std::errc() || end != string->data() + string->size()) out = -1;
    }
    if (out < 0) wrong(name, "is no number");
    return out;
  }
  const bj::array& list(const bj::value* from, std::string_view name, std::size_t most) {
    static const bj::array kNone;
    const bj::value* value = need(from, name);
    const auto* array = value ? value->if_array() : nullptr;
    if (!array || array->size() > most) {
      wrong(name, array ? "has too many entries" : "is not a list");
      return kNone;
    }
    return *array;
  }
  void wrong(std::string_view name, std::string_view what) {
    if (error_.empty()) error_ = fmt::format("its {} {}", name, what);
  }
  const std::string& error() const { return error_; }

 private:
  std::string error_;
};

LogEntry read_entry(const bj::value& value, Reading& read) {
  LogEntry entry;
  entry.log_id = read.bytes(read.need(&value, "logId"), "keyId");
  entry.log_index = read.number(&value, "logIndex");
  entry.integrated = read.number(&value, "integratedTime");
  entry.body = read.bytes(&value, "canonicalizedBody");
  entry.promise = read.bytes(read.need(&value, "inclusionPromise"), "signedEntryTimestamp");
  const bj::value* proof = read.need(&value, "inclusionProof");
  entry.leaf = read.number(proof, "logIndex");
  entry.tree_size = read.number(proof, "treeSize");
  entry.root = read.bytes(proof, "rootHash");
  // A tree of one leaf has no path.
  if (read.find(proof, "hashes"))
    for (const bj::value& hash : read.list(proof, "hashes", kMostHashes)) {
      const auto* string = hash.if_string();
      auto bytes = parse_base64(string ? std::string_view(string->data(), string->size()) : std::string_view("!"));
      if (!bytes) read.wrong("hashes", "are not base64");
      entry.path.push_back(bytes ? *std::move(bytes) : std::string());
    }
  entry.checkpoint = read.text(read.need(proof, "checkpoint"), "envelope");
  return entry;
}

std::string read_certificate(const bj::value* material, Reading& read) {
  if (const bj::value* one = read.find(material, "certificate")) return read.bytes(one, "rawBytes");
  const bj::value* chain = read.find(material, "x509CertificateChain");
  if (!chain) return {};
  const bj::array& all = read.list(chain, "certificates", 10);
  if (all.empty()) {
    read.wrong("certificates", "are none");
    return {};
  }
  return read.bytes(&all.front(), "rawBytes");
}

Result<Bundle> read_bundle(const bj::value& value) {
  Reading read;
  const std::string type = read.text(&value, "mediaType");
  if (type.find("sigstore.bundle") == std::string::npos) read.wrong("mediaType", "is not that of a Sigstore bundle");
  const bj::value* envelope = read.need(&value, "dsseEnvelope");
  Bundle out;
  out.payload_type = read.text(envelope, "payloadType");
  out.payload = read.bytes(envelope, "payload");
  const bj::array& signatures = read.list(envelope, "signatures", 1);
  if (signatures.size() == 1)
    out.signature = read.bytes(&signatures.front(), "sig");
  else
    read.wrong("signatures", "are none");
  const bj::value* material = read.need(&value, "verificationMaterial");
  out.certificate = read_certificate(material, read);
  for (const bj::value& one : read.list(material, "tlogEntries", kMostEntries)) out.entries.push_back(read_entry(one, read));
  if (!read.error().empty()) return Error(Code::invalid_argument, read.error());
  return out;
}

}  // namespace

Result<std::string> parse_base64(std::string_view text) {
  const Error no(Code::invalid_argument, "not base64");
  if (text.size() % 4 != 0) return no;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  const std::string_view letters = text.substr(0, text.size() - padding);
  if (letters.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") != letters.npos) return no;
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return no;
  out.resize(out.size() - padding);
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

Result<Bundle> parse_bundle(std::string_view json) {
  auto value = base::parse_json(json);
  if (!value) return std::move(value).error();
  return read_bundle(*value);
}

Result<std::vector<Bundle>> parse_npm_attestations(std::string_view json) {
  constexpr std::size_t kMostAttestations = 20;
  auto value = base::parse_json(json);
  if (!value) return std::move(value).error();
  Reading read;
  std::vector<Bundle> out;
  for (const bj::value& one : read.list(&*value, "attestations", kMostAttestations)) {
    if (!read.text(&one, "predicateType").starts_with("https://slsa.dev/provenance/")) continue;
    const bj::value* inside = read.need(&one, "bundle");
    if (!inside) break;
    auto bundle = read_bundle(*inside);
    if (!bundle) return std::move(bundle).error().in("a bundle");
    out.push_back(*std::move(bundle));
  }
  if (!read.error().empty()) return Error(Code::invalid_argument, read.error());
  return out;
}

}  // namespace trust
