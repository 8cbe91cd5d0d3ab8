#include "net/socket_read.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <future>
#include <string>

#include "net/net_test_support.h"
#include "net/wire.h"

namespace net {
namespace {

namespace asio = base::asio;
using base::Task;

// A wire that says what each read got.
class Ear final : public Wire {
 public:
  using Wire::Wire;

  // Bytes, or "end", or "error".
  Task<std::string> hear(std::size_t most) {
    auto self = shared_from_this();
    text_.resize(most);
    start_read(text_.data(), most);
    base::Result<std::string> heard = co_await heard_.wait();
    heard_ = base::OneShot<std::string>();
    co_return heard;
  }

 private:
  void on_read(ErrorCode error, std::size_t size) override {
    if (error) return heard_.set(std::string(error == asio::error::eof ? "end" : "error"));
    heard_.set(text_.substr(0, size));
  }
  void on_deadline() override {}

  std::string text_;
  base::OneShot<std::string> heard_;
};

struct Ends {
  explicit Ends(test::LoopThread& loop) : thread(loop) {}
  Ends(Ends&& from) noexcept : thread(from.thread), ear(std::move(from.ear)), other(std::exchange(from.other, -1)) {}
  ~Ends() {
    shut();
    thread.call([this] {
      ear.reset();
      return 0;
    });
  }

  test::LoopThread& thread;
  std::shared_ptr<Ear> ear;
  int other = -1;
  void say(std::string_view text) const { ASSERT_EQ(::send(other, text.data(), text.size(), MSG_NOSIGNAL), std::ssize(text)); }
  void shut() {
    if (other >= 0) ::close(std::exchange(other, -1));
  }
};

class SocketReadTest : public testing::Test {
 public:
  // Two ends of one connection over TCP; `listener` says where.
  Ends tcp() {
    int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size), 0);
    Ends ends(thread_);
    ends.other = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(ends.other, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    ends.ear = ear(::accept(listener, nullptr, nullptr), asio::generic::stream_protocol(asio::ip::tcp::v4()));
    ::close(listener);
    return ends;
  }
  Ends local() {
    int pair[2] = {-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    Ends ends(thread_);
    ends.other = pair[1];
    ends.ear = ear(pair[0], asio::generic::stream_protocol(asio::local::stream_protocol()));
    return ends;
  }
  std::shared_ptr<Ear> ear(int descriptor, const asio::generic::stream_protocol& protocol) {
    return thread_.call([&] { return std::make_shared<Ear>(thread_.loop, StreamSocket(thread_.loop.executor(), protocol, descriptor)); });
  }
  std::string hear(const Ends& ends, std::size_t most = 100) { return *thread_.run(ends.ear->hear(most)); }
  // The same of a read that is open before there is something to read.
  std::future<std::string> listen(const Ends& ends) {
    return std::async(std::launch::async, [this, &ends] { return hear(ends); });
  }

  test::LoopThread thread_;
};

TEST_F(SocketReadTest, HearsWhatWasThereAndWhatComesLater) {
  for (Ends (SocketReadTest::*make)() : {&SocketReadTest::tcp, &SocketReadTest::local}) {
    Ends ends = (this->*make)();
    ends.say("one");
    EXPECT_EQ(hear(ends), "one");
    auto later = listen(ends);
    ends.say("two");
    EXPECT_EQ(later.get(), "two");
    auto last = listen(ends);
    ends.shut();
    EXPECT_EQ(last.get(), "end");
  }
}

TEST_F(SocketReadTest, WhatIsLeftIsReadWithoutASign) {
  for (Ends (SocketReadTest::*make)() : {&SocketReadTest::tcp, &SocketReadTest::local}) {
    Ends ends = (this->*make)();
    ends.say("abcdef");
    EXPECT_EQ(hear(ends, 4), "abcd");
    EXPECT_EQ(hear(ends, 4), "ef");
  }
}

// The end of the stream stands behind the bytes: no other event tells of it.
TEST_F(SocketReadTest, AnEndRightBehindTheBytesIsHeard) {
  for (Ends (SocketReadTest::*make)() : {&SocketReadTest::tcp, &SocketReadTest::local}) {
    for (int i = 0; i < 20; ++i) {
      Ends ends = (this->*make)();
      ends.say("last words");
      ends.shut();
      EXPECT_EQ(hear(ends), "last words");
      EXPECT_EQ(hear(ends), "end");
    }
  }
}

// A reset behind the bytes: one event tells of both.
TEST_F(SocketReadTest, AResetRightBehindTheBytesIsHeard) {
  for (int i = 0; i < 20; ++i) {
    Ends ends = tcp();
    ends.say("last words");
    const linger at_once{1, 0};
    ASSERT_EQ(::setsockopt(ends.other, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    ends.shut();
    // A reset may also drop what was not read yet.
    const std::string first = hear(ends);
    if (first != "error") {
      EXPECT_EQ(first, "last words");
      EXPECT_EQ(hear(ends), "error");
    }
  }
}

// Bytes that came while nobody read, after a read that took all there was.
TEST_F(SocketReadTest, WhatCameBetweenTwoReadsIsNotMissed) {
  Ends ends = tcp();
  for (int i = 0; i < 50; ++i) {
    const std::string text = "number " + std::to_string(i);
    ends.say(text);
    EXPECT_EQ(hear(ends), text);
    // The loop comes by its poll before the next read.
    ends.say("x");
    thread_.call([] { return 0; });
    EXPECT_EQ(hear(ends), "x");
  }
}

TEST_F(SocketReadTest, ClosingEndsAnOpenRead) {
  Ends ends = tcp();
  auto open = listen(ends);
  while (!thread_.call([&] { return ends.ear->reading(); })) std::this_thread::yield();
  thread_.call([&] {
    ends.ear->close();
    return 0;
  });
  EXPECT_EQ(open.get(), "error");
  EXPECT_EQ(hear(ends), "error");
}

}  // namespace
}  // namespace net
