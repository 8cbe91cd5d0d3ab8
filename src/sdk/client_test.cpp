// mcp::Client against mcp::Server, in both eras.
#include "sdk/client_testing.h"

namespace {

using sdk::client_testing::Code;
using sdk::client_testing::Place;
using sdk::client_testing::Result;
using sdk::client_testing::Task;

constexpr const char* kSchema = R"({"type":"object","required":["name"],"properties":{
  "name":{"type":"string","minLength":2,"title":"Your name"},
  "age":{"type":"integer","minimum":0,"default":30},
  "share":{"type":"number","default":2},
  "news":{"type":"boolean","default":true},
  "colour":{"type":"string","enum":["red","green"],"enumNames":["Red","Green"],"default":"green"},
  "size":{"type":"string","oneOf":[{"const":"s","title":"Small"},{"const":"l","title":"Large"}]},
  "tags":{"type":"array","minItems":1,"items":{"anyOf":[{"const":"a","title":"A"},{"const":"b","title":"B"}]},"default":["a"]}}})";

mcp::Result<std::string> form(mcp::Call call) {
  auto answer = call.answer("who");
  if (!answer) return mcp::ask({mcp::elicit("who", "Who are you?", kSchema)});
  return answer->text();
}
mcp::Result<std::string> visit(mcp::Call call) {
  auto answer = call.answer("page");
  mcp::InputRequest page{"page", "elicitation/create",
                         R"({"mode":"url","message":"Sign here","url":"https://sign.example/x","elicitationId":"e1"})"};
  if (!answer) return mcp::ask({page});
  return answer->text();
}
mcp::Result<std::string> everything(mcp::Call call) {
  auto said = call.answer("model"), roots = call.answer("roots");
  std::string params =
      R"({"messages":[{"role":"user","content":{"type":"text","text":"Why?"}}],"maxTokens":9,"systemPrompt":"Be brief","modelPreferences":{"hints":[{"name":"small"}]}})";
  if (!said || !roots) return mcp::ask({mcp::sample("model", params), mcp::list_roots("roots")}, "round one");
  return said->text() + roots->text() + std::string(call.state());
}
mcp::Result<std::string> forever(mcp::Call call) {
  std::string key = "again" + std::string(call.state());
  std::string state = std::string(call.state()) + "x";
  return mcp::ask({mcp::elicit(key, "Again?", R"({"type":"object","properties":{}})")}, state);
}

struct Asking {
  Asking() : server("asking", "1") {
    server.tool("form", "Asks with a form.", form);
    server.tool("visit", "Asks for a visit.", visit);
    server.tool("everything", "Asks the model and for roots.", everything);
    server.tool("forever", "Never has enough.", forever);
    server.resource("asking://secret", {.name = "Secret", .mime_type = "text/plain"}, form);
    server.prompt("ask", "Asks first.", [](mcp::Call call) -> mcp::Result<std::string> { return form(call); });
  }
  mcp::Server server;
};

class ClientEras : public testing::TestWithParam<protocol::Era> {};
INSTANTIATE_TEST_SUITE_P(Client, ClientEras, testing::Values(protocol::Era::modern, protocol::Era::legacy),
                         [](const auto& p) { return p.param == protocol::Era::modern ? "modern" : "legacy"; });

std::string text_of(const Result<mcp::ToolResult>& result) {
  if (!result) return "error: " + result.error().message;
  std::string out;
  for (const auto& content : result->content)
    if (const auto* text = std::get_if<mcp::Text>(&content)) out += text->text;
  return out;
}

TEST_P(ClientEras, AFormIsTypedAndGetsItsDefaults) {
  Asking asking;
  Place place(asking.server);
  std::vector<mcp::Form> seen;
  mcp::ClientOptions options;
  options.on_elicit = [&](mcp::Form form) -> Task<mcp::ElicitAnswer> {
    seen.push_back(form);
    co_return mcp::ElicitAnswer::accept().set("name", "Ada").set("size", "l");
  };
  place.open(GetParam(), std::move(options));
  auto result = place.run(place.client->call_tool("form"));
  EXPECT_EQ(text_of(result),
            R"({"action":"accept","content":{"name":"Ada","age":30,"share":2,"news":true,"colour":"green","size":"l","tags":["a"]}})");
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].server.name, "asking");
  EXPECT_EQ(seen[0].message, "Who are you?");
  ASSERT_EQ(seen[0].fields.size(), 7u);
  EXPECT_TRUE(seen[0].fields[0].required);
  EXPECT_EQ(seen[0].fields[0].title, "Your name");
  EXPECT_EQ(seen[0].fields[4].kind, mcp::FormField::Kind::one_of);
  EXPECT_EQ(seen[0].fields[4].options[1].title, "Green");
  EXPECT_EQ(seen[0].fields[6].kind, mcp::FormField::Kind::some_of);

  auto prompt = place.run(place.client->get_prompt("ask"));
  ASSERT_TRUE(prompt.ok()) << prompt.error().message;
  EXPECT_EQ(seen.size(), 2u);
  if (GetParam() == protocol::Era::legacy) return;  // a resource of this server asks only in the modern era
  auto read = place.run(place.client->read_resource("asking://secret"));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_NE((*read)[0].text.find("Ada"), std::string::npos);
}

TEST_P(ClientEras, AnAnswerThatDoesNotFitTheFormIsCancelled) {
  Asking asking;
  Place place(asking.server);
  std::vector<mcp::ElicitAnswer> answers = {mcp::ElicitAnswer::accept(), mcp::ElicitAnswer::accept().set("name", "A"),
                                            mcp::ElicitAnswer::accept().set("name", "Ada").set("age", 1.5),
                                            mcp::ElicitAnswer::accept().set("nome", "Ada"),
                                            mcp::ElicitAnswer::accept().set("name", "Ada").set("colour", "blue")};
  std::size_t next = 0;
  mcp::ClientOptions options;
  options.on_elicit = [&](mcp::Form) -> Task<mcp::ElicitAnswer> { co_return answers[next++]; };
  place.open(GetParam(), std::move(options));
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(text_of(place.run(place.client->call_tool("form"))), R"({"action":"cancel"})");
  ASSERT_EQ(place.notices.size(), answers.size());
  EXPECT_NE(place.notices[1].find("'name' must be a text with a length of at least 2"), std::string::npos) << place.notices[1];
  EXPECT_NE(place.notices[3].find("no field 'nome'"), std::string::npos) << place.notices[3];
}

TEST_P(ClientEras, AHandlerThatFailsCancelsAndOneThatDeclinesDeclines) {
  Asking asking;
  Place place(asking.server);
  int calls = 0;
  mcp::ClientOptions options;
  options.on_elicit = [&](mcp::Form) -> Task<mcp::ElicitAnswer> {
    if (++calls == 1) co_return mcp::Error(Code::internal, "the terminal is gone");
    co_return mcp::ElicitAnswer::decline();
  };
  place.open(GetParam(), std::move(options));
  EXPECT_EQ(text_of(place.run(place.client->call_tool("form"))), R"({"action":"cancel"})");
  EXPECT_EQ(text_of(place.run(place.client->call_tool("form"))), R"({"action":"decline"})");
}

TEST_P(ClientEras, AVisitIsShownWithItsHost) {
  Asking asking;
  Place place(asking.server);
  std::string seen;
  mcp::ClientOptions options;
  options.on_visit = [&](mcp::Visit visit) -> Task<mcp::ElicitAnswer> {
    seen = visit.message + " " + visit.host + " " + visit.url;
    co_return mcp::ElicitAnswer::accept();
  };
  place.open(GetParam(), std::move(options));
  EXPECT_EQ(text_of(place.run(place.client->call_tool("visit"))), R"({"action":"accept"})");
  EXPECT_EQ(seen, "Sign here sign.example https://sign.example/x");
}

TEST_P(ClientEras, TheModelAndTheRootsAreAsked) {
  Asking asking;
  Place place(asking.server);
  mcp::SampleRequest asked;
  mcp::ClientOptions options;
  options.on_sample = [&](mcp::SampleRequest request) -> Task<mcp::Sample> {
    asked = request;
    co_return mcp::Sample{.content = mcp::Text{"Because"}, .model = "m"};
  };
  options.on_roots = []() -> Task<std::vector<mcp::Root>> {
    std::vector<mcp::Root> roots;
    roots.push_back({"file:///w", "work"});
    co_return roots;
  };
  place.open(GetParam(), std::move(options));
  std::string text = text_of(place.run(place.client->call_tool("everything")));
  EXPECT_NE(text.find("Because"), std::string::npos) << text;
  EXPECT_NE(text.find("file:///w"), std::string::npos) << text;
  EXPECT_NE(text.find("round one"), std::string::npos) << text;
  EXPECT_EQ(asked.max_tokens, 9);
  EXPECT_EQ(asked.system_prompt, "Be brief");
  ASSERT_EQ(asked.models.size(), 1u);
  ASSERT_EQ(asked.messages.size(), 1u);
  EXPECT_EQ(std::get<mcp::Text>(asked.messages[0].content[0]).text, "Why?");
}

TEST_P(ClientEras, AModelThatFailsEndsTheCall) {
  Asking asking;
  Place place(asking.server);
  mcp::ClientOptions options;
  options.on_sample = [](mcp::SampleRequest) -> Task<mcp::Sample> { co_return mcp::Error(Code::denied, "not today"); };
  options.on_roots = []() -> Task<std::vector<mcp::Root>> { co_return std::vector<mcp::Root>(); };
  place.open(GetParam(), std::move(options));
  std::string text = text_of(place.run(place.client->call_tool("everything")));
  EXPECT_NE(text.find("not today"), std::string::npos) << text;
}

TEST(Client, AServerThatNeverHasEnoughIsGivenUp) {
  Asking asking;
  Place place(asking.server);
  int asked = 0;
  mcp::ClientOptions options;
  options.most_rounds = 3;
  options.on_elicit = [&](mcp::Form) -> Task<mcp::ElicitAnswer> {
    ++asked;
    co_return mcp::ElicitAnswer::accept();
  };
  place.open(protocol::Era::modern, std::move(options));
  auto result = place.run(place.client->call_tool("forever"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Code::upstream_failed);
  EXPECT_NE(result.error().message.find("3 times"), std::string::npos) << result.error().message;
}

TEST_P(ClientEras, WhatIsNotDeclaredIsNotAsked) {
  Asking asking;
  Place place(asking.server);
  place.open(GetParam());
  std::string text = text_of(place.run(place.client->call_tool("form")));
  EXPECT_NE(text.find("elicitation"), std::string::npos) << text;
}

Task<std::string> cancel_while_asked(mcp::Client* client, std::stop_token stop) {
  mcp::RequestOptions options;
  options.stop = stop;
  Result<mcp::ToolResult> result = co_await client->call_tool("form", "{}", std::move(options)).result();
  co_return result ? std::string("answered") : std::string(mcp::code_name(result.error().code));
}

TEST_P(ClientEras, ACallCanBeCancelledWhileItAsks) {
  Asking asking;
  Place place(asking.server);
  std::stop_source stop;
  mcp::ClientOptions options;
  options.on_elicit = [&](mcp::Form) -> Task<mcp::ElicitAnswer> {
    stop.request_stop();
    co_return mcp::ElicitAnswer::accept().set("name", "Ada");
  };
  place.open(GetParam(), std::move(options));
  auto code = place.run(cancel_while_asked(place.client.get(), stop.get_token()));
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, "cancelled");
}

struct Counting {
  Counting() : server("counting", "1") {
    server.tool("one", "A tool.", [] { return std::string("1"); });
    server.resource("c://x", {.name = "x", .mime_type = "text/plain"}, [this] { return std::to_string(++reads); });
    server.prompt("p", "A prompt.", [](Named) { return std::string("hi"); });
    server.complete_prompt("p", "who", [](mcp::CompletionRequest in) {
      mcp::Completion out;
      out.values = {in.value + "da", in.value + "lan"};
      return out;
    });
    server.cache_for(std::chrono::hours(1));
    server.announces_tool_changes();
    server.announces_resource_updates();
  }
  struct Named {
    mcp::Arg<std::string, "Who"> who;
  };
  int reads = 0;
  mcp::Server server;
};

TEST(ClientCache, AReadIsRememberedForAsLongAsTheServerSays) {
  Counting counting;
  Place place(counting.server);
  std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now();
  mcp::CacheLimits limits;
  limits.clock = [&] { return now; };
  mcp::ClientOptions options;
  options.cache = mcp::ClientCache(limits);
  mcp::ClientCache cache = *options.cache;
  place.open(protocol::Era::modern, options);
  auto read = [&](mcp::RequestOptions how = {}) {
    auto contents = place.run(place.client->read_resource("c://x", std::move(how)));
    return contents ? (*contents)[0].text : contents.error().message;
  };
  EXPECT_EQ(read(), "1");
  EXPECT_EQ(read(), "1");
  mcp::RequestOptions fresh;
  fresh.fresh = true;
  EXPECT_EQ(read(fresh), "2");
  EXPECT_EQ(read(), "2");
  now += std::chrono::hours(2);
  EXPECT_EQ(read(), "3");
  EXPECT_GE(cache.counters().hits, 2u);
  cache.clear();
  EXPECT_EQ(read(), "4");
}

TEST(ClientCache, ALegacyServerIsAlwaysAsked) {
  Counting counting;
  Place place(counting.server);
  place.open(protocol::Era::legacy);
  for (const char* expected : {"1", "2"}) {
    auto contents = place.run(place.client->read_resource("c://x"));
    ASSERT_TRUE(contents.ok());
    EXPECT_EQ((*contents)[0].text, expected);
  }
}

TEST_P(ClientEras, AnArgumentIsCompleted) {
  Counting counting;
  Place place(counting.server);
  place.open(GetParam());
  mcp::CompletionRequest typed;
  typed.value = "A";
  auto completion = place.run(place.client->complete_prompt("p", "who", typed));
  ASSERT_TRUE(completion.ok()) << completion.error().message;
  EXPECT_EQ(completion->values, (std::vector<std::string>{"Ada", "Alan"}));
}

// Waits until `n` changes were heard.
Task<void> heard(base::Signal* signal, std::vector<mcp::Change>* changes, std::size_t n) {
  while (changes->size() < n) co_await signal->wait();
}

TEST_P(ClientEras, ChangesAreToldAndForgotten) {
  Counting counting;
  Place place(counting.server);
  place.open(GetParam());
  std::vector<mcp::Change> changes;
  base::Signal signal;
  mcp::ListenFilter wanted;
  wanted.tools = true;
  wanted.prompts = true;
  wanted.resource_uris = {"c://x"};
  auto subscription = place.run(place.client->listen(wanted, [&](const mcp::Change& change) {
    changes.push_back(change);
    signal.raise();
  }));
  ASSERT_TRUE(subscription.ok()) << subscription.error().message;
  EXPECT_TRUE(subscription->granted().tools);
  EXPECT_FALSE(subscription->granted().prompts);
  EXPECT_EQ(subscription->granted().resource_uris, wanted.resource_uris);
  ASSERT_TRUE(place.run(place.client->read_resource("c://x")).ok());
  counting.server.notify_tools_changed();
  counting.server.notify_resource_updated("c://x");
  counting.server.notify_resource_updated("c://other");
  ASSERT_TRUE(place.run(heard(&signal, &changes, 2)).ok());
  EXPECT_EQ(changes[0].kind, mcp::Change::Kind::tools);
  EXPECT_EQ(changes[1].kind, mcp::Change::Kind::resource);
  EXPECT_EQ(changes[1].uri, "c://x");
  auto read = place.run(place.client->read_resource("c://x"));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ((*read)[0].text, "2");
  subscription->close();
  EXPECT_FALSE(subscription->alive());
}

// A client that is dropped ends what it had open, and a subscription may live longer than it.
TEST_P(ClientEras, AClientCanBeDroppedInTheMiddle) {
  Counting counting;
  Place place(counting.server);
  place.open(GetParam());
  mcp::ListenFilter wanted;
  wanted.tools = true;
  wanted.resource_uris = {"c://x"};
  int told = 0;
  auto subscription = place.run(place.client->listen(wanted, [&](const mcp::Change&) { ++told; }));
  ASSERT_TRUE(subscription.ok()) << subscription.error().message;
  place.client.reset();
  counting.server.notify_tools_changed();
  EXPECT_TRUE(place.run(place.turn()).ok());
  EXPECT_EQ(told, 0);
  EXPECT_FALSE(subscription->alive());
}

TEST_P(ClientEras, ASubscriptionToWhatIsNotToldIsRefusedOrEmpty) {
  mcp::Server server("still", "1");
  server.tool("one", "A tool.", [] { return std::string("1"); });
  Place place(server);
  place.open(GetParam());
  mcp::ListenFilter wanted;
  wanted.resources = true;
  auto subscription = place.run(place.client->listen(wanted, [](const mcp::Change&) {}));
  if (subscription)
    EXPECT_TRUE(subscription->granted().empty());
  else
    EXPECT_EQ(subscription.error().code, Code::not_found) << subscription.error().message;
}

struct Working {
  Working() : server("working", "1") {
    server.tool("job", "Works.", [](mcp::Call call) { return job(call); }, {.task = mcp::TaskSupport::required});
    server.tool("asks", "Asks in its task.", [](mcp::Call call) { return form(call); }, {.task = mcp::TaskSupport::required});
    server.tool("waits", "Waits to be cancelled.", [this](mcp::Call call) { return wait(this, call); },
                {.task = mcp::TaskSupport::required});
    server.tool("plain", "Is none.", [] { return std::string("plain"); });
    mcp::TaskOptions tasks;
    tasks.poll = std::chrono::milliseconds(20);
    server.tasks(tasks);
  }
  static Task<std::string> job(mcp::Call call) {
    co_await call.sleep(std::chrono::milliseconds(30));
    co_return std::string("worked");
  }
  static Task<std::string> wait(Working* self, mcp::Call call) {
    co_await sdk::until_stopped(call.stop_token());
    self->cancelled = true;
    self->ended.raise();
    co_return std::string("never");
  }
  bool cancelled = false;
  base::Signal ended;
  mcp::Server server;
};

mcp::ClientOptions following() {
  mcp::ClientOptions options;
  options.tasks = mcp::TaskFollowing{.least_pause = std::chrono::milliseconds(1), .most_pause = std::chrono::milliseconds(50)};
  options.on_elicit = [](mcp::Form) -> Task<mcp::ElicitAnswer> { co_return mcp::ElicitAnswer::accept().set("name", "Ada"); };
  return options;
}

TEST_P(ClientEras, AToolThatBecomesATaskIsFollowed) {
  Working working;
  Place place(working.server);
  place.open(GetParam(), following());
  ASSERT_TRUE(place.run(place.client->list_tools()).ok());
  EXPECT_EQ(text_of(place.run(place.client->call_tool("job"))), "worked");
  EXPECT_NE(text_of(place.run(place.client->call_tool("asks"))).find("Ada"), std::string::npos);
  EXPECT_EQ(text_of(place.run(place.client->call_tool("plain"))), "plain");
}

TEST_P(ClientEras, ATaskCanBeStartedAndFollowedLater) {
  Working working;
  Place place(working.server);
  place.open(GetParam(), following());
  ASSERT_TRUE(place.run(place.client->list_tools()).ok());
  auto started = place.run(place.client->start_tool("job", "{}"));
  ASSERT_TRUE(started.ok()) << started.error().message;
  ASSERT_FALSE(started->id.empty());
  auto looked = place.run(place.client->task(started->id));
  ASSERT_TRUE(looked.ok()) << looked.error().message;
  EXPECT_EQ(looked->id, started->id);
  EXPECT_EQ(text_of(place.run(place.client->follow_task(started->id))), "worked");
  looked = place.run(place.client->task(started->id));
  ASSERT_TRUE(looked.ok() && looked->result) << (looked ? "no result" : looked.error().message);
  auto plain = place.run(place.client->start_tool("plain", "{}"));
  ASSERT_TRUE(plain.ok()) << plain.error().message;
  EXPECT_TRUE(plain->id.empty());
  EXPECT_TRUE(plain->result.has_value());
  auto unknown = place.run(place.client->task("made-up"));
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Code::invalid_argument);
}

Task<void> cancel_task(Working* working, mcp::Client* client, std::string* code) {
  base::TaskGroup group;
  std::stop_source stop;
  auto call = [](mcp::Client* c, std::stop_token token, std::string* out) -> Task<void> {
    mcp::RequestOptions options;
    options.stop = token;
    Result<mcp::ToolResult> result = co_await c->call_tool("waits", "{}", std::move(options)).result();
    *out = result ? "answered" : std::string(mcp::code_name(result.error().code));
  };
  mcp::RemoteTask started = co_await client->start_tool("waits", "{}");
  co_await client->cancel_task(started.id);
  while (!working->cancelled) co_await working->ended.wait();
  working->cancelled = false;
  mcp::RemoteTask looked = co_await client->task(started.id);
  if (looked.status != mcp::TaskStatus::cancelled) co_await mcp::fail(Code::internal, "not cancelled");
  base::Signal running;
  group.spawn(call(client, stop.get_token(), code));
  stop.request_stop();
  co_await group.join();
}

TEST_P(ClientEras, ATaskIsCancelled) {
  Working working;
  Place place(working.server);
  place.open(GetParam(), following());
  ASSERT_TRUE(place.run(place.client->list_tools()).ok());
  std::string code;
  auto done = place.run(cancel_task(&working, place.client.get(), &code));
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(code, "cancelled");
}

TEST(ClientForms, TypedTextBecomesAValue) {
  mcp::FormField field;
  field.name = field.title = "f";
  EXPECT_EQ(*field.read("a b"), "\"a b\"");
  field.kind = mcp::FormField::Kind::integer;
  field.least = 1;
  EXPECT_EQ(*field.read(" 7 "), "7");
  EXPECT_FALSE(field.read("0").ok());
  EXPECT_FALSE(field.read("x").ok());
  EXPECT_EQ(field.read("1.5").error().message, "'f' must be an integer of at least 1");
  field.kind = mcp::FormField::Kind::boolean;
  EXPECT_EQ(*field.read("y"), "true");
  EXPECT_EQ(*field.read("no"), "false");
  EXPECT_FALSE(field.read("perhaps").ok());
  field = {};
  field.kind = mcp::FormField::Kind::some_of;
  field.options = {{"a", "Apple"}, {"b", "Bean"}};
  EXPECT_EQ(*field.read("1, Bean"), R"(["a","b"])");
  EXPECT_EQ(*field.read(""), "[]");
  EXPECT_FALSE(field.read("c").ok());
  field.kind = mcp::FormField::Kind::one_of;
  EXPECT_EQ(*field.read("2"), "\"b\"");
  EXPECT_FALSE(field.read("3").ok());
}

}  // namespace
