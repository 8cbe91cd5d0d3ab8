#include "gateway/uris.h"

#include <gtest/gtest.h>

namespace {

using gateway::prefixed_uri;
using gateway::template_matches;
using gateway::unprefixed_uri;

TEST(Uris, APrefixIsTakenOffAgain) {
  for (std::string_view uri : {"file:///a/b", "git+ssh://host/x", "ui://app/index.html", "ui:///x", "urn:a:b", "file:///{+path}", "a:+"}) {
    std::string made = prefixed_uri("notes-2", uri);
    EXPECT_EQ(made.starts_with("ui://"), uri.starts_with("ui://")) << made;
    auto back = unprefixed_uri(made);
    ASSERT_TRUE(back) << made;
    EXPECT_EQ(back->server, "notes-2");
    EXPECT_EQ(back->uri, uri);
  }
  EXPECT_EQ(prefixed_uri("notes", "file:///a"), "notes+file:///a");
  EXPECT_EQ(prefixed_uri("notes", "ui://app/x"), "ui://notes+app/x");
}

TEST(Uris, WhatHasNoPrefixHasNone) {
  for (std::string_view uri :
       {"", "+", "+a:b", "a+", "file:///a", "file:///a+b", "UP+x:y", "notes+plain", "ui://+x", "ui://a.b+c", "a+ui://x"})
    EXPECT_FALSE(unprefixed_uri(uri)) << uri;
}

TEST(TemplateMatches, ByItsLiteralParts) {
  EXPECT_TRUE(template_matches("test://template/{id}/data", "test://template/12/data"));
  EXPECT_FALSE(template_matches("test://template/{id}/data", "test://template/12/date"));
  EXPECT_TRUE(template_matches("vault:///{+path}", "vault:///"));
  EXPECT_TRUE(template_matches("a://b", "a://b"));
  EXPECT_FALSE(template_matches("a://b", "a://bc"));
  EXPECT_TRUE(template_matches("{+any}", "x:y"));
  EXPECT_FALSE(template_matches("a://{broken", "a://x"));
  EXPECT_TRUE(template_matches("a://{x}-{y}", "a://1-2"));
  EXPECT_FALSE(template_matches("a://{x}-{y}", "a://12"));
}

}  // namespace
