#include "servers/filesystem/edit.h"
#include "servers/filesystem/text.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace servers {

namespace {

using mcp::Code;
using mcp::Error;
using mcp::Result;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::size_t from = line.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return line.substr(from, line.find_last_not_of(kSpace) - from + 1);
}

std::string_view indent_of(std::string_view line) { return line.substr(0, std::min(line.find_first_not_of(" \t"), line.size())); }

// Where `part` stands in `text`; at most `most` places.
std::vector<std::size_t> places_of(std::string_view text, std::string_view part, std::size_t most = 4) {
  std::vector<std::size_t> places;
  for (std::size_t at = text.find(part); at != std::string_view::npos && places.size() < most; at = text.find(part, at + 1))
    places.push_back(at);
  return places;
}

std::string list_lines(const std::vector<std::size_t>& lines) {
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) out += (i ? ", " : "") + std::to_string(lines[i]);
  return out;
}

Error ambiguous(std::size_t index, const std::vector<std::size_t>& lines) {
  return {Code::invalid_argument, "edits[" + std::to_string(index) + "].oldText stands in several places (lines " + list_lines(lines) +
                                      "); add lines around it until it is the only one. Nothing was changed"};
}

// The lines of `text` at which `wanted` stands when white space around lines does not count.
std::vector<std::size_t> loose_places(const std::vector<std::string_view>& text, const std::vector<std::string_view>& wanted) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i + wanted.size() <= text.size() && places.size() < 4; ++i) {
    bool same = true;
    for (std::size_t k = 0; k < wanted.size() && same; ++k) same = trimmed(text[i + k]) == trimmed(wanted[k]);
    if (same) places.push_back(i);
  }
  return places;
}

// `new_text` with its lines moved by as much as the place differs from `old_first`.
std::string indented(const std::string& new_text, std::string_view here, std::string_view old_first, std::string_view line_end) {
  std::string_view was = indent_of(old_first);
  std::string out;
  for (std::string_view line : lines_of(new_text)) {
    std::string_view own = indent_of(line);
    std::string_view rest = line.substr(own.size());
    if (!trimmed(line).empty()) {
      out += here;
      out += own.starts_with(was) ? own.substr(was.size()) : own;
    }
    out += with_line_ends(rest, line_end);
  }
  return out;
}

Result<std::string> apply_one(std::string text, const Edit& edit, std::size_t index, std::string_view line_end) {
  if (edit.old_text.empty())
    return Error(Code::invalid_argument, "edits[" + std::to_string(index) + "].oldText is empty; give the text that is to be replaced");
  for (bool as_given : {true, false}) {
    std::string wanted = as_given ? edit.old_text : with_line_ends(edit.old_text, line_end);
    auto places = places_of(text, wanted);
    if (places.size() > 1) {
      for (std::size_t& place : places) place = line_number(text, place);
      return ambiguous(index, places);
    }
    if (places.size() == 1) {
      text.replace(places[0], wanted.size(), as_given && line_end == "\n" ? edit.new_text : with_line_ends(edit.new_text, line_end));
      return text;
    }
  }
  auto lines = lines_of(text);
  auto wanted = lines_of(edit.old_text);
  if (std::all_of(wanted.begin(), wanted.end(), [](std::string_view line) { return trimmed(line).empty(); })) wanted.clear();
  auto places = wanted.empty() ? std::vector<std::size_t>{} : loose_places(lines, wanted);
  if (places.size() > 1) {
    for (std::size_t& place : places) ++place;
    return ambiguous(index, places);
  }
  if (places.empty())
    return Error(Code::invalid_argument, "edits[" + std::to_string(index) +
                                             "].oldText was not found; read the file again and copy the text exactly. Nothing was changed");
  std::size_t from = 0;
  for (std::size_t i = 0; i < places[0]; ++i) from += lines[i].size();
  std::size_t size = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) size += lines[places[0] + i].size();
  std::string fresh = indented(edit.new_text, indent_of(lines[places[0]]), wanted[0], line_end);
  bool ended = text[from + size - 1] == '\n';
  if (ended && !fresh.empty() && !fresh.ends_with('\n')) fresh += line_end;
  text.replace(from, size, fresh);
  return text;
}

// One step of the way from one list of lines to the other.
struct Step {
  char sign;  // ' ', '-', '+'
  std::string_view line;
};

// The shortest way by Myers, or when that is long, all out and all in.
std::vector<Step> middle_steps(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  constexpr std::ptrdiff_t kFarthest = 1000;
  auto n = static_cast<std::ptrdiff_t>(a.size()), m = static_cast<std::ptrdiff_t>(b.size());
  std::vector<std::vector<std::ptrdiff_t>> trace;
  std::ptrdiff_t most = std::min(n + m, kFarthest);
  std::vector<std::ptrdiff_t> reach(static_cast<std::size_t>(2 * most + 3), 0);
  auto at = [&](std::vector<std::ptrdiff_t>& v, std::ptrdiff_t k) -> std::ptrdiff_t& { return v[static_cast<std::size_t>(k + most + 1)]; };
  bool found = false;
  for (std::ptrdiff_t d = 0; d <= most && !found; ++d) {
    trace.push_back(reach);
    for (std::ptrdiff_t k = -d; k <= d && !found; k += 2) {
      std::ptrdiff_t x = k == -d || (k != d && at(reach, k - 1) < at(reach, k + 1)) ? at(reach, k + 1) : at(reach, k - 1) + 1;
      std::ptrdiff_t y = x - k;
      while (x < n && y < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(y)]) ++x, ++y;
      at(reach, k) = x;
      found = x >= n && y >= m;
    }
  }
  std::vector<Step> steps;
  if (!found) {
    for (auto line : a) steps.push_back({'-', line});
    for (auto line : b) steps.push_back({'+', line});
    return steps;
  }
  std::ptrdiff_t x = n, y = m;
  for (auto d = static_cast<std::ptrdiff_t>(trace.size()) - 1; d >= 0; --d) {
    auto& v = trace[static_cast<std::size_t>(d)];
    std::ptrdiff_t k = x - y;
    std::ptrdiff_t from = k == -d || (k != d && at(v, k - 1) < at(v, k + 1)) ? k + 1 : k - 1;
    std::ptrdiff_t from_x = d == 0 ? 0 : at(v, from), from_y = d == 0 ? 0 : from_x - from;
    while (x > from_x && y > from_y) steps.push_back({' ', a[static_cast<std::size_t>(--x)]}), --y;
    if (d == 0) break;
    if (x == from_x)
      steps.push_back({'+', b[static_cast<std::size_t>(--y)]});
    else
      steps.push_back({'-', a[static_cast<std::size_t>(--x)]});
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

std::vector<Step> steps_between(std::vector<std::string_view> a, std::vector<std::string_view> b) {
  std::vector<Step> head, tail;
  std::size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) head.push_back({' ', a[same++]});
  a.erase(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(same));
  b.erase(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(same));
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    tail.push_back({' ', a.back()});
    a.pop_back();
    b.pop_back();
  }
  auto middle = middle_steps(a, b);
  head.insert(head.end(), middle.begin(), middle.end());
  head.insert(head.end(), tail.rbegin(), tail.rend());
  return head;
}

}  // namespace

Result<std::string> apply_edits(std::string text, const std::vector<Edit>& edits) {
  std::size_t pairs = places_of(text, "\r\n", text.size()).size();
  auto breaks = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  std::string_view line_end = pairs > 0 && pairs * 2 >= breaks ? "\r\n" : "\n";
  for (std::size_t i = 0; i < edits.size(); ++i) {
    auto next = apply_one(std::move(text), edits[i], i, line_end);
    if (!next) return next;
    text = *std::move(next);
  }
  return text;
}

std::string unified_diff(std::string_view path, std::string_view before, std::string_view after) {
  constexpr std::size_t kAround = 4;
  if (before == after) return {};
  auto steps = steps_between(lines_of(before), lines_of(after));
  std::string name(path);
  std::string out = "Index: " + name + "\n" + std::string(67, '=') + "\n--- " + name + "\toriginal\n+++ " + name + "\tmodified\n";
  std::size_t old_line = 1, new_line = 1;
  for (std::size_t i = 0; i < steps.size();) {
    std::size_t change = i;
    while (change < steps.size() && steps[change].sign == ' ') ++change;
    if (change == steps.size()) break;
    std::size_t begin = change - std::min(change - i, kAround);
    old_line += begin - i;
    new_line += begin - i;
    // The hunk goes on while the next change is near.
    std::size_t end = change, quiet = 0;
    for (std::size_t k = change; k < steps.size() && quiet <= 2 * kAround; ++k) {
      quiet = steps[k].sign == ' ' ? quiet + 1 : 0;
      if (quiet == 0) end = k + 1;
    }
    end = std::min(end + kAround, steps.size());
    std::size_t old_count = 0, new_count = 0;
    std::string body;
    for (std::size_t k = begin; k < end; ++k) {
      old_count += steps[k].sign != '+';
      new_count += steps[k].sign != '-';
      body += steps[k].sign;
      body += steps[k].line;
      if (!steps[k].line.ends_with('\n')) body += "\n\\ No newline at end of file\n";
    }
    auto range = [](std::size_t line, std::size_t count) {
      return std::to_string(count == 0 ? line - 1 : line) + "," + std::to_string(count);
    };
    out += "@@ -" + range(old_line, old_count) + " +" + range(new_line, new_count) + " @@\n" + body;
    old_line += old_count;
    new_line += new_count;
    i = end;
  }
  return out;
}

}  // namespace servers
