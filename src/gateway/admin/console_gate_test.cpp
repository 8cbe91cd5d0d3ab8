// Sessions of the console: what a browser has to show, and when they end.
#include "gateway/admin/console_gate.h"

#include <gtest/gtest.h>

#include <set>

namespace {

using base::Task;
using gateway::ConsoleGate;
using gateway::find_cookie;
using oauth::Verdict;

// A door that lets in whoever brings one of these.
class Door final : public sdk::Admission {
 public:
  std::set<std::string, std::less<>> good;
  Task<Verdict> admit(const net::HttpRequest* http) override {
    Verdict verdict = judge(*http);
    co_return verdict;
  }
  std::optional<oauth::Refusal> allow(const oauth::Principal&, const protocol::Inbound&) override { return std::nullopt; }

 private:
  Verdict judge(const net::HttpRequest& http) const {
    const std::string_view line = http.find("authorization").value_or("");
    if (!line.starts_with("Bearer ") || !good.contains(line.substr(7))) return oauth::Refusal{};
    auto who = std::make_shared<oauth::Principal>();
    who->subject = line.substr(7);
    return std::shared_ptr<const oauth::Principal>(std::move(who));
  }
};

class ConsoleGateTest : public testing::Test {
 protected:
  ConsoleGateTest() { door_->good = {"ann", "bob"}; }

  std::optional<ConsoleGate::SignedIn> begin(const std::string& credential) {
    auto out = loop_.block_on(gate_.begin(credential, "127.0.0.1"));
    if (!out) return {};
    return *std::move(out);
  }
  // Who a request is of; empty: it is refused.
  std::string who(const std::vector<net::HttpHeader>& headers) {
    net::HttpRequest request;
    for (const net::HttpHeader& one : headers) request.headers.add(one.name, one.value);
    auto verdict = loop_.block_on(gate_.admit(&request));
    if (!verdict || verdict->index() != 0) return {};
    return std::get<0>(*verdict)->subject;
  }

  base::Loop loop_;
  std::shared_ptr<Door> door_ = std::make_shared<Door>();
  ConsoleGate gate_{door_};
};

TEST_F(ConsoleGateTest, ACookieNeedsItsToken) {
  auto ann = begin("ann"), bob = begin("bob");
  ASSERT_TRUE(ann && bob);
  const std::string cookie = "a=b; gatehouse_console=" + ann->cookie;
  EXPECT_EQ(who({{"Cookie", cookie}, {"X-Gatehouse-Console", ann->token}}), "ann");
  EXPECT_EQ(who({{"Cookie", cookie}}), "");
  EXPECT_EQ(who({{"Cookie", cookie}, {"X-Gatehouse-Console", bob->token}}), "");
  EXPECT_EQ(who({{"Cookie", cookie}, {"X-Gatehouse-Console", ann->token}, {"X-Gatehouse-Console", ann->token}}), "");
  const std::string twice = cookie + "; gatehouse_console=" + bob->cookie;
  EXPECT_EQ(who({{"Cookie", twice}, {"X-Gatehouse-Console", ann->token}}), "");
  EXPECT_EQ(who({{"X-Gatehouse-Console", ann->token}}), "");
}

TEST_F(ConsoleGateTest, WhoBringsACredentialIsJudgedByIt) {
  auto ann = begin("ann");
  const std::string cookie = "gatehouse_console=" + ann->cookie;
  EXPECT_EQ(who({{"Authorization", "Bearer bob"}, {"Cookie", cookie}, {"X-Gatehouse-Console", ann->token}}), "bob");
  EXPECT_EQ(who({{"Authorization", "Bearer eve"}, {"Cookie", cookie}, {"X-Gatehouse-Console", ann->token}}), "");
}

TEST_F(ConsoleGateTest, TakesNoCredentialThatIsNone) {
  for (const char* wrong : {"", "eve", "ann ", "ann\r\nX: y", "\xc3\xbc"}) EXPECT_FALSE(begin(wrong)) << wrong;
  EXPECT_FALSE(begin(std::string(ConsoleGate::kLongestCredential + 1, 'a')));
  EXPECT_EQ(gate_.sessions(), 0u);
}

TEST_F(ConsoleGateTest, EndsWithItsCredential) {
  auto ann = begin("ann");
  const std::string cookie = "gatehouse_console=" + ann->cookie;
  door_->good.erase("ann");
  EXPECT_EQ(who({{"Cookie", cookie}, {"X-Gatehouse-Console", ann->token}}), "");
  EXPECT_EQ(gate_.sessions(), 0u);
}

TEST_F(ConsoleGateTest, EndsByTimeAndOnRequest) {
  auto ann = begin("ann");
  const std::string cookie = "gatehouse_console=" + ann->cookie;
  net::HttpRequest out;
  out.headers.add("Cookie", cookie);
  gate_.end(out);
  EXPECT_EQ(gate_.sessions(), 1u) << "another page cannot sign somebody out";
  out.headers.add("X-Gatehouse-Console", ann->token);
  gate_.end(out);
  EXPECT_EQ(gate_.sessions(), 0u);
  ann = begin("ann");
  const std::string again = "gatehouse_console=" + ann->cookie;
  loop_.timers().pass(ConsoleGate::kIdle - std::chrono::minutes(1));
  EXPECT_EQ(who({{"Cookie", again}, {"X-Gatehouse-Console", ann->token}}), "ann");
  loop_.timers().pass(ConsoleGate::kIdle);
  EXPECT_EQ(who({{"Cookie", again}, {"X-Gatehouse-Console", ann->token}}), "");
}

TEST_F(ConsoleGateTest, EndsAfterHalfADayHoweverBusy) {
  auto ann = begin("ann");
  const std::string cookie = "gatehouse_console=" + ann->cookie;
  for (auto gone = std::chrono::minutes(0); gone < ConsoleGate::kLongest - std::chrono::minutes(30); gone += std::chrono::minutes(30)) {
    EXPECT_EQ(who({{"Cookie", cookie}, {"X-Gatehouse-Console", ann->token}}), "ann");
    loop_.timers().pass(std::chrono::minutes(30));
  }
  loop_.timers().pass(std::chrono::minutes(30));
  EXPECT_EQ(who({{"Cookie", cookie}, {"X-Gatehouse-Console", ann->token}}), "");
}

TEST_F(ConsoleGateTest, KeepsSoManyAndForgetsTheOldest) {
  auto first = begin("ann");
  for (std::size_t i = 0; i < ConsoleGate::kMostSessions; ++i) {
    loop_.timers().pass(base::Millis(1));
    ASSERT_TRUE(begin("bob"));
  }
  EXPECT_EQ(gate_.sessions(), ConsoleGate::kMostSessions);
  const std::string cookie = "gatehouse_console=" + first->cookie;
  EXPECT_EQ(who({{"Cookie", cookie}, {"X-Gatehouse-Console", first->token}}), "");
}

TEST(ConsoleCookie, IsFoundAmongOthers) {
  net::HttpRequest request;
  request.headers.add("Cookie", "gatehouse_consoles=no; x=gatehouse_console=no;gatehouse_console=yes ; y");
  EXPECT_EQ(find_cookie(request, "gatehouse_console"), "yes ");
  EXPECT_FALSE(find_cookie(request, "y"));
  request.headers.add("Cookie", "gatehouse_console=other");
  EXPECT_FALSE(find_cookie(request, "gatehouse_console"));
}

}  // namespace
