#include "disclosure/signature.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "base/json.h"

namespace disclosure {
namespace {

constexpr std::size_t kMostRequired = 24;
constexpr std::size_t kMostOptional = 4;
constexpr std::size_t kMostChoices = 3;
constexpr std::size_t kMostOfChoice = 24;
constexpr int kMostSteps = 4;  // into a schema, also over references
constexpr int kMostLooks = 500;

// Upstreams' names go into one line: what would break it, or hide in it, becomes a question mark.
void append_name(std::string& out, std::string_view name) {
  for (char c : name) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
}

std::string_view plain_type(std::string_view type) {
  struct Pair {
    std::string_view from, to;
  };
  static constexpr std::array<Pair, 7> kTypes{{{"\"string\"", "str"},
                                               {"\"integer\"", "int"},
                                               {"\"number\"", "num"},
                                               {"\"boolean\"", "bool"},
                                               {"\"null\"", "null"},
                                               {"\"object\"", "obj"},
                                               {"\"array\"", "any[]"}}};
  for (const Pair& pair : kTypes) {
    if (pair.from == type) return pair.to;
  }
  return "any";
}

// One of several types, said once.
void add_type(std::vector<std::string>& types, std::string type) {
  if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(std::move(type));
}

std::string joined(const std::vector<std::string>& types) {
  std::string out;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i == kMostChoices) return out += "|…";
    if (i > 0) out += '|';
    out += types[i];
  }
  return out;
}

// Reads types out of one tool's input schema.
class Types {
 public:
  explicit Types(std::string_view root) : root_(root) {}

  std::string of(std::string_view schema, int steps = 0) const {
    if (!base::is_object(schema) || steps > kMostSteps || left_ == 0) return "any";
    --left_;
    if (std::string_view reference = base::find_member(schema, "$ref"); !reference.empty()) {
      std::string_view target = followed(reference);
      return target.empty() ? "obj" : of(target, steps + 1);
    }
    if (std::string_view values = base::find_member(schema, "enum"); base::is_array(values)) return choices(values);
    if (std::string_view value = base::find_member(schema, "const"); !value.empty())
      return value.size() <= kMostOfChoice ? one_line(value) : "any";
    for (std::string_view word : {"anyOf", "oneOf"}) {
      if (std::string_view branches = base::find_member(schema, word); base::is_array(branches)) return any_of(branches, steps);
    }
    std::string_view type = base::find_member(schema, "type");
    if (base::is_array(type)) return named(type);
    if (type == "\"array\"") return list_of(base::find_member(schema, "items"), steps);
    if (type.empty() && !base::find_member(schema, "properties").empty()) return "obj";
    return std::string(plain_type(type));
  }

 private:
  static std::string one_line(std::string_view value) { return base::single_line(value) ? std::string(value) : base::minified(value); }

  // Where a reference inside of this schema leads: `#/$defs/Name` or `#/definitions/Name`.
  std::string_view followed(std::string_view reference) const {
    auto text = base::json_string(reference);
    if (!text) return {};
    for (std::string_view place : {"$defs", "definitions"}) {
      std::string start = "#/" + std::string(place) + "/";
      if (text->starts_with(start)) return base::find_member(base::find_member(root_, place), std::string_view(*text).substr(start.size()));
    }
    return {};
  }

  static std::string choices(std::string_view values) {
    std::vector<std::string> found;
    base::Elements each(values);
    for (int looks = kMostLooks; looks > 0 && found.size() <= kMostChoices && each.next(); --looks) {
      if (each.value().size() <= kMostOfChoice) add_type(found, one_line(each.value()));
    }
    return found.empty() ? "any" : joined(found);
  }

  static std::string named(std::string_view names) {
    std::vector<std::string> found;
    base::Elements each(names);
    while (found.size() <= kMostChoices && each.next()) add_type(found, std::string(plain_type(each.value())));
    return found.empty() ? "any" : joined(found);
  }

  std::string any_of(std::string_view branches, int steps) const {
    std::vector<std::string> found;
    base::Elements each(branches);
    while (found.size() <= kMostChoices && left_ > 0 && each.next()) add_type(found, of(each.value(), steps + 1));
    return found.empty() ? "any" : joined(found);
  }

  std::string list_of(std::string_view items, int steps) const {
    std::string item = items.empty() ? "any" : of(items, steps + 1);
    return item.find('|') == std::string::npos ? item + "[]" : "(" + item + ")[]";
  }

  std::string_view root_;
  mutable int left_ = kMostLooks;  // schemas that are looked at for all parameters of a tool: a hostile one branches without end
};

struct Parameter {
  std::string name;
  std::string_view schema;
};

void append_parameter(std::string& out, const Types& types, const Parameter& parameter, std::string_view mark) {
  if (out.back() != '(') out += ", ";
  append_name(out, parameter.name);
  std::string type = types.of(parameter.schema);
  // What may be left out may be null: that needs no words.
  if (!mark.empty() && type.ends_with("|null")) type.resize(type.size() - std::string_view("|null").size());
  out.append(mark).append(": ").append(type);
  // What everybody would guess is not worth its tokens.
  std::string_view otherwise = base::find_member(parameter.schema, "default");
  if (otherwise.empty() || otherwise == "null" || otherwise == "false" || otherwise == "\"\"" || otherwise == "[]" ||
      otherwise.size() > kMostOfChoice || base::is_object(otherwise))
    return;
  out.append(" = ").append(base::single_line(otherwise) ? std::string(otherwise) : base::minified(otherwise));
}

void append_parameters(std::string& out, std::string_view schema) {
  if (!base::is_object(schema)) return;
  std::vector<std::string> names;
  base::Elements required(base::find_member(schema, "required"));
  while (names.size() < kMostRequired && required.next()) {
    if (auto name = base::json_string(required.value())) names.push_back(std::move(*name));
  }
  std::vector<Parameter> first, others;
  bool more = false;
  base::Members properties(base::find_member(schema, "properties"));
  while (properties.next()) {
    bool needed = std::find(names.begin(), names.end(), properties.key()) != names.end();
    std::vector<Parameter>& list = needed ? first : others;
    if (list.size() == (needed ? kMostRequired : kMostOptional)) {
      more = true;
      continue;
    }
    list.push_back({std::string(properties.key()), properties.value()});
  }
  Types types(schema);
  for (const Parameter& parameter : first) append_parameter(out, types, parameter, "");
  for (const Parameter& parameter : others) append_parameter(out, types, parameter, "?");
  if (more) out += out.back() == '(' ? "…" : ", …";
}

bool ends_sentence(std::string_view text, std::size_t at) {
  if (text[at] == '!' || text[at] == '?') return at + 1 == text.size() || text[at + 1] == ' ';
  if (text[at] != '.' || (at + 1 < text.size() && text[at + 1] != ' ')) return false;
  std::size_t start = text.find_last_of(" (", at) + 1;  // npos + 1 is 0
  std::string_view word = text.substr(start, at - start);
  return word != "e.g" && word != "i.e" && word != "vs" && word != "etc" && word != "ca" && word != "approx";
}

}  // namespace

std::string first_sentence(std::string_view description) {
  std::size_t from = description.find_first_not_of(" \t\r\n#*->");
  if (from == std::string_view::npos) return {};
  // A little more than can be shown is enough to see where it ends.
  std::string_view rest = description.substr(from, 4 * kMostOfSentence);
  rest = rest.substr(0, rest.find("\n\n"));
  std::string line;
  for (char c : rest) {
    bool space = static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
    if (!space) line += c;
    if (space && !line.empty() && line.back() != ' ') line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (!ends_sentence(line, i)) continue;
    line.resize(line[i] == '.' ? i : i + 1);
    break;
  }
  if (line.size() <= kMostOfSentence) return line;
  std::size_t cut = line.find_last_of(' ', kMostOfSentence);
  if (cut == std::string::npos || cut < kMostOfSentence / 2) {
    cut = kMostOfSentence;
    while (cut > 0 && (static_cast<unsigned char>(line[cut]) & 0xc0) == 0x80) --cut;
  }
  line.resize(cut);
  return line += "…";
}

std::string signature_line(const ToolView& tool) {
  std::string line;
  append_name(line, tool.server);
  line += '.';
  append_name(line, tool.name);
  line += '(';
  append_parameters(line, tool.input_schema);
  line += ')';
  std::string sentence = first_sentence(tool.description.empty() ? tool.title : tool.description);
  if (!sentence.empty()) line.append(" — ").append(sentence);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';  // from a schema that is no JSON
  }
  return line;
}

}  // namespace disclosure
