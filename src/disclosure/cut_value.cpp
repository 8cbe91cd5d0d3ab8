#include "disclosure/cut_value.h"

#include <algorithm>

#include "base/json.h"
#include "tokens/count.h"

namespace disclosure {
namespace {

// Deeper than this an array or object is one thing: whole or not.
constexpr int kDeepest = 12;
// An item is cut within only where this much room is left for it.
constexpr std::size_t kRoomWithin = 24;

std::size_t lines_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) + (text.empty() || text.back() == '\n' ? 0 : 1);
}

std::string escaped(std::string_view key) {
  std::string out;
  for (char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

class Cutter {
 public:
  explicit Cutter(Rest& rest) : rest_(rest) {}

  std::string value(std::string_view value, std::size_t limit, const std::string& pointer, int depth) {
    if (tokens::count_to(value, limit) <= limit) return std::string(value);
    const bool deep = depth >= kDeepest;
    if (base::is_array(value)) return deep ? whole(value, pointer, "[]") : array(value, limit, pointer, depth);
    if (base::is_object(value)) return deep ? whole(value, pointer, "{}") : object(value, limit, pointer, depth);
    if (base::is_string(value)) {
      auto text = base::json_string(value);
      return text ? base::quoted(fit_text(*text, limit > 2 ? limit - 2 : 0, pointer, rest_)) : std::string(value);
    }
    return std::string(value);
  }

 private:
  std::string whole(std::string_view value, const std::string& pointer, std::string instead) {
    rest_.parts.push_back({"value", pointer, 0, 0, base::minified(value) + "\n"});
    return instead;
  }

  std::string array(std::string_view value, std::size_t limit, const std::string& pointer, int depth) {
    std::string out = "[";
    std::size_t used = 2, at = 0;
    base::Elements all(value);
    bool more = all.next();
    for (; more; more = all.next(), ++at) {
      const std::size_t room = limit > used + 1 ? limit - used - 1 : 0;
      const std::size_t cost = tokens::count_to(all.value(), room);
      if (cost > room) break;
      if (at > 0) out += ',';
      out += all.value();
      used += cost + 1;
    }
    // An item that would not fit a page of its own is begun here: to leave it whole would leave nothing.
    if (more && at == 0 && limit > kRoomWithin) {
      out += this->value(all.value(), limit - 4, pointer + "/0", depth + 1);
      ++at;
      more = all.next();
    }
    Rest::Part left{"items", pointer, at, at, {}};
    for (; more; more = all.next(), ++left.last) left.text.append(base::minified(all.value())) += '\n';
    if (left.last > left.first) {
      --left.last;
      rest_.parts.push_back(std::move(left));
    }
    return out + "]";
  }

  std::string object(std::string_view value, std::size_t limit, const std::string& pointer, int depth) {
    struct Kept {
      std::string key;
      std::string_view value;
      std::size_t cost = 0;
    };
    std::vector<Kept> all;
    std::size_t room = limit;
    base::Members members(value);
    while (members.next()) {
      const std::size_t name = tokens::count(members.key()) + 3;
      room = room > name ? room - name : 0;
      all.push_back({std::string(members.key()), members.value(), tokens::count_to(members.value(), limit)});
    }
    // A key that comes twice cannot be kept apart.
    if (members.error()) return whole(value, pointer, "{}");
    const std::size_t level = level_of(all, room);
    std::string out = "{";
    for (const Kept& kept : all) {
      if (out.size() > 1) out += ',';
      base::append_json_string(out, kept.key);
      out += ':';
      out += kept.cost <= level ? std::string(kept.value) : this->value(kept.value, level, pointer + "/" + escaped(kept.key), depth + 1);
    }
    return out + "}";
  }

  // What no member may cost more than, so that all together cost `room`.
  template <class Kept>
  static std::size_t level_of(const std::vector<Kept>& all, std::size_t room) {
    std::vector<std::size_t> costs;
    costs.reserve(all.size());
    for (const Kept& kept : all) costs.push_back(kept.cost);
    std::ranges::sort(costs);
    std::size_t left = costs.size();
    for (std::size_t cost : costs) {
      if (cost * left > room) return room / left;
      room -= cost;
      --left;
    }
    return std::max<std::size_t>(room, costs.empty() ? 0 : costs.back());
  }

  Rest& rest_;
};

}  // namespace

std::string Rest::words(const Part& part) const {
  std::string out = part.what;
  // People count from one.
  if (part.what == "items" || part.what == "lines") out += " " + std::to_string(part.first + 1) + "-" + std::to_string(part.last + 1);
  if (!part.of.empty()) out += " of " + part.of;
  return out;
}

std::string Rest::text() const {
  std::string out;
  for (const Part& part : parts) {
    out += "[" + words(part) + "]\n";
    out += part.text;
    if (!out.ends_with('\n')) out += '\n';
  }
  return out;
}

std::string fit_value(std::string_view value, std::size_t limit, const std::string& pointer, Rest& rest) {
  return Cutter(rest).value(value, limit, pointer, 0);
}

std::string fit_text(std::string_view text, std::size_t limit, const std::string& of, Rest& rest) {
  std::size_t fits = tokens::prefix_of(text, limit);
  if (fits >= text.size()) return std::string(text);
  // Behind the last whole line, unless that would leave more than half of what fits.
  const std::size_t line = fits == 0 ? std::string_view::npos : text.rfind('\n', fits - 1);
  if (line != std::string_view::npos && line + 1 >= fits / 2) fits = line + 1;
  const std::size_t before = lines_in(text.substr(0, fits));
  const bool within = fits > 0 && text[fits - 1] != '\n';
  Rest::Part left{"lines", of, within ? before - 1 : before, lines_in(text) - 1, std::string(text.substr(fits))};
  rest.parts.push_back(std::move(left));
  return std::string(text.substr(0, fits));
}

}  // namespace disclosure
