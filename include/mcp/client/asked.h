// What a server asks of its client while a call is on its way: a form to fill in, a page to visit, a model's words, folders.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mcp/call.h"
#include "mcp/content.h"
#include "mcp/detail/codec.h"
#include "mcp/result.h"

namespace mcp {

// One field of a form.
struct FormField {
  // one_of: a string out of `options`. some_of: a list of such strings.
  enum class Kind { text, integer, number, boolean, one_of, some_of };
  struct Option {
    std::string value;
    std::string title;  // for people; the value where the server gave none
  };
  std::string name;
  std::string title;  // the name where the server gave none
  std::string description;
  Kind kind = Kind::text;
  bool required = false;
  std::vector<Option> options;
  std::string format;   // of a text: email, uri, date, date-time, or empty
  std::string initial;  // the default as JSON text, or empty
  // Bounds of a number's value, of a text's length in characters, of how many options may be chosen.
  std::optional<double> least, most;

  // What a person typed as the JSON text of this field's value: yes and no for a boolean, the number, value or title of an option,
  // several of them with commas between. Error: invalid_argument that says what is wanted.
  Result<std::string> read(std::string_view typed) const;
};

// A form that a server wants filled in. Show who asks (`server`), and let the person look at the answers before they leave.
struct Form {
  PeerInfo server;
  std::string message;
  std::vector<FormField> fields;  // in the order of the server
  std::string schema;             // the whole schema as JSON text

  const FormField* find(std::string_view name) const;
};

// A page that a server wants visited. Show the whole address and its host, ask before opening it, and never fetch it ahead.
struct Visit {
  PeerInfo server;
  std::string message;
  std::string url;
  std::string host;
};

// What a person answered. Fields that are not set get the form's defaults.
//   co_return mcp::ElicitAnswer::accept().set("name", "Ada").set("age", 36);
class ElicitAnswer {
 public:
  enum class Action { accept, decline, cancel };

  static ElicitAnswer accept() { return ElicitAnswer(Action::accept); }
  // The person said no.
  static ElicitAnswer decline() { return ElicitAnswer(Action::decline); }
  // The person went away without an answer.
  static ElicitAnswer cancel() { return ElicitAnswer(Action::cancel); }
  // The fields of a struct (see arg.h).
  template <class T>
  static ElicitAnswer accept_with(const T& fields) {
    ElicitAnswer out(Action::accept);
    auto json = Json::parse(to_json(fields));
    if (json) json->root().each_member([&out](std::string_view name, JsonView value) { (void)out.set_json(name, value.text()); });
    return out;
  }

  // `value`: a string, a bool, a number, or a list of strings.
  template <class T>
  ElicitAnswer& set(std::string_view field, const T& value) {
    JsonWriter w;
    detail::encode_value(w, value);
    return set_json(field, std::move(w).text());
  }
  ElicitAnswer& set(std::string_view field, const char* value) { return set(field, std::string_view(value)); }
  ElicitAnswer& set_json(std::string_view field, std::string json) {
    fields_.emplace_back(std::string(field), std::move(json));
    return *this;
  }

  Action action() const { return action_; }
  // Names and values (JSON text), as they were set.
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }

 private:
  explicit ElicitAnswer(Action action) : action_(action) {}

  Action action_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

// One message of a conversation with a model.
struct SampleMessage {
  PromptMessage::Role role = PromptMessage::Role::user;
  std::vector<Content> content;
};
// A server wants the client's model to go on with a conversation. A person should be able to look at it, and to refuse.
struct SampleRequest {
  PeerInfo server;
  std::vector<SampleMessage> messages;
  std::string system_prompt;
  std::int64_t max_tokens = 0;
  std::optional<double> temperature;
  std::vector<std::string> stop_sequences;
  std::vector<std::string> models;  // names that the server would like, the most wanted first
  std::string params;               // all of it, as JSON text
};
// What the model said.
struct Sample {
  Content content;
  std::string model;
  std::string stop_reason = "endTurn";
};

// A folder that servers may work in.
struct Root {
  std::string uri;  // file://…
  std::string name = {};
};

}  // namespace mcp
