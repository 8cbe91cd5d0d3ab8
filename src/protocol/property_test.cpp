// What a message means survives this room, whatever it is and whatever revision it is of: unknown members, `_meta` and the spelling of
// numbers included. Messages are made at random; GATEHOUSE_TEST_SEED chooses others, and a failure prints the seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/json.h"
#include "protocol/client_side.h"
#include "protocol/definitions.h"
#include "protocol/inbound.h"
#include "protocol/results.h"
#include "protocol/splice.h"

namespace {

using namespace protocol;

constexpr int kRounds = 400;

std::uint64_t seed() {
  const char* given = std::getenv("GATEHOUSE_TEST_SEED");
  return given ? std::strtoull(given, nullptr, 10) : 20'260'728;
}

// Makes JSON of all spellings.
class Maker {
 public:
  explicit Maker(std::uint64_t salt) : random_(seed() + salt) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  bool once_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[below(all.size())];
  }

  std::string space() {
    std::string out;
    while (once_in(6)) out += one_of<std::string>({" ", "\n", "\t", "\r\n", "  "});
    return out;
  }
  std::string number() {
    static const std::vector<std::string> kSpecial = {"0",
                                                      "-0",
                                                      "-0.0",
                                                      "9223372036854775807",
                                                      "-9223372036854775808",
                                                      "18446744073709551615",
                                                      "9007199254740993",
                                                      "123456789012345678901234567890",
                                                      "1e400",
                                                      "-1E+400",
                                                      "1e-400",
                                                      "5e-324",
                                                      "1.0",
                                                      "1E2",
                                                      "0.1000000000000000055511151231257827",
                                                      "1.7976931348623157e308"};
    if (once_in(2)) return one_of(kSpecial);
    std::string out = once_in(3) ? "-" : "";
    out += std::to_string(random_() >> below(64));
    if (once_in(3)) out += "." + std::to_string(random_() >> below(64));
    if (once_in(5)) out += one_of<std::string>({"e", "E", "e+", "E-"}) + std::to_string(below(500));
    return out;
  }
  std::string text() {
    std::string out = "\"";
    for (std::size_t i = below(8); i > 0; --i)
      out += one_of<std::string>({"a", "Z", "0", " ", "é", "日本", "🐲", "\\n", "\\\"", "\\\\", "\\/", "\\u00e9", "\\ud83d\\udc32",
                                  "\\ud800", "\\u0000", "{", "]", ",", ":"});
    return out + "\"";
  }
  std::string value(std::size_t depth) {
    switch (below(depth == 0 ? 4 : 7)) {
      case 0: return number();
      case 1: return text();
      case 2: return once_in(2) ? "true" : "false";
      case 3: return "null";
      case 4: return array(depth - 1);
      default: return object(depth - 1, {});
    }
  }
  std::string array(std::size_t depth) {
    std::string out = "[" + space();
    for (std::size_t i = 0, n = below(4); i < n; ++i) out += (i ? "," : "") + space() + value(depth) + space();
    return out + "]";
  }
  // `fixed` (raw members) among others with names that mean nothing.
  std::string object(std::size_t depth, std::vector<std::string> fixed) {
    for (std::size_t i = 0, n = below(4); i < n; ++i) {
      std::string key = text();
      key.insert(key.size() - 1, "~" + std::to_string(i));
      fixed.push_back(key + space() + ":" + space() + value(depth));
    }
    std::shuffle(fixed.begin(), fixed.end(), random_);
    std::string out = "{" + space();
    for (std::size_t i = 0; i < fixed.size(); ++i) out += (i ? "," : "") + space() + fixed[i] + space();
    return out + "}";
  }
  std::string meta() {
    return R"("_meta":)" +
           object(2, {R"("com.example/own":)" + value(2), R"("traceparent":"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")"});
  }
  std::string id() { return once_in(2) ? std::to_string(below(1'000'000)) : text(); }

 private:
  std::mt19937_64 random_;
};

// A JSON value as what it says: leaves by their place. Strings unescaped, numbers as they were spelled.
using Meaning = std::map<std::string, std::string>;

void collect(Meaning& out, const std::string& place, std::string_view value) {
  if (base::is_object(value)) {
    bool any = false;
    ASSERT_TRUE(base::each_member(value,
                                  [&](std::string_view key, std::string_view inner) {
                                    any = true;
                                    collect(out, place + "/" + base::quoted(key), inner);
                                    return mcp::Result<>();
                                  })
                    .ok())
        << value;
    if (!any) out[place] = "{}";
  } else if (base::is_array(value)) {
    std::size_t i = 0;
    ASSERT_TRUE(base::each_element(value, [&](std::string_view inner) {
                  collect(out, place + "/" + std::to_string(i++), inner);
                  return mcp::Result<>();
                }).ok());
    if (i == 0) out[place] = "[]";
  } else if (base::is_string(value)) {
    out[place] = base::quoted(base::json_string(value).value_or("broken"));
  } else {
    out[place] = value;
  }
}
// Without what lies at or below the members `without`, given as paths of names.
Meaning meaning(std::string_view value, const std::vector<std::string>& without = {}) {
  Meaning out;
  collect(out, "", value);
  for (const auto& place : without) {
    for (auto at = out.lower_bound(place); at != out.end() && at->first.starts_with(place);) {
      bool whole = at->first.size() == place.size() || at->first[place.size()] == '/';
      at = whole ? out.erase(at) : std::next(at);
    }
  }
  if (out.empty()) out[""] = "{}";
  return out;
}
std::string in_meta(std::string_view key) { return "/\"_meta\"/" + base::quoted(key); }

std::vector<std::string> envelope() {
  return {in_meta(meta_key::kProtocolVersion), in_meta(meta_key::kClientInfo), in_meta(meta_key::kClientCapabilities)};
}

// Params that a server accepts for the method, with more around them.
std::string params_for(Maker& make, Method method) {
  std::vector<std::string> fixed;
  if (!make.once_in(3)) fixed.push_back(make.meta());
  switch (method) {
    case Method::tools_call: fixed.push_back(R"("arguments":)" + make.object(3, {})); [[fallthrough]];
    case Method::prompts_get: fixed.push_back(R"("name":)" + make.text()); break;
    case Method::resources_read: fixed.push_back(R"("uri":)" + make.text()); break;
    default: break;
  }
  return make.object(3, std::move(fixed));
}
const std::vector<Method> kAsked = {Method::tools_call, Method::prompts_get, Method::resources_read, Method::tools_list,
                                    Method::resources_list};

class Property : public testing::Test {
 protected:
  testing::ScopedTrace trace_{__FILE__, __LINE__, "GATEHOUSE_TEST_SEED=" + std::to_string(seed())};
};

TEST_F(Property, EnvelopesKeepWhatTheyCarry) {
  Maker make(1);
  for (int round = 0; round < kRounds; ++round) {
    std::string id = make.id(), params = make.object(4, {make.meta()}), result = make.value(4);
    std::string method = R"(own/)" + std::to_string(round);
    std::string request = encode_request(id, method, params);
    auto read = parse_message(request);
    ASSERT_TRUE(read.ok()) << request;
    EXPECT_EQ(read->kind, MessageKind::request);
    EXPECT_EQ(read->id, id);
    EXPECT_EQ(read->method, method);
    EXPECT_EQ(read->params, params);

    std::string line = one_line(request);
    EXPECT_TRUE(base::single_line(line));
    EXPECT_EQ(meaning(line), meaning(request));

    std::string notification = encode_notification(method, params);
    auto told = parse_message(notification);
    ASSERT_TRUE(told.ok()) << notification;
    EXPECT_EQ(told->kind, MessageKind::notification);
    EXPECT_EQ(told->params, params);

    std::string reply = encode_result(id, make.object(3, {R"("value":)" + result}));
    auto answered = parse_message(reply);
    ASSERT_TRUE(answered.ok()) << reply;
    EXPECT_EQ(answered->kind, MessageKind::response);
    EXPECT_EQ(meaning(base::find_member(answered->result, "value")), meaning(result));

    RpcError error{.code = -static_cast<int>(make.below(40'000)), .message = base::json_string(make.text()).value_or(""), .data = result};
    std::string refused = encode_error(id, error);
    auto failed = parse_message(refused);
    ASSERT_TRUE(failed.ok()) << refused;
    EXPECT_EQ(failed->kind, MessageKind::error);
    EXPECT_EQ(failed->error_code, error.code);
    EXPECT_EQ(failed->error_message, error.message);
    EXPECT_EQ(failed->error_data, result);

    std::string batch = encode_batch({request, notification, reply});
    auto all = parse_batch(batch);
    ASSERT_TRUE(all.ok() && all->size() == 3) << batch;
    EXPECT_EQ(meaning((*all)[0]->params), meaning(params));
  }
}

TEST_F(Property, AServerGetsWhatAClientOfAnyRevisionMeant) {
  Maker make(2);
  const ClientIdentity client{R"({"name":"p","version":"1"})", R"({"elicitation":{}})"};
  HttpFront http{FrontOptions{}};
  for (const Revision* revision : all_revisions()) {
    for (int round = 0; round < kRounds; ++round) {
      Method method = make.one_of(kAsked);
      std::string id = make.id(), params = params_for(make, method);
      if (revision->era == Era::legacy) {
        std::string body = legacy_request(*revision, id, method, params, "session").body;
        auto message = parse_message(body);
        ASSERT_TRUE(message.ok()) << body;
        EXPECT_EQ(meaning(message->params), meaning(params)) << body;
        StdioFront front{FrontOptions{}};
        front.negotiated(*revision);
        Received received = front.receive(body);
        ASSERT_TRUE(std::holds_alternative<Inbound>(received)) << body << "\n" << std::get<Refusal>(received).body;
        EXPECT_EQ(std::get<Inbound>(received).message.params, message->params);
        continue;
      }
      auto out = modern_request(*revision, client, id, method, params);
      ASSERT_TRUE(out.ok()) << params;
      HttpFacts facts{.method = "POST", .accept = "application/json, text/event-stream", .content_type = "application/json"};
      for (const auto& [name, value] : out->headers) {
        if (name == "MCP-Protocol-Version") facts.protocol_version = value;
        if (name == "Mcp-Method") facts.mcp_method = value;
        if (name == "Mcp-Name") facts.mcp_name = value;
      }
      Received received = http.receive(facts, out->body);
      ASSERT_TRUE(std::holds_alternative<Inbound>(received)) << out->body << "\n" << std::get<Refusal>(received).body;
      const Inbound& in = std::get<Inbound>(received);
      EXPECT_EQ(in.message.id, id);
      EXPECT_EQ(in.message.known, method);
      EXPECT_EQ(meaning(in.message.params, envelope()), meaning(params)) << out->body;
    }
  }
}

TEST_F(Property, ResultsReachEachRevisionWhole) {
  Maker make(3);
  for (const Revision* revision : all_revisions()) {
    for (int round = 0; round < kRounds; ++round) {
      std::vector<std::string> fixed = {R"("content":[{"type":"text","text":)" + make.text() + R"(,"own":)" + make.value(2) + "}]"};
      if (make.once_in(2)) fixed.push_back(make.meta());
      if (make.once_in(2)) fixed.push_back(R"("structuredContent":)" + make.object(3, {}));
      if (make.once_in(2)) fixed.emplace_back(R"("resultType":"complete")");
      std::string result = make.object(3, fixed);
      Method method = make.once_in(2) ? Method::tools_call : Method::resources_read;
      std::string out = result_for(*revision, method, result, {}, R"({"name":"s","version":"1"})");
      ASSERT_TRUE(base::validate_json(out).ok()) << out;
      const std::vector<std::string> added = {R"(/"resultType")", R"(/"ttlMs")", R"(/"cacheScope")", in_meta(meta_key::kServerInfo)};
      EXPECT_EQ(meaning(out, added), meaning(result, added)) << result << "\n" << out;
      // And again: what is right stays as it is.
      EXPECT_EQ(meaning(result_for(*revision, method, out, {}, R"({"name":"s","version":"1"})")), meaning(out));
    }
  }
}

TEST_F(Property, EditsLeaveTheRestAlone) {
  Maker make(4);
  for (int round = 0; round < kRounds; ++round) {
    std::string object = make.object(4, {make.meta(), R"("old":)" + make.value(2)});
    std::string value = make.value(2);
    std::string out = with_members(object, {{"old", value}, {"new", value}});
    EXPECT_EQ(meaning(out, {"/\"old\"", "/\"new\""}), meaning(object, {"/\"old\""})) << object;
    EXPECT_EQ(meaning(base::find_member(out, "new")), meaning(value));
    EXPECT_EQ(meaning(base::find_member(out, "old")), meaning(value));
    EXPECT_EQ(meaning(without_members(out, {"old", "new"})), meaning(object, {"/\"old\""}));
    std::string marked = with_meta(object, {{"progressToken", value}}, {"traceparent"});
    EXPECT_EQ(meaning(marked, {in_meta("progressToken")}), meaning(object, {in_meta("traceparent")}));
  }
}

TEST_F(Property, DefinitionsKeepTheirOwnMembers) {
  Maker make(5);
  for (int round = 0; round < kRounds; ++round) {
    std::string tool =
        make.object(3, {R"("name":"a")", R"("description":)" + make.text(), R"("inputSchema":)" + make.object(3, {R"("type":"object")"})});
    std::string page = R"({"tools":[)" + tool + "]}";
    auto read = read_definitions(DefinitionKind::tool, page);
    ASSERT_TRUE(read.ok() && read->items.size() == 1) << page;
    EXPECT_EQ(meaning(read->items[0].raw), meaning(tool));
    EXPECT_EQ(meaning(renamed(read->items[0], "b"), {"/\"name\""}), meaning(tool, {"/\"name\""}));
    std::string again = encode_definitions(DefinitionKind::tool, {read->items[0].raw}, std::nullopt);
    EXPECT_EQ(meaning(again), meaning(page));
  }
}

}  // namespace
