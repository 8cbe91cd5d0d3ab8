// The modes as clients of the gateway see them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "gateway/gateway_testing.h"
#include "net/http_message.h"
#include "tokens/count.h"

namespace {

using base::Outcome;
using gateway::Config;
using gateway::Disclosure;
using gateway::testing_world::builtin;
using gateway::testing_world::World;
using protocol::Method;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Note {
  mcp::Arg<std::string, "Path of the note"> path;
  mcp::Arg<std::optional<int>, "Lines at most"> lines;
};

// Notes that are read and written.
struct Notes {
  mcp::Server server{"notes", "1.0"};
  std::vector<std::string> written;
  Notes() {
    server.instructions("Notes in Markdown.");
    server.tool("read_note", "Reads a note. Whole, or its first lines.", [](Note in) { return "text of " + *in.path; },
                {.annotations = {.read_only = true}});
    auto write = [this](Note in) {
      written.push_back(*in.path);
      return std::string("written");
    };
    server.tool("write_note", "Writes a note.", write);
    auto ask = [](Note, mcp::Call) -> base::Task<std::string> { co_return base::Error(base::Code::denied, "the disk is read-only"); };
    server.tool("delete_note", "Deletes a note for ever.", ask, {.annotations = {.destructive = true}});
  }
};

Config searching() {
  Config config{{builtin("one"), builtin("notes", "notes")}};
  config.disclosure = Disclosure::search;
  return config;
}

class DisclosureWorld : public testing::Test {
 protected:
  explicit DisclosureWorld(Config config = searching()) : w(std::move(config)) { w.others["notes"] = &notes.server; }

  std::string call(const std::string& name, const std::string& arguments) {
    return w.text(Method::tools_call, "{\"name\":\"" + name + "\",\"arguments\":" + arguments + "}");
  }
  std::vector<std::string> listed(sdk::Handler& handler, const net::HttpRequest* http = nullptr) {
    std::string params = "{}";
    sdk::Inbound in = w.inbound(Method::tools_list, params);
    in.http = http;
    auto reply = w.loop.block_on(handler.handle(std::move(in), w.ears));
    std::vector<std::string> names;
    if (!reply) return {reply.error().message};
    for (base::Elements tools(base::find_member(reply->result(), "tools")); tools.next();)
      names.push_back(*base::json_string(base::find_member(tools.value(), "name")));
    return names;
  }

  Notes notes;
  mcp::Server many{"many", "1"};
  World w;
};

TEST_F(DisclosureWorld, ASearchShowsFourToolsAndWhatIsAlwaysThere) {
  EXPECT_THAT(listed(w.gateway->aggregate()), ElementsAre("find_tools", "describe_tools", "call_tool", "call_tool_write"));
  // Nobody had to be started for it.
  EXPECT_EQ(w.gateway->status().upstreams[1].starts, 0u);
  const std::string list = w.text(Method::tools_list, "{}");
  EXPECT_LT(tokens::count(list), 450u) << list;
  EXPECT_THAT(listed(*w.gateway->server("notes")), ElementsAre("read_note", "write_note", "delete_note"));

  Config config = searching();
  config.servers[1].tools["read_note"] = {"read", {}, true};
  w.gateway->apply(std::move(config));
  EXPECT_THAT(listed(w.gateway->aggregate()), ElementsAre("find_tools", "describe_tools", "call_tool", "call_tool_write", "notes__read"));
  EXPECT_THAT(call("find_tools", R"({"query":"read a note"})"), HasSubstr("notes.read(path: str"));
}

TEST_F(DisclosureWorld, WhatIsFoundIsDescribedAndCalled) {
  const std::string found = call("find_tools", R"({"query":"read a note","limit":1})");
  EXPECT_THAT(found, HasSubstr("notes.read_note(path: str, lines?: int) — Reads a note"));
  EXPECT_THAT(found, HasSubstr("1 of "));
  EXPECT_THAT(found, Not(HasSubstr("structuredContent")));
  EXPECT_THAT(call("describe_tools", R"({"names":["notes.read_note","notes__write_note","nothing.at_all"]})"),
              AllOf(HasSubstr("read_note"), HasSubstr("write_note"), HasSubstr("Path of the note"), HasSubstr("nothing.at_all")));
  for (const char* name : {"notes.read_note", "notes__read_note"})
    EXPECT_THAT(call("call_tool", "{\"name\":\"" + std::string(name) + R"(","arguments":{"path":"a.md"}})"), HasSubstr("text of a.md"));
  // Some models write the arguments as a text.
  EXPECT_THAT(call("call_tool", R"({"name":"notes.read_note","arguments":"{\"path\":\"b.md\"}"})"), HasSubstr("text of b.md"));
  EXPECT_THAT(call("call_tool_write", R"({"name":"notes.write_note","arguments":{"path":"c.md"}})"), HasSubstr("written"));
  // What is not shown may be called all the same, and is not looked at first.
  EXPECT_THAT(call("notes__write_note", R"({"path":"d.md"})"), HasSubstr("written"));
  EXPECT_THAT(notes.written, ElementsAre("c.md", "d.md"));
}

TEST_F(DisclosureWorld, EachInnerCallHasItsOwnRecordUnderItsRealName) {
  call("call_tool", R"({"name":"notes.read_note","arguments":{"path":"a.md"}})");
  ASSERT_EQ(w.book.calls.size(), 2u);
  const base::CallRecord &inner = w.book.calls[0], &outer = w.book.calls[1];
  EXPECT_EQ(inner.server, "notes");
  EXPECT_EQ(inner.name, "read_note");
  EXPECT_EQ(inner.parent, outer.number);
  EXPECT_EQ(outer.server, "gatehouse");
  EXPECT_EQ(outer.name, "call_tool");
  EXPECT_EQ(outer.parent, 0u);
  call("call_tool_write", R"({"name":"notes.delete_note","arguments":{"path":"a.md"}})");
  EXPECT_EQ(w.book.calls.at(2).outcome, Outcome::tool_error);
  EXPECT_EQ(w.book.calls.at(3).outcome, Outcome::tool_error);
}

TEST_F(DisclosureWorld, NothingIsCalledThatIsNotRight) {
  EXPECT_THAT(call("call_tool", R"({"name":"notes.write_note","arguments":{"path":"x"}})"),
              AllOf(HasSubstr("\"isError\":true"), HasSubstr("call it with call_tool_write")));
  EXPECT_THAT(call("call_tool_write", R"({"name":"notes.read_note","arguments":{"path":"x"}})"), HasSubstr("call it with call_tool,"));
  EXPECT_THAT(call("call_tool", R"({"name":"notes.read_note","arguments":{"path":"x","lines":"many"}})"),
              AllOf(HasSubstr("\"isError\":true"), HasSubstr("/lines"), HasSubstr("function read_note")));
  EXPECT_THAT(call("call_tool", R"({"name":"notes.read_note"})"), HasSubstr("path"));
  EXPECT_THAT(call("call_tool", R"({"name":"notes.reed_note","arguments":{}})"),
              AllOf(HasSubstr("\"isError\":true"), HasSubstr("notes.read_note")));
  EXPECT_THAT(call("call_tool", R"({"name":"nobody__x"})"), HasSubstr("\"isError\":true"));
  EXPECT_THAT(call("call_tool", R"({"arguments":{}})"), HasSubstr("`name` must be"));
  EXPECT_THAT(call("call_tool", R"({"name":"notes.read_note","arguments":[1]})"), HasSubstr("`arguments` must be an object"));
  EXPECT_THAT(call("find_tools", R"({"query":" "})"), HasSubstr("`query` must be"));
  EXPECT_THAT(call("find_tools", R"({"query":"x","limit":0})"), HasSubstr("`limit` must be"));
  EXPECT_THAT(call("describe_tools", R"({"names":[]})"), HasSubstr("`names` must be"));
  EXPECT_TRUE(notes.written.empty());
  for (const base::CallRecord& record : w.book.calls) EXPECT_EQ(record.server, "gatehouse");
}

TEST_F(DisclosureWorld, AProfileIsAPartOfItAllWithAModeOfItsOwn) {
  Config config = searching();
  config.profiles["reading"] =
      std::make_shared<const gateway::Profile>(gateway::Profile{"reading", {"notes"}, {"notes__read_*"}, Disclosure::all});
  config.profiles["found"] = std::make_shared<const gateway::Profile>(gateway::Profile{"found", {"notes"}, {"read_*"}, std::nullopt});
  w.gateway->apply(config);
  sdk::Handler& reading = *w.gateway->profile("reading");
  EXPECT_THAT(listed(reading), ElementsAre("notes__read_note"));
  auto call_in = [&](sdk::Handler& handler, std::string params) {
    auto reply = w.loop.block_on(handler.handle(w.inbound(Method::tools_call, params), w.ears));
    return reply ? std::string(reply->result()) : reply.error().message;
  };
  EXPECT_THAT(call_in(reading, R"({"name":"notes__read_note","arguments":{"path":"a"}})"), HasSubstr("text of a"));
  EXPECT_THAT(call_in(reading, R"({"name":"notes__write_note","arguments":{"path":"a"}})"), HasSubstr("unknown tool"));
  EXPECT_THAT(call_in(reading, R"({"name":"one__echo","arguments":{"text":"a"}})"), HasSubstr("unknown tool"));
  sdk::Handler& found = *w.gateway->profile("found");
  EXPECT_EQ(listed(found).size(), 4u);
  EXPECT_THAT(call_in(found, R"({"name":"find_tools","arguments":{"query":"echo says note"}})"),
              AllOf(HasSubstr("notes.read_note"), Not(HasSubstr("one.")), Not(HasSubstr("write_note"))));
  EXPECT_THAT(call_in(found, R"({"name":"call_tool_write","arguments":{"name":"notes.write_note","arguments":{"path":"a"}}})"),
              HasSubstr("\"isError\":true"));
  EXPECT_EQ(w.gateway->profile("nothing"), nullptr);

  // A front outlives its profile, and serves nothing then.
  w.gateway->apply(searching());
  EXPECT_THAT(call_in(reading, R"({"name":"notes__read_note","arguments":{"path":"a"}})"), HasSubstr("unknown tool"));
  EXPECT_TRUE(notes.written.empty());
}

TEST_F(DisclosureWorld, AUrlAsksForAModeOfItsOwn) {
  net::HttpRequest http;
  http.query = "disclosure=all";
  EXPECT_THAT(listed(w.gateway->aggregate(), &http), testing::Contains("notes__write_note"));
  http.query = "disclosure=search";
  EXPECT_THAT(listed(*w.gateway->server("notes"), &http), ElementsAre("find_tools", "describe_tools", "call_tool", "call_tool_write"));
  http.query = "disclosure=some";
  EXPECT_THAT(listed(w.gateway->aggregate(), &http), ElementsAre(HasSubstr("must be all, search or code, not 'some'")));
}

TEST_F(DisclosureWorld, AutoLooksAtTheClientAndTheCatalog) {
  Config config = searching();
  config.disclosure = Disclosure::automatic;
  w.gateway->apply(config);
  EXPECT_THAT(listed(w.gateway->aggregate()), testing::Contains("notes__write_note"));
  for (int i = 0; i < 60; ++i) many.tool("tool_" + std::to_string(i), "Does something.", [](Note in) { return *in.path; });
  w.others["many"] = &many;
  config.servers.push_back(builtin("many", "many"));
  w.gateway->apply(config);
  EXPECT_EQ(listed(w.gateway->aggregate()).size(), 4u);
  std::string params = "{}";
  sdk::Inbound in = w.inbound(Method::tools_list, params);
  in.client_info = R"({"name":"claude-code","version":"2"})";
  auto reply = w.loop.block_on(w.gateway->aggregate().handle(in, w.ears));
  EXPECT_THAT(std::string(reply->result()), HasSubstr("many__tool_59"));
  auto identity = w.loop.block_on(w.gateway->aggregate().identity(w.inbound(Method::server_discover, params)));
  EXPECT_THAT(identity->instructions, AllOf(HasSubstr("find_tools"), HasSubstr("one, notes, many"), Not(HasSubstr("Notes in Markdown"))));
  // It is gone before its tools are.
  config.servers.pop_back();
  w.gateway->apply(config);
  EXPECT_THAT(listed(w.gateway->aggregate()), testing::Contains("notes__write_note"));
}

TEST_F(DisclosureWorld, AClientHearsOfChangesOfWhatItIsShownAndOfNoOthers) {
  call("find_tools", R"({"query":"note"})");
  auto listen = [](sdk::Handler* handler, sdk::Inbound in, sdk::Outlet* out) -> base::Task<void> {
    (void)co_await handler->handle(std::move(in), *out).result();
  };
  std::string params = R"({"notifications":{"toolsListChanged":true}})";
  base::TaskGroup group;
  group.spawn(listen(&w.gateway->aggregate(), w.inbound(Method::subscriptions_listen, params), &w.ears));
  ASSERT_EQ(w.ears.heard.size(), 1u);
  Config config = searching();
  config.servers[1].tools["read_note"].description = "Says what a note says.";
  w.gateway->apply(config);
  EXPECT_EQ(w.ears.heard.size(), 1u) << w.ears.heard.back();
  config.servers[1].tools["read_note"].always = true;
  w.gateway->apply(config);
  ASSERT_EQ(w.ears.heard.size(), 2u);
  EXPECT_THAT(w.ears.heard.back(), HasSubstr("notifications/tools/list_changed"));
  config.disclosure = Disclosure::all;
  w.gateway->apply(config);
  EXPECT_GT(w.ears.heard.size(), 2u);
  w.ears.stop.request_stop();
  ASSERT_TRUE(w.loop.block_on(group.join()).ok());
}

TEST(Discloser, AnIndexFollowsItsCatalogServerByServer) {
  auto offer = [](std::string id, std::string tool) {
    auto server = std::make_shared<gateway::ServerCatalog>();
    server->id = std::move(id);
    gateway::Definition definition;
    definition.key = definition.name = tool;
    definition.description = "Does " + tool;
    definition.input_schema = R"({"type":"object"})";
    definition.raw = "{\"name\":\"" + tool + "\",\"description\":\"Does " + tool + "\",\"inputSchema\":{\"type\":\"object\"}}";
    auto list = std::make_shared<gateway::OfferedList>();
    list->items.push_back(definition);
    server->at(gateway::DefinitionKind::tool) = list;
    return gateway::Catalog::of_server(nullptr, server);
  };
  gateway::Discloser discloser;
  auto find = [&](const std::shared_ptr<const gateway::Catalog>& catalog, std::string text) {
    disclosure::Query query;
    query.text = std::move(text);
    auto book = discloser.book(catalog);
    auto found = discloser.find(*book, query);
    return found.hits.empty() ? std::string() : found.hits[0].public_name;
  };
  auto a = offer("a", "apples"), b = offer("b", "bananas");
  auto both = gateway::Catalog::merge({a, b}, 46);
  EXPECT_EQ(find(both, "apples"), "a__apples");
  EXPECT_EQ(find(both, "bananas"), "b__bananas");
  EXPECT_EQ(discloser.servers_set(), 2u);
  // Another caller's catalog gets an index of its own; the one that is gone gives its own away.
  auto other = gateway::Catalog::merge({a, offer("b", "cherries")}, 46);
  EXPECT_EQ(find(other, "cherries"), "b__cherries");
  EXPECT_EQ(find(both, "cherries"), "");
  EXPECT_EQ(discloser.servers_set(), 4u);
  both.reset();
  auto next = gateway::Catalog::merge({a, b, offer("c", "dates")}, 46);
  EXPECT_EQ(find(next, "dates"), "c__dates");
  EXPECT_EQ(discloser.servers_set(), 5u);
  EXPECT_EQ(find(next, "bananas"), "b__bananas");
}

}  // namespace
