// The closed tables: revisions, methods, errors.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "protocol/errors.h"
#include "protocol/message.h"
#include "protocol/methods.h"
#include "protocol/results.h"
#include "protocol/versions/versions.h"

namespace {

using namespace protocol;

TEST(Versions, FiveRevisionsNewestFirst) {
  ASSERT_EQ(all_revisions().size(), 5u);
  std::set<std::string_view> names;
  for (const Revision* revision : all_revisions()) {
    EXPECT_EQ(find_revision(revision->name), revision);
    EXPECT_FALSE(revision->released.empty());
    names.insert(revision->name);
  }
  EXPECT_EQ(names.size(), 5u);
  EXPECT_EQ(latest_modern().era, Era::modern);
  EXPECT_EQ(&latest_legacy(), all_revisions()[1]);
}

TEST(Versions, UnknownNamesAreUnknown) {
  for (std::string_view name : {"", "tomorrow", "2.0", "latest"}) EXPECT_EQ(find_revision(name), nullptr);
  EXPECT_EQ(find_revision(std::string(latest_modern().name) + " "), nullptr);
}

TEST(Versions, FeaturesComeWithTheirRevision) {
  std::size_t batching = 0;
  for (const Revision* revision : all_revisions()) {
    batching += revision->features.batching;
    EXPECT_EQ(revision->features.input_required, revision->era == Era::modern);
    EXPECT_EQ(revision->features.resource_not_found_code, revision->era == Era::legacy);
  }
  EXPECT_EQ(batching, 1u);
  EXPECT_TRUE(headerless_legacy().features.batching);
}

TEST(Versions, ASetSpeaksWhatItWasGiven) {
  std::vector<std::string> names = {std::string(latest_legacy().name), "tomorrow", std::string(latest_legacy().name)};
  RevisionSet set{names};
  EXPECT_EQ(set.all().size(), 1u);
  EXPECT_FALSE(set.speaks(Era::modern));
  EXPECT_EQ(set.find(latest_modern().name), nullptr);
  EXPECT_EQ(set.names_json(), "[\"" + std::string(latest_legacy().name) + "\"]");
  EXPECT_EQ(set.names_json(Era::modern), "[]");
  EXPECT_EQ(RevisionSet().all().size(), 5u);
}

TEST(Methods, EachNameFindsItself) {
  for (std::size_t i = 1; i < kMethodCount; ++i) {
    auto method = static_cast<Method>(i);
    EXPECT_FALSE(method_name(method).empty());
    EXPECT_EQ(find_method(method_name(method)), method);
    EXPECT_EQ(facts(method).kind == MethodKind::notification, method_name(method).starts_with("notifications/"));
  }
  for (std::string_view name : {"", "x", "tools/lis", "tools/lists", "TOOLS/LIST", "zzz"}) EXPECT_EQ(find_method(name), Method::unknown);
}

TEST(Methods, TheCacheableOnesAndTheThreeThatMayAsk) {
  std::size_t cacheable = 0;
  std::size_t asking = 0;
  for (std::size_t i = 0; i < kMethodCount; ++i) {
    cacheable += facts(static_cast<Method>(i)).cacheable;
    asking += facts(static_cast<Method>(i)).may_ask_input;
  }
  EXPECT_EQ(cacheable, 6u + 3u);  // the protocol's own, and those of the skills extension
  EXPECT_EQ(asking, 3u);
  EXPECT_FALSE(MethodSet::everything().has(Method::sampling_create_message));
  EXPECT_TRUE(MethodSet::everything().has(Method::tools_call));
  EXPECT_FALSE(MethodSet::everything().has(Method::skills_list));
}

TEST(Errors, CodesOfOurOwnAreOutsideOfTheReservedRange) {
  for (int c = 0; c <= static_cast<int>(mcp::Code::internal); ++c) {
    const CodeFacts& f = facts(static_cast<mcp::Code>(c));
    EXPECT_TRUE(f.rpc > 0 || f.rpc == kInvalidParams || f.rpc == kInternalError);
    EXPECT_GE(f.http, 400);
    mcp::Error error(static_cast<mcp::Code>(c), "m");
    if (f.rpc > 0) {
      EXPECT_EQ(from_rpc(to_rpc(error)).code, error.code);
    }
  }
}

TEST(Errors, OnlyWhatMayLeaveLeaves) {
  mcp::Error error(mcp::Code::internal, "secret path", "something failed");
  EXPECT_EQ(encode_error("1", to_rpc(error)), R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"something failed"}})");
  EXPECT_EQ(to_refusal(mcp::Error(mcp::Code::rate_limited, "m")).http_status, 429);
  EXPECT_EQ(error_object(to_rpc(mcp::Error(mcp::Code::not_found, "m").with_data("{\"uri\":\"x\"}"))),
            R"({"code":-32602,"message":"m","data":{"uri":"x"}})");
}

TEST(Errors, StatusesOfTheModernEra) {
  for (int code : {kHeaderMismatch, kMissingCapability, kUnsupportedVersion, kParseError, kInvalidRequest})
    EXPECT_EQ(http_status(code, Era::modern), 400);
  EXPECT_EQ(http_status(kMethodNotFound, Era::modern), 404);
  EXPECT_EQ(http_status(kInvalidParams, Era::modern), 200);
  EXPECT_EQ(http_status(kMethodNotFound, Era::legacy), 200);
}

const Revision& modern = latest_modern();
const Revision& legacy = latest_legacy();

RpcError through(const Revision& to, const Revision& from, int code, std::string data = "", Method method = Method::resources_read) {
  return error_for(to, from, method, {.code = code, .message = "m", .data = std::move(data)});
}

TEST(Errors, AMissingResourceInBothEras) {
  EXPECT_EQ(through(modern, legacy, kLegacyResourceNotFound).code, kInvalidParams);
  EXPECT_EQ(through(legacy, modern, kInvalidParams, R"({"uri":"a"})").code, kLegacyResourceNotFound);
  EXPECT_EQ(through(legacy, modern, kInvalidParams).code, kInvalidParams);
  EXPECT_EQ(through(legacy, modern, kInvalidParams, R"({"uri":"a"})", Method::tools_call).code, kInvalidParams);
  EXPECT_EQ(through(legacy, legacy, kLegacyResourceNotFound).code, kLegacyResourceNotFound);
}

TEST(Errors, WhatMustNotLeaveDoesNot) {
  EXPECT_EQ(through(modern, legacy, kLegacyUrlElicitation, R"({"elicitations":[]})").code, kInternalError);
  EXPECT_EQ(through(legacy, legacy, kLegacyUrlElicitation).code, kLegacyUrlElicitation);
  EXPECT_EQ(through(*all_revisions()[2], legacy, kLegacyUrlElicitation).code, kInternalError);
  EXPECT_EQ(through(modern, modern, kHeaderMismatch).code, kInternalError);
  EXPECT_EQ(through(legacy, modern, kUnsupportedVersion).code, kInternalError);
  EXPECT_EQ(through(modern, modern, kMissingCapability).http_status, 400);
  EXPECT_EQ(through(legacy, modern, kMissingCapability).code, kInvalidParams);
  EXPECT_EQ(through(modern, legacy, -32001).code, kInternalError);
  EXPECT_EQ(through(modern, legacy, -32001).data, "{\"code\":-32001}");
  EXPECT_EQ(through(modern, legacy, -32050).code, kInternalError);
  EXPECT_EQ(through(legacy, legacy, -32001).code, -32001);
  EXPECT_EQ(through(modern, legacy, 1234, "[1]").code, 1234);
}

}  // namespace
