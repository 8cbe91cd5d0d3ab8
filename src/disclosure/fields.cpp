#include "disclosure/fields.h"

#include <algorithm>

#include "base/json.h"
#include "disclosure/vocabulary.h"
#include "disclosure/words.h"

namespace disclosure {
namespace {

constexpr int kMostDepth = 5;            // into a schema
constexpr std::size_t kMostValues = 20;  // of an enum
constexpr std::size_t kMostMembers = 500;

// The first sentence or paragraph ends here.
std::size_t end_of_lead(std::string_view text) {
  std::size_t from = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  return std::min({text.find(". ", from), text.find(".\n", from), text.find("\n\n", from), text.size()});
}

class Reader {
 public:
  void add(Field field, std::string_view text) {
    std::size_t& used = used_[static_cast<std::size_t>(field)];
    std::size_t most = kMostWords[static_cast<std::size_t>(field)];
    if (used >= most) return;
    for (Word& word : words_of(text.substr(0, kMostOfText), most - used)) {
      bool joined = word.kind == WordKind::joined;
      if (is_stop_word(word.text) && field != Field::name) continue;
      used += joined ? 0 : 1;
      words_.push_back({field, stem_of(word.text), !joined});
    }
  }

  // Names and texts of parameters, wherever in a schema they are.
  void add_schema(std::string_view schema, int depth = 0) {
    if (depth > kMostDepth) return;
    if (base::is_array(schema)) {
      base::Elements each(schema);
      while (each.next() && ++members_ < kMostMembers) add_schema(each.value(), depth + 1);
    }
    if (!base::is_object(schema)) return;
    base::Members each(schema);
    while (each.next() && ++members_ < kMostMembers) {
      std::string_view key = each.key(), value = each.value();
      if (key == "properties") {
        add_properties(value, depth);
      } else if (key == "description" && depth > 0) {
        add_string(Field::parameter_texts, value);
      } else if (key == "enum") {
        base::Elements values(value);
        for (std::size_t i = 0; i < kMostValues && values.next(); ++i) add_string(Field::parameter_texts, values.value());
      } else if (key == "items" || key == "anyOf" || key == "oneOf" || key == "allOf") {
        add_schema(value, depth + 1);
      } else if (key == "$defs" || key == "definitions") {
        base::Members definitions(value);
        while (definitions.next() && ++members_ < kMostMembers) add_schema(definitions.value(), depth + 1);
      }
    }
  }

  std::vector<FieldWord> take() { return std::move(words_); }

 private:
  void add_properties(std::string_view properties, int depth) {
    base::Members each(properties);
    while (each.next() && ++members_ < kMostMembers) {
      add(Field::parameter_names, each.key());
      add_schema(each.value(), depth + 1);
    }
  }

  void add_string(Field field, std::string_view value) {
    // Text that is cut in the middle of an escape is no string any more: the letters count as they stand.
    if (value.size() <= kMostOfText) {
      if (auto text = base::json_string(value)) add(field, *text);
    } else if (base::is_string(value)) {
      add(field, value.substr(1, kMostOfText));
    }
  }

  std::vector<FieldWord> words_;
  std::array<std::size_t, kFields> used_{};
  std::size_t members_ = 0;
};

}  // namespace

std::vector<FieldWord> fields_of(const ToolView& tool) {
  Reader reader;
  reader.add(Field::name, tool.name);
  std::string_view description = tool.description.substr(0, kMostOfText);
  std::size_t lead = end_of_lead(description);
  reader.add(Field::lead, description.substr(0, lead));
  reader.add(Field::rest, description.substr(lead));
  if (name_key(tool.title.substr(0, kMostOfText)) != name_key(tool.name.substr(0, kMostOfText))) reader.add(Field::rest, tool.title);
  reader.add_schema(tool.input_schema);
  return reader.take();
}

std::vector<FieldWord> server_fields_of(std::string_view id, std::string_view instructions) {
  Reader reader;
  reader.add(Field::server, id);
  reader.add(Field::instructions, instructions);
  return reader.take();
}

}  // namespace disclosure
