#include "mcp/handles.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "sdk/handle_file.h"

namespace {

namespace fs = std::filesystem;
using mcp::Call;
using mcp::Code;
using mcp::Handles;
using mcp::Result;

struct Basket {
  std::vector<std::string> items;
  int count = 0;
};

// A call of somebody.
class Context final : public mcp::detail::CallContext {
 public:
  explicit Context(mcp::Principal principal) : principal_(std::move(principal)) {}
  void progress(double, std::optional<double>, std::string) override {}
  void log(mcp::LogLevel, std::string, std::string) override {}
  std::stop_token stop_token() const override { return {}; }
  const mcp::PeerInfo& client() const override { return peer_; }
  const mcp::Principal& principal() const override { return principal_; }
  std::string_view meta() const override { return "{}"; }
  std::string_view answers() const override { return "{}"; }
  std::string_view state() const override { return {}; }
  bool client_can(std::string_view) const override { return false; }
  void status(std::string) override {}
  mcp::Task<void> begin_task() override { co_return; }
  mcp::Task<void> sleep(std::chrono::milliseconds) override { co_return; }
  mcp::Task<void> run_blocking(std::function<void()>) override { co_return; }

 private:
  mcp::PeerInfo peer_;
  mcp::Principal principal_;
};

Call call_of(std::string subject, std::string issuer = "https://issuer.example") {
  mcp::Principal principal;
  if (!subject.empty()) principal.issuer = std::move(issuer);
  principal.subject = std::move(subject);
  return Call(std::make_shared<Context>(std::move(principal)));
}

class HandlesTest : public testing::Test {
 protected:
  HandlesTest() {
    std::string pattern = fs::temp_directory_path() / "handles-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    options_.now = [this] { return now_; };
    options_.remedy = "call open_basket";
  }
  ~HandlesTest() override { fs::remove_all(folder_); }
  std::string file() const { return folder_ / "handles"; }

  fs::path folder_;
  std::chrono::system_clock::time_point now_ = std::chrono::system_clock::time_point(std::chrono::hours(500'000));
  mcp::HandleOptions options_;
  Call anna_ = call_of("anna"), ben_ = call_of("ben"), nobody_ = call_of("");
};

TEST_F(HandlesTest, KeepValuesForTheirCaller) {
  Handles<Basket> baskets("basket", options_);
  std::string mine = *baskets.make(anna_, Basket{{"tea"}, 1});
  EXPECT_TRUE(mine.starts_with("basket_"));
  EXPECT_EQ(mine.size(), 39u);
  EXPECT_EQ(baskets.get(anna_, mine)->items[0], "tea");
  auto add = [](Basket& basket) { basket.items.emplace_back("milk"); };
  EXPECT_EQ(baskets.change(anna_, mine, add)->items.size(), 2u);
  auto refuse = [](Basket& basket) -> Result<> {
    basket.items.clear();
    return mcp::fail(Code::conflict, "it is sealed");
  };
  EXPECT_EQ(baskets.change(anna_, mine, refuse).error().message, "it is sealed");
  EXPECT_EQ(baskets.get(anna_, mine)->items.size(), 2u);

  // Whoever is wrong, and why, is not told.
  std::string text = "this basket does not exist, has expired, or belongs to someone else; call open_basket";
  Call elsewhere = call_of("anna", "https://other.example");
  for (const Call& other : {ben_, nobody_, elsewhere}) {
    EXPECT_EQ(baskets.get(other, mine).error().message, text);
    EXPECT_EQ(baskets.drop(other, mine).error().code, Code::invalid_argument);
  }
  for (const std::string& wrong : {std::string(), std::string("basket_"), mine + "0", mine.substr(0, 38) + "x", std::string(100'000, 'a')})
    EXPECT_EQ(baskets.get(anna_, wrong).error().message, text);
  EXPECT_TRUE(baskets.drop(anna_, mine).ok());
  EXPECT_EQ(baskets.get(anna_, mine).error().code, Code::invalid_argument);
  EXPECT_EQ(baskets.size(), 0u);
}

TEST_F(HandlesTest, AreNeverTwice) {
  Handles<int> numbers("n", options_);
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i) EXPECT_TRUE(seen.insert(*numbers.make(nobody_, i)).second);
}

TEST_F(HandlesTest, EndWhenNotUsed) {
  options_.ttl = std::chrono::seconds(100);
  Handles<int> numbers("n", options_);
  std::string one = *numbers.make(nobody_, 1), two = *numbers.make(nobody_, 2);
  now_ += std::chrono::seconds(60);
  EXPECT_EQ(*numbers.get(nobody_, one), 1);
  now_ += std::chrono::seconds(60);
  EXPECT_EQ(*numbers.get(nobody_, one), 1);
  EXPECT_EQ(numbers.get(nobody_, two).error().code, Code::invalid_argument);
  now_ += std::chrono::seconds(100);
  EXPECT_FALSE(numbers.get(nobody_, one).ok());
}

TEST_F(HandlesTest, AreBounded) {
  options_.most = 4;
  options_.most_of_one_caller = 2;
  options_.most_bytes = 10;
  options_.ttl = std::chrono::seconds(100);
  Handles<std::string> texts("text", options_);
  EXPECT_EQ(texts.make(anna_, "0123456789").error().code, Code::too_large);
  std::string first = *texts.make(anna_, "a");
  EXPECT_TRUE(texts.make(anna_, "b").ok());
  EXPECT_EQ(texts.make(anna_, "c").error().code, Code::rate_limited);
  EXPECT_TRUE(texts.make(ben_, "d").ok() && texts.make(ben_, "e").ok());
  EXPECT_EQ(texts.make(nobody_, "f").error().code, Code::rate_limited);
  auto grow = [](std::string& text) { text.assign(20, 'x'); };
  EXPECT_EQ(texts.change(anna_, first, grow).error().code, Code::too_large);
  now_ += std::chrono::seconds(101);
  EXPECT_TRUE(texts.make(nobody_, "f").ok());
  EXPECT_EQ(texts.size(), 1u);
}

TEST_F(HandlesTest, ChangesOfManyThreadsAllCount) {
  Handles<int> numbers("n", options_);
  std::string one = *numbers.make(nobody_, 0);
  std::vector<std::thread> threads;
  auto up = [](int& n) { ++n; };
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int k = 0; k < 250; ++k) EXPECT_TRUE(numbers.change(nobody_, one, up).ok());
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(*numbers.get(nobody_, one), 1000);
}

TEST_F(HandlesTest, OutliveTheProcessInAFile) {
  options_.ttl = std::chrono::seconds(100);
  std::string kept, dropped, late;
  {
    options_.store = *mcp::open_handle_file(file());
    EXPECT_EQ(mcp::open_handle_file(file()).error().code, Code::conflict);
    Handles<Basket> baskets("basket", options_);
    kept = *baskets.make(anna_, Basket{{"tea"}, 1});
    dropped = *baskets.make(anna_, Basket{});
    late = *baskets.make(ben_, Basket{});
    EXPECT_TRUE(baskets.drop(anna_, dropped).ok());
    now_ += std::chrono::seconds(50);
    auto add = [](Basket& basket) { basket.items.emplace_back("milk\n\"x\""); };
    EXPECT_TRUE(baskets.change(anna_, kept, add).ok());
    options_.store.reset();
  }
  struct stat info = {};
  ASSERT_EQ(::stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  std::ifstream in(file());
  std::string text((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(text.find(kept.substr(7)), std::string::npos) << "a handle can be read from the file";
  EXPECT_EQ(text.find("anna"), std::string::npos);
  // A line that a crash cut off, and one that means nothing.
  std::ofstream(file(), std::ios::app) << "{\"key\":1}\n{\"key\":\"12";
  now_ += std::chrono::seconds(60);
  options_.store = *mcp::open_handle_file(file());
  Handles<Basket> baskets("basket", options_);
  EXPECT_EQ(baskets.size(), 1u);
  EXPECT_EQ(baskets.get(anna_, kept)->items[1], "milk\n\"x\"");
  EXPECT_FALSE(baskets.get(ben_, kept).ok());
  EXPECT_FALSE(baskets.get(anna_, dropped).ok());
  EXPECT_FALSE(baskets.get(ben_, late).ok());
}

TEST_F(HandlesTest, TheFileIsMadeSmallAgain) {
  options_.store = *mcp::open_handle_file(file());
  Handles<std::string> texts("text", options_);
  std::string one = *texts.make(nobody_, "");
  for (int i = 0; i < 40; ++i) {
    auto fill = [i](std::string& text) { text.assign(60'000, static_cast<char>('a' + i % 26)); };
    ASSERT_TRUE(texts.change(nobody_, one, fill).ok());
  }
  EXPECT_LT(fs::file_size(file()), 1'500'000u);
  EXPECT_EQ((*texts.get(nobody_, one))[0], static_cast<char>('a' + 39 % 26));
}

TEST_F(HandlesTest, AFileOfAnotherKindIsRefused) {
  std::ofstream(file()) << "something else";
  EXPECT_NE(mcp::open_handle_file(file()).error().message.find("no file of handles"), std::string::npos);
  EXPECT_FALSE(mcp::open_handle_file(folder_ / "no/such").ok());
  EXPECT_FALSE(sdk::read_handle_line(R"({"key":"x","owner":"","expires":1,"value":1})"));
  EXPECT_FALSE(sdk::read_handle_line(R"({"erased":"x"})"));
}

}  // namespace
