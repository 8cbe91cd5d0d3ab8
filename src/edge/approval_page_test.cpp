#include "edge/approval_page.h"

#include <gtest/gtest.h>

namespace {

TEST(ApprovalPage, ShowsWhatACallerWroteAndNothingOfItActs) {
  authz::Approval approval;
  approval.id = "ap_1";
  approval.caller = "<b>ci</b>";
  approval.kind = "tool";
  approval.server = "files";
  approval.name = "\"><script>";
  approval.arguments = "{\"a\":\"</pre><img src=x onerror=alert(1)>\xE2\x80\xAE\"}";
  approval.words.push_back({"<i>eve</i>", true, "fine & \"good\"", {}});
  const std::string page = edge::approval_page(approval, {});
  for (auto bad : {"<b>", "<script", "<img", "<i>", "\xE2\x80\xAE"}) EXPECT_EQ(page.find(bad), std::string::npos) << bad;
  EXPECT_NE(page.find("\\u202e"), std::string::npos);
  EXPECT_NE(page.find("fine &amp; &quot;good&quot;"), std::string::npos);
  EXPECT_NE(page.find("value=\"approve\""), std::string::npos);
  approval.state = authz::ApprovalState::used;
  EXPECT_EQ(edge::approval_page(approval, {}).find("<form"), std::string::npos);
}

}  // namespace
