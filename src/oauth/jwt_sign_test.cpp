#include "oauth/jwt_sign.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "oauth/base64url.h"
#include "oauth/dpop_proof.h"
#include "oauth/sha256.h"

namespace oauth {
namespace {

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string pem_of(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  EVP_PKEY_free(key);
  return out;
}

// Checks the signature as another party does: with the public key that the JWK shows, by OpenSSL.
bool verifies(const std::string& jwt, const SigningKey& key, Alg alg) {
  auto jwk = Jwk::parse(boost::json::serialize(key.public_jwk()));
  if (!jwk) return false;
  std::string text = jwt.substr(0, jwt.rfind('.'));
  std::string signature = *from_base64url(jwt.substr(jwt.rfind('.') + 1));
  if (alg == Alg::es256 || alg == Alg::es384) {
    const int half = static_cast<int>(signature.size() / 2);
    ECDSA_SIG* sig = ECDSA_SIG_new();
    ECDSA_SIG_set0(sig, BN_bin2bn(bytes(signature), half, nullptr), BN_bin2bn(bytes(signature) + half, half, nullptr));
    unsigned char* der = nullptr;
    int size = i2d_ECDSA_SIG(sig, &der);
    signature.assign(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    ECDSA_SIG_free(sig);
  }
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* how = nullptr;
  const EVP_MD* md = alg == Alg::eddsa ? nullptr : alg == Alg::es384 ? EVP_sha384() : EVP_sha256();
  bool good = EVP_DigestVerifyInit(context, &how, md, nullptr, jwk->key()) == 1;
  if (alg == Alg::ps256) EVP_PKEY_CTX_set_rsa_padding(how, RSA_PKCS1_PSS_PADDING);
  good = good && EVP_DigestVerify(context, bytes(signature), signature.size(), bytes(text), text.size()) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

boost::json::object part(const std::string& jwt, int index) {
  std::size_t begin = index == 0 ? 0 : jwt.find('.') + 1;
  return boost::json::parse(*from_base64url(jwt.substr(begin, jwt.find('.', begin) - begin))).as_object();
}

TEST(SigningKey, SignsWithEachKindOfKey) {
  std::vector<std::string> pems{pem_of(EVP_EC_gen("P-256")), pem_of(EVP_EC_gen("P-384")), pem_of(EVP_RSA_gen(2048)),
                                pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))};
  std::vector<Alg> seen;
  for (const auto& pem : pems) {
    auto key = SigningKey::from_pem(pem);
    ASSERT_TRUE(key.ok()) << key.error().message;
    for (Alg alg : key->algs()) {
      seen.push_back(alg);
      for (int i = 0; i < 20; ++i) {  // signatures have leading zeros now and then
        auto jwt = key->sign({{"typ", "x"}}, {{"n", i}}, alg);
        ASSERT_TRUE(jwt.ok()) << jwt.error().message;
        EXPECT_TRUE(verifies(*jwt, *key, alg)) << alg_name(alg);
        EXPECT_EQ(part(*jwt, 0).at("alg").as_string(), boost::json::string_view(alg_name(alg).data(), alg_name(alg).size()));
      }
    }
    EXPECT_EQ(key->thumbprint(), *jwk_thumbprint(boost::json::serialize(key->public_jwk())));
    EXPECT_FALSE(has_private_part(boost::json::serialize(key->public_jwk())));
    auto again = SigningKey::from_pem(key->pem()->reveal());
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->thumbprint(), key->thumbprint());
  }
  EXPECT_EQ(seen.size(), 5u);
}

TEST(SigningKey, RefusesOtherKeysWithoutQuotingThem) {
  for (std::string pem : {std::string("nonsense secret"), std::string(), pem_of(EVP_RSA_gen(1024)), pem_of(EVP_EC_gen("secp521r1")),
                          pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"))}) {
    auto key = SigningKey::from_pem(pem);
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().message.find("secret"), std::string::npos);
  }
  EXPECT_FALSE(SigningKey::make_es256()->sign({}, {}, Alg::rs256).ok());
}

TEST(DpopProof, SaysWhatItIsFor) {
  DpopProver prover(*SigningKey::make_es256());
  auto url = *net::parse_url("https://R.example:443/mcp?x=1");
  auto first = *prover.proof("POST", url, "", 1000);
  boost::json::object header = part(first, 0), claims = part(first, 1);
  EXPECT_EQ(header.at("typ").as_string(), "dpop+jwt");
  EXPECT_EQ(header.at("jwk").as_object(), prover.key().public_jwk());
  EXPECT_EQ(claims.at("htm").as_string(), "POST");
  EXPECT_EQ(claims.at("htu").as_string(), "https://r.example/mcp");
  EXPECT_EQ(claims.at("iat").as_int64(), 1000);
  EXPECT_FALSE(claims.contains("ath"));
  EXPECT_FALSE(claims.contains("nonce"));
  EXPECT_TRUE(verifies(first, prover.key(), Alg::es256));
  prover.heard(url.origin, "n1");
  prover.heard("https://other:443", "n2");
  auto second = part(*prover.proof("GET", url, "token", 1000), 1);
  EXPECT_EQ(second.at("nonce").as_string(), "n1");
  EXPECT_EQ(std::string(second.at("ath").as_string()), base64url(sha256("token")));
  EXPECT_NE(second.at("jti"), claims.at("jti"));
  prover.heard(url.origin, std::string(2000, 'n'));
  EXPECT_EQ(part(*prover.proof("GET", url, "token", 1000), 1).at("nonce").as_string(), "n1");
}

}  // namespace
}  // namespace oauth
