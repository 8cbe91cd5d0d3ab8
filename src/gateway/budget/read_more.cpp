#include "gateway/budget/read_more.h"

#include <charconv>

#include "base/json.h"

namespace gateway {

using mcp::Code;
using mcp::Error;
using mcp::Result;

Result<RestPlace> rest_in_arguments(std::string_view arguments) {
  const std::string_view object = base::is_object(arguments) ? arguments : "{}";
  auto handle = base::json_string(base::find_member(object, "handle"));
  if (!handle) return Error(Code::invalid_argument, "read_more wants a handle, as the cut result says it: {\"handle\":\"r…\"}");
  RestPlace out{*std::move(handle), 0};
  std::string_view from = base::find_member(object, "from");
  if (from.empty() || from == "null") return out;
  auto number = base::json_integer(from);
  if (!number || *number < 0) return Error(Code::invalid_argument, "read_more: from must be a whole number, 0 or more");
  out.from = static_cast<std::size_t>(*number);
  return out;
}

Result<RestPlace> rest_in_uri(std::string_view uri) {
  if (!uri.starts_with(kResultUri)) return Error(Code::invalid_argument, "no URI of a result");
  uri.remove_prefix(kResultUri.size());
  constexpr std::string_view kFrom = "?from=";
  const std::size_t query = std::min(uri.find('?'), uri.size());
  RestPlace out{std::string(uri.substr(0, query)), 0};
  uri.remove_prefix(query);
  if (uri.empty()) return out;
  if (!uri.starts_with(kFrom)) return Error(Code::invalid_argument, "a result is read on with ?from=<byte>");
  uri.remove_prefix(kFrom.size());
  const auto [end, error] = std::from_chars(uri.data(), uri.data() + uri.size(), out.from);
  if (error != std::errc() || end != uri.data() + uri.size())
    return Error(Code::invalid_argument, "a result is read on with ?from=<byte>, a whole number");
  return out;
}

}  // namespace gateway
