#include "trust/registry/mtf.h"

#include <fmt/format.h>

#include <boost/json/value.hpp>

#include "base/json.h"

namespace trust {
namespace {

namespace bj = boost::json;
using mcp::Code;
using mcp::Error;

const bj::value* find(const bj::object& object, std::string_view name) {
  const bj::value* value = object.if_contains(bj::string_view(name.data(), name.size()));
  return value && !value->is_null() ? value : nullptr;
}

std::int64_t number(const bj::object& object, std::string_view name, std::int64_t other) {
  const bj::value* value = find(object, name);
  return value && value->is_int64() ? value->get_int64() : other;
}

}  // namespace

mcp::Result<Mtf> parse_mtf(std::string_view json) {
  auto value = base::parse_json(json);
  if (!value) return std::move(value).error();
  const auto* object = value->if_object();
  const bj::value* name = object ? find(*object, "name") : nullptr;
  if (!name || !name->is_string()) return Error(Code::invalid_argument, "an answer about a package has its name");
  Mtf out;
  out.name.assign(name->get_string().data(), name->get_string().size());
  const bj::value* certification = find(*object, "certification");
  const auto* inside = certification ? certification->if_object() : nullptr;
  const std::int64_t level = inside ? number(*inside, "level", -1) : number(*object, "certification_level", -1);
  if (level == -1) return Error(Code::not_found, fmt::format("it says nothing of the level of {}", base::quoted(out.name)));
  if (level < 0 || level > 4) return Error(Code::invalid_argument, "a level is 0 to 4");
  out.level = static_cast<int>(level);
  if (inside) {
    const std::int64_t passed = number(*inside, "controls_passed", -1);
    const std::int64_t total = number(*inside, "controls_total", -1);
    if (passed >= 0 && total > 0) out.score = fmt::format("{}/{}", passed, total);
  }
  return out;
}

}  // namespace trust
