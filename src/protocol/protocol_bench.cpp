// One modern tools/call of 1 KB through this room: what a gateway does with it, step by step and in one.
#include <benchmark/benchmark.h>

#include <string>

#include "base/json.h"
#include "protocol/client_side.h"
#include "protocol/inbound.h"
#include "protocol/results.h"
#include "protocol/splice.h"
#include "protocol/testing.h"

namespace {

using namespace protocol;

std::string call_of(std::size_t size) {
  std::string body = protocol::testing::spelled(
      R"({"jsonrpc":"2.0","id":17,"method":"tools/call","params":{"name":"vault.search","arguments":{"query":"$Q","limit":5,"tags":["a","b"],"deep":{"x":[1,2,3]}},)"
      R"("_meta":{"io.modelcontextprotocol/protocolVersion":"$M","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0"},)"
      R"("io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},"progressToken":3}}})");
  std::string words;
  while (body.size() + words.size() < size) words += "several words, ";
  body = protocol::testing::replaced(body, "$Q", words);
  body.reserve(base::room_for_json(body.size()));
  return body;
}

const std::string kResult = R"({"content":[{"type":"text","text":")" + std::string(900, 'x') + R"("}],"isError":false})";
const HttpFacts kHttp{
    "POST", latest_modern().name, "tools/call", "vault.search", std::nullopt, "application/json, text/event-stream", "application/json"};
const ClientIdentity kClient{R"({"name":"gatehouse","version":"1"})", R"({"elicitation":{"form":{}}})"};

void validate(benchmark::State& state) {
  std::string body = call_of(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(base::validate_json(body));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(body.size()));
}
BENCHMARK(validate)->Arg(1024)->Arg(200 * 1024);

void parse(benchmark::State& state) {
  std::string body = call_of(1024);
  for (auto _ : state) benchmark::DoNotOptimize(parse_message(body));
}
BENCHMARK(parse);

void classify(benchmark::State& state) {
  std::string body = call_of(1024);
  HttpFront front{FrontOptions{}};
  for (auto _ : state) benchmark::DoNotOptimize(front.receive(kHttp, body));
}
BENCHMARK(classify);

void encode(benchmark::State& state) {
  std::string body = call_of(1024);
  auto message = parse_message(body);
  for (auto _ : state)
    benchmark::DoNotOptimize(modern_request(latest_modern(), kClient, "42", message->known, message->params, {.progress_token = "9"}));
}
BENCHMARK(encode);

void classify_and_forward(benchmark::State& state) {
  std::string body = call_of(1024);
  HttpFront front{FrontOptions{}};
  for (auto _ : state) {
    Received received = front.receive(kHttp, body);
    auto& in = std::get<Inbound>(received);
    std::string params = with_members(in.message.params, {{"name", "\"search\""}});
    benchmark::DoNotOptimize(modern_request(*in.revision, kClient, "42", in.message.known, params, {.progress_token = "9"}));
  }
}
BENCHMARK(classify_and_forward);

void answer(benchmark::State& state) {
  std::string reply = encode_result("42", kResult);
  reply.reserve(base::room_for_json(reply.size()));
  for (auto _ : state) {
    auto message = parse_message(reply);
    benchmark::DoNotOptimize(
        encode_result("17", result_for(latest_modern(), Method::tools_call, message->result, {}, R"({"name":"g","version":"1"})")));
  }
}
BENCHMARK(answer);

}  // namespace
