// What the REST servers are set up with: the JSON object of BuiltinOptions::own, read with clear errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mcp/json.h"
#include "servers/builtin.h"
#include "servers/rest/client.h"

namespace servers::rest {

// Reads members of one object. What is missing is left as it is; the first wrong one is remembered.
class Settings {
 public:
  explicit Settings(mcp::JsonView object, std::string where = {}) : object_(object), where_(std::move(where)) {}

  void text(std::string_view key, std::string& out);
  void secret(std::string_view key, Secret& out);
  void flag(std::string_view key, bool& out);
  void number(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t& out);
  void texts(std::string_view key, std::vector<std::string>& out);
  // Members that nobody read are wrong too.
  Result<> done() const;

  mcp::JsonView take(std::string_view key);
  void wrong(std::string_view key, std::string_view must_be);

 private:
  mcp::JsonView object_;
  std::string where_;
  std::vector<std::string> read_;
  std::string wrong_;
};

// The object in `options.own`. Errors: invalid_argument.
Result<mcp::Json> own_of(const BuiltinOptions& options);

// What all of them take: `base_url` (given `fallback` when there is none), `ca`, `timeout_ms`.
ClientOptions read_client(Settings& settings, const BuiltinOptions& options, std::string fallback);

}  // namespace servers::rest
