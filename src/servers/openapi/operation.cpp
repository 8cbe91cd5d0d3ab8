#include "servers/openapi/operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/digest.h"
#include "base/glob.h"
#include "servers/openapi/schema_text.h"
#include "servers/rest/text.h"

namespace servers::openapi {
namespace {

using Kind = JsonView::Kind;

constexpr std::array<std::string_view, 8> kMethods{"get", "put", "post", "delete", "options", "head", "patch", "trace"};
constexpr std::size_t kMostParameters = 100;
constexpr std::size_t kSchemaBytes = 12'000;
constexpr std::size_t kSummary = 300;

bool fits(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(), [text](const std::string& one) { return base::glob_match(one, text); });
}

bool names_operation(const std::vector<std::string>& patterns, std::string_view id, const std::string& method, std::string_view path) {
  return (!id.empty() && fits(patterns, id)) || fits(patterns, fmt::format("{} {}", method, path));
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 0x20);
  return out;
}

std::optional<Parameter::In> find_place(std::string_view in) {
  if (in == "path") return Parameter::In::path;
  if (in == "query") return Parameter::In::query;
  if (in == "header") return Parameter::In::header;
  if (in == "cookie") return Parameter::In::cookie;
  return std::nullopt;
}

std::string_view place_name(Parameter::In in) {
  switch (in) {
    case Parameter::In::path: return "path";
    case Parameter::In::query: return "query";
    case Parameter::In::header: return "header";
    case Parameter::In::cookie: return "cookie";
  }
  return "query";
}

Parameter::Style style_of(std::string_view style, Parameter::In in) {
  using Style = Parameter::Style;
  if (style == "label") return Style::label;
  if (style == "matrix") return Style::matrix;
  if (style == "spaceDelimited") return Style::space;
  if (style == "pipeDelimited") return Style::pipe;
  if (style == "deepObject") return Style::deep;
  if (style == "simple") return Style::simple;
  if (style == "form") return Style::form;
  return in == Parameter::In::query || in == Parameter::In::cookie ? Style::form : Style::simple;
}

// The part of `content` that is used, by what can be sent or read best.
std::string_view best_media_type(JsonView content) {
  std::array<std::string_view, 6> found{};
  content.each_member([&found](std::string_view type, JsonView) {
    const std::string plain = rest::lower(type.substr(0, type.find(';')));
    std::size_t rank = 5;
    if (plain == "application/json" || plain == "*/*" || plain == "application/*")
      rank = 0;
    else if (plain.ends_with("+json") || plain == "text/json")
      rank = 1;
    else if (plain == "application/x-www-form-urlencoded")
      rank = 2;
    else if (plain == "multipart/form-data")
      rank = 3;
    else if (plain.starts_with("text/"))
      rank = 4;
    if (found[rank].empty()) found[rank] = type;
  });
  for (std::string_view type : found)
    if (!type.empty()) return type;
  return {};
}

bool says_json(std::string_view type) {
  const std::string plain = rest::lower(type.substr(0, type.find(';')));
  return plain == "application/json" || plain.ends_with("+json") || plain == "text/json";
}

// Reads one operation into what its tool needs.
class OperationReader {
 public:
  OperationReader(const Document& document, JsonView path_item, JsonView operation)
      : document_(document), path_item_(path_item), operation_(operation), schemas_(document, kSchemaBytes) {}

  Result<Operation> read(std::string method, std::string_view path) {
    out_.method = std::move(method);
    out_.path = path;
    out_.id = operation_["operationId"].string_or("");
    out_.summary = summary();
    properties_.object();
    if (auto done = read_parameters(); !done) return std::move(done).error();
    if (auto done = check_path(); !done) return std::move(done).error();
    if (auto done = read_body(); !done) return std::move(done).error();
    properties_.end();
    if (auto done = read_security(); !done) return std::move(done).error();
    read_answers();
    read_server();
    write_schema();
    return std::move(out_);
  }
  const std::string& problem() const { return schemas_.problem(); }

 private:
  std::string summary() const {
    std::string text(operation_["summary"].string_or(""));
    const std::string_view more = operation_["description"].string_or("");
    if (text.empty()) text = short_description(more, kSummary);
    if (text.empty()) text = fmt::format("{} {}", out_.method, out_.path);
    if (operation_["deprecated"].boolean_or(false)) text.insert(0, "Deprecated. ");
    return short_description(text, kSummary);
  }

  // The operation's own parameters hide those of its path with the same name and place.
  Result<> read_parameters() {
    std::vector<JsonView> all;
    std::set<std::pair<std::string, std::string>> seen;
    for (JsonView list : {operation_["parameters"], path_item_["parameters"]}) {
      for (std::size_t i = 0; i < list.size(); ++i) {
        auto parameter = document_.resolve(list.at(i));
        if (!parameter) return std::move(parameter).error();
        std::pair key((*parameter)["name"].string_or(""), (*parameter)["in"].string_or(""));
        if (seen.emplace(key).second) all.push_back(*parameter);
      }
    }
    if (all.size() > kMostParameters) return Error(Code::invalid_argument, fmt::format("it has more than {} parameters", kMostParameters));
    for (JsonView parameter : all)
      if (auto done = read_parameter(parameter); !done) return done;
    return {};
  }

  Result<> read_parameter(JsonView from) {
    Parameter parameter;
    parameter.name = from["name"].string_or("");
    auto in = find_place(from["in"].string_or(""));
    if (parameter.name.empty() || !in) return Error(Code::invalid_argument, "a parameter has no name or no place ('in')");
    parameter.in = *in;
    if (parameter.in == Parameter::In::header) {
      const std::string lower = rest::lower(parameter.name);
      // The specification has these given by the media types and the security schemes.
      if (lower == "accept" || lower == "content-type" || lower == "authorization") return {};
      if (lower.find_first_not_of("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") != std::string::npos)
        return Error(Code::invalid_argument, fmt::format("'{}' is no name of a header", rest::plain_line(parameter.name, 60)));
    }
    parameter.style = style_of(from["style"].string_or(""), parameter.in);
    parameter.explode = from["explode"].boolean_or(parameter.style == Parameter::Style::form);
    parameter.reserved = from["allowReserved"].boolean_or(false);
    parameter.required = parameter.in == Parameter::In::path || from["required"].boolean_or(false);
    JsonView schema = from["schema"];
    if (JsonView content = from["content"]; content.is(Kind::object) && content.size() > 0) {
      schema = content.at(0)["schema"];
      parameter.json = says_json(content.key(0));
    }
    parameter.argument = argument_name(parameter.name, place_name(parameter.in));
    add_argument(parameter.argument, schema, from["description"].string_or(""));
    if (parameter.required) required_.push_back(parameter.argument);
    out_.parameters.push_back(std::move(parameter));
    return {};
  }

  // What is a fine name for a property of the arguments: as it is where possible, as code has to spell it.
  std::string argument_name(std::string_view name, std::string_view place) {
    std::string out;
    for (char c : name) out.push_back(std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.' ? c : '_');
    while (!out.empty() && out.back() == '_' && name.ends_with("[]")) out.pop_back();
    out.resize(std::min<std::size_t>(out.size(), 60));
    if (out.empty()) out = "value";
    if (!arguments_.insert(out).second) {
      const std::string head = fmt::format("{}_in_{}", out, place);
      out = head;
      for (int i = 2; !arguments_.insert(out).second; ++i) out = fmt::format("{}_{}", head, i);
    }
    return out;
  }

  // The parameter's own description counts more than its schema's.
  void add_argument(const std::string& name, JsonView schema, std::string_view description) {
    std::string text = schemas_.convert(schema);
    properties_.key(name);
    auto read = mcp::Json::parse(text);
    if (description.empty() || !read || !read->root().is(Kind::object)) {
      properties_.raw(text);
      return;
    }
    properties_.object();
    read->root().each_member([this](std::string_view key, JsonView value) {
      if (key != "description") properties_.key(key).raw(value.text());
    });
    properties_.field("description", short_description(description, 160)).end();
  }

  Result<> check_path() {
    std::string_view path = out_.path;
    if (!path.starts_with('/')) return Error(Code::invalid_argument, "its path does not begin with '/'");
    while (true) {
      const std::size_t open = path.find('{');
      if (open == std::string_view::npos) return {};
      const std::size_t close = path.find('}', open);
      if (close == std::string_view::npos) return Error(Code::invalid_argument, "its path has a '{' without '}'");
      const std::string_view name = path.substr(open + 1, close - open - 1);
      auto known = [name](const Parameter& one) { return one.in == Parameter::In::path && one.name == name; };
      if (std::none_of(out_.parameters.begin(), out_.parameters.end(), known))
        return Error(Code::invalid_argument,
                     fmt::format("its path has '{{{}}}' and no parameter describes it", rest::plain_line(name, 40)));
      path.remove_prefix(close + 1);
    }
  }

  Result<> read_body() {
    if (!operation_["requestBody"]) return {};
    auto from = document_.resolve(operation_["requestBody"]);
    if (!from) return std::move(from).error();
    JsonView content = (*from)["content"];
    const std::string_view type = best_media_type(content);
    if (type.empty()) return {};
    Body body;
    body.media_type = type.find('*') == std::string_view::npos ? std::string(type) : "application/json";
    const std::string plain = rest::lower(body.media_type.substr(0, body.media_type.find(';')));
    if (says_json(body.media_type))
      body.kind = Body::Kind::json;
    else if (plain == "application/x-www-form-urlencoded")
      body.kind = Body::Kind::form;
    else if (plain == "multipart/form-data")
      body.kind = Body::Kind::multipart;
    else
      body.kind = plain.starts_with("text/") || plain.ends_with("xml") ? Body::Kind::text : Body::Kind::bytes;
    if (!rest::fits_a_header(body.media_type)) return Error(Code::invalid_argument, "the media type of its body has a control character");
    body.required = (*from)["required"].boolean_or(false);
    body.argument = argument_name("body", "request");
    JsonView schema = content[type]["schema"];
    if (body.kind == Body::Kind::multipart) body.binary = binary_parts(schema);
    if (body.kind == Body::Kind::text || body.kind == Body::Kind::bytes)
      properties_.key(body.argument)
          .object()
          .field("type", "string")
          .field("description",
                 body.kind == Body::Kind::text ? fmt::format("The body, as {}", plain) : fmt::format("The body in base64, as {}", plain))
          .end();
    else
      add_argument(body.argument, schema, (*from)["description"].string_or(""));
    if (body.required) required_.push_back(body.argument);
    out_.body = std::move(body);
    return {};
  }

  std::vector<std::string> binary_parts(JsonView schema) const {
    std::vector<std::string> out;
    auto found = document_.resolve(schema);
    if (!found) return out;
    (*found)["properties"].each_member([&](std::string_view name, JsonView property) {
      auto plain = document_.resolve(property);
      if (plain && ((*plain)["format"].string_or("") == "binary" || (*plain)["contentMediaType"])) out.emplace_back(name);
    });
    return out;
  }

  Result<> read_security() {
    JsonView list = operation_["security"];
    if (!list) list = document_.root()["security"];
    for (std::size_t i = 0; i < list.size(); ++i) {
      Alternative alternative;
      JsonView names = list.at(i);
      bool known = true;
      for (std::size_t k = 0; k < names.size(); ++k) {
        auto scheme = read_scheme(names.key(k));
        known = known && scheme.has_value();
        if (scheme) alternative.push_back(*std::move(scheme));
      }
      if (known) out_.security.push_back(std::move(alternative));
    }
    if (list.size() > 0 && out_.security.empty())
      return Error(Code::invalid_argument,
                   "it asks for a kind of sign-in that is not known here (known are http bearer and basic, API keys, OAuth 2 by token)");
    return {};
  }

  std::optional<Scheme> read_scheme(std::string_view name) const {
    auto found = document_.resolve(document_.root()["components"]["securitySchemes"][name]);
    if (!found) return std::nullopt;
    JsonView from = *found;
    Scheme out;
    out.name = name;
    const std::string_view type = from["type"].string_or("");
    if (type == "oauth2" || type == "openIdConnect") return out;
    if (type == "http") {
      const std::string scheme = rest::lower(from["scheme"].string_or(""));
      if (scheme == "basic") out.kind = Scheme::Kind::basic;
      return scheme == "basic" || scheme == "bearer" ? std::optional(out) : std::nullopt;
    }
    if (type != "apiKey") return std::nullopt;
    out.parameter = from["name"].string_or("");
    if (out.parameter.empty() || !rest::fits_a_header(out.parameter)) return std::nullopt;
    const std::string_view in = from["in"].string_or("");
    if (in == "header")
      out.kind = Scheme::Kind::header;
    else if (in == "query")
      out.kind = Scheme::Kind::query;
    else if (in == "cookie")
      out.kind = Scheme::Kind::cookie;
    else
      return std::nullopt;
    return out;
  }

  void read_answers() {
    std::string_view best;
    operation_["responses"].each_member([&](std::string_view status, JsonView response) {
      auto found = document_.resolve(response);
      if (!found || !status.starts_with('2') || !best.empty()) return;
      best = best_media_type((*found)["content"]);
    });
    if (best.empty() || !rest::fits_a_header(best)) {
      out_.json_answer = false;
      out_.accept = "application/json, text/plain;q=0.9, */*;q=0.5";
    } else {
      out_.json_answer = says_json(best);
      out_.accept = best;
    }
  }

  void read_server() {
    for (JsonView list : {operation_["servers"], path_item_["servers"], document_.root()["servers"]}) {
      JsonView server = list.at(0);
      if (!server["url"]) continue;
      std::string url(server["url"].string_or(""));
      server["variables"].each_member([&url](std::string_view name, JsonView variable) {
        const std::string place = fmt::format("{{{}}}", name);
        if (std::size_t at = url.find(place); at != std::string::npos) url.replace(at, place.size(), variable["default"].string_or(""));
      });
      out_.server = std::move(url);
      return;
    }
  }

  void write_schema() {
    mcp::JsonWriter schema;
    schema.object().field("type", "object").key("properties").raw(properties_.text());
    if (!required_.empty()) {
      schema.key("required").array();
      for (const std::string& name : required_) schema.value(name);
      schema.end();
    }
    schema.field("additionalProperties", false);
    if (const std::string definitions = schemas_.definitions(); !definitions.empty()) schema.key("$defs").raw(definitions);
    schema.end();
    out_.input_schema = std::move(schema).text();
  }

  const Document& document_;
  JsonView path_item_, operation_;
  SchemaText schemas_;
  Operation out_;
  mcp::JsonWriter properties_;
  std::vector<std::string> required_;
  std::set<std::string, std::less<>> arguments_;
};

bool has_tag(JsonView operation, const std::vector<std::string>& tags) {
  bool found = false;
  operation["tags"].each_element(
      [&](JsonView tag) { found = found || std::find(tags.begin(), tags.end(), tag.string_or("")) != tags.end(); });
  return found;
}

bool is_selected(const Selection& selection, std::string_view path, std::string_view method, JsonView operation) {
  const std::string_view id = operation["operationId"].string_or("");
  const std::string big = upper(method);
  if (!selection.methods.empty() && std::find(selection.methods.begin(), selection.methods.end(), method) == selection.methods.end())
    return false;
  if (!selection.tags.empty() && !has_tag(operation, selection.tags)) return false;
  if (!selection.paths.empty() && !fits(selection.paths, path)) return false;
  if (!selection.operations.empty() && !names_operation(selection.operations, id, big, path)) return false;
  return !names_operation(selection.exclude, id, big, path);
}

std::string name_text(const Operation& operation) {
  if (!operation.id.empty()) return operation.id;
  std::string out = rest::lower(operation.method);
  bool gap = true;
  for (char c : operation.path) {
    const bool letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (letter && gap) out.push_back('_');
    if (letter) out.push_back(c);
    gap = !letter;
  }
  return out;
}

}  // namespace

std::string tool_name(std::string_view text, std::map<std::string, int>& taken) {
  constexpr std::size_t kLongest = 64;
  std::string name;
  bool gap = false;
  for (char c : text) {
    const bool good = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    if (good) {
      if (gap && !name.empty()) name.push_back('_');
      name.push_back(c);
    }
    gap = !good;
  }
  if (name.empty()) name = "operation";
  if (name.size() > kLongest) name = fmt::format("{}_{}", name.substr(0, kLongest - 7), base::sha256_hex(text).substr(0, 6));
  if (taken[name]++ == 0) return name;
  std::string other;
  do {
    const std::string mark = fmt::format("_{}", taken[name]++);
    other = name.substr(0, kLongest - mark.size()) + mark;
  } while (taken.contains(other));
  taken[other] = 1;
  return other;
}

Operations read_operations(const Document& document, const Selection& selection, std::size_t most) {
  Operations out;
  std::map<std::string, int> taken;
  document.root()["paths"].each_member([&](std::string_view path, JsonView item) {
    auto found = document.resolve(item);
    if (!found) return out.problems.push_back(fmt::format("{}: {}", rest::plain_line(path, 80), found.error().message));
    for (std::string_view method : kMethods) {
      JsonView operation = (*found)[method];
      if (!operation.is(Kind::object) || method == "trace" || !is_selected(selection, path, method, operation)) continue;
      if (++out.selected > most) continue;
      OperationReader reader(document, *found, operation);
      auto read = reader.read(upper(method), path);
      const std::string where = fmt::format("{} {}", upper(method), rest::plain_line(path, 80));
      if (!read) {
        out.problems.push_back(fmt::format("{} was left out: {}", where, read.error().message));
        continue;
      }
      if (!reader.problem().empty()) out.problems.push_back(fmt::format("{}: {}", where, reader.problem()));
      read->name = tool_name(name_text(*read), taken);
      out.all.push_back(*std::move(read));
    }
  });
  if (out.selected > most)
    out.problems.push_back(fmt::format("{} operations are selected, and at most {} become tools; select fewer by tags, paths or operations",
                                       out.selected, most));
  return out;
}

}  // namespace servers::openapi
