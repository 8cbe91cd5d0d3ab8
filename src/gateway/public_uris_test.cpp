#include "gateway/public_uris.h"

#include <gtest/gtest.h>

namespace {

using gateway::with_public_uris;

std::string prefixed(std::string_view uri) { return uri == "x:1" ? "b+x:1" : std::string(uri); }

TEST(PublicUris, AreWrittenWhereverAResultNamesAResource) {
  EXPECT_EQ(with_public_uris(R"({"contents":[{"uri":"x:1","text":"x:1"},{"uri":"y:1","text":""}],"ttlMs":1})", prefixed),
            R"({"contents":[{"uri":"b+x:1","text":"x:1"},{"uri":"y:1","text":""}],"ttlMs":1})");
  EXPECT_EQ(with_public_uris(R"({"content":[{"type":"resource_link","uri":"x:1","name":"n"},{"type":"text","text":"x:1"},)"
                             R"({"type":"resource","resource":{"uri":"x:1","text":"t"}}]})",
                             prefixed),
            R"({"content":[{"type":"resource_link","uri":"b+x:1","name":"n"},{"type":"text","text":"x:1"},)"
            R"({"type":"resource","resource":{"uri":"b+x:1","text":"t"}}]})");
  EXPECT_EQ(with_public_uris(R"({"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"x:1"}}}]})", prefixed),
            R"({"messages":[{"role":"user","content":{"type":"resource","resource":{"uri":"b+x:1"}}}]})");
}

TEST(PublicUris, AResultWithoutThemIsLeftAlone) {
  for (std::string_view result : {R"({})", R"([])", R"({"content":7})", R"({"content":[7,{"type":"resource"}]})",
                                  R"({"contents":[{"uri":"y:1"}]})", R"({"messages":[3,{"content":[]}]})"})
    EXPECT_EQ(with_public_uris(result, prefixed), "") << result;
}

}  // namespace
