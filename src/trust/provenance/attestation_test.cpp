#include "trust/provenance/attestation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "trust/provenance/attestation_testing.h"
#include "trust/provenance/merkle.h"

namespace trust {
namespace {

using ::testing::HasSubstr;

class Attestation : public ::testing::Test {
 protected:
  mcp::Result<Provenance> verify(const Bundle& bundle) const { return verify_npm_provenance(bundle, sigstore.root(), wanted); }
  // Why what was made is refused; empty where it is not.
  std::string refusal(const Making& making) const {
    auto verified = verify(sigstore.make(making));
    return verified ? std::string() : verified.error().message;
  }

  Sigstore sigstore;
  ExpectedPackage wanted{"@harbor/winches", "1.2.0", Sigstore::integrity()};
};

TEST_F(Attestation, SaysWhoBuiltThePackage) {
  auto verified = verify(sigstore.make({}));
  ASSERT_TRUE(verified.ok()) << verified.error().message;
  EXPECT_EQ(verified->issuer, "https://token.actions.githubusercontent.com");
  EXPECT_EQ(verified->repository, "https://github.com/harbor/winches");
  EXPECT_EQ(verified->workflow, "https://github.com/harbor/winches/.github/workflows/release.yml");
  EXPECT_EQ(verified->commit, "0123abc");
  EXPECT_EQ(verified->logged_at, 1'700'000'000);
}

TEST_F(Attestation, IsReadFromWhatTheRegistryAnswers) {
  auto bundles = parse_npm_attestations(attestations_json(sigstore.make({})));
  ASSERT_TRUE(bundles.ok()) << bundles.error().message;
  ASSERT_EQ(bundles->size(), 1U);
  auto verified = verify(bundles->front());
  EXPECT_TRUE(verified.ok()) << verified.error().message;
}

TEST_F(Attestation, IsRefusedForEverythingElse) {
  Making other;
  other.subject = "pkg:npm/%40harbor/winches@1.2.1";
  EXPECT_THAT(refusal(other), HasSubstr("another package"));
  other = {};
  other.archive_hex = std::string(128, 'b');
  EXPECT_THAT(refusal(other), HasSubstr("another archive"));
  other = {};
  other.predicate = "https://example.com/praise/v1";
  EXPECT_THAT(refusal(other), HasSubstr("not a provenance"));
  other = {};
  other.usage = "serverAuth";
  EXPECT_THAT(refusal(other), HasSubstr("signing code"));
  other = {};
  other.logged_at += 86'400;  // the certificate was good for ten minutes
  EXPECT_THAT(refusal(other), HasSubstr("not good when"));
  wanted.integrity = "sha1-aa==";
  EXPECT_THAT(refusal({}), HasSubstr("sha512"));
}

TEST_F(Attestation, IsRefusedWhenAnyByteIsAnother) {
  const Bundle good = sigstore.make({});
  const auto refused = [&](const std::function<void(Bundle&)>& change) {
    Bundle bad = good;
    change(bad);
    auto verified = verify(bad);
    return verified ? std::string("verified") : verified.error().message;
  };
  const auto flip = [](std::string& bytes) { bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1); };
  EXPECT_THAT(refused([&](Bundle& b) { flip(b.payload); }), HasSubstr("signature"));
  EXPECT_THAT(refused([&](Bundle& b) { flip(b.signature); }), HasSubstr("signature"));
  EXPECT_NE(refused([&](Bundle& b) { flip(b.certificate); }), "verified");
  EXPECT_THAT(refused([&](Bundle& b) { b.certificate.clear(); }), HasSubstr("no certificate"));
  EXPECT_THAT(refused([&](Bundle& b) { b.payload_type = "text/plain"; }), HasSubstr("in-toto"));
  EXPECT_THAT(refused([&](Bundle& b) { b.entries.clear(); }), HasSubstr("no log"));
  EXPECT_THAT(refused([&](Bundle& b) { flip(b.entries[0].body); }), HasSubstr("promise"));
  EXPECT_THAT(refused([&](Bundle& b) { b.entries[0].integrated += 1; }), HasSubstr("promise"));
  EXPECT_THAT(refused([&](Bundle& b) { flip(b.entries[0].promise); }), HasSubstr("promise"));
  EXPECT_THAT(refused([&](Bundle& b) { flip(b.entries[0].log_id); }), HasSubstr("no log that is trusted"));
  EXPECT_THAT(refused([&](Bundle& b) { flip(b.entries[0].path[1]); }), HasSubstr("inclusion"));
  EXPECT_THAT(refused([&](Bundle& b) { b.entries[0].path.pop_back(); }), HasSubstr("inclusion"));
  EXPECT_THAT(refused([&](Bundle& b) { b.entries[0].leaf = 3; }), HasSubstr("inclusion"));
  EXPECT_THAT(refused([&](Bundle& b) { b.entries[0].checkpoint = "harbor.log - 1\n8\n\n"; }), HasSubstr("checkpoint"));
  EXPECT_THAT(refused([&](Bundle& b) { flip(b.entries[0].checkpoint); }), HasSubstr("checkpoint"));
  // An entry of the same log that is about another attestation.
  EXPECT_THAT(refused([&](Bundle& b) { b.entries = sigstore.make({}).entries; }), HasSubstr("another attestation"));
  // Another authority, and another log, of the same names.
  auto foreign = verify(Sigstore().make({}));
  EXPECT_FALSE(foreign.ok());
}

TEST_F(Attestation, ABundleThatIsNoneIsAnError) {
  for (const char* bad :
       {"", "[]", "{}", R"({"attestations":{}})", R"({"attestations":[{"predicateType":"https://slsa.dev/provenance/v1"}]})",
        R"({"attestations":[{"predicateType":"https://slsa.dev/provenance/v1","bundle":{"mediaType":"x"}}]})"})
    EXPECT_FALSE(parse_npm_attestations(bad).ok()) << bad;
  auto none = parse_npm_attestations(R"({"attestations":[]})");
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->empty());
  for (const char* bad : {"a", "ab=", "a===", "====", "aa=a", "a a=", "ab\n="}) EXPECT_FALSE(parse_base64(bad).ok()) << bad;
  EXPECT_EQ(parse_base64("YWI=").value_or(""), "ab");
}

TEST(Downgrade, IsWhatLeavesTheOpen) {
  const Provenance one{"issuer", "repo/flow@1", "repo", "repo/flow", "a", 1};
  Provenance other = one;
  EXPECT_FALSE(find_downgrade(std::nullopt, std::nullopt));
  EXPECT_FALSE(find_downgrade(std::nullopt, one));
  EXPECT_FALSE(find_downgrade(one, other));
  other.commit = "b";
  other.identity = "repo/flow@2";
  EXPECT_FALSE(find_downgrade(one, other));
  EXPECT_THAT(find_downgrade(one, std::nullopt).value_or(""), HasSubstr("no provenance"));
  other.workflow = "repo/other";
  EXPECT_THAT(find_downgrade(one, other).value_or(""), HasSubstr("repo/other"));
}

TEST(TrustedRoot, TheShippedOneIsReadWhole) {
  EXPECT_GE(TrustedRoot::shipped().authorities.size(), 2U);
  EXPECT_GE(TrustedRoot::shipped().logs.size(), 1U);
  for (const TrustedRoot::Log& log : TrustedRoot::shipped().logs) EXPECT_TRUE(read_public_key(log.key));
  for (const char* bad : {"", "{}", R"({"tlogs":[],"certificateAuthorities":[{}]})", R"({"tlogs":[{}],"certificateAuthorities":[]})"})
    EXPECT_FALSE(parse_trusted_root(bad).ok()) << bad;
}

TEST(TrustedRoot, ReadsTimes) {
  EXPECT_EQ(parse_time("1970-01-02T00:00:01Z").value_or(0), 86'401);
  EXPECT_EQ(parse_time("2022-12-31T23:59:59.999Z").value_or(0), 1'672'531'199);
  for (const char* bad : {"", "2022-12-31", "2022-13-31T00:00:00Z", "2022-02-30T00:00:00Z", "2022-12-31T24:00:00Z",
                          "2022-12-31T00:00:00+01:00", "20x2-12-31T00:00:00Z"})
    EXPECT_FALSE(parse_time(bad).ok()) << bad;
}

TEST(Merkle, ProvesEveryLeafOfEveryTree) {
  // The tree of one leaf is its hash; what is behind it proves nothing.
  const std::string hash = sha256_bytes(std::string("\0x", 2));
  EXPECT_TRUE(is_included("x", 0, 1, {}, hash));
  EXPECT_FALSE(is_included("y", 0, 1, {}, hash));
  EXPECT_FALSE(is_included("x", 1, 1, {}, hash));
  EXPECT_FALSE(is_included("x", -1, 1, {}, hash));
  EXPECT_FALSE(is_included("x", 0, 2, {}, hash));
  const Sigstore sigstore;
  for (int before = 0; before < 7; ++before)
    for (int after = 0; after < 6; ++after) {
      Making making;
      making.leaves_before = before;
      making.leaves_after = after;
      const Bundle bundle = sigstore.make(making);
      const LogEntry& entry = bundle.entries[0];
      EXPECT_TRUE(is_included(entry.body, entry.leaf, entry.tree_size, entry.path, entry.root)) << before << " " << after;
      EXPECT_FALSE(is_included(entry.body, entry.leaf, entry.tree_size + 8, entry.path, entry.root));
    }
}

}  // namespace
}  // namespace trust
