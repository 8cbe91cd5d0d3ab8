#include "gateway/forwarded_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/http_message.h"

namespace {

using gateway::forwarded_headers;
using gateway::why_not_forwarded;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(ForwardedHeaders, AreThoseThatAreNamedAndNoOthers) {
  net::HttpRequest http;
  http.headers.add("x-tenant", "blue");
  http.headers.add("X-Other", "no");
  http.headers.add("X-Many", "1");
  http.headers.add("x-many", "2");
  http.headers.add("X-Bad", "a\x01z");
  http.headers.add("Cookie", "c=1");
  const std::vector<std::string> names = {"X-Many", "X-Tenant", "X-Bad", "X-Absent"};
  EXPECT_THAT(forwarded_headers(names, &http), ElementsAre(Pair("X-Many", "1"), Pair("X-Many", "2"), Pair("X-Tenant", "blue")));
  EXPECT_THAT(forwarded_headers({}, &http), IsEmpty());
  EXPECT_THAT(forwarded_headers(names, nullptr), IsEmpty());
}

TEST(ForwardedHeaders, CredentialsAndWhatBelongsToAConnectionStayEvenWhenNamed) {
  EXPECT_THAT(std::string(why_not_forwarded("AUTHORIZATION")), HasSubstr("a client's own token"));
  for (const char* name : {"Connection", "te", "Transfer-Encoding", "Host", "Content-Length", "Mcp-Session-Id", "mcp-name", "Upgrade"})
    EXPECT_THAT(std::string(why_not_forwarded(name)), testing::Not(IsEmpty())) << name;
  EXPECT_THAT(std::string(why_not_forwarded("Cookie")), IsEmpty());
  net::HttpRequest http;
  http.headers.add("Authorization", "Bearer client");
  http.headers.add("Mcp-Session-Id", "s");
  const std::vector<std::string> names = {"Authorization", "Mcp-Session-Id"};
  EXPECT_THAT(forwarded_headers(names, &http), IsEmpty());
}

}  // namespace
