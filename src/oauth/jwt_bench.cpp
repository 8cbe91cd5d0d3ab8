// What a token costs: its signature by algorithm, and a whole request whose token was verified lately.
#include <benchmark/benchmark.h>

#include "oauth/resource_server.h"
#include "oauth/testing.h"

namespace {

using namespace oauth;

constexpr std::string_view kClaims =
    R"({"iss":"https://as.example","aud":"https://rs.example/mcp","sub":"alice","client_id":"app","jti":"1","iat":1800000000,)"
    R"("exp":1900000000,"scope":"read write"})";

void signature(benchmark::State& state) {
  testing::SigningKey key(kAllAlgs[state.range(0)]);
  Jwk jwk = *Jwk::parse(key.jwk());
  std::string token = key.sign(key.header(), kClaims);
  for (auto _ : state) {
    auto jws = parse_jws(token);
    benchmark::DoNotOptimize(verify_signature(*jws, jwk).ok());
  }
  state.SetLabel(std::string(alg_name(key.alg())));
}
BENCHMARK(signature)->DenseRange(0, 4);

void read_and_check_claims(benchmark::State& state) {
  testing::SigningKey key(Alg::es256);
  std::string token = key.sign(key.header(), kClaims);
  TokenRules rules{"https://as.example", {"https://rs.example/mcp"}};
  for (auto _ : state) {
    auto jws = parse_jws(token);
    auto claims = parse_claims(jws->payload);
    benchmark::DoNotOptimize(check_claims(*claims, jws->typ, rules, WallTime(std::chrono::seconds(1'800'000'010))).ok());
  }
}
BENCHMARK(read_and_check_claims);

void read_jwk(benchmark::State& state) {
  std::string text = testing::SigningKey(kAllAlgs[state.range(0)]).jwk();
  for (auto _ : state) benchmark::DoNotOptimize(Jwk::parse(text).ok());
  state.SetLabel(std::string(alg_name(kAllAlgs[state.range(0)])));
}
BENCHMARK(read_jwk)->Arg(0)->Arg(2)->Arg(4);

Task<void> authenticate(ResourceServer* server, std::string_view line, bool* good) {
  Credentials credentials;
  credentials.method = "POST";
  credentials.peer = "192.0.2.1";
  credentials.authorization.push_back(line);
  Verdict verdict = co_await server->authenticate(std::move(credentials));
  *good = verdict.index() == 0;
}

void known_token(benchmark::State& state) {
  base::Loop loop;
  testing::SigningKey key(Alg::es256, "a");
  auto answer = [&key](std::string url, Instant) -> Task<Document> {
    struct Give {
      static Task<Document> run(Document document) { co_return document; }
    };
    Document document;
    document.status = 200;
    document.body = url.ends_with("/jwks") ? R"({"keys":[)" + key.jwk() + "]}"
                                           : R"({"issuer":"https://as.example","jwks_uri":"https://as.example/jwks"})";
    return Give::run(std::move(document));
  };
  Clocks clocks;
  clocks.wall = [] { return WallTime(std::chrono::seconds(1'800'000'010)); };
  KeyRing keys(loop, answer, {}, clocks);
  ResourceServerOptions options;
  options.resource = "https://rs.example/mcp";
  options.issuers = {"https://as.example"};
  ResourceServer server(keys, options, clocks);
  std::string line = "Bearer " + key.sign(key.header(), kClaims);
  bool good = false;
  (void)loop.block_on(authenticate(&server, line, &good));
  base::TaskGroup group;
  for (auto _ : state) {
    group.spawn(authenticate(&server, line, &good));
    if (!good) state.SkipWithError("the token was refused");
  }
}
BENCHMARK(known_token);

}  // namespace
