#include "sdk/client_forms.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "net/url.h"
#include "sdk/contents.h"

namespace sdk {

using mcp::Code;
using mcp::ElicitAnswer;
using mcp::Error;
using mcp::Form;
using mcp::FormField;
using mcp::JsonView;
using mcp::JsonWriter;
using mcp::Result;

namespace {

constexpr std::size_t kMostFields = 500;

using Kind = FormField::Kind;
using Options = std::vector<FormField::Option>;

// `enum` with the legacy `enumNames`, or an array of `const` and `title`.
Options read_options(JsonView plain, JsonView names, JsonView titled) {
  Options out;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    std::string value(plain.at(i).string_or(""));
    std::string title(names.at(i).string_or(value));
    out.push_back({std::move(value), std::move(title)});
  }
  titled.each_element([&](JsonView one) {
    std::string value(one["const"].string_or(""));
    std::string title(one["title"].string_or(value));
    out.push_back({std::move(value), std::move(title)});
  });
  return out;
}

Error malformed(std::string_view field, std::string_view why) {
  return Error(Code::invalid_argument, "the form's field '" + std::string(field.substr(0, 80)) + "' " + std::string(why));
}

void read_bounds(JsonView in, std::string_view least, std::string_view most, FormField& out) {
  out.least = in[least].number();
  out.most = in[most].number();
}

Result<FormField> read_field(std::string_view name, JsonView in, bool required) {
  FormField out;
  out.name = name;
  out.title = in["title"].string_or(name);
  out.description = in["description"].string_or("");
  out.required = required;
  if (in["default"]) out.initial = in["default"].text();
  std::string_view type = in["type"].string_or("");
  if (type == "string") {
    out.options = read_options(in["enum"], in["enumNames"], in["oneOf"]);
    out.kind = in["enum"] || in["oneOf"] ? Kind::one_of : Kind::text;
    out.format = in["format"].string_or("");
    read_bounds(in, "minLength", "maxLength", out);
  } else if (type == "integer" || type == "number") {
    out.kind = type == "integer" ? Kind::integer : Kind::number;
    read_bounds(in, "minimum", "maximum", out);
  } else if (type == "boolean") {
    out.kind = Kind::boolean;
  } else if (type == "array") {
    JsonView items = in["items"];
    out.kind = Kind::some_of;
    out.options = read_options(items["enum"], items["enumNames"], items["anyOf"] ? items["anyOf"] : items["oneOf"]);
    read_bounds(in, "minItems", "maxItems", out);
  } else {
    return malformed(name, "is of no type that a form may have");
  }
  const bool chooses = out.kind == Kind::one_of || out.kind == Kind::some_of;
  if (chooses && out.options.empty()) return malformed(name, "offers nothing to choose from");
  return out;
}

std::string bounds_text(const FormField& field, std::string_view what) {
  auto plain = [](double d) {
    char text[32];
    auto end = std::to_chars(text, text + sizeof text, d).ptr;
    return std::string(text, end);
  };
  std::string out(what);
  if (field.least && field.most) return out + " from " + plain(*field.least) + " to " + plain(*field.most);
  if (field.least) return out + " of at least " + plain(*field.least);
  if (field.most) return out + " of at most " + plain(*field.most);
  return out;
}

bool within(const FormField& field, double value) { return !(field.least && value < *field.least) && !(field.most && value > *field.most); }

const FormField::Option* option(const FormField& field, std::string_view value) {
  auto found = std::find_if(field.options.begin(), field.options.end(), [&](const auto& one) { return one.value == value; });
  return found == field.options.end() ? nullptr : &*found;
}

std::string options_text(const FormField& field) {
  std::string out;
  for (const auto& one : field.options) out.append(out.empty() ? "" : ", ").append(one.value);
  return out;
}

// What the field takes, and whether `value` is that.
std::string wanted(const FormField& field) {
  switch (field.kind) {
    case Kind::text: return bounds_text(field, field.least || field.most ? "a text with a length" : "a text");
    case Kind::integer: return bounds_text(field, "an integer");
    case Kind::number: return bounds_text(field, "a number");
    case Kind::boolean: return "true or false";
    case Kind::one_of: return "one of " + options_text(field);
    case Kind::some_of:
      return bounds_text(field, field.least || field.most ? "a number of choices" : "some") + " of " + options_text(field);
  }
  return {};
}

bool fits(const FormField& field, JsonView value) {
  switch (field.kind) {
    case Kind::text: {
      auto text = value.string();
      return text && within(field, static_cast<double>(mcp::detail::characters(*text)));
    }
    case Kind::integer: {
      auto whole = value.number();
      return whole && std::floor(*whole) == *whole && within(field, *whole);
    }
    case Kind::number: return value.number() && within(field, *value.number());
    case Kind::boolean: return value.boolean().has_value();
    case Kind::one_of: return value.string() && option(field, *value.string());
    case Kind::some_of: {
      if (!value.is(JsonView::Kind::array) || !within(field, static_cast<double>(value.size()))) return false;
      for (std::size_t i = 0; i < value.size(); ++i)
        if (!value.at(i).string() || !option(field, *value.at(i).string())) return false;
      return true;
    }
  }
  return false;
}

std::string_view action_name(ElicitAnswer::Action action) {
  switch (action) {
    case ElicitAnswer::Action::accept: return "accept";
    case ElicitAnswer::Action::decline: return "decline";
    case ElicitAnswer::Action::cancel: break;
  }
  return "cancel";
}

std::string bare_answer(const ElicitAnswer& answer) {
  JsonWriter w;
  w.object().field("action", action_name(answer.action())).end();
  return std::move(w).text();
}

// The value that was set last for the field, or nothing.
std::string_view value_of(const FormField& field, const ElicitAnswer& answer) {
  for (auto at = answer.fields().rbegin(); at != answer.fields().rend(); ++at)
    if (at->first == field.name) return at->second;
  return {};
}

bool takes(const FormField& field, std::string_view json) {
  auto value = mcp::Json::parse(json);
  return value && fits(field, value->root());
}

}  // namespace

bool asks_for_visit(JsonView params) { return params["mode"].string_or("form") == "url"; }

Result<Form> read_form(JsonView params) {
  Form out;
  out.message = params["message"].string_or("");
  JsonView schema = params["requestedSchema"];
  JsonView fields = schema["properties"];
  out.schema = schema.text();
  if (!schema.is(JsonView::Kind::object) || (fields && !fields.is(JsonView::Kind::object)))
    return Error(Code::invalid_argument, "the form has no schema");
  if (fields.size() > kMostFields) return Error(Code::invalid_argument, "the form has too many fields");
  JsonView required = schema["required"];
  auto is_required = [&](std::string_view name) {
    for (std::size_t i = 0; i < required.size(); ++i)
      if (required.at(i).string_or("") == name) return true;
    return false;
  };
  for (std::size_t i = 0; i < fields.size(); ++i) {
    auto field = read_field(fields.key(i), fields.at(i), is_required(fields.key(i)));
    if (!field) return std::move(field).error();
    out.fields.push_back(*std::move(field));
  }
  return out;
}

Result<mcp::Visit> read_visit(JsonView params) {
  mcp::Visit out;
  out.message = params["message"].string_or("");
  out.url = params["url"].string_or("");
  auto url = net::parse_url(out.url);
  if (!url) return Error(Code::invalid_argument, "the address to visit is no http or https URL: " + url.error().message);
  out.host = url->host;
  return out;
}

Result<mcp::SampleRequest> read_sample_request(JsonView params) {
  mcp::SampleRequest out;
  JsonView messages = params["messages"];
  if (!messages.is(JsonView::Kind::array)) return Error(Code::invalid_argument, "the sampling request has no messages");
  for (std::size_t i = 0; i < messages.size(); ++i) {
    mcp::SampleMessage message;
    if (messages.at(i)["role"].string_or("user") == "assistant") message.role = mcp::PromptMessage::Role::assistant;
    JsonView content = messages.at(i)["content"];
    const bool many = content.is(JsonView::Kind::array);
    for (std::size_t k = 0; k < (many ? content.size() : 1); ++k) {
      auto one = read_content(many ? content.at(k) : content);
      if (!one) return Error(Code::invalid_argument, one.error().message);
      message.content.push_back(*std::move(one));
    }
    out.messages.push_back(std::move(message));
  }
  out.system_prompt = params["systemPrompt"].string_or("");
  out.max_tokens = params["maxTokens"].integer_or(0);
  out.temperature = params["temperature"].number();
  params["stopSequences"].each_element([&](JsonView one) { out.stop_sequences.emplace_back(one.string_or("")); });
  params["modelPreferences"]["hints"].each_element([&](JsonView one) { out.models.emplace_back(one["name"].string_or("")); });
  out.params = params.text();
  return out;
}

Result<std::string> write_form_answer(const Form& form, const ElicitAnswer& answer) {
  if (answer.action() != ElicitAnswer::Action::accept) return bare_answer(answer);
  for (const auto& [name, value] : answer.fields())
    if (!form.find(name)) return Error(Code::invalid_argument, "the form has no field '" + name + "'");
  JsonWriter w;
  w.object().field("action", "accept").key("content").object();
  for (const FormField& field : form.fields) {
    std::string_view value = value_of(field, answer);
    if (value.empty() && !field.initial.empty() && takes(field, field.initial)) value = field.initial;
    if (value.empty()) {
      if (field.required) return Error(Code::invalid_argument, "the form's field '" + field.name + "' must be given");
      continue;
    }
    if (!takes(field, value)) return Error(Code::invalid_argument, "the form's field '" + field.name + "' must be " + wanted(field));
    w.key(field.name).raw(value);
  }
  w.end().end();
  return std::move(w).text();
}

std::string write_visit_answer(const ElicitAnswer& answer) { return bare_answer(answer); }

std::string write_sample(const mcp::Sample& sample) {
  JsonWriter w;
  w.object().field("role", "assistant").key("content");
  write_content(w, sample.content);
  w.field("model", sample.model.empty() ? "unknown" : sample.model).field("stopReason", sample.stop_reason).end();
  return std::move(w).text();
}

std::string write_roots(const std::vector<mcp::Root>& roots) {
  JsonWriter w;
  w.object().key("roots").array();
  for (const auto& root : roots) {
    w.object().field("uri", root.uri);
    if (!root.name.empty()) w.field("name", root.name);
    w.end();
  }
  w.end().end();
  return std::move(w).text();
}

}  // namespace sdk

namespace mcp {

const FormField* Form::find(std::string_view name) const {
  auto found = std::find_if(fields.begin(), fields.end(), [&](const FormField& field) { return field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

namespace {

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// An option by its number (from 1), its value, or its title.
const FormField::Option* chosen(const FormField& field, std::string_view typed) {
  for (const auto& one : field.options)
    if (one.value == typed || one.title == typed) return &one;
  std::size_t number = 0;
  auto [end, ec] = std::from_chars(typed.data(), typed.data() + typed.size(), number);
  const bool whole = ec == std::errc() && end == typed.data() + typed.size();
  return whole && number >= 1 && number <= field.options.size() ? &field.options[number - 1] : nullptr;
}

}  // namespace

Result<std::string> FormField::read(std::string_view typed) const {
  Error wrong(Code::invalid_argument, "'" + title + "' must be " + sdk::wanted(*this));
  std::string_view text = trimmed(typed);
  std::string json;
  switch (kind) {
    case Kind::text: json = json_quoted(typed); break;
    case Kind::integer:
    case Kind::number: json = text; break;
    case Kind::boolean:
      if (text == "y" || text == "yes" || text == "true") json = "true";
      if (text == "n" || text == "no" || text == "false") json = "false";
      break;
    case Kind::one_of: {
      const Option* one = chosen(*this, text);
      if (!one) return wrong;
      json = json_quoted(one->value);
      break;
    }
    case Kind::some_of: {
      JsonWriter w;
      w.array();
      while (!text.empty()) {
        auto comma = text.find(',');
        const Option* one = chosen(*this, trimmed(text.substr(0, comma)));
        if (!one) return wrong;
        w.value(one->value);
        text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
      }
      w.end();
      json = std::move(w).text();
      break;
    }
  }
  auto value = Json::parse(json);
  if (!value || !sdk::fits(*this, value->root())) return wrong;
  return json;
}

}  // namespace mcp
