#include "servers/openapi/yaml_json.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <set>
#include <sstream>
#include <vector>

#include "mcp/json.h"

namespace servers::openapi {
namespace {

bool one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  for (std::string_view word : words)
    if (text == word) return true;
  return false;
}

bool digits(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; }

// A number as JSON spells it too: no leading zero or plus, no hexadecimal, no .inf.
bool json_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t whole = std::min(text.find_first_not_of("0123456789"), text.size());
  if (whole == 0 || (whole > 1 && text[0] == '0')) return false;
  text.remove_prefix(whole);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::size_t fraction = std::min(text.find_first_not_of("0123456789"), text.size());
    if (fraction == 0) return false;
    text.remove_prefix(fraction);
  }
  if (text.empty()) return true;
  if (text[0] != 'e' && text[0] != 'E') return false;
  text.remove_prefix(1);
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return digits(text) && text.size() < 4;
}

// What a plain scalar is in JSON.
std::string plain_scalar(const std::string& text) {
  if (one_of(text, {"", "~", "null", "Null", "NULL"})) return "null";
  if (one_of(text, {"true", "True", "TRUE"})) return "true";
  if (one_of(text, {"false", "False", "FALSE"})) return "false";
  return json_number(text) ? text : mcp::json_quoted(text);
}

// Turns the parser's events into JSON text. Leaves by YAML::ParserException where the text must be refused.
class JsonBuilder final : public YAML::EventHandler {
 public:
  std::string take() { return std::move(out_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark&, const std::string&) override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar(mark, anchor, "null", ""); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!quoted &&
        !one_of(tag, {"", "?", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null"}))
      throw YAML::ParserException(mark, fmt::format("the tag {} is not known here; remove it", mcp::json_quoted(tag.substr(0, 60))));
    scalar(mark, anchor, quoted ? mcp::json_quoted(text) : plain_scalar(text), text);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw YAML::ParserException(mark, "an alias inside its own anchor has no end; write the value out");
    count(mark, known->second.nodes);
    if (open_.size() + known->second.depth > kMostYamlDepth) too_deep(mark);
    if (out_.size() + known->second.json.size() > kMostBytes) throw YAML::ParserException(mark, "the aliases make it too large");
    const std::string json = known->second.json;
    before(mark, "", Node::other);
    out_.append(json);
    deepest_ = std::max(deepest_, open_.size() + known->second.depth);
    after();
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    begin(mark, anchor, '[');
  }
  void OnSequenceEnd() override { end(']'); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    begin(mark, anchor, '{');
  }
  void OnMapEnd() override { end('}'); }

 private:
  static constexpr std::size_t kMostBytes = 64UL * 1024 * 1024;

  struct Open {
    char kind;
    std::size_t start;  // in out_
    YAML::anchor_t anchor;
    std::size_t nodes_before;
    bool wants_value = false;  // a map whose key has come
    std::size_t members = 0;
    std::set<std::string> keys;
  };
  struct Anchored {
    std::string json;
    std::size_t nodes = 1;
    std::size_t depth = 1;
  };

  [[noreturn]] static void too_deep(const YAML::Mark& mark) {
    throw YAML::ParserException(mark, fmt::format("it is nested deeper than {}", kMostYamlDepth));
  }
  void count(const YAML::Mark& mark, std::size_t more) {
    nodes_ += more;
    if (nodes_ > kMostYamlNodes) throw YAML::ParserException(mark, fmt::format("it has more than {} values", kMostYamlNodes));
  }

  // Commas, and the colon behind a key. A key is a scalar, whose text is `key`. True when it is one.
  enum class Node { scalar, other };
  bool before(const YAML::Mark& mark, const std::string& key, Node node) {
    if (open_.empty()) return false;
    Open& open = open_.back();
    if (open.kind == '{' && !open.wants_value) {
      if (node != Node::scalar) throw YAML::ParserException(mark, "a key must be plain text");
      if (!open.keys.insert(key).second)
        throw YAML::ParserException(mark, fmt::format("the key {} is here twice", mcp::json_quoted(key.substr(0, 60))));
      if (open.members++ > 0) out_.push_back(',');
      return true;
    }
    if (open.kind == '[' && open.members++ > 0) out_.push_back(',');
    return false;
  }
  void after() {
    if (!open_.empty()) open_.back().wants_value = false;
  }

  void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, const std::string& json, const std::string& text) {
    count(mark, 1);
    if (before(mark, text, Node::scalar)) {
      out_.append(mcp::json_quoted(text)).push_back(':');
      open_.back().wants_value = true;
      return;
    }
    out_.append(json);
    if (anchor) anchors_[anchor] = {json, 1, 1};
    after();
  }
  void begin(const YAML::Mark& mark, YAML::anchor_t anchor, char kind) {
    count(mark, 1);
    if (open_.size() >= kMostYamlDepth) too_deep(mark);
    before(mark, "", Node::other);
    open_.push_back({kind, out_.size(), anchor, nodes_ - 1, false, 0, {}});
    if (anchor) deepest_ = open_.size();
    deepest_ = std::max(deepest_, open_.size());
    out_.push_back(kind);
  }
  void end(char close) {
    out_.push_back(close);
    Open open = std::move(open_.back());
    open_.pop_back();
    if (open.anchor)
      anchors_[open.anchor] = {out_.substr(open.start), nodes_ - open.nodes_before, std::max<std::size_t>(deepest_ - open_.size(), 1)};
    after();
  }

  std::string out_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  std::size_t deepest_ = 0;
};

}  // namespace

mcp::Result<std::string> json_of_yaml(std::string_view text) {
  auto wrong = [](const YAML::Mark& mark, std::string_view what) {
    return mcp::Error(mcp::Code::invalid_argument, fmt::format("line {}, column {}: {}", mark.line + 1, mark.column + 1, what));
  };
  // The parser takes any bytes, and keys that differ only in broken ones would be the same key in JSON.
  if (!simdjson::validate_utf8(text.data(), text.size()))
    return mcp::Error(mcp::Code::invalid_argument, "it is not UTF-8 text; save it as UTF-8");
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    JsonBuilder builder;
    if (!parser.HandleNextDocument(builder)) return mcp::Error(mcp::Code::invalid_argument, "it is empty");
    JsonBuilder more;
    if (parser.HandleNextDocument(more)) return mcp::Error(mcp::Code::invalid_argument, "it has several YAML documents; keep one");
    return builder.take();
  } catch (const YAML::Exception& e) {
    return wrong(e.mark, e.msg);
  }
}

}  // namespace servers::openapi
