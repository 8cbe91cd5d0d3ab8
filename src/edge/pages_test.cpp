#include "edge/pages.h"

#include <gtest/gtest.h>

namespace {

gateway::Status two_upstreams() {
  gateway::Status status;
  gateway::UpstreamStatus up;
  up.id = "files";
  up.kind = "builtin";
  up.state = "up";
  up.tools = 3;
  up.required = true;
  up.in_flight = 2;
  up.queued = 1;
  gateway::UpstreamStatus down;
  down.id = "web";
  down.kind = "url";
  down.state = "down";
  down.reason = "no \"answer\"";
  down.failures = 7;
  down.last_error = down.reason;
  down.next_try = std::chrono::milliseconds(250);
  status.upstreams = {up, down};
  return status;
}

TEST(Pages, ReadySaysHowEachUpstreamIs) {
  edge::Page page = edge::ready_page(two_upstreams(), {});
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(
      page.body,
      R"({"ready":true,"store":"ok","upstreams":[{"id":"files","kind":"builtin","state":"up","required":true,"tools":3,"reason":"","in_flight":2,"queued":1,"failures":0},)"
      R"({"id":"web","kind":"url","state":"down","required":false,"tools":0,"reason":"no \"answer\"","in_flight":0,"queued":0,"failures":7,"last_error":"no \"answer\"","next_try_ms":250}]})"
      "\n");
}

TEST(Pages, ARequiredUpstreamThatCannotServeIsNotReady) {
  gateway::Status status = two_upstreams();
  for (const char* state : {"down", "open", "starting", "idle", "needs sign-in"}) {
    status.upstreams[0].state = state;
    EXPECT_EQ(edge::ready_page(status, {}).status, 503) << state;
  }
  for (const char* state : {"up", "degraded", "half-open", "stopped"}) {
    status.upstreams[0].state = state;
    EXPECT_EQ(edge::ready_page(status, {}).status, 200) << state;
  }
  status.upstreams[0].state = "down";
  status.upstreams[0].enabled = false;
  EXPECT_EQ(edge::ready_page(status, {}).status, 200);
}

TEST(Pages, AStoreThatFailsIsNotReadyAndKeepsItsSecrets) {
  edge::Page page = edge::ready_page({}, mcp::Error(mcp::Code::internal, "disk /dev/sda on fire", "the store cannot be written"));
  EXPECT_EQ(page.status, 503);
  EXPECT_EQ(page.body, "{\"ready\":false,\"store\":\"the store cannot be written\",\"upstreams\":[]}\n");
}

TEST(Pages, UnknownNamesTheKnown) {
  EXPECT_EQ(
      edge::unknown_page("/x\"", {"files"}, {"notes"}).body,
      R"({"error":"not found","path":"/x\"","known":["/","/mcp","/mcp/s/<server>","/mcp/p/<profile>","/console/","/healthz","/readyz","/metrics","/budget"],"servers":["files"],"profiles":["notes"]})"
      "\n");
  EXPECT_EQ(edge::unknown_page("/x", {}).status, 404);
}

TEST(Pages, StatusesAreRight) {
  EXPECT_EQ(edge::health_page().status, 200);
  EXPECT_EQ(edge::read_only_page().status, 405);
  EXPECT_EQ(edge::read_only_page().allow, "GET, HEAD");
  EXPECT_EQ(edge::foreign_page().status, 403);
  EXPECT_EQ(edge::metrics_page("x 1\n").type, "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(edge::front_page("1.2.3").body.find("Gatehouse 1.2.3"), std::string::npos);
}

}  // namespace
