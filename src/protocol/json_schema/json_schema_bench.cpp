// A value of 1 KB against the schema of an ordinary tool.
#include <benchmark/benchmark.h>

#include <string>

#include "base/json.h"
#include "protocol/json_schema/json_schema.h"

namespace {

using protocol::JsonSchema;

constexpr std::string_view kSchema =
    R"({"type":"object","properties":{"query":{"type":"string","minLength":1,"maxLength":2000},"limit":{"type":"integer","minimum":1,"maximum":100},)"
    R"("folder":{"type":"string","pattern":"^[a-z/]+$"},"tags":{"type":"array","items":{"type":"string"},"uniqueItems":true},)"
    R"("sort":{"enum":["date","name","size"]},"range":{"$ref":"#/$defs/range"}},"required":["query"],"additionalProperties":false,)"
    R"("$defs":{"range":{"type":"object","properties":{"from":{"type":"number"},"to":{"type":"number"}},"required":["from","to"]}}})";

std::string value_text() {
  return R"({"query":")" + std::string(850, 'q') +
         R"(","limit":20,"folder":"notes/work","tags":["a","b","c","d","e"],"sort":"name","range":{"from":1.5,"to":20}})";
}

void compile(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(JsonSchema::compile(kSchema));
}
BENCHMARK(compile);

void read_tree(benchmark::State& state) {
  std::string text = value_text();
  for (auto _ : state) benchmark::DoNotOptimize(base::parse_json(text));
}
BENCHMARK(read_tree);

void validate(benchmark::State& state) {
  auto schema = JsonSchema::compile(kSchema);
  auto value = base::parse_json(value_text());
  for (auto _ : state) benchmark::DoNotOptimize(schema->validate(*value));
}
BENCHMARK(validate);

void refuse(benchmark::State& state) {
  auto schema = JsonSchema::compile(kSchema);
  auto value = base::parse_json(R"({"query":"","limit":2000,"folder":"UP","sort":"x"})");
  for (auto _ : state) benchmark::DoNotOptimize(schema->validate(*value));
}
BENCHMARK(refuse);

}  // namespace
