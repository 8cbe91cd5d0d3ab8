#include "observe/audit/checkpoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/json.h"
#include "observe/audit/record_text.h"

namespace observe {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

std::string read_all(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

std::string public_pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
  return PEM_write_bio_PUBKEY(bio.get(), key) == 1 ? read_all(bio.get()) : std::string();
}

Result<> write_file(const std::string& path, const std::string& text, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) return Error(Code::internal, path + " cannot be made: " + std::strerror(errno));
  const bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const int reason = errno;
  ::close(fd);
  if (!written) return Error(Code::internal, path + " cannot be written: " + std::strerror(reason));
  return {};
}

std::optional<std::string> bytes_of(std::string_view hex) {
  auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; };
  if (hex.size() % 2 != 0) return {};
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = digit(hex[i]), low = digit(hex[i + 1]);
    if (high < 0 || low < 0) return {};
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

}  // namespace

std::string signed_text(const Checkpoint& one) {
  return fmt::format("gatehouse audit checkpoint 1\n{}\n{}\n{}\n{}\n{}\n{}\n", one.log, one.seq, one.hash, one.first, one.at, one.previous);
}

std::string checkpoint_line(const Checkpoint& one) {
  return fmt::format(R"({{"checkpoint":{},"hash":"{}","first":{},"at":"{}","previous":"{}","log":"{}","signature":"{}"}})", one.seq,
                     one.hash, one.first, one.at, one.previous, one.log, one.signature);
}

Result<Checkpoint> parse_checkpoint(std::string_view line) {
  if (auto valid = base::validate_json(line); !valid) return std::move(valid).error();
  if (!base::is_object(line)) return Error(Code::invalid_argument, "a checkpoint is an object");
  Checkpoint out;
  auto number = base::json_integer(base::find_member(line, "checkpoint"));
  auto first = base::json_integer(base::find_member(line, "first"));
  if (!number || !first) return Error(Code::invalid_argument, "it is no checkpoint");
  out.seq = *number;
  out.first = *first;
  const std::array<std::pair<std::string_view, std::string*>, 5> texts = {
      {{"hash", &out.hash}, {"at", &out.at}, {"previous", &out.previous}, {"log", &out.log}, {"signature", &out.signature}}};
  for (const auto& [key, to] : texts) {
    auto text = base::json_string(base::find_member(line, key));
    if (!text) return Error(Code::invalid_argument, "a checkpoint without " + std::string(key));
    // What is signed has its parts on lines of their own.
    if (text->find('\n') != std::string::npos) return Error(Code::invalid_argument, "a checkpoint with a line break");
    *to = *std::move(text);
  }
  return out;
}

CheckpointKey::~CheckpointKey() { EVP_PKEY_free(static_cast<EVP_PKEY*>(key_)); }

Result<std::unique_ptr<CheckpointKey>> CheckpointKey::open(const std::string& path, const std::string& public_path) {
  Key key(nullptr, &EVP_PKEY_free);
  std::ifstream in(path, std::ios::binary);
  if (in) {
    const std::string pem((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
    key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    if (!key || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519)
      return Error(Code::internal, path + " holds no Ed25519 key; move it away, and a new one is made");
  } else {
    key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    const Bio bio(BIO_new(BIO_s_mem()), &BIO_free);
    if (!key || PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
      return Error(Code::internal, "no key could be made to sign the audit trail with");
    if (auto written = write_file(path, read_all(bio.get()), 0600); !written) return std::move(written).error();
  }
  std::string pem = public_pem(key.get());
  if (::access(public_path.c_str(), F_OK) != 0)
    if (auto written = write_file(public_path, pem, 0644); !written) return std::move(written).error();
  return std::unique_ptr<CheckpointKey>(new CheckpointKey(key.release(), std::move(pem)));
}

std::string CheckpointKey::sign(std::string_view text) const {
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  std::array<unsigned char, 64> out{};
  std::size_t size = out.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, static_cast<EVP_PKEY*>(key_)) != 1 ||
      EVP_DigestSign(context.get(), out.data(), &size, reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1)
    return {};
  return hex_of({reinterpret_cast<const char*>(out.data()), size});
}

Result<bool> check_signature(const Checkpoint& checkpoint, const std::string& public_key) {
  const Bio bio(BIO_new_mem_buf(public_key.data(), static_cast<int>(public_key.size())), &BIO_free);
  const Key key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (!key || EVP_PKEY_id(key.get()) != EVP_PKEY_ED25519)
    return Error(Code::invalid_argument, "this is no public Ed25519 key in PEM, as gatehouse keeps it beside the store (…-audit.pub)");
  const auto signature = bytes_of(checkpoint.signature);
  if (!signature) return false;
  const std::string text = signed_text(checkpoint);
  const Context context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature->data()), signature->size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

}  // namespace observe
