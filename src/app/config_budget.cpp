#include "app/config_budget.h"

#include <string>

namespace app {
namespace {

constexpr std::int64_t kMostTokens = 1'000'000'000;

void tokens(const yaml::Value& map, std::string_view key, std::int64_t least, Reader& reader, std::size_t& out) {
  if (const auto* value = map.find(key))
    if (auto number = reader.number(*value, "budget." + std::string(key), least, kMostTokens)) out = static_cast<std::size_t>(*number);
}

}  // namespace

void read_budget(const yaml::Value& value, Reader& reader, AppConfig& config) {
  if (!reader.is_map(value, "budget")) return;
  gateway::BudgetConfig& budget = config.gateway.budget;
  // Less says nothing to a model.
  constexpr std::int64_t kLeast = 256;
  tokens(value, "call", kLeast, reader, budget.call);
  tokens(value, "session", kLeast, reader, budget.session);
  tokens(value, "hour", kLeast, reader, budget.hour);
  tokens(value, "window", 1'000, reader, budget.window);
  const auto* hard = value.find("hard");
  if (!hard) return;
  const bool number =
      hard->kind == yaml::Value::Kind::scalar && !hard->text.empty() && hard->text.front() >= '0' && hard->text.front() <= '9';
  if (number) {
    tokens(value, "hard", kLeast, reader, budget.hard_session);
  } else if (auto flag = reader.flag(*hard, "budget.hard")) {
    budget.hard = *flag;
    if (*flag && budget.session == 0 && budget.hour == 0)
      reader.error(
          *hard, "budget.hard: there is nothing that could be used up; add budget.session or budget.hour, or give hard a number of tokens");
  }
}

}  // namespace app
