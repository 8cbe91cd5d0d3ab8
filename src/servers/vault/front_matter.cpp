#include "servers/vault/front_matter.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "servers/vault/fold.h"

namespace servers {

namespace {

constexpr std::size_t kMostBytes = 64 << 10;
constexpr std::size_t kMostItems = 1000;

std::string_view strip(std::string_view s) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::size_t from = s.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return s.substr(from, s.find_last_not_of(kSpace) - from + 1);
}

// Takes the next line, with its break, from the start of `rest`.
std::string_view take_line(std::string_view& rest) {
  std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end);
  return line;
}

// The length of the quoted text at the start of `s`, quotes included, or 0 when it does not end.
std::size_t quoted_size(std::string_view s) {
  for (std::size_t i = 1; i < s.size(); ++i) {
    if (s[0] == '"' && s[i] == '\\') {
      ++i;
    } else if (s[i] == s[0]) {
      if (s[0] == '\'' && i + 1 < s.size() && s[i + 1] == '\'')
        ++i;
      else
        return i + 1;
    }
  }
  return 0;
}

std::string unquoted(std::string_view s) {
  std::string out;
  char quote = s.front();
  s = s.substr(1, s.size() - 2);
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (quote == '\'' && s[i] == '\'') {
      ++i;
      out += '\'';
    } else if (quote == '"' && s[i] == '\\' && i + 1 < s.size()) {
      char c = s[++i];
      out += c == 'n' ? '\n' : c == 't' ? '\t' : c;
    } else {
      out += s[i];
    }
  }
  return out;
}

// One value: without quotes, or without the comment behind it.
std::string scalar(std::string_view s) {
  s = strip(s);
  if (s.empty()) return {};
  if (s[0] == '"' || s[0] == '\'')
    if (std::size_t n = quoted_size(s)) return unquoted(s.substr(0, n));
  for (std::size_t i = 0; i < s.size(); ++i)
    if (s[i] == '#' && (i == 0 || s[i - 1] == ' ' || s[i - 1] == '\t')) return std::string(strip(s.substr(0, i)));
  if (s == "null" || s == "~") return {};
  return std::string(s);
}

// The items of `[a, "b, c", [[d]]]`.
std::vector<std::string> flow_list(std::string_view s) {
  std::vector<std::string> items;
  s = strip(s);
  s.remove_prefix(1);
  int depth = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= s.size() && items.size() < kMostItems; ++i) {
    char c = i < s.size() ? s[i] : ']';
    if ((c == '"' || c == '\'') && strip(s.substr(from, i - from)).empty()) {
      if (std::size_t n = quoted_size(s.substr(i))) i += n - 1;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (depth > 0 && (c == ']' || c == '}')) {
      --depth;
    } else if (depth == 0 && (c == ',' || c == ']')) {
      if (std::string item = scalar(s.substr(from, i - from)); !item.empty()) items.push_back(std::move(item));
      from = i + 1;
      if (c == ']') break;
    }
  }
  return items;
}

// Where the key of a line ends: at a colon that white space or nothing follows.
std::optional<std::size_t> key_end(std::string_view line) {
  if (line.empty() || line[0] == ' ' || line[0] == '\t' || line[0] == '#' || line[0] == '-') return std::nullopt;
  std::size_t from = 0;
  if (line[0] == '"' || line[0] == '\'') from = quoted_size(line);
  for (std::size_t i = line.find(':', from); i != std::string_view::npos; i = line.find(':', i + 1))
    if (i + 1 == line.size() || line[i + 1] == ' ' || line[i + 1] == '\t' || line[i + 1] == '\r' || line[i + 1] == '\n') return i;
  return std::nullopt;
}

bool is_fence(std::string_view line) { return strip(line) == "---" && line.starts_with("---"); }

// Reads the block between the fences, line by line.
class Reader {
 public:
  explicit Reader(Properties& out) : out_(out) {}

  void line(std::string_view line) {
    auto end = text_mode_ ? (line.empty() || line[0] == ' ' || line[0] == '\t' || strip(line).empty() ? std::nullopt : key_end(line))
                          : key_end(line);
    if (end) return begin(line, *end);
    if (!current_) return;
    std::string_view inner = strip(line);
    if (text_mode_) {
      std::string& text = current_->empty() ? current_->emplace_back() : current_->back();
      if (!text.empty()) text += folded_ ? ' ' : '\n';
      text += inner;
    } else if (inner.starts_with("- ") || inner == "-") {
      if (current_->size() < kMostItems)
        if (std::string item = scalar(inner.substr(1)); !item.empty()) current_->push_back(std::move(item));
    } else if (!inner.empty() && inner[0] != '#') {
      // A value that goes on, or structure below: kept as it is written.
      std::string& text = current_->empty() ? current_->emplace_back() : current_->back();
      if (!text.empty()) text += ' ';
      text += scalar(inner);
    }
  }

 private:
  void begin(std::string_view line, std::size_t end) {
    current_ = nullptr;
    text_mode_ = false;
    std::string key = fold(scalar(line.substr(0, end)));
    if (key.empty() || out_.size() >= kMostItems) return;
    current_ = &out_[key];
    current_->clear();
    std::string_view value = strip(line.substr(end + 1));
    if (value.starts_with('[')) {
      *current_ = flow_list(value);
    } else if (value.starts_with('|') || value.starts_with('>')) {
      text_mode_ = true;
      folded_ = value[0] == '>';
    } else if (std::string one = scalar(value); !one.empty()) {
      current_->push_back(std::move(one));
    }
  }

  Properties& out_;
  std::vector<std::string>* current_ = nullptr;
  bool text_mode_ = false;
  bool folded_ = false;
};

}  // namespace

FrontMatter parse_front_matter(std::string_view note) {
  FrontMatter found;
  std::string_view rest = note;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  if (!rest.starts_with("---") || !is_fence(take_line(rest))) return {};
  found.lines = 1;
  Reader reader(found.properties);
  while (!rest.empty()) {
    std::string_view line = take_line(rest);
    ++found.lines;
    found.size = note.size() - rest.size();
    if (is_fence(line) || strip(line) == "...") return found;
    if (found.size > kMostBytes) return {};
    reader.line(line);
  }
  return {};
}

}  // namespace servers
