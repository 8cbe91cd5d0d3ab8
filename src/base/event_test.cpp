#include "base/event.h"

#include <gtest/gtest.h>

#include <vector>

namespace base {
namespace {

struct Kept : EventSink {
  void happened(const Event& event) override { all.push_back(event); }
  std::vector<Event> all;
};

TEST(Events, ReachTheSinkUntilItIsReplaced) {
  Kept kept;
  EventSink* before = events::set_sink(&kept);
  events::happened({"key.used", "ci", "key:ci", "", "ok", ""});
  EXPECT_EQ(events::set_sink(before), &kept);
  events::happened({"key.used", "late", "", "", "", ""});
  ASSERT_EQ(kept.all.size(), 1u);
  EXPECT_EQ(kept.all[0].subject, "ci");
}

}  // namespace
}  // namespace base
