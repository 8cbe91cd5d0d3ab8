#include "app/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <set>
#include <sstream>

namespace app::yaml {
namespace {

Mark place_of(const YAML::Mark& mark) { return {mark.line + 1, mark.column + 1}; }

bool is_null_word(std::string_view text) { return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL"; }

std::size_t count_nodes(const Value& value) {
  std::size_t count = 1;
  for (const Value& item : value.items) count += count_nodes(item);
  for (const Member& member : value.members) count += 1 + count_nodes(member.value);
  return count;
}

int depth_of(const Value& value) {
  int deepest = 0;
  for (const Value& item : value.items) deepest = std::max(deepest, depth_of(item));
  for (const Member& member : value.members) deepest = std::max(deepest, depth_of(member.value));
  return deepest + 1;
}

// Turns the parser's events into a Value. Leaves by YAML::ParserException where the text must be refused.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(Findings& findings) : findings_(findings) {}

  Value take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark&, const std::string&) override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Value value;
    value.mark = place_of(mark);
    count(mark, 1);
    put(mark, std::move(value), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw YAML::ParserException(mark, "an alias inside its own anchor has no end; write the value out");
    count(mark, count_nodes(known->second));
    if (static_cast<int>(open_.size()) + depth_of(known->second) > kDeepest) too_deep(mark);
    put(mark, known->second, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, const std::string& text) override {
    check_tag(mark, tag);
    Value value;
    value.mark = place_of(mark);
    value.quoted = tag == "!";
    value.kind = !value.quoted && is_null_word(text) ? Value::Kind::null : Value::Kind::scalar;
    value.text = text;
    count(mark, 1);
    put(mark, std::move(value), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, Value::Kind::list);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, Value::Kind::map);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Open {
    Value value;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    std::optional<Member> key;    // read, and its value not yet
    std::set<std::string> taken;  // keys of this map
  };

  [[noreturn]] static void too_deep(const YAML::Mark& mark) {
    throw YAML::ParserException(mark, fmt::format("nested more than {} deep; no config needs that", kDeepest));
  }

  static void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw YAML::ParserException(mark, fmt::format("the tag {} is not supported; write the value without it", shown(tag)));
  }

  void count(const YAML::Mark& mark, std::size_t more) {
    nodes_ += more;
    if (nodes_ > kMostNodes)
      throw YAML::ParserException(
          mark, fmt::format("more than {} values, aliases counted as what they stand for; make the config smaller", kMostNodes));
  }

  void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Value::Kind kind) {
    check_tag(mark, tag);
    count(mark, 1);
    if (static_cast<int>(open_.size()) >= kDeepest) too_deep(mark);
    Open open;
    open.value.kind = kind;
    open.value.mark = place_of(mark);
    open.mark = mark;
    open.anchor = anchor;
    open_.push_back(std::move(open));
  }

  void end() {
    Open done = std::move(open_.back());
    open_.pop_back();
    put(done.mark, std::move(done.value), done.anchor);
  }

  void put(const YAML::Mark& mark, Value value, YAML::anchor_t anchor) {
    if (anchor) anchors_[anchor] = value;
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& top = open_.back();
    if (top.value.kind == Value::Kind::list) {
      top.value.items.push_back(std::move(value));
    } else if (!top.key) {
      begin_member(mark, top, std::move(value));
    } else {
      top.key->value = std::move(value);
      if (top.taken.insert(top.key->key).second) top.value.members.push_back(std::move(*top.key));
      top.key.reset();
    }
  }

  void begin_member(const YAML::Mark& mark, Open& map, Value key) {
    if (key.kind != Value::Kind::scalar) throw YAML::ParserException(mark, "a key must be text; quote it");
    if (key.text == "<<" && !key.quoted) throw YAML::ParserException(mark, "merge keys (<<) are not supported; write the keys out");
    Mark at = place_of(mark);
    if (map.taken.contains(key.text))
      findings_.error(at.line, at.column, fmt::format("the key {} is here twice; remove one", shown(key.text)));
    map.key = Member{std::move(key.text), at, {}};
  }

  Findings& findings_;
  Value root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Value> anchors_;
  std::size_t nodes_ = 0;
};

// The bytes of the UTF-8 sequence at `at`, or 0 when there is none that is valid (RFC 3629).
std::size_t sequence_at(std::string_view text, std::size_t at) {
  auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    bool good = follows(1) && follows(2) && !(first == 0xE0 && byte(1) < 0xA0) && !(first == 0xED && byte(1) > 0x9F);
    return good ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    bool good = follows(1) && follows(2) && follows(3) && !(first == 0xF0 && byte(1) < 0x90) && !(first == 0xF4 && byte(1) > 0x8F);
    return good ? 4 : 0;
  }
  return 0;
}

// Refuses bytes that a YAML text must not have, before the parser sees them.
bool check_bytes(std::string_view text, Findings& findings) {
  int line = 1;
  int column = 1;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t length = sequence_at(text, i);
    unsigned char c = static_cast<unsigned char>(text[i]);
    if (length == 0) {
      findings.error(line, column, "not valid UTF-8; save the file as UTF-8");
      return false;
    }
    if ((c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f) {
      findings.error(line, column, fmt::format("the control character 0x{:02x} is not allowed; remove it", c));
      return false;
    }
    i += length;
    ++column;
    if (c == '\n') {
      ++line;
      column = 1;
    }
  }
  return true;
}

}  // namespace

const Value* Value::find(std::string_view key) const {
  for (const Member& member : members)
    if (member.key == key) return &member.value;
  return nullptr;
}

std::string_view Value::kind_name() const {
  switch (kind) {
    case Kind::null: return "nothing";
    case Kind::list: return "a list";
    case Kind::map: return "a map";
    case Kind::scalar: break;
  }
  if (quoted) return "text";
  if (text == "true" || text == "false") return "true or false";
  return text.find_first_not_of("0123456789.+-") == std::string::npos ? "a number" : "text";
}

std::optional<Value> parse(std::string_view text, Findings& findings) {
  if (text.size() > kLargestFile) {
    findings.error(0, 0, fmt::format("larger than {} KB; a config is never that large", kLargestFile / 1024));
    return {};
  }
  if (!check_bytes(text, findings)) return {};
  std::istringstream in{std::string(text)};
  Builder builder(findings);
  try {
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(builder)) return Value{};
    Value value = builder.take();
    if (parser) {
      Builder second(findings);
      if (parser.HandleNextDocument(second)) {
        Mark at = second.take().mark;
        findings.error(at.line, at.column, "a second document begins here; a config is one document");
        return {};
      }
    }
    return value;
  } catch (const YAML::Exception& e) {
    Mark at = e.mark.is_null() ? Mark{0, 0} : place_of(e.mark);
    findings.error(at.line, at.column, fmt::format("{}", e.msg));
  } catch (const std::exception& e) {
    findings.error(0, 0, fmt::format("cannot be read as YAML: {}", e.what()));
  }
  return {};
}

}  // namespace app::yaml
