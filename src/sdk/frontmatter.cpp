#include "sdk/frontmatter.h"

#include <simdjson.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <set>
#include <sstream>
#include <vector>

namespace sdk {
namespace {

using mcp::Code;
using mcp::Error;
using mcp::JsonView;
using mcp::JsonWriter;

constexpr std::size_t kMostNodes = 4096;
constexpr std::size_t kDeepest = 32;

bool is_digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

// Takes the digits at the start of `text`.
std::string_view take_digits(std::string_view& text) {
  std::string_view digits = text.substr(0, std::min(text.size(), text.find_first_not_of("0123456789")));
  text.remove_prefix(digits.size());
  return digits;
}

// A decimal number of the core schema as JSON, or empty. Its digits are kept, so that none is lost.
std::string decimal(std::string_view text) {
  std::string out;
  if (text.starts_with('-')) out = "-";
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  std::string_view whole = take_digits(text), part;
  bool point = text.starts_with('.');
  if (point) {
    text.remove_prefix(1);
    part = take_digits(text);
  }
  if (whole.empty() && part.empty()) return {};
  while (whole.size() > 1 && whole.starts_with('0')) whole.remove_prefix(1);
  out += whole.empty() ? "0" : whole;
  if (!part.empty()) out.append(".").append(part);
  if (text.empty()) return out;
  if (text[0] != 'e' && text[0] != 'E') return {};
  text.remove_prefix(1);
  out += 'e';
  if (text.starts_with('-') || text.starts_with('+')) {
    out += text[0];
    text.remove_prefix(1);
  }
  return is_digits(text) ? out.append(text) : std::string();
}

// An integer of base 8 or 16 as JSON, or empty.
std::string based(std::string_view text) {
  if (text.size() < 3 || text[0] != '0' || (text[1] != 'x' && text[1] != 'o')) return {};
  std::uint64_t value = 0;
  auto [end, ec] = std::from_chars(text.data() + 2, text.data() + text.size(), value, text[1] == 'x' ? 16 : 8);
  return ec == std::errc() && end == text.data() + text.size() ? std::to_string(value) : std::string();
}

std::string number_of(std::string_view text) {
  std::string number = decimal(text);
  return number.empty() ? based(text) : number;
}

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// Turns the parser's events into JSON text. Leaves by YAML::ParserException where the text must be refused.
class Builder final : public YAML::EventHandler {
 public:
  bool is_object() const { return is_object_; }
  std::string take() { return std::move(w_).text(); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark&, const std::string&) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, "aliases are not supported; write the value out"); }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override {
    if (!begin_value(mark, "")) return;
    w_.null();
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, const std::string& text) override {
    bool plain = check_tag(mark, tag) == "?";
    if (!begin_value(mark, text)) return;
    if (plain)
      write_plain(mark, text);
    else
      w_.value(text);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    open(mark, tag, Open{});
    w_.array();
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t, YAML::EmitterStyle::value) override {
    if (open_.empty()) is_object_ = true;
    Open map;
    map.map = map.wants_key = true;
    open(mark, tag, std::move(map));
    w_.object();
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

 private:
  struct Open {
    bool map = false, wants_key = false;
    std::set<std::string> keys;
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, const std::string& why) { throw YAML::ParserException(mark, why); }

  static std::string_view check_tag(const YAML::Mark& mark, std::string_view tag) {
    if (tag.empty() || tag == "?") return "?";
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return "!";
    refuse(mark, "tags are not supported; write the value without it");
  }

  void count(const YAML::Mark& mark) {
    if (++nodes_ > kMostNodes) refuse(mark, "it has more than " + std::to_string(kMostNodes) + " values");
  }

  // False when `text` was the key of a map's next member, and not a value.
  bool begin_value(const YAML::Mark& mark, const std::string& text) {
    count(mark);
    if (open_.empty() || !open_.back().map) return true;
    Open& map = open_.back();
    map.wants_key = !map.wants_key;
    if (map.wants_key) return true;
    if (!map.keys.insert(text).second) refuse(mark, "the key '" + text + "' stands twice");
    w_.key(text);
    return false;
  }

  void open(const YAML::Mark& mark, const std::string& tag, Open one) {
    if (check_tag(mark, tag) == "!" && !tag.starts_with('!')) refuse(mark, "tags are not supported; write the value without it");
    count(mark);
    if (open_.size() >= kDeepest) refuse(mark, "it is nested more than " + std::to_string(kDeepest) + " deep");
    if (!open_.empty() && open_.back().map) {
      if (open_.back().wants_key) refuse(mark, "a key is a text, not a list or a map");
      open_.back().wants_key = true;
    }
    open_.push_back(std::move(one));
  }

  void end() {
    open_.pop_back();
    w_.end();
  }

  void write_plain(const YAML::Mark& mark, const std::string& text) {
    std::string_view unsigned_text = text;
    if (unsigned_text.starts_with('-') || unsigned_text.starts_with('+')) unsigned_text.remove_prefix(1);
    if (one_of(text, {"", "~", "null", "Null", "NULL"})) {
      w_.null();
    } else if (one_of(text, {"true", "True", "TRUE"})) {
      w_.value(true);
    } else if (one_of(text, {"false", "False", "FALSE"})) {
      w_.value(false);
    } else if (one_of(unsigned_text, {".inf", ".Inf", ".INF"}) || one_of(text, {".nan", ".NaN", ".NAN"})) {
      refuse(mark, "JSON has no such number: " + text);
    } else if (std::string number = number_of(text); !number.empty()) {
      if (!std::isfinite(std::strtod(number.c_str(), nullptr))) refuse(mark, "this number is too large");
      w_.raw(number);
    } else {
      w_.value(text);
    }
  }

  JsonWriter w_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
  bool is_object_ = false;
};

// The lines between the first `---` and the next, or nothing.
std::optional<std::string_view> between_marks(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  auto line_at = [&](std::size_t at) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    return text.substr(at, end - at);
  };
  auto is_mark = [](std::string_view line) {
    return line.starts_with("---") && line.find_first_not_of(" \t\r", 3) == std::string_view::npos;
  };
  if (line_at(0) != "---" && line_at(0) != "---\r") return std::nullopt;
  std::size_t begin = line_at(0).size() + 1;
  for (std::size_t at = begin; at < text.size() && at - begin <= kMostFrontmatter;) {
    std::string_view line = line_at(at);
    if (is_mark(line)) return text.substr(begin, at - begin);
    at += line.size() + 1;
  }
  return std::nullopt;
}

}  // namespace

mcp::Result<std::string> frontmatter_json(std::string_view markdown) {
  auto yaml = between_marks(markdown);
  if (!yaml)
    return Error(Code::invalid_argument,
                 "it does not begin with frontmatter: YAML of at most 32 KiB between two lines of ---, with name and description");
  if (!simdjson::validate_utf8(yaml->data(), yaml->size())) return Error(Code::invalid_argument, "its frontmatter is not UTF-8");
  Builder builder;
  try {
    std::istringstream stream{std::string(*yaml)};
    YAML::Parser parser(stream);
    if (!parser.HandleNextDocument(builder) || !builder.is_object())
      return Error(Code::invalid_argument, "its frontmatter is not a YAML map of names and values");
  } catch (const YAML::Exception& e) {
    // The first line of the text is that of the mark.
    return Error(Code::invalid_argument, "its frontmatter, line " + std::to_string(e.mark.line + 2) + ": " + e.msg);
  } catch (const std::exception& e) {
    return Error(Code::invalid_argument, std::string("its frontmatter cannot be read: ") + e.what());
  }
  return builder.take();
}

bool same_json(JsonView a, JsonView b) {
  using Kind = JsonView::Kind;
  if (a.integer() && b.integer()) return a.integer() == b.integer();
  if (a.unsigned_integer() && b.unsigned_integer()) return a.unsigned_integer() == b.unsigned_integer();
  if (a.number() && b.number()) return a.number() == b.number();
  if (a.kind() != b.kind() || a.size() != b.size()) return false;
  switch (a.kind()) {
    case Kind::missing:
    case Kind::null: return true;
    case Kind::boolean: return a.boolean() == b.boolean();
    case Kind::string: return a.string() == b.string();
    case Kind::array:
      for (std::size_t i = 0; i < a.size(); ++i)
        if (!same_json(a.at(i), b.at(i))) return false;
      return true;
    case Kind::object:
      for (std::size_t i = 0; i < a.size(); ++i)
        if (!b[a.key(i)] || !same_json(a.at(i), b[a.key(i)])) return false;
      return true;
    default: return false;
  }
}

}  // namespace sdk
