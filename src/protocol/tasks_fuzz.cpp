// Any bytes as a task, and as the params of the requests about tasks: what is read is written again, and means the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.h"
#include "protocol/tasks.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

void there_and_back(const protocol::TaskState& task, protocol::Era era) {
  std::string text = protocol::encode_task(era, task);
  check(base::validate_json(std::string_view(text)).ok());
  auto again = protocol::read_task(text);
  check(again.ok() && again->id == task.id && again->status == task.status && again->ttl == task.ttl && again->poll == task.poll);
  if (era == protocol::Era::modern && !task.result.empty()) check(again->result == task.result);
  std::string created = protocol::encode_created_task(era, task);
  check(base::validate_json(std::string_view(created)).ok());
  auto seed = protocol::read_task(created);
  check(seed.ok() && seed->id == task.id);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  if (!base::validate_json(text)) return 0;
  if (auto task = protocol::read_task(text)) {
    there_and_back(*task, protocol::Era::modern);
    there_and_back(*task, protocol::Era::legacy);
  }
  if (auto wish = protocol::read_task_wish(text)) check(wish->count() >= 0);
  auto params = protocol::read_params(text);
  if (!params) return 0;
  (void)protocol::read_task_id(*params);
  if (auto ids = protocol::read_task_ids(*params, 100)) check(ids->size() <= 100);
  if (auto responses = protocol::read_input_responses(*params))
    for (const auto& [key, value] : *responses) check(base::validate_json(value).ok());
  return 0;
}
