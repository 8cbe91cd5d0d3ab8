#include "trust/scan/markup.h"

#include <re2/re2.h>

#include <algorithm>

namespace trust::scan {
namespace {

constexpr std::size_t kMostFindings = 8;
constexpr std::size_t kManyBlanks = 60;  // within a line, before more text
constexpr std::size_t kManyBreaks = 10;  // lines without text, before more text

bool has_word(std::string_view text) {
  std::size_t letters = 0;
  for (char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    letters = letter ? letters + 1 : 0;
    if (letters >= 3) return true;
  }
  return false;
}

void find_between(std::string_view text, std::string_view open, std::string_view close, const char* id, const char* reason,
                  std::vector<Finding>& out) {
  for (std::size_t at = text.find(open); at != std::string_view::npos && out.size() < kMostFindings;) {
    const std::size_t inner = at + open.size();
    const std::size_t end = std::min(text.find(close, inner), text.size());
    if (has_word(text.substr(inner, end - inner)))
      out.push_back({id, Tier::review, "", at, std::min(end + close.size(), text.size()), reason});
    if (end == text.size()) break;
    at = text.find(open, end);
  }
}

void find_styles(std::string_view text, std::vector<Finding>& out) {
  static const re2::RE2 kStyles(
      R"re((?i)((?:style\s*=[^>]{0,200}?(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?:\.0\d*)?\s*[;"'}]|color\s*:\s*(?:transparent|white|#fff(?:fff)?)\b|left\s*:\s*-\d{3,}))|<[a-z]+[^>]{0,100}\s(?:hidden|aria-hidden\s*=\s*["']?true)\b[^>]{0,100}>))re");
  if (text.find('<') == std::string_view::npos) return;
  re2::StringPiece left(text.data(), text.size());
  re2::StringPiece found;
  while (out.size() < kMostFindings && re2::RE2::FindAndConsume(&left, kStyles, &found)) {
    const auto at = static_cast<std::size_t>(found.data() - text.data());
    out.push_back(
        {"markup.hidden_style", Tier::review, "", at, at + found.size(), "a style makes the text invisible where it is rendered"});
  }
}

void find_padding(std::string_view text, std::vector<Finding>& out) {
  std::size_t blanks = 0, breaks = 0, begin = 0;
  bool text_before = false;
  for (std::size_t i = 0; i < text.size() && out.size() < kMostFindings; ++i) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\r') {
      if (blanks == 0 && breaks == 0) begin = i;
      ++blanks;
    } else if (c == '\n' || c == '\v' || c == '\f') {
      if (blanks == 0 && breaks == 0) begin = i;
      ++breaks;
      blanks = 0;
    } else {
      if (text_before && (blanks >= kManyBlanks || breaks >= kManyBreaks))
        out.push_back({"padding", Tier::review, "", begin, i, "blanks push the text behind them out of sight"});
      blanks = breaks = 0;
      text_before = true;
    }
  }
}

}  // namespace

std::vector<Finding> find_markup(std::string_view text) {
  std::vector<Finding> out;
  find_between(text, "<!--", "-->", "markup.comment", "a comment is not shown where the text is rendered", out);
  for (std::string_view open : {"[//]: #", "[comment]: #", "[//]:#", "[comment]: <>"})
    find_between(text, open, "\n", "markup.comment", "a Markdown comment is not shown where the text is rendered", out);
  find_styles(text, out);
  find_padding(text, out);
  return out;
}

}  // namespace trust::scan
