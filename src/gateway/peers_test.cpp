// Requests between instances, over real connections.
#include "gateway/peers.h"

#include <gtest/gtest.h>

#include "sdk/session.h"

namespace gateway {
namespace {

using base::Task;
using Keys = std::vector<sdk::Sealer::KeyMaterial>;

Keys keys_of(char letter) { return {sdk::Sealer::KeyMaterial(std::string(32, letter))}; }

// An instance that answers with its name, and what it was asked.
class Instance {
 public:
  Instance(base::Loop& loop, std::string name, char key)
      : loop_(loop),
        name_(std::move(name)),
        keys_(keys_of(key)),
        carrier_(sdk::random_id(), keys_),
        server_(loop, {}, [this](net::HttpExchange& x) { return serve(x); }) {
    (void)server_.listen("127.0.0.1", 0);
  }
  void know(std::vector<std::string> origins) {
    auto place = [this](std::string) -> Task<std::string> { co_return place_; };
    Peers::Parts parts{loop_, carrier_, keys_, std::move(origins), place};
    peers_ = std::make_unique<Peers>(std::move(parts));
    peers_->start();
  }
  Task<void> stop() {
    if (peers_) co_await peers_->stop();
    co_await server_.stop(base::Millis(1000));
  }

  std::string origin() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  std::string seal() const {
    return carrier_.seal(CarriedKind::call_state, "b", "me", Carrier::WallTime::clock::now() + std::chrono::hours(1));
  }
  const std::string& id() const { return carrier_.instance(); }
  Keys& state_keys() { return keys_; }
  void says(std::string place) { place_ = std::move(place); }
  Peers& peers() { return *peers_; }

 private:
  Task<void> serve(net::HttpExchange& exchange) {
    if (exchange.request().path.starts_with("/peer/")) {
      const bool taken = co_await peers_->receive(exchange, &find_);
      const net::HeaderLines none;
      if (!taken) co_await exchange.respond(404, none, "not found");
    } else {
      co_await peers_->serve(exchange, &here_);
    }
  }
  Task<void> answer(net::HttpExchange& exchange) {
    const net::HttpRequest& request = exchange.request();
    const net::HttpHeader headers[] = {{"Content-Type", "text/plain"}, {"X-Kept", "yes"}};
    std::span<const net::HttpHeader> lines(headers);
    const std::string body = name_ + " " + std::string(request.method) + " " + std::string(request.target) + " " + request.body + " " +
                             std::string(request.find("host").value_or("-")) + " " + std::string(request.find("x-of-client").value_or("-"));
    co_await exchange.respond(201, lines, body);
  }

  base::Loop& loop_;
  std::string name_, place_;
  Keys keys_;
  Carrier carrier_;
  net::HttpHandler here_ = [this](net::HttpExchange& exchange) { return answer(exchange); };
  Peers::Find find_ = [this](std::string_view path) { return path == "/mcp" ? &here_ : nullptr; };
  std::unique_ptr<Peers> peers_;
  net::HttpServer server_;
};

struct Said {
  int status = 0;
  std::string body;
  bool kept = false;
};

Task<Said> ask(base::Loop* loop, std::string url, std::string body, std::string header, std::string value) {
  net::HttpClient client(*loop, {});
  net::Url parsed = co_await net::parse_url(url);
  const net::HttpHeader headers[] = {{header, value}, {"X-Of-Client", "mine"}};
  net::HttpClientRequest request;
  request.method = "POST";
  request.url = &parsed;
  request.headers = headers;
  request.body = body;
  const base::Instant deadline = base::Timers::now() + base::Millis(10'000);
  net::HttpResponse response = co_await client.send(request, {}, deadline);
  Said said;
  said.status = response.status();
  said.kept = response.find("x-kept").has_value();
  said.body = co_await response.body(1 << 20);
  co_return said;
}

class PeersTest : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::string> all{one_.origin(), two_.origin()};
    one_.know(all);
    two_.know(all);
  }
  void TearDown() override {
    auto stop = [](Instance* a, Instance* b) -> Task<void> {
      co_await a->stop();
      co_await b->stop();
    };
    (void)loop_.block_on(stop(&one_, &two_));
  }
  Said post(const std::string& url, const std::string& body, const std::string& header = "accept", const std::string& value = "*/*") {
    auto said = loop_.block_on(ask(&loop_, url, body, header, value));
    EXPECT_TRUE(said.ok()) << said.error().message;
    return said ? *said : Said();
  }

  base::Loop loop_;
  Instance one_{loop_, "one", 'a'}, two_{loop_, "two", 'a'};
};

TEST_F(PeersTest, ARequestGoesToTheInstanceThatHasWhatItNames) {
  const std::string host = one_.origin().substr(7), own = one_.seal(), others = two_.seal();
  EXPECT_EQ(post(one_.origin() + "/mcp", "{}").body, "one POST /mcp {} " + host + " mine");
  EXPECT_EQ(post(one_.origin() + "/mcp", own).body, "one POST /mcp " + own + " " + host + " mine");
  Said passed = post(one_.origin() + "/mcp?a=b", others);
  EXPECT_EQ(passed.body, "two POST /mcp?a=b " + others + " " + host + " mine");
  EXPECT_EQ(passed.status, 201);
  EXPECT_TRUE(passed.kept);
  EXPECT_TRUE(one_.peers().alive(two_.id()));
  EXPECT_FALSE(one_.peers().alive(one_.id()));
  // So does one whose session is there.
  EXPECT_EQ(post(one_.origin() + "/mcp", "s", "mcp-session-id", others).body.substr(0, 4), "two ");
  EXPECT_EQ(post(two_.origin() + "/mcp", "s", "mcp-session-id", others).body.substr(0, 4), "two ");
}

TEST_F(PeersTest, ASessionOfAnInstanceThatHasGoneIsWhereTheStoreSays) {
  const std::string gone = std::string(32, 'x') + "." + std::string(60, 'A');
  one_.says(one_.id());
  EXPECT_EQ(post(one_.origin() + "/mcp", "s", "mcp-session-id", gone).body.substr(0, 4), "one ");
  const std::string moved = std::string(32, 'y') + "." + std::string(60, 'A');
  one_.says(two_.id());
  EXPECT_EQ(post(one_.origin() + "/mcp", "s", "mcp-session-id", moved).body.substr(0, 4), "two ");
  // What else it had is lost, and the one that is asked says so.
  EXPECT_EQ(post(one_.origin() + "/mcp", gone).body.substr(0, 4), "one ");
}

TEST_F(PeersTest, APassIsGoodForOneRequestOnce) {
  (void)post(one_.origin() + "/mcp", two_.seal());  // they know each other
  PeerKeys keys(one_.state_keys());
  const net::HttpHeader headers[] = {{"X-Of-Client", "mine"}};
  PeerPass pass{one_.id(), two_.id(), "n", 1'000, digest_request("POST", "/peer/mcp", headers, "body"), "client.example", "127.0.0.1"};
  auto written = [&] { return keys.write(pass, PeerKeys::WallTime::clock::now()); };
  const std::string at = two_.origin() + "/peer/mcp", name(kPassHeader);
  std::string good = written();
  Said said = post(at, "body", name, good);
  EXPECT_EQ(said.body, "two POST /mcp body client.example mine");
  EXPECT_EQ(post(at, "body", name, good).status, 404) << "a second time";
  ++pass.number;
  EXPECT_EQ(post(at, "another body", name, written()).status, 404);
  EXPECT_EQ(post(two_.origin() + "/peer/mcp?", "body", name, written()).status, 404);
  pass.to = one_.id();
  EXPECT_EQ(post(at, "body", name, written()).status, 421);
  EXPECT_EQ(post(at, "body", name, "nonsense").status, 404);
  EXPECT_EQ(post(at, "body", "X-None", "x").status, 404);
  PeerKeys strangers(keys_of('b'));
  EXPECT_EQ(post(at, "body", name, strangers.write(pass, PeerKeys::WallTime::clock::now())).status, 404);
}

TEST_F(PeersTest, AnInstanceThatGoesIsNotAskedAnyMore) {
  const std::string others = two_.seal();
  EXPECT_EQ(post(one_.origin() + "/mcp", others).body.substr(0, 4), "two ");
  auto stop = [](Instance* it) -> Task<void> { co_await it->stop(); };
  (void)loop_.block_on(stop(&two_));
  one_.says(one_.id());
  EXPECT_EQ(post(one_.origin() + "/mcp", "s", "mcp-session-id", others).body.substr(0, 4), "one ");
  EXPECT_EQ(post(one_.origin() + "/mcp", others).body.substr(0, 4), "one ");
}

}  // namespace
}  // namespace gateway
