#include "app/questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "app/asked_gateway.h"

namespace app {
namespace {

using mcp::JsonView;
using mcp::JsonWriter;

struct Option {
  std::string value, title;
};

// A typed line as JSON text, or why it does not fit.
struct Typed {
  std::string json;
  std::string problem;
};

std::vector<Option> options_of(JsonView field) {
  std::vector<Option> out;
  JsonView names = field["enumNames"];
  field["enum"].each_element([&](JsonView value) {
    std::string text(value.string_or(""));
    out.push_back({text, std::string(names.at(out.size()).string_or(text))});
  });
  for (std::string_view key : {"oneOf", "anyOf"})
    field[key].each_element([&](JsonView one) {
      std::string text(one["const"].string_or(""));
      out.push_back({text, std::string(one["title"].string_or(text))});
    });
  return out;
}

// By its number in the list shown, its value or its title.
const Option* pick(const std::vector<Option>& options, std::string_view typed) {
  std::size_t number = 0;
  auto [end, error] = std::from_chars(typed.data(), typed.data() + typed.size(), number);
  if (error == std::errc() && end == typed.data() + typed.size() && number >= 1 && number <= options.size()) return &options[number - 1];
  auto found = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.value == typed || o.title == typed; });
  return found == options.end() ? nullptr : &*found;
}

Typed read_number(JsonView field, const std::string& line, bool integer) {
  auto json = mcp::Json::parse(line);
  auto value = json ? json->root().number() : std::nullopt;
  if (!value || (integer && !json->root().integer())) return {"", integer ? "a whole number is wanted" : "a number is wanted"};
  if (auto least = field["minimum"].number(); least && *value < *least) return {"", fmt::format("at least {}", *least)};
  if (auto most = field["maximum"].number(); most && *value > *most) return {"", fmt::format("at most {}", *most)};
  return {line, ""};
}

Typed read_text(JsonView field, const std::string& line) {
  auto size = static_cast<std::int64_t>(line.size());
  if (size < field["minLength"].integer_or(0)) return {"", fmt::format("at least {} characters", field["minLength"].integer_or(0))};
  if (size > field["maxLength"].integer_or(size)) return {"", fmt::format("at most {} characters", field["maxLength"].integer_or(0))};
  return {mcp::json_quoted(line), ""};
}

Typed read_several(const std::vector<Option>& options, std::string_view line) {
  JsonWriter out;
  out.array();
  while (!line.empty()) {
    std::string_view one = line.substr(0, line.find(','));
    line.remove_prefix(std::min(line.size(), one.size() + 1));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    const Option* option = pick(options, one);
    if (!option) return {"", fmt::format("there is no choice {}", without_controls(one))};
    out.value(option->value);
  }
  return {out.end().text(), ""};
}

Typed read_line(JsonView field, const std::string& line) {
  std::string_view type = field["type"].string_or("string");
  if (type == "array") return read_several(options_of(field["items"]), line);
  if (auto options = options_of(field); !options.empty()) {
    const Option* option = pick(options, line);
    return option ? Typed{mcp::json_quoted(option->value), ""} : Typed{"", "one of the choices is wanted"};
  }
  if (type == "boolean") {
    if (line == "y" || line == "yes" || line == "true") return {"true", ""};
    if (line == "n" || line == "no" || line == "false") return {"false", ""};
    return {"", "y or n"};
  }
  if (type == "integer" || type == "number") return read_number(field, line, type == "integer");
  return read_text(field, line);
}

std::string prompt_for(std::string_view name, JsonView field, bool required) {
  std::string out = "  " + without_controls(field["title"].string_or(name));
  if (auto about = field["description"].string()) out += ": " + without_controls(*about);
  bool several = field["type"].string_or("") == "array";
  auto options = options_of(several ? field["items"] : field);
  for (std::size_t i = 0; i < options.size(); ++i) out += fmt::format("\n    {}  {}", i + 1, without_controls(options[i].title));
  if (several) out += "\n    several with commas";
  if (field["type"].string_or("") == "boolean") out += " (y/n)";
  if (field["default"]) out += " [" + without_controls(field["default"].text()) + "]";
  if (!required) out += " (may be left empty)";
  return out + " > ";
}

bool is_required(JsonView schema, std::string_view name) {
  bool found = false;
  schema["required"].each_element([&](JsonView one) { found = found || one.string_or("") == name; });
  return found;
}

// The field's value as JSON text, empty when it is left out; nothing when the input ended.
std::optional<std::string> ask_field(std::string_view name, JsonView field, bool required, const Person& person) {
  for (;;) {
    auto line = person.ask(prompt_for(name, field, required));
    if (!line) return std::nullopt;
    if (line->empty() && field["default"]) return field["default"].text();
    if (line->empty() && !required) return std::string();
    Typed typed = read_line(field, *line);
    if (typed.problem.empty()) return typed.json;
    person.tell("  " + typed.problem + "\n");
  }
}

std::string only(std::string_view action) { return JsonWriter().object().field("action", action).end().text(); }

}  // namespace

std::string answer_elicitation(JsonView params, const Person& person) {
  person.tell("\nThe server asks: " + without_controls(params["message"].string_or("")) + "\n");
  if (params["mode"].string_or("form") == "url") {
    person.tell("  " + without_controls(params["url"].string_or("")) + "\n");
    auto been = person.ask("  Open it in your browser. Go on? (y/n) > ");
    if (!been) return only("cancel");
    return only(*been == "y" || *been == "yes" ? "accept" : "decline");
  }
  JsonView schema = params["requestedSchema"];
  auto willing = person.ask("  Answer? (y/n) > ");
  if (!willing) return only("cancel");
  if (*willing != "y" && *willing != "yes" && !willing->empty()) return only("decline");
  JsonWriter content;
  content.object();
  for (std::size_t i = 0; i < schema["properties"].size(); ++i) {
    std::string_view name = schema["properties"].key(i);
    auto value = ask_field(name, schema["properties"].at(i), is_required(schema, name), person);
    if (!value) return only("cancel");
    if (!value->empty()) content.key(name).raw(*value);
  }
  return JsonWriter().object().field("action", "accept").key("content").raw(content.end().text()).end().text();
}

std::string answer_requests(JsonView requests, const Person& person) {
  JsonWriter out;
  out.object();
  for (std::size_t i = 0; i < requests.size(); ++i)
    if (requests.at(i)["method"].string_or("") == "elicitation/create")
      out.key(requests.key(i)).raw(answer_elicitation(requests.at(i)["params"], person));
  return out.end().text();
}

}  // namespace app
