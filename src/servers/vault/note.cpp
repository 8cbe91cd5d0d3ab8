#include "servers/vault/note.h"

#include <algorithm>
#include <utility>

#include "servers/vault/fold.h"

namespace servers {

namespace {

std::string_view strip(std::string_view s) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::size_t from = s.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return s.substr(from, s.find_last_not_of(kSpace) - from + 1);
}

bool is_tag_byte(char c) {
  auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || c == '_' || c == '-' || c == '/';
}

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decoded(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '%' && i + 2 < s.size() && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
      out += static_cast<char>(hex(s[i + 1]) * 16 + hex(s[i + 2]));
      i += 2;
    } else {
      out += s[i];
    }
  }
  return out;
}

void split_target(std::string_view whole, Link& link) {
  std::size_t hash = whole.find('#');
  link.target = strip(whole.substr(0, hash));
  if (hash == std::string_view::npos) return;
  std::string_view rest = strip(whole.substr(hash + 1));
  if (rest.starts_with('^')) {
    link.block = rest.substr(1);
  } else if (std::size_t caret = rest.find("#^"); caret != std::string_view::npos) {
    link.heading = strip(rest.substr(0, caret));
    link.block = rest.substr(caret + 2);
  } else {
    link.heading = rest;
  }
}

// What lies between the brackets.
Link wikilink(std::string_view inner) {
  Link link;
  std::size_t bar = inner.find('|');
  if (bar != std::string_view::npos) {
    link.alias = strip(inner.substr(bar + 1));
    // In tables the bar is written \|
    if (bar > 0 && inner[bar - 1] == '\\') --bar;
  }
  split_target(inner.substr(0, bar), link);
  return link;
}

bool has_scheme(std::string_view target) {
  std::size_t colon = target.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  return std::all_of(target.begin(), target.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
}

class Parser {
 public:
  Parser(std::string_view text, Note& note) : text_(text), note_(note) {}

  void run() {
    std::size_t line = note_.front_lines;
    for (std::size_t at = note_.body; at < text_.size();) {
      std::size_t end = std::min(text_.find('\n', at), text_.size());
      one_line(text_.substr(at, end - at), at, ++line);
      at = end + 1;
    }
  }
  void add_tag(std::string_view tag) {
    while (tag.starts_with('#')) tag.remove_prefix(1);
    while (tag.ends_with('/')) tag.remove_suffix(1);
    if (tag.empty() || note_.tags.size() >= 1000) return;
    std::string key = fold(tag);
    if (std::none_of(note_.tags.begin(), note_.tags.end(), [&](const std::string& t) { return fold(t) == key; }))
      note_.tags.emplace_back(tag);
  }

 private:
  void one_line(std::string_view line, std::size_t offset, std::size_t number) {
    std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    std::string_view body = line.substr(indent);
    while (body.starts_with('>')) {  // quotes and callouts may hold fences
      body.remove_prefix(1);
      body = body.substr(std::min(body.find_first_not_of(' '), body.size()));
    }
    if (fence_size_) {
      if (closes_fence(body)) fence_size_ = 0;
      return;
    }
    if (opens_fence(body)) return;
    if (indent < 4 && heading(line.substr(indent), offset, number)) return;
    block_name(line);
    inline_text(line, number);
  }

  static std::size_t run_of(std::string_view s, char c) { return std::min(s.find_first_not_of(c), s.size()); }

  bool opens_fence(std::string_view body) {
    char c = body.empty() ? '\0' : body[0];
    if (c != '`' && c != '~') return false;
    std::size_t n = run_of(body, c);
    if (n < 3 || (c == '`' && body.find('`', n) != std::string_view::npos)) return false;
    fence_size_ = n;
    fence_ = c;
    return true;
  }
  bool closes_fence(std::string_view body) const {
    body = strip(body);
    return body.size() >= fence_size_ && run_of(body, fence_) == body.size();
  }

  bool heading(std::string_view line, std::size_t offset, std::size_t number) {
    std::size_t level = run_of(line, '#');
    if (level == 0 || level > 6 || (level < line.size() && line[level] != ' ' && line[level] != '\t' && line[level] != '\r')) return false;
    std::string_view words = strip(line.substr(level));
    // Closing marks: `## Title ##`.
    std::size_t last = words.find_last_not_of('#');
    if (last == std::string_view::npos)
      words = {};
    else if (last + 1 < words.size() && words[last] == ' ')
      words = strip(words.substr(0, last));
    if (note_.headings.size() < 10'000) note_.headings.push_back({static_cast<int>(level), std::string(words), number, offset});
    inline_text(line.substr(level), number);
    return true;
  }

  void block_name(std::string_view line) {
    std::string_view s = strip(line);
    std::size_t caret = s.rfind('^');
    if (caret == std::string_view::npos || caret + 1 == s.size() || (caret > 0 && s[caret - 1] != ' ' && s[caret - 1] != '\t')) return;
    std::string_view name = s.substr(caret + 1);
    if (std::all_of(name.begin(), name.end(), [](char c) { return is_tag_byte(c) && c != '/' && c != '_'; }))
      note_.blocks.emplace_back(name);
  }

  void inline_text(std::string_view line, std::size_t number) {
    for (std::size_t i = 0; i < line.size();) {
      char c = line[i];
      if (c == '\\') {
        i += 2;
      } else if (c == '`') {
        std::size_t ticks = run_of(line.substr(i), '`');
        std::size_t end = find_ticks(line, i + ticks, ticks);
        i = end == std::string_view::npos ? i + ticks : end;
      } else if (line.substr(i).starts_with("[[")) {
        i = wiki(line, i, number);
      } else if (c == ']' && line.substr(i).starts_with("](")) {
        i = markdown(line, i, number);
      } else if (c == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t' || line[i - 1] == '(' || line[i - 1] == ',')) {
        std::size_t end = i + 1;
        bool word = false;
        for (; end < line.size() && is_tag_byte(line[end]); ++end) word = word || line[end] < '0' || line[end] > '9';
        if (word) add_tag(line.substr(i + 1, end - i - 1));
        i = end;
      } else {
        ++i;
      }
    }
  }
  // Behind the closing run of exactly `ticks` backticks, or npos.
  static std::size_t find_ticks(std::string_view line, std::size_t from, std::size_t ticks) {
    while ((from = line.find('`', from)) != std::string_view::npos) {
      std::size_t n = run_of(line.substr(from), '`');
      from += n;
      if (n == ticks) return from;
    }
    return from;
  }

  std::size_t wiki(std::string_view line, std::size_t at, std::size_t number) {
    std::size_t end = line.find("]]", at + 2);
    if (end == std::string_view::npos) return at + 2;
    std::string_view inner = line.substr(at + 2, end - at - 2);
    if (std::size_t again = inner.rfind("[["); again != std::string_view::npos) return at + 2 + again;
    Link link = wikilink(inner);
    link.embed = at > 0 && line[at - 1] == '!';
    link.line = number;
    add(std::move(link));
    return end + 2;
  }

  std::size_t markdown(std::string_view line, std::size_t at, std::size_t number) {
    std::size_t from = at + 2, end = from;
    if (from < line.size() && line[from] == '<') {
      end = line.find('>', ++from);
    } else {
      int depth = 0;
      for (; end < line.size() && line[end] != ' ' && (line[end] != ')' || depth > 0); ++end)
        depth += line[end] == '(' ? 1 : line[end] == ')' ? -1 : 0;
      if (end == line.size()) end = std::string_view::npos;
    }
    if (end == std::string_view::npos || end == from) return at + 2;
    std::string_view target = line.substr(from, end - from);
    if (has_scheme(target) || target.starts_with("//")) return end;
    Link link;
    split_target(decoded(target), link);
    // The words before it: from the bracket that opens on this line.
    std::size_t open = line.substr(0, at).rfind('[');
    if (open != std::string_view::npos) link.alias = line.substr(open + 1, at - open - 1);
    link.embed = open != std::string_view::npos && open > 0 && line[open - 1] == '!';
    link.markdown = true;
    link.line = number;
    add(std::move(link));
    return end;
  }

  void add(Link link) {
    if (link.target.empty() && link.heading.empty() && link.block.empty()) return;
    if (note_.links.size() < 20'000) note_.links.push_back(std::move(link));
  }

  std::string_view text_;
  Note& note_;
  std::size_t fence_size_ = 0;
  char fence_ = '`';
};

// The headings of `A#B`.
std::vector<std::string> heading_keys(std::string_view heading) {
  std::vector<std::string> keys;
  while (true) {
    std::size_t hash = heading.find('#');
    if (std::string key = heading_key(heading.substr(0, hash)); !key.empty()) keys.push_back(std::move(key));
    if (hash == std::string_view::npos) return keys;
    heading.remove_prefix(hash + 1);
  }
}

// The place of the heading in the note's list, or its end.
std::size_t find_heading(const Note& note, std::string_view heading) {
  auto keys = heading_keys(heading);
  if (keys.empty()) return note.headings.size();
  for (std::size_t i = 0; i < note.headings.size(); ++i) {
    // From here, each further key must be met by a heading that lies deeper.
    std::size_t at = i, k = 0;
    if (heading_key(note.headings[i].text) != keys[0]) continue;
    for (++k; k < keys.size(); ++k) {
      std::size_t next = at + 1;
      while (next < note.headings.size() && note.headings[next].level > note.headings[at].level &&
             heading_key(note.headings[next].text) != keys[k])
        ++next;
      if (next == note.headings.size() || note.headings[next].level <= note.headings[at].level) break;
      at = next;
    }
    if (k == keys.size()) return at;
  }
  // A heading may hold a # of its own.
  std::string whole = heading_key(heading);
  for (std::size_t i = 0; i < note.headings.size(); ++i)
    if (heading_key(note.headings[i].text) == whole) return i;
  return note.headings.size();
}

}  // namespace

std::string_view Note::property(std::string_view name) const {
  auto found = properties.find(name);
  return found == properties.end() || found->second.empty() ? std::string_view() : std::string_view(found->second.front());
}

Note parse_note(std::string_view text) {
  Note note;
  FrontMatter front = parse_front_matter(text);
  note.properties = std::move(front.properties);
  note.body = front.size;
  note.front_lines = front.lines;
  Parser parser(text, note);
  for (std::string_view key : {"tags", "tag"}) {
    auto found = note.properties.find(key);
    if (found == note.properties.end()) continue;
    for (const std::string& item : found->second) {
      // One text may hold several, by commas or spaces.
      std::string_view rest = item;
      while (!rest.empty()) {
        std::size_t end = std::min(rest.find_first_of(", \t"), rest.size());
        parser.add_tag(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
  }
  for (std::string_view key : {"aliases", "alias"})
    if (auto found = note.properties.find(key); found != note.properties.end())
      for (const std::string& alias : found->second) note.aliases.push_back(alias);
  parser.run();
  // Links may stand in properties too.
  for (const auto& [key, values] : note.properties)
    for (const std::string& value : values)
      if (value.starts_with("[[") && value.ends_with("]]")) {
        note.links.push_back(parse_link(value));
        note.links.back().line = 1;
      }
  return note;
}

Link parse_link(std::string_view text) {
  text = strip(text);
  bool embed = text.starts_with("![[");
  if (embed) text.remove_prefix(1);
  if (text.starts_with("[[") && text.ends_with("]]") && text.size() >= 4) text = text.substr(2, text.size() - 4);
  Link link = wikilink(text);
  link.embed = embed;
  return link;
}

std::string heading_key(std::string_view heading) {
  std::string out;
  bool gap = false;
  for (char c : fold(heading)) {
    // Links to headings leave these out, or write a space.
    if (std::string_view("#|^:%[]\\*_`=").find(c) != std::string_view::npos) {
      gap = gap || c == '|' || c == ':' || c == '#' || c == '^';
    } else if (c == ' ' || c == '\t' || c == '\r') {
      gap = true;
    } else {
      if (gap && !out.empty()) out += ' ';
      gap = false;
      out += c;
    }
  }
  return out;
}

bool has_heading(const Note& note, std::string_view heading) { return find_heading(note, heading) < note.headings.size(); }

std::string_view find_section(std::string_view text, const Note& note, std::string_view heading) {
  std::size_t at = find_heading(note, heading);
  if (at == note.headings.size()) return {};
  std::size_t end = text.size();
  for (std::size_t i = at + 1; i < note.headings.size() && end == text.size(); ++i)
    if (note.headings[i].level <= note.headings[at].level) end = note.headings[i].offset;
  return text.substr(note.headings[at].offset, end - note.headings[at].offset);
}

std::string_view find_block(std::string_view text, std::string_view block) {
  std::string mark = "^" + std::string(block);
  for (std::size_t at = text.find(mark); at != std::string_view::npos; at = text.find(mark, at + 1)) {
    std::size_t end = at + mark.size();
    bool last = end == text.size() || text[end] == '\n' || text[end] == '\r';
    bool first = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\n' || text[at - 1] == '\t';
    if (!last || !first) continue;
    std::string_view before = strip(text.substr(0, at));
    // Back to an empty line or a heading; a list item stands for itself.
    std::size_t begin = before.size();
    while (begin > 0) {
      std::size_t up = begin >= 2 ? before.rfind('\n', begin - 2) : std::string_view::npos;
      std::size_t line = up == std::string_view::npos ? 0 : up + 1;
      std::string_view own = strip(before.substr(line, begin - line));
      if (own.empty() || (own.starts_with('#') && begin < before.size())) break;
      begin = line;
      if (own.starts_with("- ") || own.starts_with("* ") || own.starts_with("+ ") || own.starts_with('#')) break;
    }
    return before.substr(begin);
  }
  return {};
}

}  // namespace servers
