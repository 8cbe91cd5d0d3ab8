#include "servers/openapi/call.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "net/url.h"
#include "oauth/jwt_sign.h"
#include "sdk/contents.h"
#include "servers/openapi/placing.h"
#include "servers/rest/text.h"

namespace servers::openapi {
namespace {

using Kind = JsonView::Kind;

// The credential for one scheme, or null.
const rest::Secret* credential_of(const Scheme& scheme, const CallOptions& options) {
  auto own = options.credentials.find(scheme.name);
  if (own != options.credentials.end() && !own->second.reveal().empty()) return &own->second;
  return options.token.reveal().empty() ? nullptr : &options.token;
}

std::string described(const Scheme& scheme) {
  switch (scheme.kind) {
    case Scheme::Kind::bearer: return fmt::format("'{}' (a bearer token)", scheme.name);
    case Scheme::Kind::basic: return fmt::format("'{}' (user:password)", scheme.name);
    case Scheme::Kind::header: return fmt::format("'{}' (an API key in the header {})", scheme.name, scheme.parameter);
    case Scheme::Kind::query: return fmt::format("'{}' (an API key in the query as {})", scheme.name, scheme.parameter);
    case Scheme::Kind::cookie: return fmt::format("'{}' (an API key in the cookie {})", scheme.name, scheme.parameter);
  }
  return scheme.name;
}

// The first alternative of which all credentials are there. Null: none; `*open` when none is needed.
const Alternative* usable(const Operation& operation, const CallOptions& options) {
  static const Alternative kNone;
  if (operation.security.empty()) return &kNone;
  for (const Alternative& one : operation.security)
    if (!one.empty() && std::all_of(one.begin(), one.end(), [&](const Scheme& scheme) { return credential_of(scheme, options); }))
      return &one;
  for (const Alternative& one : operation.security)
    if (one.empty()) return &one;
  return nullptr;
}

Error missing(const Operation& operation, const CallOptions& options) {
  std::vector<std::string> wanted;
  for (const Alternative& one : operation.security) {
    std::vector<std::string> parts;
    for (const Scheme& scheme : one) parts.push_back(described(scheme));
    wanted.push_back(fmt::format("{}", fmt::join(parts, " and ")));
  }
  return {Code::unauthenticated,
          fmt::format("this call needs the credential {}, which is not set; {}", fmt::join(wanted, " or "), options.remedy)};
}

Result<> add_credentials(const Alternative& alternative, const CallOptions& options, rest::Request& request,
                         std::vector<std::string>& query) {
  for (const Scheme& scheme : alternative) {
    const std::string& secret = credential_of(scheme, options)->reveal();
    if (!rest::fits_a_header(secret))
      return Error(Code::unauthenticated,
                   fmt::format("the credential '{}' has a control character in it; {}", scheme.name, options.remedy));
    switch (scheme.kind) {
      case Scheme::Kind::bearer: request.secrets.emplace_back("Authorization", rest::Secret("Bearer " + secret)); break;
      case Scheme::Kind::basic: request.secrets.emplace_back("Authorization", rest::Secret("Basic " + sdk::base64(secret))); break;
      case Scheme::Kind::header: request.secrets.emplace_back(scheme.parameter, rest::Secret(secret)); break;
      case Scheme::Kind::cookie:
        request.secrets.emplace_back("Cookie", rest::Secret(scheme.parameter + "=" + rest::encoded(secret)));
        break;
      case Scheme::Kind::query: query.push_back(rest::encoded(scheme.parameter) + "=" + rest::encoded(secret)); break;
    }
  }
  return {};
}

Result<std::string> base_of(const Operation& operation, const CallOptions& options) {
  std::string base = options.base_url.empty() ? operation.server : options.base_url;
  if (auto url = net::parse_url(base); !url)
    return Error(Code::unavailable, base.empty() || base.starts_with('/')
                                        ? "the description names no server; set base_url to the API's address"
                                        : fmt::format("the address of the API is wrong: {}", url.error().message));
  while (base.ends_with('/')) base.pop_back();
  return base;
}

// The boundary does not stand in any part: it is random.
Result<std::string> multipart_of(const Body& body, JsonView object, const std::string& boundary) {
  std::string out;
  Result<> good;
  object.each_member([&](std::string_view key, JsonView value) {
    const bool binary = std::find(body.binary.begin(), body.binary.end(), key) != body.binary.end();
    std::string name;
    for (char c : key) name.push_back(c == '"' || static_cast<unsigned char>(c) < 0x20 ? '_' : c);
    out.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"").append(name).append("\"");
    std::string text = value.string() ? std::string(*value.string()) : value.text();
    if (binary) {
      auto bytes = sdk::from_base64(text);
      if (!bytes) good = Error(Code::invalid_argument, fmt::format("'{}' must be base64", rest::plain_line(key, 60)));
      text = std::move(bytes).value_or("");
      out.append("; filename=\"").append(name).append("\"\r\nContent-Type: application/octet-stream");
    } else if (value.is(Kind::object) || value.is(Kind::array)) {
      out.append("\r\nContent-Type: application/json");
    }
    out.append("\r\n\r\n").append(text).append("\r\n");
  });
  if (!good) return std::move(good).error();
  return out.append("--").append(boundary).append("--\r\n");
}

Result<> add_body(const Body& body, JsonView value, rest::Request& request) {
  std::string type = body.media_type;
  switch (body.kind) {
    case Body::Kind::json: request.body = value.text(); break;
    case Body::Kind::form: request.body = form_of(value); break;
    case Body::Kind::text: request.body = value.string_or(""); break;
    case Body::Kind::bytes: {
      auto bytes = sdk::from_base64(value.string_or(""));
      if (!bytes) return Error(Code::invalid_argument, fmt::format("'{}' must be base64", body.argument));
      request.body = *std::move(bytes);
      break;
    }
    case Body::Kind::multipart: {
      const std::string boundary = "gatehouse-" + oauth::random_token();
      auto parts = multipart_of(body, value, boundary);
      if (!parts) return std::move(parts).error();
      request.body = *std::move(parts);
      type = "multipart/form-data; boundary=" + boundary;
      break;
    }
  }
  request.headers.emplace_back("Content-Type", std::move(type));
  return {};
}

const Parameter* query_parameter(const Operation& operation, std::string_view name) {
  for (const Parameter& parameter : operation.parameters)
    if (parameter.in == Parameter::In::query && parameter.name == name) return &parameter;
  return nullptr;
}

const std::vector<std::string>* pointers_for(const Operation& operation, const CallOptions& options) {
  for (std::string_view key : {std::string_view(operation.name), std::string_view(operation.id), std::string_view("*")})
    if (auto found = options.trim.find(std::string(key)); found != options.trim.end()) return &found->second;
  return nullptr;
}

bool is_text(std::string_view type) {
  return type.starts_with("text/") || type.ends_with("xml") || type.ends_with("yaml") || type.ends_with("csv") ||
         type.ends_with("javascript");
}

}  // namespace

Result<rest::Request> request_of(const Operation& operation, JsonView arguments, const CallOptions& options) {
  rest::Request request;
  request.method = operation.method;
  auto base = base_of(operation, options);
  if (!base) return std::move(base).error();
  Placed placed;
  placed.path = operation.path;
  for (const Parameter& parameter : operation.parameters) {
    JsonView value = arguments[parameter.argument];
    if (!value || (value.is(Kind::null) && !parameter.required)) {
      if (parameter.required) return Error(Code::invalid_argument, fmt::format("'{}' is missing", parameter.argument));
      continue;
    }
    if (auto done = place(parameter, value, placed); !done) return std::move(done).error();
  }
  const Alternative* alternative = usable(operation, options);
  if (!alternative) return missing(operation, options);
  for (const auto& [name, value] : options.headers) request.secrets.emplace_back(name, value);
  if (auto done = add_credentials(*alternative, options, request, placed.query); !done) return std::move(done).error();
  request.url = *base + placed.path;
  if (!placed.query.empty()) request.url.append("?").append(fmt::format("{}", fmt::join(placed.query, "&")));
  request.headers.emplace_back("Accept", operation.accept);
  for (auto& header : placed.headers) request.headers.push_back(std::move(header));
  if (!placed.cookies.empty()) request.headers.emplace_back("Cookie", fmt::format("{}", fmt::join(placed.cookies, "; ")));
  if (operation.body)
    if (JsonView body = arguments[operation.body->argument]; body)
      if (auto done = add_body(*operation.body, body, request); !done) return std::move(done).error();
  return request;
}

std::string next_page(const Operation& operation, const rest::Answer& answer, JsonView body) {
  mcp::JsonWriter out;
  out.object();
  bool any = false;
  if (auto link = rest::next_link(answer)) {
    for (const Parameter& parameter : operation.parameters) {
      if (parameter.in != Parameter::In::query) continue;
      auto value = rest::query_value(*link, parameter.name);
      // What changes from page to page goes by these names; the rest the caller knows.
      const std::string name = rest::lower(parameter.name);
      const bool moves = name.find("page") != std::string::npos || name.find("cursor") != std::string::npos ||
                         name.find("offset") != std::string::npos || name == "after" || name == "before" || name == "since" ||
                         name == "start" || name == "marker" || name.find("token") != std::string::npos;
      if (!value || !moves || name == "per_page" || name == "page_size" || name == "pagesize") continue;
      const bool number = !value->empty() && value->size() < 10 && value->find_first_not_of("0123456789") == std::string::npos;
      out.key(parameter.argument).raw(number ? std::to_string(std::stol(*value)) : mcp::json_quoted(*value));
      any = true;
    }
  }
  struct Way {
    std::string_view pointer, parameter;
  };
  static constexpr std::array<Way, 14> kWays{{{"/next_cursor", "cursor"},
                                              {"/nextCursor", "cursor"},
                                              {"/cursor/next", "cursor"},
                                              {"/response_metadata/next_cursor", "cursor"},
                                              {"/meta/next_cursor", "cursor"},
                                              {"/pagination/next_cursor", "cursor"},
                                              {"/next_page_token", "page_token"},
                                              {"/nextPageToken", "pageToken"},
                                              {"/next_page", "page"},
                                              {"/nextPage", "page"},
                                              {"/meta/next_page", "page"},
                                              {"/pagination/next_page", "page"},
                                              {"/next_offset", "offset"},
                                              {"/continuationToken", "continuationToken"}}};
  for (const Way& way : kWays) {
    if (any) break;
    JsonView value = rest::at_pointer(body, way.pointer);
    const bool there = (value.string() && !value.string()->empty()) || value.is(Kind::integer);
    const Parameter* parameter = query_parameter(operation, way.parameter);
    if (!there || !parameter) continue;
    out.key(parameter->argument).raw(value.text());
    any = true;
  }
  out.end();
  return any ? fmt::format("More: call again with {}", out.text()) : std::string();
}

Result<mcp::ToolResult> result_of(const Operation& operation, const rest::Answer& answer, const CallOptions& options,
                                  const rest::ApiName& api) {
  if (!answer.good()) return rest::failure_of(answer, api, std::chrono::system_clock::now());
  mcp::ToolResult out;
  const std::string type = answer.type();
  const bool json = operation.json_answer || type == "application/json" || type.ends_with("+json");
  if (answer.status == 204 || answer.status == 205 || (answer.body.empty() && !json))
    return mcp::ToolResult::text(fmt::format("done ({})", answer.status));
  if (json) {
    if (answer.body.empty()) return mcp::ToolResult::text(fmt::format("done ({})", answer.status));
    auto body = rest::parse_body(answer, api);
    if (!body) return std::move(body).error();
    rest::Trim trim;
    if (const auto* pointers = pointers_for(operation, options)) trim.keep = *pointers;
    trim.most_bytes = options.most_bytes;
    rest::Trimmed shown = rest::trimmed(body->root(), trim);
    std::string text = std::move(shown.json);
    for (const std::string& more : {shown.note(), next_page(operation, answer, body->root())})
      if (!more.empty()) text.append("\n").append(more);
    return mcp::ToolResult::text(std::move(text));
  }
  if (type.starts_with("image/")) {
    out.content.emplace_back(mcp::Image{answer.body, type});
    return out;
  }
  if (is_text(type)) {
    const std::string_view kept = rest::cut(answer.body, options.most_bytes);
    std::string text(kept);
    if (kept.size() < answer.body.size()) text.append(fmt::format("\n({} more bytes were left out)", answer.body.size() - kept.size()));
    return mcp::ToolResult::text(std::move(text));
  }
  return mcp::ToolResult::text(
      fmt::format("{} bytes of {}, which cannot be shown here", answer.body.size(), type.empty() ? "no known type" : type));
}

}  // namespace servers::openapi
