#include "protocol/message.h"

#include <gtest/gtest.h>

#include <array>

#include <string>

#include "base/json.h"
#include "protocol/params.h"
#include "protocol/splice.h"

namespace {

using namespace protocol;

RpcError refused(std::string text) { return parse_message(text).error(); }
int batch_code(std::string text, std::size_t most = 100) { return parse_batch(text, most).error().code; }

TEST(Message, EachKindIsFound) {
  std::string text = R"( {"params":{"a":[1, 2]},"method":"tools\/call","id":"a\"b","jsonrpc":"2.0","extra":1} )";
  auto request = parse_message(text);
  ASSERT_TRUE(request.ok()) << request.error().message;
  EXPECT_EQ(request->kind, MessageKind::request);
  EXPECT_EQ(request->id, R"("a\"b")");
  EXPECT_EQ(request->method, "tools/call");
  EXPECT_EQ(request->known, Method::tools_call);
  EXPECT_EQ(request->params, R"({"a":[1, 2]})");

  text = R"({"jsonrpc":"2.0","method":"notifications/cancelled"})";
  EXPECT_EQ(parse_message(text)->kind, MessageKind::notification);
  text = R"({"jsonrpc":"2.0","id":-1,"result":{"x":{}}})";
  EXPECT_EQ(parse_message(text)->kind, MessageKind::response);
  EXPECT_EQ(parse_message(text)->result, R"({"x":{}})");
  text = R"({"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"a\nb","data":[1]}})";
  auto error = parse_message(text);
  ASSERT_TRUE(error.ok());
  EXPECT_EQ(error->kind, MessageKind::error);
  EXPECT_EQ(error->id, "");
  EXPECT_EQ(error->error_code, -32700);
  EXPECT_EQ(error->error_message, "a\nb");
  EXPECT_EQ(error->error_data, "[1]");
}

TEST(Message, WhatIsNoMessageIsRefused) {
  for (std::string text : {"1",
                           "[]",
                           "{}",
                           R"({"jsonrpc":"2.0"})",
                           R"({"jsonrpc":"2.0","id":1})",
                           R"({"jsonrpc":2.0,"method":"a"})",
                           R"({"jsonrpc":"2.0","method":1})",
                           R"({"jsonrpc":"2.0","method":"a","params":[]})",
                           R"({"jsonrpc":"2.0","method":"a","id":1e2})",
                           R"({"jsonrpc":"2.0","method":"a","id":1.0})",
                           R"({"jsonrpc":"2.0","method":"a","id":null})",
                           R"({"jsonrpc":"2.0","method":"a","result":{}})",
                           R"({"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}})",
                           R"({"jsonrpc":"2.0","id":1,"result":1})",
                           R"({"jsonrpc":"2.0","result":{}})",
                           R"({"jsonrpc":"2.0","id":1,"error":{"code":"1","message":""}})",
                           R"({"jsonrpc":"2.0","id":1,"error":{"code":1}})",
                           R"({"jsonrpc":"2.0","id":1,"error":{"code":99999999999,"message":""}})",
                           R"({"jsonrpc":"2.0","id":1,"error":7})",
                           R"({"jsonrpc":"2.0","method":"a","\u006dethod":"b"})"}) {
    auto message = parse_message(text);
    ASSERT_FALSE(message.ok()) << text;
    EXPECT_EQ(message.error().code, kInvalidRequest) << text;
    EXPECT_EQ(message.error().http_status, 400);
  }
  EXPECT_EQ(refused("{\"jsonrpc\"").code, kParseError);
}

TEST(Message, ARefusalKeepsTheIdOfARequest) {
  EXPECT_EQ(refused(R"({"id":7,"method":"a"})").id, "7");
  EXPECT_EQ(refused(R"({"jsonrpc":"2.0","id":7,"result":1})").id, "");
}

TEST(Message, EnvelopesKeepTheSlices) {
  EXPECT_EQ(encode_request("\"x\"", "a\"b", "{ \"k\" : 1.50 }"), R"({"jsonrpc":"2.0","id":"x","method":"a\"b","params":{ "k" : 1.50 }})");
  EXPECT_EQ(encode_notification("n", ""), R"({"jsonrpc":"2.0","method":"n"})");
  EXPECT_EQ(encode_result("9007199254740993", "{\"n\":1e400}"), R"({"jsonrpc":"2.0","id":9007199254740993,"result":{"n":1e400}})");
  EXPECT_EQ(encode_error("", {.code = 5, .message = "m"}), R"({"jsonrpc":"2.0","id":null,"error":{"code":5,"message":"m"}})");
  EXPECT_EQ(encode_error("", {.code = 5, .message = "m", .data = "{}", .id = "3"}),
            R"({"jsonrpc":"2.0","id":3,"error":{"code":5,"message":"m","data":{}}})");
  EXPECT_EQ(encode_batch({"{}", "{}"}), "[{},{}]");
  EXPECT_EQ(one_line("{\n \"a b\": 1 }"), "{\"a b\":1}");
  EXPECT_EQ(one_line("{ \"a\": 1 }"), "{ \"a\": 1 }");
}

TEST(Message, BatchesAreReadElementByElement) {
  std::string text = R"([{"jsonrpc":"2.0","id":1,"method":"ping"}, 1, {"jsonrpc":"2.0","method":"n"}])";
  EXPECT_TRUE(is_batch(" \n[1]"));
  EXPECT_FALSE(is_batch("{\"a\":[]}"));
  auto batch = parse_batch(text);
  ASSERT_TRUE(batch.ok());
  ASSERT_EQ(batch->size(), 3u);
  EXPECT_TRUE((*batch)[0].ok());
  EXPECT_EQ((*batch)[1].error().code, kInvalidRequest);
  EXPECT_EQ((*batch)[2]->kind, MessageKind::notification);
  EXPECT_EQ(batch_code("[]"), kInvalidRequest);
  EXPECT_EQ(batch_code("["), kParseError);
  EXPECT_EQ(batch_code("[1,2,3]", 2), kInvalidRequest);
}

TEST(Params, MembersAndMetaAreSlices) {
  std::string text =
      R"({"name":"n","arguments":{"a":1},"cursor":"","_meta":{"progressToken":3,"com.x/y":[1],"tracestate":"t=1"},"level":"info"})";
  auto params = read_params(text);
  ASSERT_TRUE(params.ok());
  EXPECT_EQ(params->name, "\"n\"");
  EXPECT_EQ(params->arguments, "{\"a\":1}");
  EXPECT_EQ(params->cursor, "\"\"");
  EXPECT_EQ(params->level, "\"info\"");
  EXPECT_EQ(params->meta.progress_token, "3");
  EXPECT_EQ(params->meta.tracestate, "\"t=1\"");
  EXPECT_FALSE(params->meta.claims_modern());
  EXPECT_TRUE(read_params("").ok());
  EXPECT_FALSE(read_params("[]").ok());
  EXPECT_FALSE(read_params(R"({"a":1,"a":2})").ok());
  EXPECT_FALSE(read_params(R"({"_meta":3})").ok());
  EXPECT_FALSE(read_params(R"({"_meta":{"a":1,"a":2}})").ok());
}

TEST(Params, LogLevels) {
  for (const char* name : {"debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"})
    EXPECT_EQ(log_level_name(*find_log_level(name)), name);
  EXPECT_FALSE(find_log_level("Debug"));
  EXPECT_LT(*find_log_level("info"), *find_log_level("alert"));
}

TEST(Splice, OtherBytesStay) {
  std::string_view object = "{ \"a\" : 1.0 ,\n\"b\":[ 1 ],\"c\":\"x\" }";
  EXPECT_EQ(with_members(object, {}), "{\"a\" : 1.0 ,\n\"b\":[ 1 ],\"c\":\"x\"}");
  EXPECT_EQ(with_members(object, {{"b", "2"}}), "{\"a\" : 1.0,\"b\":2,\"c\":\"x\"}");
  EXPECT_EQ(with_members(object, {{"d", "{}"}, {"a", "0"}}), "{\"a\":0,\"b\":[ 1 ],\"c\":\"x\",\"d\":{}}");
  EXPECT_EQ(without_members(object, {"a"}), "{\"b\":[ 1 ],\"c\":\"x\"}");
  EXPECT_EQ(without_members(object, {"b"}), "{\"a\" : 1.0,\"c\":\"x\"}");
  EXPECT_EQ(without_members(object, {"a", "b", "c"}), "{}");
}

TEST(Splice, OddObjects) {
  EXPECT_EQ(with_members("", {{"a", "1"}}), "{\"a\":1}");
  EXPECT_EQ(with_members("{}", {{"a\"", "1"}}), "{\"a\\\"\":1}");
  EXPECT_EQ(with_members("[1]", {{"a", "1"}}), "[1]");
  EXPECT_EQ(with_members(R"({"\u0061":1})", {{"a", "2"}}), R"({"a":2})");
  EXPECT_EQ(with_members(R"({"a":1,"a":2})", {{"b", "2"}}), R"({"a":1,"a":2})") << "nobody acts on such an object";
}

TEST(Splice, Meta) {
  EXPECT_EQ(with_meta("{}", {{"k", "1"}}), R"({"_meta":{"k":1}})");
  EXPECT_EQ(with_meta("", {{"k", "1"}}), R"({"_meta":{"k":1}})");
  EXPECT_EQ(with_meta(R"({"a":1,"_meta":{"x":2,"k":0}})", {{"k", "1"}}), R"({"a":1,"_meta":{"x":2,"k":1}})");
  EXPECT_EQ(with_meta(R"({"a":1,"_meta":{"k":0}})", {}, {"k"}), R"({"a":1})");
  EXPECT_EQ(with_meta(R"({"a":1})", {}, {"k"}), R"({"a":1})");
  EXPECT_EQ(with_meta(R"({"_meta":7})", {{"k", "1"}}), R"({"_meta":{"k":1}})");
  EXPECT_EQ(with_meta(R"({"_meta":7})", {}, {"k"}), R"({"_meta":7})");
  EXPECT_EQ(with_meta(R"({"_meta":{"k":0},"b": [1, 2] , "c":{}})", {}, {"k"}), R"({"b": [1, 2] , "c":{}})");
  EXPECT_EQ(with_meta(R"({"a":1,"_meta":{"k":0},"a":2})", {{"k", "1"}}), R"({"a":1,"_meta":{"k":0},"a":2})");
  EXPECT_EQ(with_meta(R"({"_meta":{"x":0,"x":1}})", {{"k", "1"}}), R"({"_meta":{"x":0,"x":1}})");
  EXPECT_EQ(with_meta("[1]", {{"k", "1"}}), "[1]");
}

TEST(Splice, OneWalkEditsAnObjectAndItsMeta) {
  const std::array<protocol::Member, 1> set = {protocol::Member{"k", "1"}};
  const std::array<std::string_view, 1> drop = {"gone"};
  auto keeps = [](std::string_view key, std::string_view) { return key != "odd"; };
  auto edit = [&](std::string_view object, const protocol::Member& member) {
    std::string out = "before ";
    protocol::append_with_meta(out, object, {member, set, drop, keeps});
    return out;
  };
  EXPECT_EQ(edit(R"({"name":"a","_meta":{"gone":1,"odd":2,"x":3,"k":4},"z":0})", {"name", "\"b\""}),
            R"(before {"name":"b","_meta":{"x":3,"k":1},"z":0})");
  EXPECT_EQ(edit(R"({"z":0})", {"name", "\"b\""}), R"(before {"z":0,"_meta":{"k":1},"name":"b"})");
  EXPECT_EQ(edit("", {}), R"(before {"_meta":{"k":1}})");
  EXPECT_EQ(edit(R"({"z":0,"z":1})", {"name", "1"}), R"(before {"z":0,"z":1})");
  std::string out = "before";
  protocol::append_with_meta(out, "", {});
  EXPECT_EQ(out, "before");
}

}  // namespace
