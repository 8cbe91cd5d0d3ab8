// Event streams that are taken up again: what is replayed, what is forgotten, who is given what.
#include "sdk/event_store.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace {

using sdk::EventLimits;
using sdk::EventStore;
using sdk::EventStream;
using sdk::StreamKind;
using Reader = EventStream::Reader;
using What = EventStream::What;
using Start = Reader::Start;

auto stream(StreamKind kind = StreamKind::plain, EventLimits limits = {}) { return std::make_shared<EventStream>(7, kind, limits); }

TEST(EventStream, ItsEventsNameTheRequestThatItAnswers) {
  EventStore store;
  auto named = store.make(StreamKind::plain, "\"1\"");
  ASSERT_TRUE(named->say("a", What::notification).ok());
  Reader reader(named, 0, Start::fresh, {});
  EXPECT_EQ(reader.take().text, "id: 1-1-IjEi\ndata: a\n\n");
  auto unnamed = store.make(StreamKind::plain, std::string(100, '1'));
  ASSERT_TRUE(unnamed->say("a", What::notification).ok());
  Reader other(unnamed, 0, Start::fresh, {});
  EXPECT_EQ(other.take().text, "id: 2-1\ndata: a\n\n");
}

TEST(EventStream, GivesEachEventItsIdAndEndsBehindTheAnswer) {
  auto s = stream();
  int woken = 0;
  Reader reader(s, 0, Start::fresh, [&] { ++woken; });
  EXPECT_TRUE(reader.take().text.empty());
  ASSERT_TRUE(s->say("one", What::notification).ok());
  ASSERT_TRUE(s->say("two", What::notification).ok());
  EXPECT_EQ(woken, 2);
  auto piece = reader.take();
  EXPECT_EQ(piece.text, "id: 7-1\ndata: one\n\nid: 7-2\ndata: two\n\n");
  EXPECT_FALSE(piece.last);
  ASSERT_TRUE(s->say("answer", What::answer).ok());
  s->end();
  piece = reader.take();
  EXPECT_EQ(piece.text, "id: 7-3\ndata: answer\n\n");
  EXPECT_TRUE(piece.last);
  EXPECT_FALSE(s->say("late", What::notification).ok());
}

TEST(EventStream, APolledOneBeginsWithAnEventWithoutData) {
  auto s = stream(StreamKind::polled);
  Reader reader(s, 0, Start::fresh, {});
  EXPECT_EQ(reader.take().text, "id: 7-0\ndata: \n\n");
  EXPECT_EQ(reader.take().text, "");
}

TEST(EventStream, HangingUpTellsWhenToComeBackAndTheAnswerWaits) {
  auto s = stream(StreamKind::polled);
  {
    Reader reader(s, 0, Start::fresh, {});
    s->hang_up(base::Millis(250));
    auto piece = reader.take();
    EXPECT_EQ(piece.text, "retry: 250\nid: 7-0\ndata: \n\n");
    EXPECT_TRUE(piece.last);
  }
  ASSERT_TRUE(s->say("step", What::notification).ok());
  {
    Reader reader(s, 0, Start::again, {});
    EXPECT_EQ(reader.take().text, "id: 7-1\ndata: step\n\n");
    s->hang_up(base::Millis(5));
    EXPECT_EQ(reader.take().text, "retry: 5\nid: 7-1\ndata: \n\n");
  }
  ASSERT_TRUE(s->say("answer", What::answer).ok());
  s->end();
  Reader reader(s, 1, Start::again, {});
  auto piece = reader.take();
  EXPECT_EQ(piece.text, "id: 7-2\ndata: answer\n\n");
  EXPECT_TRUE(piece.last);
}

TEST(EventStream, APlainOneIsNotHungUp) {
  auto s = stream();
  Reader reader(s, 0, Start::fresh, {});
  s->hang_up(base::Millis(5));
  EXPECT_FALSE(reader.take().last);
  EXPECT_FALSE(s->began());
}

TEST(EventStream, ReplaysWhatWasGivenButOnlyBehindThePlaceThatWasNamed) {
  auto s = stream();
  {
    Reader reader(s, 0, Start::fresh, {});
    for (const char* text : {"a", "b", "c"}) ASSERT_TRUE(s->say(text, What::notification).ok());
    (void)reader.take();
  }
  Reader reader(s, 2, Start::again, {});
  EXPECT_EQ(reader.take().text, "id: 7-3\ndata: c\n\n");
  Reader beyond(s, 99, Start::again, {});
  EXPECT_EQ(beyond.take().text, "");
  ASSERT_TRUE(s->say("d", What::notification).ok());
  EXPECT_EQ(beyond.take().text, "id: 7-4\ndata: d\n\n");
}

TEST(EventStream, OfTwoReadersOnlyTheLastIsGivenAnything) {
  auto s = stream();
  Reader first(s, 0, Start::fresh, {});
  {
    Reader second(s, 0, Start::fresh, {});
    ASSERT_TRUE(s->say("a", What::notification).ok());
    EXPECT_EQ(first.take().text, "");
    EXPECT_EQ(second.take().text, "id: 7-1\ndata: a\n\n");
  }
  EXPECT_EQ(first.take().text, "") << "the other one was given it";
  ASSERT_TRUE(s->say("b", What::notification).ok());
  EXPECT_EQ(first.take().text, "id: 7-2\ndata: b\n\n");
}

TEST(EventStream, IsBoundedInWhatWaitsAndInWhatIsKept) {
  EventLimits limits;
  limits.waiting = 2;
  limits.sent = 3;
  auto s = stream(StreamKind::plain, limits);
  ASSERT_TRUE(s->say("a", What::notification).ok());
  ASSERT_TRUE(s->say("a", What::notification).ok()) << "the same, which waits already";
  ASSERT_TRUE(s->say("b", What::notification).ok());
  auto full = s->say("c", What::notification);
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, mcp::Code::rate_limited);
  EXPECT_TRUE(s->say("question", What::request).ok()) << "only notifications are dropped";
  Reader reader(s, 0, Start::fresh, {});
  (void)reader.take();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(s->say(std::to_string(i), What::notification).ok());
    (void)reader.take();
  }
  Reader late(s, 0, Start::again, {});
  EXPECT_EQ(late.take().text, "id: 7-11\ndata: 7\n\nid: 7-12\ndata: 8\n\nid: 7-13\ndata: 9\n\n");
}

TEST(EventStream, WatchersHearOfTheFirstAndTheLastReader) {
  auto s = stream();
  std::string heard;
  s->watch([&] { heard += s->has_readers() ? "+" : "-"; });
  {
    Reader one(s, 0, Start::fresh, {});
    Reader two(s, 0, Start::fresh, {});
  }
  EXPECT_EQ(heard, "+-");
  s->watch({});
  EXPECT_TRUE(s->claim());
  EXPECT_FALSE(s->claim());
  s->give_back();
  EXPECT_TRUE(s->claim());
}

TEST(EventStore, FindsWhatIsKeptAndForgetsTheOldest) {
  EventLimits limits;
  limits.ended = 2;
  EventStore store(limits);
  base::Instant now{};
  auto one = store.make(StreamKind::plain);
  EXPECT_EQ(store.find(one->number(), now), nullptr);
  store.keep(one);
  EXPECT_EQ(store.find(one->number(), now), one);
  store.ended(one, now);
  for (int i = 0; i < 2; ++i) {
    auto more = store.make(StreamKind::plain);
    store.keep(more);
    store.ended(more, now + std::chrono::minutes(1));
  }
  EXPECT_EQ(store.find(one->number(), now), nullptr);
  EXPECT_EQ(store.size(), 2u);
  EXPECT_EQ(store.find(2, now + std::chrono::hours(1)), nullptr);
  EXPECT_EQ(store.size(), 0u);
}

TEST(EventStore, LargeAnswersPushOutOlderOnes) {
  EventLimits limits;
  limits.ended_bytes = 1000;
  EventStore store(limits);
  for (int i = 0; i < 3; ++i) {
    auto one = store.make(StreamKind::plain);
    store.keep(one);
    ASSERT_TRUE(one->say(std::string(600, 'x'), What::answer).ok());
    one->end();
    store.ended(one, base::Instant{});
  }
  EXPECT_EQ(store.size(), 1u);
  EXPECT_NE(store.find(3, base::Instant{}), nullptr);
}

TEST(EventStore, ClosingEndsEveryStream) {
  EventStore store;
  auto one = store.make(StreamKind::plain);
  auto standing = store.standing(StreamKind::polled);
  EXPECT_EQ(store.standing(StreamKind::polled), standing);
  store.keep(one);
  store.close();
  EXPECT_TRUE(one->ended());
  EXPECT_TRUE(standing->ended());
  EXPECT_TRUE(store.standing(StreamKind::polled)->ended());
}

TEST(EventIds, AreReadStrictly) {
  auto call = sdk::parse_event_id("3-14-IjEi");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->request, "\"1\"");
  auto place = sdk::parse_event_id("3-14");
  ASSERT_TRUE(place);
  EXPECT_EQ(place->stream, 3u);
  EXPECT_EQ(place->event, 14u);
  for (std::string_view bad : {"", "-", "3", "3-", "-3", "3-1x", "3-1-", "3-1-x", "3-1-A+", "x", "3--1", " 3-1", "99999999999999999999-1",
                               "1-99999999999999999999"})
    EXPECT_FALSE(sdk::parse_event_id(bad)) << bad;
}

}  // namespace
