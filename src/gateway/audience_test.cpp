#include "gateway/audience.h"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Audience, EqualAbilitiesGiveEqualTexts) {
  EXPECT_EQ(carried_capabilities("{}"), "{}");
  EXPECT_EQ(carried_capabilities("[]"), "{}");
  EXPECT_EQ(carried_capabilities(""), "{}");
  const std::string all = R"({"elicitation":{"form":{},"url":{}},"roots":{},"sampling":{"tools":{}}})";
  EXPECT_EQ(carried_capabilities(R"({"sampling": {"tools":{"x":1}}, "roots":{"listChanged":true}, "elicitation":{"url":{},"form":{}}})"),
            all);
  EXPECT_EQ(carried_capabilities(all), all);
}

TEST(Audience, BareElicitationMeansForms) {
  EXPECT_EQ(carried_capabilities(R"({"elicitation":{}})"), R"({"elicitation":{"form":{}}})");
  EXPECT_EQ(carried_capabilities(R"({"elicitation":null,"tasks":{},"experimental":{"a":1}})"), "{}");
}

TEST(Audience, ExtensionsStayAsTheyAre) {
  EXPECT_EQ(carried_capabilities(R"({"extensions":{"x/y": {"mimeTypes": ["a"]}}})"), R"({"extensions":{"x/y":{"mimeTypes":["a"]}}})");
}

}  // namespace
}  // namespace gateway
