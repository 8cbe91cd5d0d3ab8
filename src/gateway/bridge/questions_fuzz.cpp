// Any bytes as what an upstream asks of a client: what is read can be asked in either era, and reads again as the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/json.h"
#include "gateway/bridge/questions.h"
#include "protocol/versions/versions.h"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  if (!base::validate_json(text)) return 0;
  if (auto questions = gateway::read_questions(text); questions && !questions->empty()) {
    for (const auto& one : *questions) {
      std::string params = gateway::legacy_question(protocol::latest_legacy(), one, "v");
      check(base::validate_json(std::string_view(params)).ok());
      (void)gateway::client_can(R"({"elicitation":{}})", one.method, params);
    }
    std::string again = gateway::input_required(*questions, "s");
    check(base::validate_json(std::string_view(again)).ok());
    auto read = gateway::read_questions(again);
    check(read.ok() && read->size() == questions->size());
  }
  protocol::RpcError error;
  error.data = text;
  if (auto visits = gateway::read_visits(error)) {
    std::string asked = gateway::input_required(*visits, "s");
    check(base::validate_json(std::string_view(asked)).ok());
  }
  return 0;
}
