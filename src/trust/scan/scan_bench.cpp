// What scanning costs: a thousand definitions, and results of 100 KB.
#include <benchmark/benchmark.h>

#include <string>

#include "base/json.h"
#include "trust/scan/definitions.h"
#include "trust/scan/results.h"

namespace {

// As long as those of real servers: 700 bytes with its schema.
std::string definition(int i) {
  return R"({"name":"find_orders_)" + std::to_string(i) +
         R"(","description":"Searches orders by customer, date and state, and returns at most `limit` of them, the newest first. Dates are ISO 8601. )"
         R"(Use list_customers first to get an id. Requires an API key with the scope orders.read.","inputSchema":{"type":"object","properties":{)"
         R"("customer":{"type":"string","description":"The id of the customer, as list_customers returns it"},"since":{"type":"string","description":"Only )"
         R"(orders made on this day or later"},"state":{"type":"string","enum":["open","paid","shipped","cancelled"]},"limit":{"type":"integer",)"
         R"("description":"How many orders to return at most","default":20}},"required":["customer"]}})";
}

void thousand_definitions(benchmark::State& state) {
  std::vector<boost::json::value> all;
  for (int i = 0; i < 1000; ++i) all.push_back(*base::parse_json(definition(i)));
  const trust::Neighbours none;
  for (auto _ : state)
    for (const auto& one : all) benchmark::DoNotOptimize(trust::scan_definition(one, "orders", none));
}
BENCHMARK(thousand_definitions)->Unit(benchmark::kMillisecond);

std::string result_of(std::string_view unit) {
  std::string text;
  while (text.size() < 100 * 1024) text += unit;
  return R"({"content":[{"type":"text","text":)" + base::quoted(text) + "}]}";
}

void scan(benchmark::State& state, std::string_view unit, trust::ResultRules rules) {
  const std::string result = result_of(unit);
  trust::Neighbours neighbours;
  for (int i = 0; i < 300; ++i) neighbours.add("other", "tool_number_" + std::to_string(i));
  for (auto _ : state) benchmark::DoNotOptimize(trust::scan_result(result, "here", neighbours, rules));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * result.size()));
}

constexpr std::string_view kProse =
    "The quick brown fox jumps over the lazy dog, and some_identifier follows it home. Numbers: 12345, 67.89.\n";
void prose(benchmark::State& state) { scan(state, kProse, {}); }
void prose_and_secrets(benchmark::State& state) { scan(state, kProse, {trust::OnOrders::mark, trust::OnSecrets::redact}); }
void many_triggers(benchmark::State& state) { scan(state, "See the instructions for the assistant module. It was bypassed.\n", {}); }
void other_scripts(benchmark::State& state) {
  scan(state, "\u0411\u044B\u0441\u0442\u0440\u0430\u044F \u043B\u0438\u0441\u0430 \u2014 \u72D0\u72F8 \u2764\uFE0F\n", {});
}
BENCHMARK(prose)->Unit(benchmark::kMicrosecond);
BENCHMARK(prose_and_secrets)->Unit(benchmark::kMicrosecond);
BENCHMARK(many_triggers)->Unit(benchmark::kMicrosecond);
BENCHMARK(other_scripts)->Unit(benchmark::kMicrosecond);

}  // namespace
