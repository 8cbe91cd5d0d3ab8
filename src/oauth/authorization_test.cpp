#include "oauth/authorization.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "oauth/form.h"

namespace oauth {
namespace {

using testing::HasSubstr;
using testing::Not;

ServerMetadata server() {
  ServerMetadata out;
  out.issuer = "https://as.example";
  out.authorization_endpoint = "https://as.example/auth?tenant=1";
  out.code_challenge_methods = {"S256"};
  return out;
}

SignInRequest request() {
  SignInRequest out;
  out.client_id = "me";
  out.redirect_uri = "http://127.0.0.1:7/cb";
  out.scope = "a b";
  out.resource = "https://r.example/mcp";
  return out;
}

// The example of RFC 7636, appendix B.
TEST(Authorization, ChallengesAsTheRfcDoes) {
  EXPECT_EQ(code_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

TEST(Authorization, SendsEverythingThatMustBeSent) {
  auto start = start_sign_in(server(), request());
  ASSERT_TRUE(start.ok()) << start.error().message;
  ASSERT_THAT(start->url, testing::StartsWith("https://as.example/auth?tenant=1&response_type=code&"));
  Form form = *read_form(start->url.substr(start->url.find('?') + 1));
  EXPECT_EQ(*find(form, "resource"), "https://r.example/mcp");
  EXPECT_EQ(*find(form, "code_challenge"), code_challenge(start->pending.verifier.reveal()));
  EXPECT_EQ(*find(form, "code_challenge_method"), "S256");
  EXPECT_EQ(*find(form, "scope"), "a b");
  EXPECT_EQ(*find(form, "state"), start->pending.state);
  EXPECT_EQ(start->pending.verifier.reveal().size(), 43u);
  EXPECT_THAT(start->url, Not(HasSubstr(start->pending.verifier.reveal())));
  auto other = start_sign_in(server(), request());
  EXPECT_NE(other->pending.state, start->pending.state);
  EXPECT_NE(other->pending.verifier, start->pending.verifier);
  SignInRequest bare = request();
  bare.scope = "";
  EXPECT_THAT(start_sign_in(server(), bare)->url, Not(HasSubstr("scope=")));
}

TEST(Authorization, RefusesAServerWithoutPkce) {
  for (std::vector<std::string> methods : {std::vector<std::string>{}, {"plain"}, {"s256"}}) {
    ServerMetadata weak = server();
    weak.code_challenge_methods = methods;
    auto start = start_sign_in(weak, request());
    ASSERT_FALSE(start.ok());
    EXPECT_THAT(start.error().message, HasSubstr("code_challenge_methods_supported"));
  }
}

struct Row {
  const char* what;
  PendingSignIn::Iss rule;
  const char* query;
  mcp::Code code;  // internal: it is accepted
};

class Redirects : public testing::TestWithParam<Row> {};

TEST_P(Redirects, AreBelievedOrNot) {
  const Row& row = GetParam();
  PendingSignIn pending;
  pending.issuer = "https://as.example";
  pending.iss = row.rule;
  pending.redirect_uri = "http://127.0.0.1:7/cb";
  pending.state = "st";
  auto got = read_redirect(pending.redirect_uri + row.query, pending);
  if (row.code == mcp::Code::internal) {
    ASSERT_TRUE(got.ok()) << got.error().message;
    EXPECT_EQ(got->reveal(), "c");
  } else {
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(mcp::code_name(got.error().code), mcp::code_name(row.code)) << got.error().message;
    EXPECT_THAT(got.error().message, Not(HasSubstr("evil")));
  }
}

constexpr auto kMust = PendingSignIn::Iss::must_come;
constexpr auto kMay = PendingSignIn::Iss::may_come;
constexpr auto kFine = mcp::Code::internal;
constexpr auto kDenied = mcp::Code::denied;

// RFC 9207, section 2.4, as the table of MCP Authorization has it.
INSTANTIATE_TEST_SUITE_P(
    Iss, Redirects,
    testing::Values(Row{"advertised_same", kMust, "?code=c&state=st&iss=https%3A%2F%2Fas.example", kFine},
                    Row{"advertised_missing", kMust, "?code=c&state=st", kDenied},
                    Row{"advertised_other", kMust, "?code=c&state=st&iss=https://evil.example", kDenied},
                    Row{"silent_same", kMay, "?code=c&state=st&iss=https://as.example", kFine},
                    Row{"silent_missing", kMay, "?code=c&state=st", kFine},
                    Row{"silent_other", kMay, "?code=c&state=st&iss=https://evil.example", kDenied},
                    Row{"slash", kMay, "?code=c&state=st&iss=https://as.example/", kDenied},
                    Row{"case_", kMay, "?code=c&state=st&iss=https://AS.example", kDenied},
                    Row{"port", kMay, "?code=c&state=st&iss=https://as.example:443", kDenied},
                    Row{"twice", kMay, "?code=c&state=st&iss=https://as.example&iss=https://evil.example", mcp::Code::invalid_argument},
                    Row{"error_same", kMust, "?error=server_error&state=st&iss=https://as.example", mcp::Code::upstream_failed},
                    Row{"error_missing", kMust, "?error=evil&error_description=evil&state=st", kDenied},
                    Row{"error_other", kMay, "?error=evil&state=st&iss=https://evil.example", kDenied},
                    Row{"user_said_no", kMay, "?error=access_denied&state=st", kDenied}),
    [](const auto& row) { return std::string(row.param.what); });

INSTANTIATE_TEST_SUITE_P(State, Redirects,
                         testing::Values(Row{"missing", kMay, "?code=c", kDenied}, Row{"other", kMay, "?code=c&state=evil", kDenied},
                                         Row{"longer", kMay, "?code=c&state=stt", kDenied}, Row{"empty", kMay, "?code=c&state=", kDenied},
                                         Row{"no_code", kMay, "?state=st", mcp::Code::upstream_failed},
                                         Row{"empty_code", kMay, "?state=st&code=", mcp::Code::upstream_failed},
                                         Row{"no_query", kMay, "", mcp::Code::invalid_argument},
                                         Row{"fragment_only", kMay, "#?state=st&code=c", mcp::Code::invalid_argument},
                                         Row{"longer_path", kMay, "/evil?state=st&code=c", kDenied}),
                         [](const auto& row) { return std::string(row.param.what); });

TEST(Authorization, ARedirectElsewhereIsNotOurs) {
  PendingSignIn pending;
  pending.redirect_uri = "https://app.example/cb?own=1";
  pending.state = "st";
  EXPECT_FALSE(read_redirect("https://evil.example/cb?own=1&code=c&state=st", pending).ok());
  auto got = read_redirect("https://app.example/cb?own=1&code=c&state=st", pending);
  ASSERT_TRUE(got.ok()) << got.error().message;
}

TEST(Authorization, QuotesOnlyWhatIsHarmless) {
  EXPECT_EQ(quotable("a\x1b[31m\nb\xff"), "a?[31m?b?");
  EXPECT_EQ(quotable(std::string(500, 'x')).size(), 200u);
}

}  // namespace
}  // namespace oauth
