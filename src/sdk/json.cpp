#include "mcp/json.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/json.h"

namespace mcp {
namespace {

const boost::json::value& node(const void* value) { return *static_cast<const boost::json::value*>(value); }

void append_number(std::string& out, double d) {
  char text[40];
  if (std::isfinite(d))
    out.append(text, std::to_chars(text, text + sizeof text, d).ptr);
  else
    out += d < 0 ? "-1e999" : "1e999";
}

void append_text(std::string& out, const void* value) {
  if (!value) {
    out += "null";
    return;
  }
  const boost::json::value& v = node(value);
  if (const auto* object = v.if_object()) {
    out += '{';
    for (const auto& member : *object) {
      if (out.back() != '{') out += ',';
      base::append_json_string(out, {member.key().data(), member.key().size()});
      out += ':';
      append_text(out, &member.value());
    }
    out += '}';
  } else if (const auto* array = v.if_array()) {
    out += '[';
    for (const auto& item : *array) {
      if (out.back() != '[') out += ',';
      append_text(out, &item);
    }
    out += ']';
  } else if (const auto* string = v.if_string()) {
    base::append_json_string(out, {string->data(), string->size()});
  } else if (const auto* d = v.if_double()) {
    append_number(out, *d);
  } else {
    out += boost::json::serialize(v);
  }
}

}  // namespace

JsonView::Kind JsonView::kind() const {
  if (!value_) return Kind::missing;
  switch (node(value_).kind()) {
    case boost::json::kind::null: return Kind::null;
    case boost::json::kind::bool_: return Kind::boolean;
    case boost::json::kind::int64:
    case boost::json::kind::uint64: return Kind::integer;
    case boost::json::kind::double_: return Kind::number;
    case boost::json::kind::string: return Kind::string;
    case boost::json::kind::array: return Kind::array;
    case boost::json::kind::object: return Kind::object;
  }
  return Kind::missing;
}

JsonView JsonView::operator[](std::string_view key) const {
  if (!value_) return {};
  const auto* object = node(value_).if_object();
  return JsonView(object ? object->if_contains(boost::json::string_view(key.data(), key.size())) : nullptr);
}

JsonView JsonView::at(std::size_t index) const {
  if (!value_ || index >= size()) return {};
  if (const auto* array = node(value_).if_array()) return JsonView(&(*array)[index]);
  return JsonView(&(node(value_).get_object().begin() + static_cast<std::ptrdiff_t>(index))->value());
}

std::string_view JsonView::key(std::size_t index) const {
  if (!is(Kind::object) || index >= size()) return {};
  auto key = (node(value_).get_object().begin() + static_cast<std::ptrdiff_t>(index))->key();
  return {key.data(), key.size()};
}

std::size_t JsonView::size() const {
  if (!value_) return 0;
  if (const auto* array = node(value_).if_array()) return array->size();
  if (const auto* object = node(value_).if_object()) return object->size();
  return 0;
}

std::optional<bool> JsonView::boolean() const {
  if (!is(Kind::boolean)) return std::nullopt;
  return node(value_).get_bool();
}

std::optional<std::int64_t> JsonView::integer() const {
  if (!value_) return std::nullopt;
  const auto& v = node(value_);
  if (const auto* n = v.if_int64()) return *n;
  if (const auto* u = v.if_uint64(); u && *u <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    return static_cast<std::int64_t>(*u);
  if (const auto* d = v.if_double(); d && std::trunc(*d) == *d && *d >= -0x1p63 && *d < 0x1p63) return static_cast<std::int64_t>(*d);
  return std::nullopt;
}

std::optional<std::uint64_t> JsonView::unsigned_integer() const {
  if (auto n = integer()) return *n >= 0 ? std::optional(static_cast<std::uint64_t>(*n)) : std::nullopt;
  if (!value_) return std::nullopt;
  if (const auto* u = node(value_).if_uint64()) return *u;
  if (const auto* d = node(value_).if_double(); d && std::trunc(*d) == *d && *d >= 0 && *d < 0x1p64) return static_cast<std::uint64_t>(*d);
  return std::nullopt;
}

std::optional<double> JsonView::number() const {
  if (!value_) return std::nullopt;
  const auto& v = node(value_);
  if (const auto* d = v.if_double()) return *d;
  if (const auto* n = v.if_int64()) return static_cast<double>(*n);
  if (const auto* u = v.if_uint64()) return static_cast<double>(*u);
  return std::nullopt;
}

std::optional<std::string_view> JsonView::string() const {
  if (!is(Kind::string)) return std::nullopt;
  const auto& text = node(value_).get_string();
  return std::string_view(text.data(), text.size());
}

std::string JsonView::text() const {
  std::string out;
  append_text(out, value_);
  return out;
}

Result<Json> Json::parse(std::string_view text) {
  auto value = base::parse_json(text);
  if (!value) return std::move(value).error();
  struct Source {
    std::string text;
    boost::json::value root;
  };
  auto source = std::make_shared<const Source>(Source{base::minified(text), *std::move(value)});
  Json json;
  json.text_ = &source->text;
  json.value_ = std::shared_ptr<const void>(source, &source->root);
  return json;
}

void JsonWriter::before() {
  if (comma_) out_ += ',';
  comma_ = true;
}
JsonWriter& JsonWriter::object() {
  before();
  out_ += '{';
  open_.push_back('}');
  comma_ = false;
  return *this;
}
JsonWriter& JsonWriter::array() {
  before();
  out_ += '[';
  open_.push_back(']');
  comma_ = false;
  return *this;
}
JsonWriter& JsonWriter::end() {
  if (open_.empty()) return *this;
  out_ += open_.back();
  open_.pop_back();
  comma_ = true;
  return *this;
}
JsonWriter& JsonWriter::key(std::string_view key) {
  before();
  base::append_json_string(out_, key);
  out_ += ':';
  comma_ = false;
  return *this;
}
JsonWriter& JsonWriter::value(std::string_view text) {
  before();
  base::append_json_string(out_, text);
  return *this;
}
JsonWriter& JsonWriter::value(bool b) { return raw(b ? "true" : "false"); }
JsonWriter& JsonWriter::value(double d) {
  if (!std::isfinite(d)) return null();
  char text[40];
  return raw({text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, d).ptr - text)});
}
JsonWriter& JsonWriter::value(std::int64_t n) {
  char text[24];
  return raw({text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, n).ptr - text)});
}
JsonWriter& JsonWriter::value(std::uint64_t n) {
  char text[24];
  return raw({text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, n).ptr - text)});
}
JsonWriter& JsonWriter::null() { return raw("null"); }
JsonWriter& JsonWriter::raw(std::string_view json) {
  before();
  out_ += json;
  return *this;
}

std::string json_quoted(std::string_view text) { return base::quoted(text); }

}  // namespace mcp
