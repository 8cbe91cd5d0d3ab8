// Counts tokens: of each line of stdin, a JSON string, one number a line; with --speed, of all of them together, one JSON line with the
// rate.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "base/json.h"
#include "tokens/count.h"

namespace {

int rate(const std::vector<std::string>& texts) {
  std::size_t bytes = 0, found = 0, rounds = 0;
  const auto from = std::chrono::steady_clock::now();
  double seconds = 0;
  while (seconds < 1.0) {
    for (const std::string& text : texts) {
      found += tokens::count(text);
      bytes += text.size();
    }
    ++rounds;
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
    if (bytes == 0) break;
  }
  std::printf("{\"figure\":\"tokens.count\",\"texts\":%zu,\"tokens\":%zu,\"mb_per_second\":%.1f}\n", texts.size(),
              rounds == 0 ? 0 : found / rounds, static_cast<double>(bytes) / 1e6 / seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool speed = argc > 1 && std::string_view(argv[1]) == "--speed";
  std::vector<std::string> texts;
  std::string line;
  while (std::getline(std::cin, line)) {
    auto text = base::json_string(line);
    if (!text) {
      std::fprintf(stderr, "bench_tokens: a line is no JSON string: %s\n", text.error().message.c_str());
      return 2;
    }
    if (speed)
      texts.push_back(*std::move(text));
    else
      std::printf("%zu\n", tokens::count(*text));
  }
  return speed ? rate(texts) : 0;
}
