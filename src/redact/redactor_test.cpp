#include "redact/redactor.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace redact {
namespace {

// Made here, of no provider: only their form is right.
const std::string kGithub = "ghp_" + std::string(36, 'a');

TEST(Redactor, TakesSecretsOutOfTexts) {
  const Redactor redactor;
  EXPECT_EQ(redactor.text("use " + kGithub + " now"), "use [redacted:github-token] now");
  EXPECT_EQ(redactor.text("card 4111 1111 1111 1111."), "card [redacted:card-number].");
  EXPECT_EQ(redactor.text("number 4111 1111 1111 1112."), "number 4111 1111 1111 1112.");
  EXPECT_EQ(redactor.text("to ann.b+c@example.co.uk, soon"), "to [redacted:mail], soon");
  EXPECT_EQ(redactor.text("https://a.example/x?access_token=abcdef123&b=1"), "https://a.example/x?access_token=[redacted:secret]&b=1");
  EXPECT_EQ(redactor.text("Authorization: Bearer abcdefgh12"), "Authorization: Bearer [redacted:secret]");
  EXPECT_EQ(redactor.text("nothing here"), "nothing here");
  EXPECT_EQ(redactor.text(""), "");
}

TEST(Redactor, TakesOutWhatOwnPatternsFind) {
  auto redactor = Redactor::make({"EMP-[0-9]+", "secret project"});
  ASSERT_TRUE(redactor);
  EXPECT_EQ(redactor->text("EMP-12 of the secret project"), "[redacted:own] of the [redacted:own]");
  EXPECT_FALSE(Redactor::make({"a("}));
  EXPECT_FALSE(Redactor::make({"a*"}));
  EXPECT_FALSE(Redactor::make(std::vector<std::string>(65, "a")));
}

TEST(Redactor, LeavesJsonThatIsJson) {
  const Redactor redactor;
  const std::string json =
      R"({"a": "x )" + kGithub + R"( y", "password" : "p\"q", "n":4111111111111111, "b":["plain\n", {"mail":"a@b.example"}],)" +
      R"("credentials":{"user":"ann","deep":[1,"two",true]},"token":12,"tokens":12,"g\u0068p":"g\u0068p_)" + std::string(36, 'a') + R"("})";
  ASSERT_TRUE(base::validate_json(json));
  const std::string out = redactor.json(json);
  ASSERT_TRUE(base::validate_json(out)) << out;
  EXPECT_EQ(out, R"({"a": "x [redacted:github-token] y", "password" : "[redacted:key]", "n":"[redacted:card-number]", "b":["plain\n", )"
                 R"({"mail":"[redacted:mail]"}],"credentials":{"user":"[redacted:key]","deep":["[redacted:key]","[redacted:key]",true]},)"
                 R"("token":"[redacted:key]","tokens":12,"g\u0068p":"[redacted:github-token]"})");
}

TEST(Redactor, LeavesJsonWithoutSecretsByteForByte) {
  const Redactor redactor;
  const std::string json = R"( {"a" : [1.5e3, -2, null, "\u00e9é"], "b":{"c":false}} )";
  EXPECT_EQ(redactor.json(json), json);
}

}  // namespace
}  // namespace redact
