#include "observe/alerts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/json.h"

namespace {

using observe::Alert;
using observe::Alerts;
using observe::AlertState;
using namespace std::chrono_literals;

struct Bell {
  std::vector<Alert> rung;
  Alerts::Clock::time_point now{};
  Alerts alerts{[this](const Alert& alert) { rung.push_back(alert); }, 60s, [this] { return now; }};

  void upstream(const char* server, const char* state) {
    base::Event event;
    event.kind = "upstream.state";
    event.server = server;
    event.outcome = state;
    alerts.happened(event);
  }
};

TEST(Alerts, AChangeIsToldOnce) {
  Bell bell;
  bell.upstream("a", "down");
  bell.upstream("a", "down");
  bell.upstream("a", "open");
  ASSERT_EQ(bell.rung.size(), 1u);
  EXPECT_EQ(bell.rung[0].name, "upstream-down");
  EXPECT_EQ(bell.rung[0].subject, "a");
  EXPECT_EQ(bell.rung[0].state, AlertState::raised);
  EXPECT_EQ(bell.alerts.raised(), 1u);
  bell.now += 61s;
  bell.upstream("a", "up");
  bell.upstream("a", "up");
  ASSERT_EQ(bell.rung.size(), 2u);
  EXPECT_EQ(bell.rung[1].state, AlertState::cleared);
  EXPECT_EQ(bell.alerts.raised(), 0u);
}

TEST(Alerts, OneThatFlapsIsToldOfAtMostOncePerPause) {
  Bell bell;
  for (int i = 0; i < 10; ++i) {
    bell.upstream("a", "down");
    bell.upstream("a", "up");
  }
  bell.upstream("a", "down");
  EXPECT_EQ(bell.rung.size(), 1u);
  bell.now += 61s;
  bell.alerts.look();
  EXPECT_EQ(bell.rung.size(), 1u) << "it is down, and that was told";
  bell.upstream("a", "up");
  EXPECT_EQ(bell.rung.size(), 2u);
  bell.upstream("a", "down");
  EXPECT_EQ(bell.rung.size(), 2u);
  bell.now += 61s;
  bell.alerts.look();
  ASSERT_EQ(bell.rung.size(), 3u) << "the state that was held back is told in the end";
  EXPECT_EQ(bell.rung[2].state, AlertState::raised);
}

TEST(Alerts, WhatWasNeverWrongIsNotTold) {
  Bell bell;
  bell.upstream("a", "up");
  bell.alerts.happened({.kind = "key.used", .subject = "k", .actor = {}, .server = {}, .outcome = "ok", .detail = {}});
  EXPECT_TRUE(bell.rung.empty());
}

TEST(Alerts, SubjectsWithoutEndAreCounted) {
  Bell bell;
  for (std::size_t i = 0; i < Alerts::kMostSubjects + 5; ++i) bell.upstream(std::to_string(i).c_str(), "down");
  EXPECT_EQ(bell.rung.size(), Alerts::kMostSubjects);
  EXPECT_EQ(bell.alerts.untold(), 5u);
}

TEST(Alerts, AreOneJsonObject) {
  const std::string json = observe::alert_json({"quarantine", AlertState::raised, "files", "held \"back\"", "read"}, 7);
  EXPECT_TRUE(base::validate_json(json).ok());
  EXPECT_EQ(
      json,
      R"({"type":"gatehouse.alert","alert":"quarantine","state":"raised","subject":"files","text":"held \"back\"","detail":"read","time":7})");
}

}  // namespace
