// What it costs to know who brings an API key.
#include <benchmark/benchmark.h>

#include "access/keys/key_desk.h"
#include "access/keys/key_text.h"
#include "store/catalog_store.h"

namespace {

struct Desk {
  base::Loop loop;
  base::BlockingPool pool{1};
  std::unique_ptr<store::Store> store = std::move(*store::open_store("sqlite::memory:"));
  base::Secret<std::string> pepper{std::string(32, 'p')};
  authz::KeyBook book{store->keys(), pepper};
  authz::MadeKey key = *book.create({"ci", "ada", {"leads"}, {}}, std::chrono::system_clock::now());
  authz::KeyDesk desk{{loop, pool, store->keys(), pepper, {}}};
  Desk() { (void)desk.load(); }
};

void known_key(benchmark::State& state) {
  Desk at;
  for (auto _ : state)
    if (!at.desk.identify(at.key.text.reveal())) state.SkipWithError("the key was refused");
}
BENCHMARK(known_key);

void wrong_secret(benchmark::State& state) {
  Desk at;
  const std::string wrong = authz::make_key_text(at.key.kept.id)->reveal();
  for (auto _ : state) benchmark::DoNotOptimize(at.desk.identify(wrong).ok());
}
BENCHMARK(wrong_secret);

void garbage(benchmark::State& state) {
  Desk at;
  const std::string text(55, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(at.desk.identify(text).ok());
}
BENCHMARK(garbage);

}  // namespace
