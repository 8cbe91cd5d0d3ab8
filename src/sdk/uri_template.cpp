#include "sdk/uri_template.h"

namespace sdk {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

mcp::Result<UriTemplate> UriTemplate::parse(std::string_view text) {
  UriTemplate out;
  std::string_view whole = text;
  auto wrong = [&](std::string_view why) {
    return mcp::Error(mcp::Code::invalid_argument, "URI template '" + std::string(whole) + "': " + std::string(why));
  };
  while (!text.empty()) {
    std::size_t open = text.find('{');
    if (open > 0) out.parts_.push_back({std::string(text.substr(0, open)), Part::Kind::literal});
    if (open == std::string_view::npos) break;
    std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) return wrong("a '{' is not closed");
    std::string_view name = text.substr(open + 1, close - open - 1);
    Part part;
    part.kind = name.starts_with('+') ? Part::Kind::rest : Part::Kind::segment;
    if (part.kind == Part::Kind::rest) name.remove_prefix(1);
    if (name.empty() || name.find_first_of("{#./;?&,*:|=!@+") != std::string_view::npos)
      return wrong("only {name} and {+name} can be matched");
    if (out.has(name)) return wrong("a variable stands there twice");
    if (!out.parts_.empty() && out.parts_.back().kind != Part::Kind::literal) return wrong("two variables stand side by side");
    part.text = name;
    out.parts_.push_back(std::move(part));
    text.remove_prefix(close + 1);
  }
  if (out.parts_.empty()) return wrong("it is empty");
  return out;
}

bool UriTemplate::has(std::string_view variable) const {
  for (const auto& part : parts_)
    if (part.kind != Part::Kind::literal && part.text == variable) return true;
  return false;
}

std::optional<std::map<std::string, std::string>> UriTemplate::match(std::string_view uri) const {
  std::map<std::string, std::string> values;
  std::size_t budget = 10'000;  // of steps: a hostile URI costs bounded time
  if (uri.size() > 8192 || !match_from(0, uri, budget, values)) return std::nullopt;
  return values;
}

bool UriTemplate::match_from(std::size_t part, std::string_view uri, std::size_t& budget,
                             std::map<std::string, std::string>& values) const {
  if (budget == 0) return false;
  --budget;
  if (part == parts_.size()) return uri.empty();
  const Part& p = parts_[part];
  if (p.kind == Part::Kind::literal) return uri.starts_with(p.text) && match_from(part + 1, uri.substr(p.text.size()), budget, values);
  std::size_t most = p.kind == Part::Kind::segment ? std::min(uri.find('/'), uri.size()) : uri.size();
  for (std::size_t n = most; n > 0; --n) {
    if (!match_from(part + 1, uri.substr(n), budget, values)) continue;
    values[p.text] = percent_decoded(uri.substr(0, n));
    return true;
  }
  return false;
}

}  // namespace sdk
