#include "servers/rest/trim.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "servers/rest/text.h"

namespace servers::rest {
namespace {

using mcp::JsonView;
using Path = std::vector<std::string>;

constexpr std::size_t kMostSegments = 32;

std::string unescaped(std::string_view segment) {
  std::string out;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const bool escape = segment[i] == '~' && i + 1 < segment.size() && (segment[i + 1] == '0' || segment[i + 1] == '1');
    out.push_back(escape ? (segment[i + 1] == '0' ? '~' : '/') : segment[i]);
    if (escape) ++i;
  }
  return out;
}

Path path_of(std::string_view pointer) {
  Path out;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    out.push_back(unescaped(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  return out;
}

bool is_empty(JsonView value) {
  if (value.is(JsonView::Kind::null)) return true;
  if (auto text = value.string()) return text->empty();
  return (value.is(JsonView::Kind::array) || value.is(JsonView::Kind::object)) && value.size() == 0;
}

std::optional<std::size_t> index_of(std::string_view segment) {
  std::size_t out = 0;
  auto [end, ec] = std::from_chars(segment.data(), segment.data() + segment.size(), out);
  if (ec != std::errc() || end != segment.data() + segment.size()) return std::nullopt;
  return out;
}

// Writes what stays. A place is a path of which the first `depth` segments have been walked.
class Trimmer {
 public:
  explicit Trimmer(const Trim& trim) : trim_(trim) {
    for (const std::string& pointer : trim.keep) paths_.push_back(path_of(pointer));
  }

  Trimmed run(JsonView value) {
    std::vector<const Path*> all;
    for (const Path& path : paths_) all.push_back(&path);
    if (paths_.empty())
      whole(value);
    else
      walk(value, all, 0);
    out_.json = std::move(writer_).text();
    return std::move(out_);
  }

 private:
  using Paths = std::vector<const Path*>;

  bool full() const { return trim_.most_bytes > 0 && writer_.text().size() >= trim_.most_bytes; }
  bool goes(JsonView value) const { return trim_.empty == Trim::Empty::goes && is_empty(value); }

  void text(std::string_view value) {
    if (trim_.longest_text == 0 || value.size() <= trim_.longest_text) {
      writer_.value(value);
      return;
    }
    ++out_.shortened;
    const std::string_view kept = cut(value, trim_.longest_text);
    writer_.value(fmt::format("{}… ({} more bytes)", kept, value.size() - kept.size()));
  }

  void whole(JsonView value) {
    if (auto string = value.string()) return text(*string);
    if (value.is(JsonView::Kind::object)) {
      writer_.object();
      value.each_member([this](std::string_view key, JsonView member) {
        if (goes(member)) return;
        writer_.key(key);
        whole(member);
      });
      writer_.end();
    } else if (value.is(JsonView::Kind::array)) {
      elements(value, [this](JsonView element, std::size_t) { whole(element); });
    } else {
      writer_.raw(value.text());
    }
  }

  template <class F>
  void elements(JsonView value, F&& each) {
    writer_.array();
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0 && full()) {
        out_.left_out += value.size() - i;
        break;
      }
      each(value.at(i), i);
    }
    writer_.end();
  }

  // Those of `paths` that go on into the member or element `name`.
  static Paths into(const Paths& paths, std::size_t depth, std::string_view name) {
    Paths out;
    for (const Path* path : paths)
      if ((*path)[depth] == name || (*path)[depth] == "*") out.push_back(path);
    return out;
  }
  static bool ends(const Paths& paths, std::size_t depth) {
    for (const Path* path : paths)
      if (path->size() == depth) return true;
    return false;
  }

  void walk(JsonView value, const Paths& paths, std::size_t depth) {
    if (ends(paths, depth)) return whole(value);
    if (value.is(JsonView::Kind::object)) {
      writer_.object();
      value.each_member([&](std::string_view key, JsonView member) {
        const Paths on = into(paths, depth, key);
        if (on.empty() || goes(member) || leads_nowhere(member, on, depth + 1)) return;
        writer_.key(key);
        walk(member, on, depth + 1);
      });
      writer_.end();
    } else if (value.is(JsonView::Kind::array)) {
      walk_array(value, paths, depth);
    } else {
      writer_.null();
    }
  }
  void walk_array(JsonView value, const Paths& paths, std::size_t depth) {
    writer_.array();
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (i > 0 && full()) {
        out_.left_out += value.size() - i;
        break;
      }
      Paths on;
      for (const Path* path : paths)
        if ((*path)[depth] == "*" || index_of((*path)[depth]) == i) on.push_back(path);
      if (!on.empty() && !leads_nowhere(value.at(i), on, depth + 1)) walk(value.at(i), on, depth + 1);
    }
    writer_.end();
  }
  // A path that goes on where there is only a plain value.
  static bool leads_nowhere(JsonView value, const Paths& paths, std::size_t depth) {
    return !ends(paths, depth) && !value.is(JsonView::Kind::object) && !value.is(JsonView::Kind::array);
  }

  const Trim& trim_;
  std::vector<Path> paths_;
  mcp::JsonWriter writer_;
  Trimmed out_;
};

}  // namespace

std::string Trimmed::note() const {
  std::string out;
  if (left_out > 0) out = fmt::format("({} more entries were left out; ask for fewer, or narrow it)", left_out);
  if (shortened > 0) out.append(out.empty() ? "" : " ").append(fmt::format("({} long texts were shortened)", shortened));
  return out;
}

mcp::Result<> check_pointers(const std::vector<std::string>& pointers) {
  for (const std::string& pointer : pointers) {
    if (!pointer.empty() && pointer.front() != '/')
      return mcp::Error(mcp::Code::invalid_argument,
                        fmt::format("'{}' is no JSON pointer; it begins with '/', as in /items/*/name", plain_line(pointer, 60)));
    if (path_of(pointer).size() > kMostSegments)
      return mcp::Error(mcp::Code::invalid_argument, fmt::format("'{}' has too many segments", plain_line(pointer, 60)));
  }
  return {};
}

Trimmed trimmed(JsonView value, const Trim& trim) { return Trimmer(trim).run(value); }

JsonView at_pointer(JsonView root, std::string_view pointer) {
  if (!pointer.empty() && pointer.front() != '/') return {};
  for (const std::string& segment : path_of(pointer)) {
    if (root.is(JsonView::Kind::array)) {
      auto index = index_of(segment);
      root = index ? root.at(*index) : JsonView();
    } else {
      root = root[segment];
    }
  }
  return root;
}

}  // namespace servers::rest
