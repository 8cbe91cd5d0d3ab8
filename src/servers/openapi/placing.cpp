#include "servers/openapi/placing.h"

#include <fmt/format.h>

#include "servers/rest/text.h"

namespace servers::openapi {
namespace {

using Kind = JsonView::Kind;
using Style = Parameter::Style;
using In = Parameter::In;

constexpr std::string_view kReserved = ":/?#[]@!$&'()*+,;=";

std::string plain(JsonView value) { return value.string() ? std::string(*value.string()) : value.is(Kind::null) ? "" : value.text(); }

bool is_flat(JsonView value) {
  bool flat = true;
  auto check = [&flat](JsonView one) { flat = flat && !one.is(Kind::object) && !one.is(Kind::array); };
  value.each_element(check);
  value.each_member([&check](std::string_view, JsonView one) { check(one); });
  return flat;
}

// Writes one value in a style, each piece through `encode`.
class Styled {
 public:
  explicit Styled(const Parameter& parameter) : parameter_(parameter) {}

  std::string encode(std::string_view text) const {
    if (parameter_.in == In::header) return std::string(text);
    return rest::encoded(text, parameter_.reserved && parameter_.in == In::query ? kReserved : std::string_view());
  }

  // The pieces of a list or object: `a`, `b`, or `k` `v` pairs joined by `=` or `,`.
  std::vector<std::string> pieces(JsonView value) const {
    std::vector<std::string> out;
    value.each_element([&](JsonView one) { out.push_back(encode(plain(one))); });
    value.each_member([&](std::string_view key, JsonView one) {
      if (parameter_.explode) {
        out.push_back(fmt::format("{}={}", encode(key), encode(plain(one))));
      } else {
        out.push_back(encode(key));
        out.push_back(encode(plain(one)));
      }
    });
    return out;
  }

  // For the path and for headers.
  std::string segment(JsonView value) const {
    const bool compound = value.is(Kind::object) || value.is(Kind::array);
    const std::string name = encode(parameter_.name);
    switch (parameter_.style) {
      case Style::label:
        return fmt::format(".{}",
                           compound ? fmt::format("{}", fmt::join(pieces(value), parameter_.explode ? "." : ",")) : encode(plain(value)));
      case Style::matrix: {
        if (!compound) return fmt::format(";{}={}", name, encode(plain(value)));
        if (!parameter_.explode) return fmt::format(";{}={}", name, fmt::join(pieces(value), ","));
        if (value.is(Kind::object)) return fmt::format(";{}", fmt::join(pieces(value), ";"));
        std::string out;
        for (const std::string& piece : pieces(value)) out.append(";").append(name).append("=").append(piece);
        return out;
      }
      default: return compound ? fmt::format("{}", fmt::join(pieces(value), ",")) : encode(plain(value));
    }
  }

  // For the query and for cookies.
  std::vector<std::string> pairs(JsonView value) const {
    const std::string name = encode(parameter_.name);
    std::vector<std::string> out;
    if (parameter_.style == Style::deep && value.is(Kind::object)) {
      value.each_member(
          [&](std::string_view key, JsonView one) { out.push_back(fmt::format("{}%5B{}%5D={}", name, encode(key), encode(plain(one)))); });
      return out;
    }
    if (!value.is(Kind::object) && !value.is(Kind::array)) return {fmt::format("{}={}", name, encode(plain(value)))};
    const std::vector<std::string> all = pieces(value);
    if (parameter_.explode && value.is(Kind::object)) return all;
    if (parameter_.explode) {
      for (const std::string& piece : all) out.push_back(fmt::format("{}={}", name, piece));
      return out;
    }
    const char* between = parameter_.style == Style::space ? "%20" : parameter_.style == Style::pipe ? "%7C" : ",";
    if (all.empty()) return {};
    return {fmt::format("{}={}", name, fmt::join(all, between))};
  }

 private:
  const Parameter& parameter_;
};

Error wrong(const Parameter& parameter, std::string_view why) {
  return {Code::invalid_argument, fmt::format("'{}' {}", parameter.argument, why)};
}

}  // namespace

Result<> place(const Parameter& parameter, JsonView value, Placed& placed) {
  const Styled styled(parameter);
  if (!parameter.json && !is_flat(value))
    return wrong(parameter, "has a list or object inside of a list or object, which cannot be written there");
  switch (parameter.in) {
    case In::path: {
      const std::string text = parameter.json ? styled.encode(value.text()) : styled.segment(value);
      if (text.empty() || text == "." || text == "..")
        return wrong(parameter, "must not be empty, '.' or '..': it would name another address");
      const std::string mark = fmt::format("{{{}}}", parameter.name);
      for (std::size_t at = 0; (at = placed.path.find(mark, at)) != std::string::npos; at += text.size())
        placed.path.replace(at, mark.size(), text);
      return {};
    }
    case In::header: {
      std::string text = parameter.json ? value.text() : styled.segment(value);
      if (!rest::fits_a_header(text)) return wrong(parameter, "has a control character in it, which no header may have");
      placed.headers.emplace_back(parameter.name, std::move(text));
      return {};
    }
    case In::query:
    case In::cookie: {
      std::vector<std::string> pairs = parameter.json
                                           ? std::vector{fmt::format("{}={}", styled.encode(parameter.name), styled.encode(value.text()))}
                                           : styled.pairs(value);
      auto& to = parameter.in == In::query ? placed.query : placed.cookies;
      for (std::string& pair : pairs) to.push_back(std::move(pair));
      return {};
    }
  }
  return {};
}

std::string form_of(JsonView object) {
  std::vector<std::string> pairs;
  object.each_member([&pairs](std::string_view key, JsonView value) {
    const std::string name = rest::encoded(key);
    if (value.is(Kind::array)) {
      value.each_element([&](JsonView one) { pairs.push_back(fmt::format("{}={}", name, rest::encoded(plain(one)))); });
    } else if (value.is(Kind::object)) {
      value.each_member([&](std::string_view inner, JsonView one) {
        pairs.push_back(fmt::format("{}%5B{}%5D={}", name, rest::encoded(inner), rest::encoded(plain(one))));
      });
    } else {
      pairs.push_back(fmt::format("{}={}", name, rest::encoded(plain(value))));
    }
  });
  return fmt::format("{}", fmt::join(pairs, "&"));
}

}  // namespace servers::openapi
