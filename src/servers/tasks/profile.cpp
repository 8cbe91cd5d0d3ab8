#include "servers/tasks/profile.h"

#include <fmt/format.h>

#include <algorithm>

#include "servers/rest/settings.h"
#include "servers/rest/text.h"
#include "servers/rest/trim.h"

namespace servers::tasks {
namespace {

using Kind = JsonView::Kind;
using rest::Settings;

Result<> read_texts(JsonView object, std::string_view where, std::map<std::string, std::string>& out) {
  Result<> good;
  object.each_member([&](std::string_view key, JsonView value) {
    if (auto text = value.string())
      out[std::string(key)] = *text;
    else
      good = Error(Code::invalid_argument, fmt::format("{}.{} must be text", where, key));
  });
  return good;
}

Result<Fields> read_fields(JsonView object, std::string_view where) {
  std::map<std::string, std::string> texts;
  if (auto done = read_texts(object, where, texts); !done) return std::move(done).error();
  std::vector<std::string> pointers;
  for (const auto& [key, pointer] : texts) pointers.push_back(pointer);
  if (auto done = rest::check_pointers(pointers); !done) return std::move(done).error().in(where);
  return Fields(texts.begin(), texts.end());
}

Result<Action> read_action(JsonView from, const std::string& where) {
  Action out;
  Settings settings(from, where + ".");
  settings.text("method", out.method);
  settings.text("path", out.path);
  if (auto done = read_texts(settings.take("query"), where + ".query", out.query); !done) return std::move(done).error();
  if (JsonView body = settings.take("body")) out.body = body.text();
  if (auto done = settings.done(); !done) return std::move(done).error();
  if (!out.path.starts_with('/')) return Error(Code::invalid_argument, where + ".path must begin with '/'");
  for (std::string_view method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
    if (out.method == method) return out;
  return Error(Code::invalid_argument, where + ".method must be GET, POST, PUT, PATCH or DELETE");
}

// The member of `over`, else that of `base`.
class Layers {
 public:
  Layers(JsonView base, JsonView over) : base_(base), over_(over) {}
  JsonView operator[](std::string_view key) const { return over_[key] ? over_[key] : base_[key]; }
  // Of two maps, the members of both.
  template <class F>
  void each(std::string_view key, F&& f) const {
    base_[key].each_member([&](std::string_view name, JsonView value) {
      if (!over_[key][name]) f(name, value);
    });
    over_[key].each_member(f);
  }

 private:
  JsonView base_, over_;
};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 40 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string_view::npos;
}

// Walks `{name}` and `{+name}` in `text`; `value(name, plus)` gives what stands there, or nothing, which ends it with nothing.
template <class F>
std::optional<std::string> filled(std::string_view text, F&& value) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('{');
    out.append(text.substr(0, open));
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) {
      out.append(text.substr(open));
      break;
    }
    std::string_view name = text.substr(open + 1, close - open - 1);
    const bool plus = name.starts_with('+');
    if (plus) name.remove_prefix(1);
    if (!is_name(name)) {
      out.append(text.substr(open, close - open + 1));
    } else {
      auto put = value(name, plus);
      if (!put) return std::nullopt;
      out.append(*put);
    }
    text.remove_prefix(close + 1);
  }
  return out;
}

std::optional<std::string> find_value(const Values& values, std::string_view name) {
  auto found = values.find(name);
  if (found == values.end()) return std::nullopt;
  return found->second;
}

bool leads_elsewhere(std::string_view text) {
  while (true) {
    const std::string_view segment = text.substr(0, text.find('/'));
    if (segment.empty() || segment == "." || segment == "..") return true;
    if (segment.size() == text.size()) return false;
    text.remove_prefix(segment.size() + 1);
  }
}

// Writes `value` with its texts filled. False: it has a name without a value, and nothing was written.
bool can_fill(JsonView value, const Values& values) {
  auto look = [&values](std::string_view name, bool) { return find_value(values, name); };
  if (auto text = value.string()) return filled(*text, look).has_value();
  return true;
}

void write_filled(JsonView value, const Values& values, mcp::JsonWriter& out) {
  auto look = [&values](std::string_view name, bool) { return find_value(values, name); };
  if (auto text = value.string()) {
    out.value(filled(*text, look).value_or(""));
  } else if (value.is(Kind::object)) {
    out.object();
    value.each_member([&](std::string_view key, JsonView member) {
      if (!can_fill(member, values)) return;
      out.key(key);
      write_filled(member, values, out);
    });
    out.end();
  } else if (value.is(Kind::array)) {
    out.array();
    value.each_element([&](JsonView element) {
      if (can_fill(element, values)) write_filled(element, values, out);
    });
    out.end();
  } else {
    out.raw(value.text());
  }
}

}  // namespace

const Action* Profile::find(std::string_view action) const {
  auto found = actions.find(action);
  return found == actions.end() ? nullptr : &found->second;
}

Result<Profile> read_profile(std::string_view name, JsonView base, JsonView over) {
  const Layers layers(base, over);
  Profile out;
  out.name = name;
  Settings known(over, "api.");
  for (std::string_view key : {"base_url", "needs", "idempotency_header", "statuses", "final_statuses", "headers", "actions", "issue",
                               "comment", "webhook", "items", "comment_items"})
    known.take(key);
  if (auto done = known.done(); !done) return std::move(done).error();
  out.base_url = layers["base_url"].string_or("");
  out.items = layers["items"].string_or("");
  out.comment_items = layers["comment_items"].string_or("");
  out.idempotency_header = layers["idempotency_header"].string_or("");
  auto list = [&layers](std::string_view key, std::vector<std::string>& to) {
    layers[key].each_element([&to](JsonView one) { to.emplace_back(one.string_or("")); });
  };
  list("needs", out.needs);
  list("statuses", out.statuses);
  list("final_statuses", out.final_statuses);
  if (auto done = read_texts(layers["headers"], "api.headers", out.headers); !done) return std::move(done).error();
  Result<> good;
  layers.each("actions", [&](std::string_view key, JsonView value) {
    auto action = read_action(value, fmt::format("api.actions.{}", key));
    if (action)
      out.actions.insert_or_assign(std::string(key), *std::move(action));
    else if (good)
      good = std::move(action).error();
  });
  if (!good) return std::move(good).error();
  for (const auto& [key, action] : out.actions) {
    const bool fine = key == "list" || key == "get" || key == "comments" || key == "comment" || key == "status" || key == "assign";
    if (!fine)
      return Error(Code::invalid_argument, fmt::format("api.actions.{} is none of list, get, comments, comment, status and assign", key));
  }
  auto issue = read_fields(layers["issue"], "api.issue");
  if (!issue) return std::move(issue).error();
  auto comment = read_fields(layers["comment"], "api.comment");
  if (!comment) return std::move(comment).error();
  out.issue = *std::move(issue);
  out.comment = *std::move(comment);
  JsonView hook = layers["webhook"];
  out.signature_header = rest::lower(hook["header"].string_or(""));
  out.signature_prefix = hook["prefix"].string_or("");
  out.hook_id = hook["id"].string_or("");
  if (!out.find("get")) return Error(Code::invalid_argument, "api.actions.get is missing: how one issue is read");
  if (!out.issue.contains("id") || !out.issue.contains("status"))
    return Error(Code::invalid_argument, "api.issue must say where id and status stand");
  if (auto pointers = rest::check_pointers({out.items, out.comment_items, out.hook_id}); !pointers) return std::move(pointers).error();
  return out;
}

Result<std::string> target_of(const Action& action, const Values& values) {
  std::string wrong;
  auto segment = [&](std::string_view name, bool plus) -> std::optional<std::string> {
    auto value = find_value(values, name);
    if (!value || value->size() > 500 || (plus ? leads_elsewhere(*value) : value->empty() || *value == "." || *value == "..")) {
      wrong = name;
      return std::nullopt;
    }
    return rest::encoded(*value, plus ? "/" : "");
  };
  auto path = filled(action.path, segment);
  if (!path) return Error(Code::invalid_argument, fmt::format("'{}' is missing, or is nothing that can stand in an address", wrong));
  std::string out = *std::move(path);
  char mark = '?';
  for (const auto& [key, text] : action.query) {
    auto look = [&values](std::string_view name, bool) -> std::optional<std::string> {
      auto value = find_value(values, name);
      return value && !value->empty() ? std::optional(rest::encoded(*value)) : std::nullopt;
    };
    auto value = filled(text, look);
    if (!value) continue;
    out.push_back(mark);
    out.append(rest::encoded(key)).append("=").append(*value);
    mark = '&';
  }
  return out;
}

Result<std::string> body_of(const Action& action, const Values& values) {
  if (action.body.empty()) return std::string();
  auto json = mcp::Json::parse(action.body);
  if (!json) return std::move(json).error();
  mcp::JsonWriter out;
  write_filled(json->root(), values, out);
  return std::move(out).text();
}

void write_fields(JsonView value, const Fields& fields, mcp::JsonWriter& out) {
  out.object();
  for (const auto& [name, pointer] : fields) {
    JsonView found = rest::at_pointer(value, pointer);
    if (!found || found.is(Kind::null)) continue;
    if (auto text = found.string(); text && text->size() > 8'000)
      out.field(name, fmt::format("{}… ({} bytes)", rest::cut(*text, 8'000), text->size()));
    else
      out.key(name).raw(found.text());
  }
  out.end();
}

std::string field_of(JsonView value, const Fields& fields, std::string_view name) {
  auto pointer = fields.find(name);
  if (pointer == fields.end()) return {};
  JsonView found = rest::at_pointer(value, pointer->second);
  if (auto text = found.string()) return std::string(*text);
  return found.is(Kind::integer) ? found.text() : std::string();
}

}  // namespace servers::tasks
