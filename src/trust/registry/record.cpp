#include "trust/registry/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "base/digest.h"
#include "base/json.h"

namespace trust {
namespace {

namespace bj = boost::json;
using mcp::Code;
using mcp::Error;
using mcp::Result;

constexpr std::size_t kMostInputs = 200;    // of one kind, of one package
constexpr std::size_t kMostPackages = 100;  // of a server
constexpr std::size_t kLongest = 4096;      // bytes of one text
constexpr std::string_view kOfficial = "io.modelcontextprotocol.registry/official";

std::string_view view(bj::string_view text) { return {text.data(), text.size()}; }

const bj::value* find(const bj::object& object, std::string_view name) {
  const bj::value* value = object.if_contains(bj::string_view(name.data(), name.size()));
  return value && !value->is_null() ? value : nullptr;
}

// Reads members; the first thing that is wrong is the error.
class Reading {
 public:
  std::string text(const bj::object& object, std::string_view name) {
    const bj::value* value = find(object, name);
    if (!value) return {};
    const auto* string = value->if_string();
    if (!string) return wrong(name, "is not text");
    if (string->size() > kLongest) return wrong(name, "is too long");
    if (std::ranges::any_of(*string, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
      return wrong(name, "has control characters in it");
    return {string->data(), string->size()};
  }
  bool flag(const bj::object& object, std::string_view name) {
    const bj::value* value = find(object, name);
    if (value && !value->is_bool()) wrong(name, "is not true or false");
    return value && value->is_bool() && value->get_bool();
  }
  // The objects of a list; anything else in it is wrong.
  std::vector<const bj::object*> objects(const bj::object& object, std::string_view name, std::size_t most) {
    std::vector<const bj::object*> out;
    const bj::value* value = find(object, name);
    if (!value) return out;
    const auto* array = value->if_array();
    if (!array || array->size() > most) {
      wrong(name, array ? "has too many entries" : "is not a list");
      return out;
    }
    for (const bj::value& one : *array) {
      if (!one.is_object()) {
        wrong(name, "is not a list of objects");
        return {};
      }
      out.push_back(&one.get_object());
    }
    return out;
  }
  const bj::object* object(const bj::object& from, std::string_view name) {
    const bj::value* value = find(from, name);
    if (value && !value->is_object()) wrong(name, "is not an object");
    return value && value->is_object() ? &value->get_object() : nullptr;
  }
  std::string wrong(std::string_view name, std::string_view what) {
    if (error_.empty()) error_ = fmt::format("its {} {}", name, what);
    return {};
  }
  const std::string& error() const { return error_; }

 private:
  std::string error_;
};

RegistryInput read_input(const bj::object& object, Reading& read) {
  RegistryInput input;
  const std::string kind = read.text(object, "type");
  input.kind = kind == "named"        ? RegistryInput::Kind::named
               : kind == "positional" ? RegistryInput::Kind::positional
                                      : RegistryInput::Kind::variable;
  input.name = read.text(object, input.kind == RegistryInput::Kind::positional ? "valueHint" : "name");
  input.value = read.text(object, "value");
  input.fixed = !input.value.empty();
  if (!input.fixed) input.value = read.text(object, "default");
  input.description = read.text(object, "description");
  input.required = read.flag(object, "isRequired");
  input.secret = read.flag(object, "isSecret");
  return input;
}

std::vector<RegistryInput> read_inputs(const bj::object& object, std::string_view name, Reading& read) {
  std::vector<RegistryInput> out;
  for (const bj::object* one : read.objects(object, name, kMostInputs)) out.push_back(read_input(*one, read));
  return out;
}

RegistryPackage read_package(const bj::object& object, Reading& read) {
  RegistryPackage package;
  package.type = read.text(object, "registryType");
  package.base_url = read.text(object, "registryBaseUrl");
  package.identifier = read.text(object, "identifier");
  package.version = read.text(object, "version");
  package.sha256 = read.text(object, "fileSha256");
  if (const bj::object* transport = read.object(object, "transport")) package.transport = read.text(*transport, "type");
  package.runtime_arguments = read_inputs(object, "runtimeArguments", read);
  package.package_arguments = read_inputs(object, "packageArguments", read);
  package.environment = read_inputs(object, "environmentVariables", read);
  if (package.type.empty() || package.identifier.empty()) read.wrong("packages", "have one without registryType or identifier");
  return package;
}

// The value with the keys of all objects sorted, so that the order in which they came says nothing.
bj::value sorted(const bj::value& value) {
  if (const auto* array = value.if_array()) {
    bj::array out;
    for (const bj::value& one : *array) out.push_back(sorted(one));
    return out;
  }
  const auto* object = value.if_object();
  if (!object) return value;
  std::vector<std::string_view> keys;
  for (const auto& [key, inside] : *object) keys.push_back(view(key));
  std::ranges::sort(keys);
  bj::object out;
  for (std::string_view key : keys)
    out.emplace(bj::string_view(key.data(), key.size()), sorted(object->at(bj::string_view(key.data(), key.size()))));
  return out;
}

void read_status(const bj::object& meta, Reading& read, RegistryServer& server) {
  const bj::object* official = read.object(meta, kOfficial);
  if (!official) return;
  const std::string status = read.text(*official, "status");
  if (status == "deprecated")
    server.status = RegistryServer::Status::deprecated;
  else if (status == "deleted")
    server.status = RegistryServer::Status::deleted;
  else if (!status.empty() && status != "active")
    read.wrong("status", "is none of active, deprecated and deleted");
  server.status_message = read.text(*official, "statusMessage");
  server.published_at = read.text(*official, "publishedAt");
  server.updated_at = read.text(*official, "updatedAt");
  server.latest = read.flag(*official, "isLatest");
}

Result<RegistryServer> read_server(const bj::value& value) {
  const auto* entry = value.if_object();
  if (!entry) return Error(Code::invalid_argument, "an entry that is no object");
  Reading read;
  const bj::object* server = read.object(*entry, "server");
  if (!server) return Error(Code::invalid_argument, "an entry without a server");
  RegistryServer out;
  out.name = read.text(*server, "name");
  out.title = read.text(*server, "title");
  out.description = read.text(*server, "description");
  out.version = read.text(*server, "version");
  out.website = read.text(*server, "websiteUrl");
  if (const bj::object* repository = read.object(*server, "repository")) out.repository = read.text(*repository, "url");
  if (const bj::object* meta = read.object(*entry, "_meta")) read_status(*meta, read, out);
  for (const bj::object* one : read.objects(*server, "packages", kMostPackages)) out.packages.push_back(read_package(*one, read));
  for (const bj::object* one : read.objects(*server, "remotes", kMostPackages))
    out.remotes.push_back({read.text(*one, "type"), read.text(*one, "url"), read_inputs(*one, "headers", read)});
  if (!is_server_name(out.name)) read.wrong("name", "is not owner/name");
  if (out.version.empty()) read.wrong("version", "is missing");
  if (!read.error().empty())
    return Error(Code::invalid_argument, fmt::format("{}: {}", out.name.empty() ? "a server" : out.name, read.error()));
  out.digest = base::sha256_hex(bj::serialize(sorted(*server)));
  return out;
}

Result<bj::value> parsed(std::string_view json) { return base::parse_json(json); }

}  // namespace

std::string_view status_name(RegistryServer::Status status) {
  switch (status) {
    case RegistryServer::Status::active: return "active";
    case RegistryServer::Status::deprecated: return "deprecated";
    case RegistryServer::Status::deleted: return "deleted";
  }
  return "active";
}

bool is_server_name(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  };
  const std::size_t slash = text.find('/');
  if (text.size() < 3 || text.size() > 200 || slash == text.npos || slash == 0 || slash + 1 == text.size()) return false;
  return std::ranges::all_of(text.substr(0, slash), plain) &&
         std::ranges::all_of(text.substr(slash + 1), [&](char c) { return plain(c) || c == '_'; });
}

Result<RegistryServer> parse_registry_server(std::string_view json) {
  auto value = parsed(json);
  if (!value) return std::move(value).error();
  return read_server(*value);
}

Result<RegistryPage> parse_registry_page(std::string_view json) {
  auto value = parsed(json);
  if (!value) return std::move(value).error();
  const auto* object = value->if_object();
  const bj::value* servers = object ? find(*object, "servers") : nullptr;
  if (!servers || !servers->is_array()) return Error(Code::invalid_argument, "a page without a list of servers");
  RegistryPage page;
  for (const bj::value& one : servers->get_array()) {
    if (auto server = read_server(one))
      page.servers.push_back(*std::move(server));
    else
      ++page.refused;
  }
  Reading read;
  if (const bj::object* metadata = read.object(*object, "metadata")) page.next_cursor = read.text(*metadata, "nextCursor");
  if (!read.error().empty()) return Error(Code::invalid_argument, read.error());
  return page;
}

}  // namespace trust
